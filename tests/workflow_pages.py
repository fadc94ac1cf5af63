"""The reference pages of workflows: their tables and diagrams, as the definitions give them.

`python tests/workflow_pages.py` writes into each page what is generated between its marks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from respond.workflow.action import ACTION
from respond.workflow.diagram import guard_table, mermaid, state_table
from respond.workflow.drill import DRILL
from respond.workflow.incident import INCIDENT
from respond.workflow.lesson import LESSON
from respond.workflow.party import PARTY
from respond.workflow.pool import POOL
from respond.workflow.workflow import Workflow

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
PAGES: Mapping[str, Workflow] = {
    "incident-workflow.md": INCIDENT,
    "resource-pools.md": POOL,
    "affected-party.md": PARTY,
    "action-item.md": ACTION,
    "lesson.md": LESSON,
    "drill.md": DRILL,
}
PARTS: Mapping[str, Callable[[Workflow], str]] = {
    "state-table": state_table,
    "guard-table": guard_table,
    "diagram": lambda workflow: f"```mermaid\n{mermaid(workflow)}```\n",
}


def section(page: str, name: str) -> str:
    """Return what stands in *page* between the marks of *name*."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    return text.split(f"<!-- {name} -->\n\n", 1)[1].split(f"\n<!-- /{name} -->", 1)[0]


def write(page: str, workflow: Workflow) -> None:
    """Write what is generated into *page*."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    for name, draw in PARTS.items():
        before, rest = text.split(f"<!-- {name} -->\n\n", 1)
        after = rest.split(f"\n<!-- /{name} -->", 1)[1]
        text = f"{before}<!-- {name} -->\n\n{draw(workflow)}\n<!-- /{name} -->{after}"
    (FOLDER / page).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for page, workflow in PAGES.items():
        write(page, workflow)
