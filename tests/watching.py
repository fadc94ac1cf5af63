"""A plan with ladders, incidents under it, and what a look through the whole log says that must be raised by now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import attrs

from duties import clocks, every
from engines import engine_on
from outline import OUTLINE
from respond.domain.ids import uuid7
from respond.engine.engine import Engine
from respond.engine.watch import Watch
from respond.plan.ladder import rungs
from respond.plan.obligations import Obligation, Rung
from respond.plan.owed import owed, verdict
from respond.plan.plan import Plan
from respond.plan.spans import Span
from respond.projections.looks import MemoryLooks
from respond.store.memory import MemoryEventStore
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident.events import ObligationRaised
from respond.workflow.incident.facts import facts_of

DATABASES = ("sqlite", "postgresql", "mariadb")
STORES = ("memory", *DATABASES)
Raised = tuple[str, int, int, float]
"""The obligation, the occurrence, the rung, and the deadline in minutes after the report."""


def span(text: str) -> Span:
    """Return the span that *text* names."""
    return Span.parse(text)


ASSESS = Obligation(
    id="assess",
    title="Assess the impact",
    titles={"zh": "研判影响"},
    act="assess",
    due=clocks("told 10 min"),
    near=span("3 min"),
    ladder=(
        Rung(before=span("3 min"), tell=("duty_officer",)),
        Rung(tell=("duty_officer", "commander")),
        Rung(after=span("20 min"), tell=("commander",)),
        Rung(after=span("30 min"), tell=("director",)),
    ),
)
INFORM = Obligation(
    id="inform",
    title="Inform the customers",
    act="fulfil",
    due=clocks("told 60 min, level_assigned 30 min"),
    on_raising="restart",
    pausable=True,
    ladder=(
        Rung(tell=("commander",)),
        Rung(after=span("5 min"), tell=("commander",), levels=(1,)),
        Rung(after=span("10 min"), tell=("deputy",), levels=(1,)),
        Rung(after=span("15 min"), tell=("director",)),
    ),
)
BRIEF = Obligation(
    id="brief",
    title="Brief the staff",
    act="note_progress",
    due=clocks("told 30 min"),
    recurs=every("30 min", after="schedule"),
    ladder=(Rung(before=span("5 min"), tell=("commander",)),),
)
PLAN = attrs.evolve(OUTLINE, name="watched", obligations=(ASSESS, INFORM, BRIEF))
BRIEFED = attrs.evolve(PLAN, name="briefed", obligations=(BRIEF,))
SHORT = attrs.evolve(PLAN, name="short", obligations=(ASSESS,))
PLANS = (PLAN, SHORT, BRIEFED)
RECURRING = {one.id for one in PLAN.obligations if one.recurs is not None}


@contextmanager
def stores(url: str | None, clock: ManualClock) -> Iterator[Any]:
    """Lend a store in a database, or in memory where no URL is given."""
    if url is None:
        yield MemoryEventStore(clock=clock)
        return
    with SqlEventStore.open(url, clock=clock) as store:
        yield store


def watched(store: Any, clock: ManualClock, *, plans: Iterable[Plan] = PLANS, **options: Any) -> Engine:
    """Return an engine on *store* with the plans of this module."""
    return engine_on(store, clock, plans=plans, **options)


def reported(engine: Engine, **fields: Any) -> Any:
    """Report an incident, under the short plan unless another is named."""
    told = {"category": "facility_failure", "title": "Card terminals down", "actor": "wang.li", "plan": "short"}
    told["plan_reason"] = "it is the one that is watched"
    return engine.report(**{**told, **fields})


def raised(engine: Engine, incident: Any) -> list[Raised]:
    """Return what the log says was raised for *incident*, in its order."""
    history = engine.events("incident", incident.id)
    began = history[0].happened_at
    return [
        (one.data.obligation, one.data.occurrence, one.data.rung, (one.data.due_at - began) / timedelta(minutes=1))
        for one in history
        if type(one.data) is ObligationRaised
    ]


def to_be_raised(engine: Engine, incident: Any, now: datetime) -> list[Raised]:
    """Return what a look through the whole log says that must be raised by *now*, by the time of the rung.

    Of what recurs each rung is raised for the last occurrence that reached it.
    """
    history = engine.events("incident", incident.id)
    plan, began = engine.plans.in_force(history), history[0].happened_at
    level = incident.state().level
    found = [
        (climb.at, (one.obligation, one.occurrence, climb.number, (one.due_at - began) / timedelta(minutes=1)))
        for one in owed(plan, facts_of(plan, history), until=now)
        if verdict(one, now) in {"open", "near", "missing"} and one.due_at is not None
        for climb in rungs(plan, one, level)
        if climb.at <= now
    ]
    last = {(one[0], one[2]): one for _, one in sorted(found, key=lambda one: one[1][1])}
    return [one for _, one in sorted(found) if one[0] not in RECURRING or last[one[0], one[2]] == one]


class EveryIncident(MemoryLooks):
    """Keeps nothing: each incident is looked at in each round."""

    def settle(self, looked: Any) -> None:
        """Forget what was found."""


def thorough(engine: Engine) -> Watch:
    """Return a watcher that looks at each incident in each round."""
    watch = engine.watch()
    watch._looks = EveryIncident(engine.store)
    return watch


class WithoutIds(Watch):
    """The control: a watcher whose events have another id each time."""

    def _raise(self, incident: str, command: Any) -> bool:
        command_id = str(uuid7(self.engine.clock(), self.engine.random(10)))
        return bool(self.engine.execute("incident", incident, command, actor="x", command_id=command_id).events)
