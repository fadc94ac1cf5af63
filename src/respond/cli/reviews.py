"""The review: computed facts and open blanks, and its end."""

from __future__ import annotations

from typing import Any

import click

from respond.cli.answer import Answer
from respond.cli.options import Recording
from respond.cli.page import Page, span_text
from respond.cli.past import LOG, about_the_past, times
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.cli.work import carry_out
from respond.engine.engine import Engine
from respond.projections.entries import Citation
from respond.projections.milestones import Milestone
from respond.projections.review import Review
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.commands import CloseReview


@click.command("review", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--close", is_flag=True, help="Close the review instead of showing it.")
@click.option("--summary", help="What was learnt; with --close.")
@about_the_past
def review(session: Session, name: str, *, close: bool, summary: str | None, **when: str | None) -> Answer:
    """Show the review of incident ID: facts that cite their events, and blanks that wait for people; or close it."""
    if close:
        if when != {"as_of": None, "known_at": None, "clock": LOG}:
            raise click.UsageError("--as-of, --known-at and --clock ask; a review is closed now, or --at another time")
        if summary is None:
            raise click.UsageError("write --summary to say what was learnt")
        return carry_out(session, name, CloseReview(summary=summary))
    if summary is not None or session.at is not None or session.command_id is not None:
        raise click.UsageError("--summary, --at and --command-id belong to --close")
    with session.engine() as engine:
        return reviewed(engine, Target(INCIDENT_CATEGORY, engine.incident(name).id), **times(when))


def reviewed(engine: Engine, target: Target, **when: Any) -> Answer:
    """Return the review of *target* as an answer; what still lasts is measured up to now, or the time asked for."""
    found = engine.reader.review(target.key, now=engine.clock(), **when)
    title = target.title(engine)
    return Answer(
        document={"state" if name == "status" else name: value for name, value in found.to_json().items()},
        show=lambda page: _show(page, title, found),
    )


def _show(page: Page, title: str, found: Review) -> None:
    page.line(f"{title}: {found.title}")
    page.pairs(
        [
            ("state", found.status),
            ("category", found.category),
            ("narrative", found.narrative),
            ("resolution", found.resolution),
            ("review", found.summary),
            ("at work", span_text(found.open_seconds)),
            ("worst level", None if found.peak_level is None else found.peak_level.level),
            ("measured until", found.measured_until),
        ]
    )
    _show_times(page, found)
    _show_people(page, found)
    _show_doubts(page, found)
    page.heading("for people to fill in")
    page.table(("blank", "question"), [(blank.name, blank.question) for blank in found.blanks])


def _show_times(page: Page, found: Review) -> None:
    page.heading("milestones")
    page.table(("when", "what", "event"), [(one.at, _named(one), _cited(one.citation)) for one in found.milestones])
    if found.durations:
        page.heading("durations")
        page.table(
            ("what", "how long", "events"),
            [(one.name, span_text(one.seconds), " ".join(map(_cited, one.citations))) for one in found.durations],
        )
    if found.levels:
        page.heading("levels")
        page.table(
            ("from", "level", "because", "actor", "event"),
            [(one.at, one.level, one.reason, one.actor, _cited(one.citation)) for one in found.levels],
        )


def _show_people(page: Page, found: Review) -> None:
    for heading, tenures in (("who commanded", found.commanders), ("which team had it", found.teams)):
        if tenures:
            page.heading(heading)
            page.table(
                ("who", "since", "until", "how long", "event"),
                [(one.holder, one.since, one.until, span_text(one.seconds), _cited(one.began_by)) for one in tenures],
            )
    if found.upward_reports or found.upward_duties:
        page.heading("upward reports")
        page.table(
            ("when", "kind", "recipient", "summary", "event"),
            [(one.at, one.kind, one.recipient, one.summary, _cited(one.citation)) for one in found.upward_reports],
        )
    for duty in found.upward_reports_missing:
        page.line(f"missing: level {duty.level} owes one since {_cited(duty.because_of)}")


def _show_doubts(page: Page, found: Review) -> None:
    doubts = [
        *((f"late by {span_text(one.delay_seconds)}: {one.type}", one.citation) for one in found.late_entries),
        *((f"{one.kind} of #{one.position}: {one.reason}", one.citation) for one in found.amendments),
        *((f"{one.actor} broke the glass for {one.type}: {one.reason}", one.citation) for one in found.broken_glass),
        *((f"{one.source} -> {one.dest}: {one.text} [{one.code}]", one.citation) for one in found.deviations),
    ]
    if doubts:
        page.heading("late, amended, out of order")
        page.table(("what", "event"), [(text, _cited(citation)) for text, citation in doubts])


def _named(milestone: Milestone) -> str:
    return milestone.name if milestone.ordinal == 1 else f"{milestone.name} ({milestone.ordinal})"


def _cited(citation: Citation) -> str:
    return f"#{citation.position}"


COMMANDS = (review,)
