"""Scenarios of drills: read from TOML like a plan, and linted with code, key and line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from drilling import PLAN, SCENARIO, WRITTEN
from respond.errors import InvalidPlan, PlanNotFound
from respond.plan.plan import Plan
from respond.plan.scenario import SCENARIOS, Inject, Objective, Scenario
from respond.plan.spans import Span
from respond.workflow.drill.lint import CODES, lint, lint_scenario


@pytest.fixture
def file(tmp_path) -> Path:
    """The scenario in a file."""
    path = tmp_path / "smoke.toml"
    path.write_text(WRITTEN)
    return path


def test_reading(file):
    """Spans, data and defaults are as they are written; the digest covers all of it."""
    scenario = Scenario.load(file)
    assert [one.offset for one in scenario.injects] == [timedelta(0), timedelta(hours=2)]
    assert scenario.injects[0].data == {"category": "other", "title": "Smoke"}
    assert scenario.objectives == (Objective(id="ack", title="Taken up", act="acknowledge", within=Span(15, "minute")),)
    assert scenario.reference == Scenario.load(file).reference
    file.write_text(WRITTEN.replace("What burns?", "What smokes?"))
    assert scenario.reference.digest != Scenario.load(file).reference.digest


@pytest.mark.parametrize(
    ("old", "new", "flaw", "place"),
    [
        ('after = "2 h"', 'after = "2 days"', "span-invalid", "injects[1].after"),
        ('command = "report"\n', 'command = "report"\nafter = "3 h"\n', "inject-order", "injects[1].after"),
        ('id = "press"', 'id = "call"', "id-twice", "injects[1].id"),
        ('command = "report"\n', "", "inject-unclear", "injects[0]"),
        ("message = {", 'command = "note"\nmessage = {', "inject-unclear", "injects[1]"),
        ('act = "acknowledge"\n', "", "objective-unclear", "objectives[0]"),
        ('within = "15 min"', "", "objective-unclear", "objectives[0].within"),
        ('within = "15 min"', 'within = "15 min"\nbefore = "x"', "objective-unclear", "objectives[0].before"),
        ('act = "acknowledge"', 'act = "sing"', "value-invalid", "objectives[0].act"),
        ('within = "15 min"', 'within = "15 min"\npoints = 0', "value-invalid", "objectives[0].points"),
        ('plan = "service-company"', "", "key-missing", "plan"),
    ],
)
def test_what_is_refused(file, old, new, flaw, place):
    """One clear message names the file, the key, the line where there is one, and what is wrong."""
    file.write_text(WRITTEN.replace(old, new, 1))
    with pytest.raises(InvalidPlan) as caught:
        Scenario.load(file)
    assert (caught.value.flaw, caught.value.key) == (flaw, place)
    assert str(caught.value).startswith(f"{file}: {place}: ")
    (finding,) = lint_scenario(file, [PLAN])
    assert (finding.code, finding.place, finding.severity) == (flaw, place, "error")


def test_nothing_to_play():
    """A scenario without injects, or without objectives, is none."""
    for section in ("injects", "objectives"):
        with pytest.raises(InvalidPlan, match=f"{section}: must hold one at least"):
            attrs.evolve(SCENARIO, **{section: ()})


@pytest.mark.parametrize(
    ("old", "new", "code", "place", "line"),
    [
        ('plan = "service-company"', 'plan = "elsewhere"', "scenario-plan-missing", "plan", 5),
        ('plan = "service-company"', 'plan = "service-company"\nrule = "x"', "drill-rule-unknown", "rule", 6),
        ('to = "spokesperson"', 'to = "singer"', "role-unknown", "injects[1].message.to", 17),
        ('command = "report"', 'command = "report"\nrole = "singer"', "role-unknown", "injects[0].role", 11),
        ('command = "report"', 'command = "sing"', "inject-command-unknown", "injects[0].command", 10),
        ('command = "report"', 'command = "merge"', "inject-command-unknown", "injects[0].command", 10),
        ('title = "Smoke" }', "title = 7 }", "inject-data-invalid", "injects[0].data", 11),
        (
            'act = "acknowledge"\nwithin = "15 min"',
            'obligation = "x"',
            "obligation-unknown",
            "objectives[0].obligation",
            22,
        ),
        (
            'act = "acknowledge"\nwithin = "15 min"',
            'measure = "contain_fault"\nbefore = "x"',
            "measure-unknown",
            "objectives[0].before",
            23,
        ),
        ('within = "15 min"', 'within = "15 min"\nsince = "x"', "inject-unknown", "objectives[0].since", 24),
    ],
)
def test_lint(file, old, new, code, place, line):
    """What names nothing in the plan, and what incidents cannot be asked, is found with code, key and line."""
    assert lint_scenario(file, [PLAN]) == ()
    file.write_text(WRITTEN.replace(old, new, 1))
    found = [one for one in lint_scenario(file, [PLAN]) if one.code != "inject-report-missing"]
    assert [(one.code, one.place, one.line) for one in found] == [(code, place, line)]
    assert code in CODES


def test_lint_wants_a_report():
    """Without a report there is no incident to play."""
    quiet = attrs.evolve(SCENARIO, injects=SCENARIO.injects[1:], objectives=SCENARIO.objectives[:1])
    assert [one.code for one in lint(quiet, PLAN)] == ["inject-report-missing"]


def test_no_file(tmp_path):
    """A file that is not there is no finding."""
    with pytest.raises(InvalidPlan, match="cannot be read"):
        lint_scenario(tmp_path / "none.toml", [PLAN])
    with pytest.raises(PlanNotFound, match="no scenario 'none' ships with respond; it comes with hotline-silent"):
        Scenario.shipped("none")


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_scenarios(path):
    """Each is sound under its plan, is called as its file says, and has every title in English and Chinese."""
    scenario = Scenario.load(path)
    assert path.stem == f"{scenario.name}@{scenario.version}"
    assert lint_scenario(path, [Plan.shipped(scenario.plan)]) == ()
    parts = (scenario, *scenario.injects, *scenario.objectives)
    assert [one.title for one in parts if one.titled("zh") == one.title] == []
    assert [one.id for one in scenario.injects if one.message and "zh" not in one.message.texts] == []


def test_an_inject_at_once():
    """An inject without a span comes when the drill begins."""
    assert Inject(id="x", title="X", command="report").offset == timedelta(0)
