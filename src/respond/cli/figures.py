"""Figures over the whole log."""

from __future__ import annotations

import click

from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.page import Page, counted, span_text
from respond.cli.session import Session
from respond.projections.document import document
from respond.projections.statistics import Figures, Spread


@click.command("statistics", cls=Question)
def statistics(session: Session) -> Answer:
    """Count incidents by state, level and category, and tell how long they took to acknowledge and to resolve.

    Drills are left out.
    """
    with session.engine() as engine:
        figures = engine.statistics()
    return Answer(document=figures.to_json(), show=lambda page: _show(page, figures))


def _show(page: Page, figures: Figures) -> None:
    incidents, events = counted(figures.incidents, "incident"), counted(figures.events, "event")
    page.line(f"{incidents}, {figures.open:,} open: {events}, up to position {figures.last_position}")
    page.pairs(
        [
            ("not read", f"{counted(figures.unreadable, 'event')}; run respond replay" if figures.unreadable else None),
            ("reopened", _of(figures.reopened, figures.reopened_incidents)),
            ("level raised", counted(figures.raised, "time")),
            ("level lowered", counted(figures.lowered, "time")),
        ]
    )
    for name, counts in (
        ("state", figures.states),
        ("level", figures.levels),
        ("worst level", figures.worst_levels),
        ("category", figures.categories),
    ):
        page.heading(f"by {name}")
        page.table((name, "incidents"), document(counts).items())
    page.heading("how long it took")
    page.table(
        ("what", "incidents", "median", "90th percentile", "measured"),
        [_row("to acknowledge", figures.acknowledge), _row("to resolve", figures.resolve)],
    )


def _of(times: int, incidents: int) -> str:
    return f"{counted(times, 'time')}, {counted(incidents, 'incident')}"


def _row(name: str, spread: Spread) -> tuple[str | int, ...]:
    median, percentile = (
        "" if seconds is None else span_text(seconds)
        for seconds in (spread.median_seconds, spread.percentile_90_seconds)
    )
    return name, spread.count, median, percentile, spread.definition


COMMANDS = (statistics,)
