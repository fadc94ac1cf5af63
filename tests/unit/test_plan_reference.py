"""The page on the plan format has every key and every code, as the classes have them."""

from __future__ import annotations

from plan_reference import PAGE, filled, kinds, value_words
from respond.plan.classification import Level
from respond.plan.obligations import Obligation


def test_the_page_holds_what_the_classes_hold():
    """Each key, its type and its meaning stand on the page; `python tests/plan_reference.py` writes them."""
    assert PAGE.read_text() == filled(PAGE.read_text())


def test_a_key_that_is_missing_on_the_page_is_seen():
    """The control: a page without one row, or without one code, is another page."""
    text = PAGE.read_text()
    for row in ("| `dwell` |", "| `level-overlap` |"):
        assert row in text
        shorter = "\n".join(line for line in text.splitlines() if not line.startswith(row))
        assert filled(shorter) != shorter


def test_every_table_of_a_plan_is_among_them():
    """Tables inside tables are found, and types are told in words."""
    assert {Level, Obligation} < set(kinds())
    assert value_words(str | None) == "text"
