"""What is due of one incident, asked by a pure function."""

from __future__ import annotations

from datetime import timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from duties import clocks
from engines import REPORTED, engine_on
from play import PLAN, START, Play
from respond import due
from respond.plan.obligations import Obligation
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import commands as c

DUTIES = attrs.evolve(
    PLAN,
    name="dutiful",
    obligations=tuple(
        Obligation(id=f"duty-{span}", title="x", act="fulfil", due=clocks(f"told {span} min")) for span in (90, 30, 60)
    ),
)


@given(minutes=st.integers(0, 200))
def test_it_says_what_a_watcher_says(minutes):
    """For an incident with duties it equals the watcher's answer, at any time, the earliest deadline first."""
    clock = ManualClock()
    engine = engine_on(MemoryEventStore(clock=clock), clock, plans=[DUTIES])
    incident = engine.report(**REPORTED)
    clock.move(minutes=10)
    incident.fulfil("duty-60", actor="wang.li")
    history = incident.events()
    clock.move(minutes=minutes)
    found = due(history, engine.plans.in_force(history), clock())
    assert list(found) == [one.owed for one in engine.watch().due().due]
    assert [one.obligation for one in found] == [f"duty-{span}" for span in (30, 90) if minutes + 10 > span]


def test_nothing_is_due_of_what_was_cancelled():
    """Nobody can do anything about it any more."""
    play = Play(plan=DUTIES).do(c.ReportIncident(category="other", title="x"))
    later = START + timedelta(hours=3)
    assert len(due(play.history, DUTIES, later)) == 3
    play.do(c.Note(text="x"), c.Note(text="y"), c.Cancel(reason="a drill"))
    assert due(play.history, DUTIES, later) == ()
