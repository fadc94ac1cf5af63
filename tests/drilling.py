"""Drills for tests: an engine under a plan that promises, a scenario, and people who play it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engines import engine_on
from respond.engine.drill import DrillEngine
from respond.engine.engine import Engine
from respond.plan.plan import Plan
from respond.plan.scenario import Inject, Message, Objective, Observed, Scenario
from respond.plan.spans import Span
from respond.projections.document import document
from respond.store.memory import MemoryEventStore
from respond.store.subscription import Subscription
from respond.testing.clocks import ManualClock

PLAN = Plan.shipped("service-company")
WRITTEN = """
name = "smoke"
version = "1"
title = "Smoke"
plan = "service-company"

[[injects]]
id = "call"
title = "A call"
command = "report"
data = { category = "other", title = "Smoke" }

[[injects]]
id = "press"
title = "The press"
after = "2 h"
message = { to = "spokesperson", text = "What burns?" }

[[objectives]]
id = "ack"
title = "Taken up"
act = "acknowledge"
within = "15 min"
"""
"""A scenario in TOML."""
TRAINER = {"actor": "han.mei", "role": "duty_officer"}
SCENARIO = Scenario(
    name="smoke",
    version="1",
    title="Smoke",
    titles={"zh": "冒烟"},
    plan=PLAN.name,
    injects=(
        Inject(
            id="call",
            title="A call",
            command="report",
            role="agent",
            data={"category": "facility_failure", "title": "Drill: smoke 𠮷"},
        ),
        Inject(
            id="signal",
            title="A signal",
            after=Span(10, "minute"),
            signal=Observed(warning="w", source="staff", metric="calls", value=3),
        ),
        Inject(
            id="press", title="Press", after=Span(1, "hour"), message=Message(to="spokesperson", text="What burns?")
        ),
    ),
    objectives=(
        Objective(id="ack", title="Taken up", act="acknowledge", within=Span(15, "minute")),
        Objective(id="led", title="Led", role="commander", within=Span(20, "minute"), points=2),
        Objective(id="levelled", title="Levelled", obligation="assign_level"),
        Objective(id="order", title="Order", measure="contain_fault", before="restore_service"),
        Objective(id="voice", title="Voice", role="spokesperson", within=Span(5, "minute"), since="press"),
    ),
)


def engine_for_drills(**options: Any) -> Engine:
    """Return an engine on a log in memory."""
    clock = ManualClock()
    return engine_on(MemoryEventStore(clock=clock), clock, plans=(PLAN,), **options)


def started(engine: Engine, key: str = "spring") -> DrillEngine:
    """Return a drill that began."""
    drill = engine.drill(key)
    drill.prepare(SCENARIO, **TRAINER)
    drill.invite("IT", **TRAINER)
    drill.start(**TRAINER)
    return drill


def answered(drill: DrillEngine) -> None:
    """Let people do what is asked after the first inject; the press is not answered."""
    incident, people = drill.played(), {"actor": "chen.yu", "role": "duty_officer"}
    drill.time.move(timedelta(minutes=5))
    incident.acknowledge(**people)
    incident.take_command(**people)
    incident.assess(affected_customers=900, **people)
    incident.assign_level(3, basis="14 shops", **people)
    incident.start_response(**people)
    incident.start_measure("contain_fault", **people)
    incident.complete_measure("contain_fault", outcome="It holds", **people)
    incident.start_measure("restore_service", **people)


def played(engine: Engine, key: str = "spring") -> DrillEngine:
    """Return a drill that was played to its end: four of five objectives are met."""
    drill = started(engine, key)
    drill.play(then=lambda inject: answered(drill) if inject.id == "call" else None, **TRAINER)
    drill.time.move(timedelta(minutes=30))
    drill.end(**TRAINER)
    return drill


def answers(engine: Engine) -> list[Any]:
    """Return everything that reality answers: list, board, figures, stock, duties, what is told to the world."""
    told = Subscription(engine.store, live=False)
    outlook = engine.watch().due()
    return [
        document(engine.incidents()),
        document(engine.board()),
        document(engine.statistics()),
        document(engine.care()),
        document(engine.pools()),
        [(one.incident, one.owed) for one in outlook.due],
        [event.body for event in told],
        [row.body for row in engine.store.read_all(realm="real")],
        [document(engine.timeline(row.id)) for row in engine.incidents().rows],
    ]
