"""The review: computed facts and open blanks, and its end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from respond.cli.answer import Answer
from respond.cli.options import Recording
from respond.cli.page import Page, counted, span_text
from respond.cli.past import LOG, about_the_past, times
from respond.cli.seen import as_role, show_withheld, told, view_of
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.cli.words import show_told
from respond.cli.work import carry_out
from respond.domain.moments import format_utc
from respond.engine.engine import Engine
from respond.projections.account import Account
from respond.projections.communication import Communication
from respond.projections.entries import Citation
from respond.projections.learnt import Learnt
from respond.projections.milestones import Duration, Milestone, numbered
from respond.projections.response import Response
from respond.projections.review import Review
from respond.projections.view import View
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.commands import CloseReview


@click.command("review", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--close", is_flag=True, help="Close the review instead of showing it.")
@click.option("--summary", help="What was learnt; with --close.")
@click.option("--learning", is_flag=True, help="With roles in the place of people, for all who are to learn from it.")
@as_role
@about_the_past
def review(
    session: Session,
    name: str,
    *,
    close: bool,
    summary: str | None,
    learning: bool,
    seen_as: str | None,
    **when: str | None,
) -> Answer:
    """Show the review of incident ID: facts that cite their events, and blanks that wait for people; or close it."""
    if learning + close + (seen_as is not None) > 1:
        raise click.UsageError("--learning and --as show, each in its way; --close closes")
    if close:
        if when != {"as_of": None, "known_at": None, "clock": LOG}:
            raise click.UsageError("--as-of, --known-at and --clock ask; a review is closed now, or --at another time")
        if summary is None:
            raise click.UsageError("write --summary to say what was learnt")
        return carry_out(session, name, CloseReview(summary=summary))
    if summary is not None or session.at is not None or session.command_id is not None:
        raise click.UsageError("--summary, --at and --command-id belong to --close")
    with session.engine() as engine:
        target = Target(INCIDENT_CATEGORY, engine.incident(name).id)
        return learnt(engine, target, **times(when)) if learning else reviewed(engine, target, seen_as, **times(when))


def learnt(engine: Engine, target: Target, **when: Any) -> Answer:
    """Return the learning view of *target* as an answer: the review and the timeline, with roles for people."""
    found = engine.reader.learning_view(target.key, now=engine.clock(), **when)
    title = target.title(engine)
    return Answer(document=found.to_json(), show=lambda page: _show(page, title, found.review))


def reviewed(engine: Engine, target: Target, seen_as: str | None = None, **when: Any) -> Answer:
    """Return the review of *target* as an answer, or as much of it as somebody is shown.

    What still lasts is measured up to now, or the time asked for.
    """
    view = None if seen_as is None else view_of(engine, target, seen_as, **when)
    found = view.review if view is not None else engine.reader.review(target.key, now=engine.clock(), **when)
    title = target.title(engine)
    document = {"state" if name == "status" else name: value for name, value in found.to_json().items()}
    return Answer(
        document={**document, **({} if view is None else told(view))},
        show=lambda page: _show(page, title, found, view),
    )


def _show(page: Page, title: str, found: Review, view: View | None = None) -> None:
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
            ("rests on", f"{counted(found.ground.events, 'event')} up to #{found.ground.position}"),
            ("their leaves", found.ground.leaves),
            ("altered", ", ".join(f"#{position}" for position in found.altered or ()) or None),
        ]
    )
    _show_times(page, found)
    _show_people(page, found)
    _show_response(page, found.response)
    _show_words(page, found.communication)
    _show_customers(page, found)
    _show_actions(page, found)
    _show_consequences(page, found)
    _show_account(page, found.account)
    _show_learnt(page, found.learnt)
    _show_doubts(page, found)
    page.heading("for people to fill in")
    page.table(("blank", "question"), [(blank.name, blank.question) for blank in found.blanks])
    if view is not None:
        show_withheld(page, view)


def _show_times(page: Page, found: Review) -> None:
    page.heading("milestones")
    page.table(("when", "what", "event"), [(one.at, _named(one), _cited(one.citation)) for one in found.milestones])
    if found.durations:
        page.heading("durations")
        page.table(
            ("what", "how long", "events"),
            [(_named(one), span_text(one.seconds), _all(one.citations)) for one in found.durations],
        )
    if found.levels:
        page.heading("levels")
        page.table(
            ("from", "level", "because", "actor", "event"),
            [(one.at, one.level, one.reason, one.actor, _cited(one.citation)) for one in found.levels],
        )
    if found.estimates:
        page.heading("impact, as it was judged")
        page.table(
            ("when", "what", "told", "corrected", "event"),
            [
                (one.at, estimate.name, one.told, one.now if one.corrected_by else None, _cited(one.citation))
                for estimate in found.estimates
                for one in estimate.judged
            ],
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


def _show_response(page: Page, told: Response) -> None:
    if told.measures:
        page.heading("measures")
        page.table(
            ("measure", "what became of it", "begun", "ended", "told"),
            [(one.title, one.status, one.started_at, one.ended_at, one.told or one.reason) for one in told.measures],
        )
    if told.measures_left:
        page.line(f"left undone: {', '.join(told.measures_left)}")
    if told.hypotheses or told.information:
        page.heading("what was held true")
        page.table(
            ("from", "kind", "what", "confidence", "what became of it", "shown by"),
            [
                (one.at, one.kind, one.text, one.confidence, one.status, one.shown_by)
                for one in (*told.information, *told.hypotheses)
            ],
        )
    if told.decisions:
        page.heading("decisions, and what was known then")
        page.table(
            ("when", "decision", "because", "level", "customers", "up to"),
            [
                (one.at, one.decision, one.rationale, known.level, known.affected_customers, f"#{known.last_position}")
                for one in told.decisions
                for known in (one.known,)
            ],
        )
    if told.holds:
        page.line(f"on hold: {span_text(told.on_hold_seconds)}")


def _show_words(page: Page, told: Communication) -> None:
    if told.statements:
        page.heading("statements")
        page.table(
            ("statement", "audience", "version", "key messages", "written", "approved", "published", "retracted"),
            [
                (
                    one.statement,
                    one.audience,
                    version.version,
                    version.key_messages,
                    _by(version.written_at, version.written_by),
                    _by(version.approved_at, version.approved_by),
                    _by(version.published_at, version.published_by),
                    one.retracted_because,
                )
                for one in told.statements
                for version in one.versions
            ],
        )
    if told.told:
        page.heading("who was told")
        show_told(page, told.told)
    if told.silences:
        page.heading("longest silences")
        page.table(
            ("audience", "longest", "allowed", "too long", "events"),
            [
                (one.audience, span_text(one.longest_seconds), one.longest_allowed, one.breaches, _all(one.citations))
                for one in told.silences
            ],
        )
    if told.observations:
        page.heading("observations")
        page.table(
            ("metric", "values"),
            [(metric, ", ".join(str(one.value) for one in points)) for metric, points in told.observations.items()],
        )
    heard = [
        *((one.at, f"{one.count} x {one.text} ({one.source})", one.citation) for one in told.feedback),
        *((one.at, f"communication rated {one.rating} of 5: {one.text}", one.citation) for one in told.evaluations),
    ]
    if heard:
        page.heading("feedback")
        page.table(("when", "what", "event"), [(at, text, _cited(citation)) for at, text, citation in heard])


def _by(at: datetime | None, who: str | None) -> str | None:
    return None if at is None else f"{format_utc(at)} {who or ''}".rstrip()


def _show_customers(page: Page, found: Review) -> None:
    if found.customers:
        page.heading("customers")
        page.table(
            ("party", "customers", "state", "first contact", "offers", "visited", "satisfied", "event"),
            [
                (
                    one.party,
                    one.customers,
                    one.status,
                    one.contacted_in_time,
                    ", ".join(f"{offer.amount or offer.form} {offer.status}" for offer in one.offers),
                    one.visited_in_time,
                    {True: "yes", False: "no", None: None}[one.satisfied],
                    _cited(one.registered),
                )
                for one in found.customers
            ],
        )


def _show_actions(page: Page, found: Review) -> None:
    if found.actions:
        page.heading("action items")
        page.table(
            ("due", "state", "in time", "owner", "kind", "what", "event"),
            [
                (one.due_at, one.status, told.in_time, one.owner, one.kind, one.text, _cited(told.citations[0]))
                for told in found.actions
                for one in (told.standing,)
            ],
        )


def _show_consequences(page: Page, found: Review) -> None:
    if found.proposals:
        page.heading("proposals to change a plan")
        page.table(
            ("plan", "proposal", "state", "into", "event"),
            [
                (one.plan, one.proposal, one.status, str(one.revision or ""), _cited(one.citations[0]))
                for one in found.proposals
            ],
        )
    if found.recognitions:
        page.heading("who did outstandingly well")
        page.table(
            ("who", "what for", "event"),
            [(one.person, one.text, _cited(one.citation)) for one in found.recognitions],
        )


def _show_account(page: Page, told: Account) -> None:
    if told.roles:
        page.heading("roles")
        page.table(
            ("role", "who", "since", "until", "event"),
            [
                (one.role, one.held.holder, one.held.since, one.held.until, _cited(one.held.began_by))
                for one in told.roles
            ],
        )
    if told.roles_empty:
        page.heading("required roles that stood empty")
        page.table(
            ("role", "since", "until", "how long", "event"),
            [
                (one.holder, one.since, one.until, span_text(one.seconds), _cited(one.began_by))
                for one in told.roles_empty
            ],
        )
    if told.roles_never_filled:
        page.line(f"never filled: {', '.join(told.roles_never_filled)}")
    if told.resources:
        page.heading("resources")
        page.table(
            ("resource", "requested", "committed", "used", "short"),
            [(one.resource, *map(str, (one.requested, one.committed, one.used, one.short))) for one in told.resources],
        )
    for cost in told.costs:
        page.line(f"spent: {cost.total}")


def _show_learnt(page: Page, told: Learnt) -> None:
    if told.findings:
        page.heading("what was found")
        page.table(
            ("kind", "what", "shown by", "confidence", "event"),
            [
                (one.kind, one.text, ", ".join(one.evidence), one.confidence, _cited(one.citation))
                for one in told.findings
            ],
        )
    if told.evaluation is not None:
        judged = told.evaluation
        followed, adequate = ("yes" if one else "no" for one in (judged.followed, judged.adequate))
        page.heading("how the response worked")
        page.pairs(
            [
                ("effectiveness", judged.effectiveness),
                ("procedures followed", followed),
                ("adequate", adequate),
                ("because", judged.text),
            ]
        )
    if told.lessons:
        page.heading("lessons")
        page.table(("key", "lesson", "state"), [(one.lesson, one.text, one.status) for one in told.lessons])
    if told.held is not None:
        page.line(
            f"reviewed by {', '.join(told.held.participants)}; not signed: {', '.join(told.held.unsigned) or 'none'}"
        )


def _show_doubts(page: Page, found: Review) -> None:
    doubts = [
        *(
            (f"{one.obligation} {one.occurrence}: {one.verdict} before the plan changed", one.citation)
            for one in found.stood_breaches
        ),
        *(
            (f"{one.obligation} {one.occurrence}: told {span_text(one.late_seconds)} late", one.citation)
            for one in found.told_late
        ),
        *((f"late by {span_text(one.delay_seconds)}: {one.type}", one.citation) for one in found.late_entries),
        *((f"{one.kind} of #{one.position}: {one.reason}", one.citation) for one in found.amendments),
        *((f"{one.actor} broke the glass for {one.type}: {one.reason}", one.citation) for one in found.broken_glass),
        *((f"{one.source} -> {one.dest}: {one.text} [{one.code}]", one.citation) for one in found.deviations),
    ]
    if doubts:
        page.heading("late, amended, out of order")
        page.table(("what", "event"), [(text, _cited(citation)) for text, citation in doubts])


def _named(one: Milestone | Duration) -> str:
    return numbered(one.name, one.ordinal)


def _cited(citation: Citation) -> str:
    return f"#{citation.position}"


def _all(citations: Iterable[Citation]) -> str:
    return " ".join(map(_cited, citations))


COMMANDS = (review,)
