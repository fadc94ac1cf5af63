"""Merging and undoing it, in whatever order: nothing is lost, and what is undone never was."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from engines import engine_on
from respond.engine.engine import Engine
from respond.engine.incident import IncidentHandle
from respond.errors import CommandRefused
from respond.store.memory import MemoryEventStore
from respond.testing.clocks import ManualClock

COUNT = 5
INDICES = st.integers(0, COUNT - 1)
STEPS = st.lists(st.tuples(st.booleans(), INDICES, INDICES), max_size=12)
"""Each a merge of one incident into another, or, when it is false, the undoing of the first one's."""


def reported() -> tuple[Engine, list[IncidentHandle]]:
    """Return an engine with incidents of several levels, each with a note."""
    clock = ManualClock()
    engine = engine_on(MemoryEventStore(clock=clock), clock)
    incidents = [engine.report(category="other", title=f"Smoke {index}", actor="wang.li") for index in range(COUNT)]
    for index, incident in enumerate(incidents):
        incident.assess(injured=index)
        incident.assign_level(1 + index % 4, basis="seen")
        incident.note(f"note {index}", actor=f"person {index}")
        clock.move(minutes=1)
    return engine, incidents


def answers(engine: Engine, incidents: list[IncidentHandle]) -> Any:
    """Return what the incidents answer, whatever the order in which others were absorbed."""
    states = [incident.state() for incident in incidents]
    rows = [attrs.evolve(row, updated_at=row.reported_at) for row in engine.incidents().rows]
    return [attrs.evolve(one, absorbed=tuple(sorted(one.absorbed))) for one in states], rows


class Model:
    """Which incident goes on for which, by what was allowed so far."""

    def __init__(self) -> None:
        self.into: dict[int, int] = {}

    def merges(self, source: int, into: int) -> bool:
        """Take a merge on; return whether it is allowed: two that go on by themselves, and are not one."""
        allowed = source != into and source not in self.into and into not in self.into
        if allowed:
            self.into[source] = into
        return allowed

    def undoes(self, source: int) -> bool:
        """Take the undoing of a merge on; return whether it is allowed: of a row the last goes first."""
        allowed = source in self.into and self.into[source] not in self.into
        if allowed:
            del self.into[source]
        return allowed

    def story(self, root: int) -> set[int]:
        """Return whose events the timeline of *root* tells."""
        return {root}.union(*(self.story(one) for one, into in self.into.items() if into == root))


def tried(ask: Any, *args: Any, **named: Any) -> bool:
    """Return whether something was asked and recorded."""
    try:
        return bool(ask(*args, **named).events)
    except CommandRefused:
        return False


@settings(max_examples=40)
@given(STEPS)
def test_nothing_is_lost(steps):
    """Each timeline tells all events of what is one with it, with author and time; every id and number answers."""
    engine, incidents = reported()
    model, before = Model(), list(engine.log())
    for merging, one, other in steps:
        if merging:
            done = tried(incidents[one].merge_into, incidents[other], reason="the same")
            assert done is model.merges(one, other)
            assert not done or not tried(incidents[one].merge_into, incidents[other], reason="the same")
        else:
            assert tried(incidents[one].undo_merge, reason="not the same") is model.undoes(one)
    log = list(engine.log())
    assert log[: len(before)] == before
    for index, incident in enumerate(incidents):
        told = {(entry.id, entry.actor, entry.recorded_at) for entry in incident.timeline().entries}
        subjects = {incidents[one].id for one in model.story(index)}
        assert told == {(one.id, one.actor, one.recorded_at) for one in log if one.subject in subjects}
        assert engine.incident(incident.number).id == engine.incident(incident.id).id == incident.id
        into = model.into.get(index)
        assert incident.state().merged_into == (None if into is None else incidents[into].id)


@settings(max_examples=25)
@given(st.lists(st.tuples(INDICES, INDICES), max_size=6))
def test_what_is_undone_never_was(merges):
    """Merges that are undone, the last one first, leave every answer as it was."""
    engine, incidents = reported()
    before = answers(engine, incidents)
    done = [one for one, other in merges if tried(incidents[one].merge_into, incidents[other], reason="the same")]
    assert not done or answers(engine, incidents) != before
    for one in reversed(done):
        incidents[one].undo_merge(reason="not the same")
    assert answers(engine, incidents) == before


@settings(max_examples=15)
@given(st.permutations([(0, 1), (2, 3), (4, 1)]))
def test_merges_commute(order):
    """Merges of disjoint incidents, and several into one, lead to the same answers in any order."""
    told = []
    for merges in ([(0, 1), (2, 3), (4, 1)], order):
        engine, incidents = reported()
        for one, other in merges:
            incidents[one].merge_into(incidents[other], reason="the same")
        told.append(answers(engine, incidents))
    assert told[0] == told[1]


def test_a_merge_into_what_is_merged_does_not_commute():
    """The control: in a row the order counts, and the merge that comes too late is refused."""
    engine, incidents = reported()
    incidents[1].merge_into(incidents[2], reason="the same")
    assert not tried(incidents[0].merge_into, incidents[1], reason="the same")
    assert engine.incident(incidents[0].id).state().merged_into is None
