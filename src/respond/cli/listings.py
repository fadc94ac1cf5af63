"""The list of incidents, page by page."""

from __future__ import annotations

from typing import Any

import click

from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.page import Page
from respond.cli.session import Session
from respond.projections.listing import Page as Rows
from respond.workflow.incident.state import STATES


@click.command("incidents", cls=Question)
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--level", type=int, help="Only those of this level; 1 is the worst.")
@click.option("--category", help="Only those of this category of the plan.")
@click.option("--text", help="Only those with this in number, reference or title.")
@click.option("--limit", type=int, default=50, show_default=True, help="How many, up to 1000.")
@click.option("--after", metavar="CURSOR", help="Go on behind a page: its `next`.")
def incidents(session: Session, **options: Any) -> Answer:
    """List incidents, newest first."""
    with session.engine() as engine:
        rows = engine.incidents(**options)
    return Answer(document={"incidents": rows.rows, "next": rows.next}, show=lambda page: _show(page, rows))


def _show(page: Page, found: Rows) -> None:
    page.table(
        ("number", "state", "level", "category", "reported", "team", "title"),
        [(row.number, row.state, row.level, row.category, row.reported_at, row.team, row.title) for row in found.rows],
    )
    if found.next is not None:
        page.line(f"there are more: --after {found.next}")


COMMANDS = (incidents,)
