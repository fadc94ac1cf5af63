"""The list of incidents, page by page."""

from __future__ import annotations

from typing import Any

import click

from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.page import Page, counted
from respond.cli.session import Session
from respond.projections.board import Board
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


@click.command("board", cls=Question)
@click.option("--limit", type=int, default=20, show_default=True, help="How many rows for each state, up to 1000.")
def board(session: Session, limit: int) -> Answer:
    """Show the open incidents by state and level: what people look at on the wall."""
    with session.engine() as engine:
        found = engine.board(limit=limit)
    return Answer(document=found.to_json(), show=lambda page: _show_board(page, found))


def _show_board(page: Page, found: Board) -> None:
    page.line(f"{counted(found.open, 'incident')} open")
    for lane in found.lanes:
        levels = ", ".join(
            f"level {'none' if level is None else level}: {count}" for level, count in lane.levels.items()
        )
        page.heading(f"{lane.state}: {lane.count}{f' ({levels})' if levels else ''}")
        rows = [(row.number, row.level, row.category, row.reported_at, row.commander, row.title) for row in lane.rows]
        if rows:
            page.table(("number", "level", "category", "reported", "commander", "title"), rows)


COMMANDS = (incidents, board)
