"""What it costs to find what falls due among many open incidents, and to decide about one of many duties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import attrs
from grounds import TITLES, Database, Grounds
from harness import ROUNDS, Figure

from respond import Engine, Plan
from respond.domain.moments import Moment
from respond.domain.references import Actor
from respond.domain.streams import StreamId, exactly
from respond.engine.table_looks import TableLooks
from respond.plan.obligations import Clock, Obligation, Rung
from respond.plan.owed import due as due_of
from respond.plan.owed import owed
from respond.plan.spans import Span
from respond.projections.looks import Look, Looked
from respond.store.memory import MemoryEventStore
from respond.store.records import NewEvent, Write
from respond.store.sql import SqlEventStore
from respond.workflow.decider import decide
from respond.workflow.definition import Situation
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.commands import Waive
from respond.workflow.incident.facts import facts_of

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NEAR = START + timedelta(days=2) - timedelta(hours=1)
"""When the first incidents are nearly due."""
INCIDENTS = 100_000
PER_MINUTE = 100
"""How many are reported in a minute, and fall due in one."""
APPEND = 500
"""Incidents of an append."""
SAMPLE = 1_000
"""How many incidents the plain loop looks at; its figure is that of all."""
EVENTS, OPEN = 500, 40
ASKED = 100
"""How many commands are decided in a round."""
ACTOR = "wang.li"
REPORT = {"category": "facility_failure", "title": "Card terminals down", "actor": ACTOR}


class _Clock:
    """Stands still until it is set."""

    now = START + timedelta(minutes=INCIDENTS // PER_MINUTE)

    def __call__(self) -> datetime:
        return self.now


def figure_of_due(grounds: Grounds, database: Database) -> Figure:
    """Return the seconds in which a watcher finds what gets near in a minute, beside a look at every incident."""
    plan, clock = _plan(2), _Clock()
    with grounds.empty(database) as url, SqlEventStore.open(url, clock=clock) as store:
        engine = Engine(store, plans=[plan], clock=clock)
        _fill(store, plan)
        _settle(store, engine)
        clock.now = NEAR
        watch, taken = engine.watch(), []
        for _ in range(ROUNDS):
            started = perf_counter()
            found = {one.incident for one in watch.due().due}
            taken.append(perf_counter() - started)
        started = perf_counter()
        looped = {key for key in map(_key, range(SAMPLE)) if _is_due(engine, plan, key)}
        every = (perf_counter() - started) * INCIDENTS / SAMPLE
    right = found == looped == set(map(_key, range(PER_MINUTE)))
    return Figure(
        name=f"find what falls due in a minute among {INCIDENTS:,} open incidents, {TITLES[database]}",
        value=median(taken),
        unit="s",
        bar=1.0,
        least=False,
        peer=f"1/{every / median(taken):,.0f} of a loop that looks at each ({every:,.0f} s, from {SAMPLE:,} of them)",
        spread=f"[{min(taken):.3f} .. {max(taken):.3f}] in {ROUNDS} rounds",
        correct=right,
        why=f"{len(found)} incidents were found, and {len(looped)} by the loop, not {PER_MINUTE}",
    )


def figure_of_deciding() -> Figure:
    """Return the milliseconds in which a waiver is decided on a loaded incident, beside deriving what it owes."""
    plan, clock = _plan(OPEN), _Clock()
    with Engine(MemoryEventStore(clock=clock), plans=[plan], clock=clock) as engine:
        incident = engine.report(**REPORT)
        while len(history := incident.events()) < EVENTS:
            clock.now += timedelta(minutes=1)
            incident.note("The vendor is on its way.", actor=ACTOR)
        left = sum(one.done_at is None for one in incident.obligations())
    decided, derived, events = [], [], ()
    for _ in range(ROUNDS):
        started = perf_counter()
        for number in range(ASKED):
            events = decide(INCIDENT, _situation(plan, clock.now, history, number % OPEN))
        decided.append((perf_counter() - started) * 1_000 / ASKED)
        started = perf_counter()
        for _ in range(ASKED):
            owed(plan, facts_of(plan, history), until=clock.now)
        derived.append((perf_counter() - started) * 1_000 / ASKED)
    return Figure(
        name=f"decide a command on a loaded incident with {EVENTS} events and {OPEN} open obligations",
        value=median(decided),
        unit="ms",
        bar=5.0,
        least=False,
        peer=f"{median(decided) / median(derived):.2f} times as long as a loop that derives all that it owes "
        f"({median(derived):.2f} ms)",
        spread=f"[{min(decided):.2f} .. {max(decided):.2f}] in {ROUNDS} rounds",
        correct=(len(history), left, len(events)) == (EVENTS, OPEN, 1),
        why=f"{len(history)} events and {left} open obligations led to {len(events)} events",
    )


def _plan(duties: int) -> Plan:
    ladder = (Rung(before=Span.parse("10 min"), tell=("commander",)), Rung(tell=("director",)))
    told = Clock(from_="told", within=Span.parse("2 days"))
    obligations = tuple(
        Obligation(id=f"duty-{one}", title="Duty", act="fulfil", due=(told,), near=Span.parse("1 h"), ladder=ladder)
        for one in range(duties)
    )
    return attrs.evolve(Plan.example(), name="watched", obligations=obligations)


def _key(number: int) -> str:
    return f"filled-{number:06d}"


def _reported_at(number: int) -> datetime:
    return START + timedelta(minutes=number // PER_MINUTE)


def _fill(store: SqlEventStore, plan: Plan) -> None:
    with Engine(MemoryEventStore(clock=_Clock()), plans=[plan]) as engine:
        engine.report(**REPORT)
        [row] = engine.store.read_all()
    new = partial(NewEvent, type=row.type, data=row.mapping()["data"], plan=plan.reference, actor=ACTOR)
    for first in range(0, INCIDENTS, APPEND):
        store.append(
            *(
                Write(
                    StreamId.of("incident", _key(number)),
                    [new(id=f"0192f0c1-0000-7000-8000-{number:012d}", occurred_at=Moment(_reported_at(number)))],
                    exactly(0),
                )
                for number in range(first, first + APPEND)
            )
        )


def _settle(store: SqlEventStore, engine: Engine) -> None:
    """Keep of each incident what a first round finds: it is looked at again when it gets near."""
    looks = TableLooks(store, engine.reader.codec, engine.clock)
    looks.build()
    for first in range(0, INCIDENTS, APPEND):
        numbers = range(first, first + APPEND)
        looks.settle(
            [Looked(Look(_key(one), 1, 0), NEAR + (_reported_at(one) - START), due_at=None) for one in numbers]
        )


def _is_due(engine: Engine, plan: Plan, key: str) -> bool:
    return bool(due_of(plan, facts_of(plan, engine.events("incident", key)), engine.clock()))


def _situation(plan: Plan, now: datetime, history: Any, number: int) -> Situation:
    return Situation(
        state=INCIDENT.fold(history),
        command=Waive(obligation=f"duty-{number}", occurrence=1, reason="nobody is touched"),
        plan=plan,
        actor=Actor(ACTOR),
        at=now,
        now=now,
        history=history,
    )
