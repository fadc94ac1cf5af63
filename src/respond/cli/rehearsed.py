"""The drill of the demo, played on the log of its story: injects at their times, and people who react to them."""

from __future__ import annotations

from typing import Any

from respond.cli.played import StoryClock
from respond.cli.scenario import drill as s
from respond.cli.scenario.plan import PLAN_NAME
from respond.cli.scenario.step import Person
from respond.engine.drill import DrillEngine
from respond.engine.engine import Engine
from respond.plan.scenario import Inject, Scenario
from respond.workflow.plan_life import PLAN_CATEGORY


def rehearse(engine: Engine, clock: StoryClock) -> DrillEngine:
    """Hold the drill from its planning to its evaluation, and tell the life of the plan what it showed."""
    clock.now = s.BEGINS
    drill = engine.drill(s.DRILL)
    leader = _as(s.LEADER)
    drill.prepare(Scenario.shipped(s.SCENARIO), **leader)
    for department, _ in s.PLAYERS:
        drill.invite(department, **leader)
    drill.invite(s.PARTNER, partner=True, note=s.ABSENT, **leader)
    drill.start(**leader)
    for department, person in s.PLAYERS:
        drill.record_participation(department, person.id, plays=person.role, **leader)

    def react(inject: Inject) -> None:
        given_at = clock.now
        for one in s.REACTIONS:
            if one.inject == inject.id:
                clock.now = given_at + one.after
                drill.played().execute(one.command, **_as(one.person))

    drill.play(wait=clock.wait, then=react, **leader)
    drill.end(**leader)
    drill.evaluate(text=s.VERDICT, **leader)
    for person, score, training in s.SCORES:
        drill.score_person(person.id, score, training=training, **leader)
    drill.record_finding(*s.FINDING, proposal=s.PROPOSAL, **leader)
    engine.execute(PLAN_CATEGORY, PLAN_NAME, drill.for_plan(), **leader)
    return drill


def _as(person: Person) -> dict[str, Any]:
    return {"actor": person.id, "role": person.role}
