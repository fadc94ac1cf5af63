"""What is said of a plan that cannot be read: all that reading finds, each at its line, in the order of the file."""

from __future__ import annotations

import pytest

from respond.errors import InvalidPlan
from respond.plan.lint_file import lint_file
from respond.plan.plan import Plan

WHOLE = """name = "p"
version = "1"

[[levels]]
number = 1
title = "Grave"

[[categories]]
id = "other"
title = "Other"
"""


def findings(folder, text, *, encoding="utf-8"):
    """Return the code, the line and the text of each finding in a file with *text*."""
    path = folder / "plan.toml"
    path.write_bytes(text.encode(encoding))
    return [(one.code, one.line, one.text) for one in lint_file(path)]


def test_all_that_reading_finds_is_told_in_the_order_of_the_file(tmp_path):
    """A person mends a file once, and not once for each mistake in it."""
    text = WHOLE.replace("number = 1", 'number = "1"').replace('title = "Other"', "titel = 2")
    text += '[[roles]]\nid = ""\ntitle = "R"\n[[obligation]]\nid = "a"\n'
    assert [found[:2] for found in findings(tmp_path, text)] == [
        ("value-invalid", 5),
        ("key-missing", 8),
        ("unknown-key", 10),
        ("value-empty", 12),
        ("unknown-key", 14),
    ]
    with pytest.raises(InvalidPlan, match="number: must be an integer") as refused:
        Plan.load(tmp_path / "plan.toml")
    assert len(refused.value.others) == 4


@pytest.mark.parametrize(
    ("old", "new", "end"),
    [
        ('version = "1"', "", ": version: is missing; write version = …"),
        ("number = 1", 'number = "1"', ": levels[0].number: must be an integer, not '1' (at line 5)"),
    ],
)
def test_a_message_ends_with_the_line(tmp_path, old, new, end):
    """What stands nowhere has none."""
    path = tmp_path / "plan.toml"
    path.write_text(WHOLE.replace(old, new), encoding="utf-8")
    with pytest.raises(InvalidPlan) as refused:
        Plan.load(path)
    assert str(refused.value) == f"{path}{end}"


@pytest.mark.parametrize(
    ("text", "line"),
    [(WHOLE + "[[roles]\n", 11), (WHOLE + "definition = \n", 11), (WHOLE + 'a = "', 11), ("name = p\n", 1)],
)
def test_what_is_no_toml_has_a_line(tmp_path, text, line):
    """Also where the reader of TOML only says that the document ends."""
    assert [found[:2] for found in findings(tmp_path, text)] == [("not-toml", line)]


def test_a_file_in_another_encoding_is_told_its_line(tmp_path):
    """Latin-1 is no UTF-8, and the message says what to do."""
    ((code, line, text),) = findings(tmp_path, WHOLE + "# caf\xe9\n", encoding="latin-1")
    assert (code, line) == ("not-toml", 11)
    assert "save it" in text


def test_a_byte_order_mark_is_passed_over(tmp_path):
    """Some editors write one."""
    (tmp_path / "plan.toml").write_bytes(WHOLE.encode("utf-8-sig"))
    assert Plan.load(tmp_path / "plan.toml").name == "p"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-01-01T00:00:00Z", "not 2026-01-01T00:00:00+00:00"),
        ("2026-01-01", "not 2026-01-01"),
        ("{a = 1}", "not a table"),
        ("[1]", "not a list"),
        ("true", "not true"),
    ],
)
def test_a_value_is_shown_as_people_wrote_it(tmp_path, value, words):
    """A message shows no Python."""
    ((code, line, text),) = findings(tmp_path, f"title = {value}\n" + WHOLE)
    assert (code, line) == ("value-invalid", 1)
    assert text == f"must be text, {words}"
