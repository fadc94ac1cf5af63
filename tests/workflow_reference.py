"""The tables of the page on lint of workflows, from the codes: run it to write them, a test compares."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from respond.workflow.lint_codes import ERRORS, MODULE_ERRORS, PLAN_ERRORS, PLAN_WARNINGS, WARNINGS, severity_of

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "workflow-lint.md"
TABLES: Mapping[str, Mapping[str, str]] = {
    "errors": ERRORS,
    "warnings": WARNINGS,
    "under-a-plan": {**PLAN_ERRORS, **PLAN_WARNINGS},
    "beside-others": MODULE_ERRORS,
}
"""The codes of each table of the page."""


def table(codes: Mapping[str, str]) -> str:
    """Return *codes* as a table in Markdown."""
    rows = (f"| `{code}` | {severity_of(code)} | {meaning} |" for code, meaning in codes.items())
    return "\n".join(["| code | severity | meaning |", "| --- | --- | --- |", *rows])


def filled(text: str) -> str:
    """Return the page with what stands between its marks as the codes have it."""
    for name, codes in TABLES.items():
        before, rest = text.split(f"<!-- {name} -->", 1)
        _, after = rest.split(f"<!-- /{name} -->", 1)
        text = f"{before}<!-- {name} -->\n\n{table(codes)}\n\n<!-- /{name} -->{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
    sys.exit(0)
