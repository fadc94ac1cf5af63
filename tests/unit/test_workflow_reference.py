"""The page on lint of workflows has every code, as the code has them."""

from __future__ import annotations

from respond.workflow.lint_codes import CODES
from workflow_reference import PAGE, TABLES, filled


def test_the_page_holds_every_code():
    """Each code, its severity and its meaning stand on the page; `python tests/workflow_reference.py` writes them."""
    assert PAGE.read_text() == filled(PAGE.read_text())
    assert {code for codes in TABLES.values() for code in codes} == set(CODES)


def test_a_code_that_is_missing_on_the_page_is_seen():
    """The control: a page without the row of one code is another page."""
    text = PAGE.read_text()
    for row in ("| `dead-end` |", "| `role-unfilled` |", "| `state-unknown` |"):
        assert row in text
        shorter = "\n".join(line for line in text.splitlines() if not line.startswith(row))
        assert filled(shorter) != shorter
