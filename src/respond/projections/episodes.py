"""Episodes: what one incident adds to the figures: how long each step took, what it owed, what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import attrs

from respond.domain.events import Event
from respond.domain.money import Money
from respond.plan.obligations import Promise
from respond.plan.owed import Verdict, owed, verdict
from respond.plan.plan import Plan
from respond.projections import tenures as t
from respond.projections.entries import Entry, entries, in_world_order
from respond.projections.milestones import durations
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.agenda import asked
from respond.workflow.incident.drawn import Drawn
from respond.workflow.incident.events import IncidentReported
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.resources import ResourceMoved
from respond.workflow.incident.state import CANCELLED, MERGED, Incident
from respond.workflow.party.state import Party

STEPS: Mapping[str, str] = {
    "detect": "from the start of the impact to its discovery",
    "acknowledge": "from the report to the first sign that someone took it up",
    "assess": "from the report to the first assessment",
    "contain": "from the report until it did not spread any more; again: from each reopening",
    "restore": "from the report until customers were served again; again: from each reopening",
    "resolve": "from the report to the first resolution; again: from each reopening to the next resolution",
    "review": "from the last resolution before it to the end of the review; again: after each reopening",
}
"""What is measured, and from what to what."""
_OF_MILESTONES = {"resolve_first": "resolve"}


@attrs.frozen
class Interval:
    """How long one step took."""

    step: str
    seconds: int
    """At least 0."""
    on_hold_seconds: int
    """How much of that work was on hold."""
    again: bool = False
    """Whether the step was taken before."""


@attrs.frozen(kw_only=True)
class Episode:
    """One incident."""

    category: str
    site: str | None
    reported_at: datetime
    level: int | None
    """The worst that it ever had."""
    status: str
    intervals: tuple[Interval, ...]
    on_hold_seconds: int
    verdicts: tuple[tuple[str, Verdict], ...]
    """What became of each occurrence of each obligation; a promise by its name, without whom it was made to."""
    loss: Money | None
    costs: tuple[Money, ...]
    needed: frozenset[str]
    """The resources that the measures need which the plan asks for."""
    drawn: Mapping[str, Drawn]
    parties: tuple[Party, ...]

    @property
    def counts(self) -> bool:
        """Whether it was an incident, and one of its own: neither cancelled nor merged into another."""
        return self.status not in (CANCELLED, MERGED)


def episode(events: Sequence[Event], plan: Plan, parties: Iterable[Party], now: datetime) -> Episode:
    """Return what *events*, the stream of one incident, add to the figures as seen *now*."""
    state: Incident = INCIDENT.fold(events)
    world = in_world_order(entries(events))
    holding = [entry for entry in world if entry.retracted_by is None]
    closed = [one for one in t.statuses(world, now=now) if one.holder in t.CLOSED]
    rested = t.holds(holding, closed, now=now)
    judged = state.assessment
    return Episode(
        category=state.category,
        site=state.site,
        reported_at=next(one.happened_at for one in holding if isinstance(one.reading, IncidentReported)),
        level=state.worst_level,
        status=state.status,
        intervals=tuple(_intervals(holding, rested)),
        on_hold_seconds=t.total_seconds(rested),
        verdicts=tuple(_verdicts(plan, events, now)),
        loss=judged.loss if judged else None,
        costs=tuple(_costs(state, holding)),
        needed=frozenset(
            resource
            for name in asked(plan, state)
            if (measure := plan.measure(name)) is not None
            for resource in measure.resources
        ),
        drawn=state.resources,
        parties=tuple(parties),
    )


def _intervals(holding: Sequence[Entry], rested: Sequence[t.Tenure]) -> Iterator[Interval]:
    for one in durations(holding, rested):
        step = _OF_MILESTONES.get(one.name, one.name)
        if step in STEPS:
            yield Interval(step, max(0, one.seconds), one.on_hold_seconds, again=one.ordinal > 1)


def _verdicts(plan: Plan, events: Sequence[Event], now: datetime) -> Iterator[tuple[str, Verdict]]:
    for one in owed(plan, facts_of(plan, events), until=now):
        promised = isinstance(plan.obligation(one.obligation), Promise)
        yield one.obligation.partition(":")[0] if promised else one.obligation, verdict(one, now)


def _costs(state: Incident, holding: Iterable[Entry]) -> Iterator[Money]:
    yield from (one.expense.amount for one in state.expenses)
    for entry in holding:
        if isinstance(entry.reading, ResourceMoved) and entry.reading.cost is not None:
            yield entry.reading.cost
