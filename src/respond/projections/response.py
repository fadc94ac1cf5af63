"""The response in a review: measures, what was held true, what was decided and what was known then, time on hold."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

import attrs

from respond.domain.events import Event
from respond.plan.measures import MeasureKind
from respond.plan.plan import Plan
from respond.projections.document import Document
from respond.projections.entries import Citation, Entry
from respond.projections.knowledge import held
from respond.projections.tenures import CLOSED, Tenure, holds, statuses, total_seconds
from respond.workflow.incident import INCIDENT, course, effects, situation, teams
from respond.workflow.incident.agenda import asked, settled
from respond.workflow.incident.decisions import DecisionRecorded, RejectedOption
from respond.workflow.incident.measures import MeasureCompleted, MeasureSkipped, MeasureStarted, MeasureStepTicked
from respond.workflow.incident.state import Incident
from respond.workflow.incident.unplanned import MeasureAdded


@attrs.frozen(kw_only=True)
class MeasureReviewed(Document):
    """What became of one measure."""

    measure: str
    title: str
    kind: MeasureKind
    planned: bool
    """Whether the plan holds it; else `reason` says why it was added."""
    reason: str = ""
    status: str = "added"
    started_at: datetime | None = None
    started_by: str | None = None
    ended_at: datetime | None = None
    """When it was done or skipped last."""
    ended_by: str | None = None
    told: str = ""
    """The outcome, or why it was skipped."""
    steps_done: tuple[int, ...] = ()
    out_of_order: bool = False
    """Whether it was begun before one that comes before it was done or skipped."""
    citations: tuple[Citation, ...] = ()


@attrs.frozen(kw_only=True)
class Belief(Document):
    """A suspected cause or a piece of information, and what became of it."""

    key: str
    text: str
    kind: str
    """`cause`, `fact`, `claim` or `rumour`."""
    source: str = ""
    evidence: str = ""
    """What it rested on at first."""
    confidence: str
    status: str
    at: datetime
    checked_at: datetime | None = None
    """When it was confirmed, rejected or refuted last."""
    shown_by: str = ""
    """What showed it then."""
    citations: tuple[Citation, ...]


@attrs.frozen(kw_only=True)
class KnownThen(Document):
    """What the log held when a decision was taken."""

    last_position: int
    status: str
    level: int | None
    affected_customers: int | None
    hypotheses: Mapping[str, str]
    """By key, how each suspected cause stood."""
    information: Mapping[str, str]
    """By key, how each piece of information stood."""


@attrs.frozen(kw_only=True)
class DecisionReviewed(Document):
    """A decision, and what was known when it was taken."""

    decision: str
    rationale: str
    options: tuple[str, ...]
    rejected: tuple[RejectedOption, ...]
    at: datetime
    actor: str | None
    role: str | None
    known: KnownThen
    citation: Citation


@attrs.frozen(kw_only=True)
class Step(Document):
    """Something else that was done: an action plan, a team, help, a head count."""

    kind: str
    told: Any
    """What its event tells."""
    at: datetime
    citation: Citation


@attrs.frozen(kw_only=True)
class Response(Document):
    """What the events tell of the response."""

    measures: tuple[MeasureReviewed, ...]
    measures_left: tuple[str, ...]
    """The measures that are asked as the incident stands, and were neither done nor skipped."""
    hypotheses: tuple[Belief, ...]
    information: tuple[Belief, ...]
    decisions: tuple[DecisionReviewed, ...]
    action_plans: tuple[Step, ...]
    """The first one and each revision."""
    teams: tuple[Step, ...]
    help: tuple[Step, ...]
    head_counts: tuple[Step, ...]
    holds: tuple[Tenure, ...]
    on_hold_seconds: int


def response(
    world: Sequence[Entry], events: Sequence[Event], standing: Incident, plan: Plan, now: datetime
) -> Response:
    """Return the response as the entries tell it that hold, in *world* order; *events* are all, in log order."""
    closed = [one for one in statuses(world, now=now) if one.holder in CLOSED]
    world = [entry for entry in world if entry.retracted_by is None]
    rested = holds(world, closed, now=now)
    return Response(
        measures=_measures(world, plan),
        measures_left=tuple(one for one in asked(plan, standing) if not settled(standing, one)),
        hypotheses=_beliefs(world, _HYPOTHESES),
        information=_beliefs(world, _INFORMATION),
        decisions=tuple(_decisions(world, events)),
        action_plans=_steps(world, course.ActionPlanSet, course.ActionPlanRevised),
        teams=_steps(world, teams.TeamFormed),
        help=_steps(world, course.HelpRequested, course.HelpArrived),
        head_counts=_steps(world, effects.HeadsCounted),
        holds=rested,
        on_hold_seconds=total_seconds(rested),
    )


def _measures(world: Iterable[Entry], plan: Plan) -> tuple[MeasureReviewed, ...]:
    found: dict[str, MeasureReviewed] = {}
    after: dict[str, tuple[str, ...]] = {}
    for entry in world:
        told = entry.reading
        if not isinstance(told, (MeasureAdded, MeasureStarted, MeasureStepTicked, MeasureCompleted, MeasureSkipped)):
            continue
        planned = plan.measure(told.measure)
        mine = found.get(told.measure) or MeasureReviewed(
            measure=told.measure,
            title=planned.title if planned else told.measure,
            kind=planned.kind if planned else "other",
            planned=planned is not None,
        )
        if planned is not None:
            after.setdefault(told.measure, planned.after)
        if isinstance(told, MeasureAdded):
            after[told.measure] = told.after
        found[told.measure] = attrs.evolve(mine, citations=(*mine.citations, entry.citation), **_told(mine, entry))
    return tuple(
        attrs.evolve(one, out_of_order=any(_later(found.get(before), one) for before in after.get(one.measure, ())))
        for one in found.values()
    )


def _told(mine: MeasureReviewed, entry: Entry) -> dict[str, Any]:
    """Return what *entry* changes of a measure."""
    at, who = entry.happened_at, entry.event.actor
    match entry.reading:
        case MeasureAdded(title=title, kind=kind, reason=reason):
            return {"title": title, "kind": kind, "planned": False, "reason": reason}
        case MeasureStarted(kind=kind):
            return {"status": "started", "kind": kind, "started_at": at, "started_by": who}
        case MeasureStepTicked(step=step):
            return {"steps_done": (*mine.steps_done, step)}
        case MeasureCompleted(outcome=text):
            return {"status": "done", "ended_at": at, "ended_by": who, "told": text}
        case MeasureSkipped(reason=text):
            return {"status": "skipped", "ended_at": at, "ended_by": who, "told": text}
    return {}


def _later(before: MeasureReviewed | None, one: MeasureReviewed) -> bool:
    if before is None or one.started_at is None:
        return False
    return before.ended_at is None or before.ended_at > one.started_at


_Kinds = tuple[str, type, Mapping[type, str]]
"""The field with the key, what comes first, and what each ruling on it means."""
_HYPOTHESES: _Kinds = (
    "hypothesis",
    situation.HypothesisRaised,
    {situation.HypothesisConfirmed: "confirmed", situation.HypothesisRejected: "rejected"},
)
_INFORMATION: _Kinds = (
    "information",
    situation.InformationReceived,
    {situation.InformationConfirmed: "confirmed", situation.InformationRefuted: "refuted"},
)


def _beliefs(world: Iterable[Entry], kinds: _Kinds) -> tuple[Belief, ...]:
    key, first, rulings = kinds
    found: dict[str, Belief] = {}
    for entry in world:
        told = entry.reading
        if type(told) is first:
            found[getattr(told, key)] = _belief(getattr(told, key), entry)
        elif type(told) in rulings and getattr(told, key) in found:
            name = getattr(told, key)
            found[name] = attrs.evolve(
                found[name],
                status=rulings[type(told)],
                checked_at=entry.happened_at,
                shown_by=told.evidence,
                citations=(*found[name].citations, entry.citation),
            )
    return tuple(found.values())


def _belief(key: str, entry: Entry) -> Belief:
    told = entry.reading
    if isinstance(told, situation.HypothesisRaised):
        what: dict[str, Any] = {"text": told.cause, "kind": "cause", "evidence": told.evidence, "status": "open"}
    else:
        what = {"text": told.text, "kind": told.kind, "source": told.source, "status": "unchecked"}
    return Belief(key=key, confidence=told.confidence, at=entry.happened_at, citations=(entry.citation,), **what)


def _decisions(world: Iterable[Entry], events: Sequence[Event]) -> Iterator[DecisionReviewed]:
    """Yield each decision with what the log held at its time; the log is folded once, however many there are."""
    decided = [entry for entry in world if isinstance(entry.reading, DecisionRecorded)]
    state, folded = INCIDENT.initial, 0
    for entry in decided:  # in the order of the world, so that what was known only grows
        earlier = bisect_left(events, entry.event.position, key=attrgetter("position"))
        count = min(held(events, entry.happened_at), earlier)
        if count < folded:
            state, folded = INCIDENT.initial, 0
        state, folded = INCIDENT.fold(events[folded:count], state), count
        yield _decision(entry, state, events[count - 1].position if count else 0)


def _decision(entry: Entry, state: Incident, last_position: int) -> DecisionReviewed:
    told: DecisionRecorded = entry.reading
    judged = state.assessment
    return DecisionReviewed(
        decision=told.decision,
        rationale=told.rationale,
        options=told.options,
        rejected=told.rejected,
        at=entry.happened_at,
        actor=entry.event.actor,
        role=entry.event.role,
        known=KnownThen(
            last_position=last_position,
            status=state.status,
            level=state.level,
            affected_customers=judged.affected_customers if judged else None,
            hypotheses={key: one.status for key, one in state.hypotheses.items()},
            information={key: one.status for key, one in state.information.items()},
        ),
        citation=entry.citation,
    )


def _steps(world: Iterable[Entry], *kinds: type) -> tuple[Step, ...]:
    return tuple(
        Step(kind=entry.event.type, told=entry.reading, at=entry.happened_at, citation=entry.citation)
        for entry in world
        if isinstance(entry.reading, kinds)
    )
