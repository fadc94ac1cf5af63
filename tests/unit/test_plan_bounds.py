"""Plans that are far too large in one way or another are refused at once, by code and line."""

from __future__ import annotations

import pytest

from respond.errors import InvalidPlan
from respond.plan.classification import Category
from respond.plan.lint_file import lint_file
from respond.plan.plan import Plan
from respond.plan.tables import PARTS_MAX

HEAD = 'name = "p"\nversion = "1"\n'
LEVELS = '[[levels]]\nnumber = 1\ntitle = "a"\n'
KINDS = '[[categories]]\nid = "other"\ntitle = "Other"\n'
WHOLE = HEAD + LEVELS + KINDS


def kinds_in_kinds(count: int) -> str:
    """Return a plan in which each of *count* categories refines the one before it."""
    parents = ["other", *(f"c{number}" for number in range(count))]
    return WHOLE + "".join(
        f'[[categories]]\nid = "c{number}"\ntitle = "C"\nparent = "{parents[number]}"\n' for number in range(count)
    )


def waiting(count: int, *, first: str = "occurred") -> str:
    """Return a plan with *count* obligations, each of which waits for the one before it."""
    return WHOLE + "".join(
        f'[[obligations]]\nid = "o{number}"\ntitle = "O"\nact = "fulfil"\n'
        + (
            f'due = [{{from = "discharged", of = "o{number - 1}", within = "1 h"}}]\n'
            if number
            else f'due = [{{from = "{first}", within = "1 h"}}]\n'
        )
        for number in range(count)
    )


@pytest.mark.parametrize(
    ("text", "code", "line", "words"),
    [
        (
            WHOLE + '[[roles]]\nid = "r"\ntitle = "R"\n' * (PARTS_MAX + 1),
            "too-many",
            8 + 3 * PARTS_MAX + 1,
            "the most are",
        ),
        (HEAD + "sites = [" + "1, " * (PARTS_MAX + 1) + "]\n", "too-many", 3, "the most are"),
        (WHOLE + '[[calendars]]\nname = "cn"\nversion = "2026"\n' * (PARTS_MAX + 1), "too-many", None, "the most are"),
        (
            HEAD + "profiles = [" + "'gdpr@1', " * (PARTS_MAX + 1) + "]\n" + LEVELS + KINDS,
            "too-many",
            3,
            "the most are",
        ),
        (kinds_in_kinds(3000), "category-too-deep", None, "refines"),
        (WHOLE.replace("number = 1", f"number = {'9' * 6000}"), "value-invalid", 4, "smaller number"),
        (WHOLE.replace("number = 1", f"number = {'9' * 400}"), "value-invalid", 4, "smaller number"),
        (HEAD + "titles." + ".".join(["a"] * 3000) + " = 1\n", "too-deep", 3, "write less"),
        (HEAD + "[titles." + ".".join(["a"] * 3000) + "]\n", "too-deep", 3, "write less"),
        (HEAD + "\nroles = " + "[" * 5000 + "]" * 5000, "too-deep", 4, "write less"),
        (HEAD + "titles = " + "{a = " * 5000 + "1" + "}" * 5000, "too-deep", 3, "write less"),
        (HEAD + "titles = {a = {b = {c = 1}}}\n", "value-invalid", 3, "must be text, not a table"),
    ],
)
def test_what_is_far_too_large_is_refused(tmp_path, text, code, line, words):
    """By `Plan.load` and by lint alike, with the code, the line and what to do."""
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    findings = lint_file(path)
    assert findings[0].code == code
    assert words in findings[0].text
    assert len(findings[0].text) < 400
    if line is not None:
        assert findings[0].line == line
    with pytest.raises(InvalidPlan, match=words) as refused:
        Plan.load(path)
    assert refused.value.flaw == code


def test_a_plan_may_be_as_large_as_is_promised(tmp_path):
    """A section that is full, a long chain of deadlines: read, and its kinds are found without end."""
    path = tmp_path / "plan.toml"
    path.write_text(waiting(PARTS_MAX), encoding="utf-8")
    assert len(Plan.load(path).obligations) == PARTS_MAX


def test_a_long_circle_of_deadlines_is_found(tmp_path):
    """The first obligation that waits for itself is named, however many lead to it."""
    path = tmp_path / "plan.toml"
    last = f'due = [{{from = "discharged", of = "o{PARTS_MAX - 1}", within = "1 h"}}]'
    path.write_text(waiting(PARTS_MAX).replace('due = [{from = "occurred", within = "1 h"}]', last), encoding="utf-8")
    with pytest.raises(InvalidPlan, match="'o0' waits for itself") as refused:
        Plan.load(path)
    assert refused.value.flaw == "deadline-cycle"


def test_a_deep_line_of_kinds_needs_no_stack():
    """A part of a plan is not judged alone, and its kinds may refine each other without end."""
    deep = tuple(Category(id=f"c{one}", title="C", parent=f"c{one - 1}") for one in range(1, 5000))
    plan = Plan(name="s", version="1", kind="special", under="g", categories=deep)
    assert len(plan.ancestors("c4999")) == 4999
