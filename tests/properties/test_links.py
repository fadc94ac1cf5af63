"""Merging, splitting and undoing it, in whatever order: nothing is lost, and what is undone never was."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from engines import engine_on
from respond.domain.events import Event
from respond.engine.engine import Engine
from respond.engine.incident import IncidentHandle
from respond.errors import CommandRefused
from respond.plan.resources import Resource
from respond.store.memory import MemoryEventStore
from respond.testing.clocks import ManualClock
from respond.workflow.incident.commands import ReportIncident
from spoken import SPOKEN

COUNT = 5
INDICES = st.integers(0, COUNT - 1)
STEPS = st.lists(st.tuples(st.booleans(), INDICES, INDICES), max_size=12)
"""Each a merge of one incident into another, or, when it is false, the undoing of the first one's."""


SPLITS = st.lists(st.tuples(INDICES, st.integers(1, 3)), min_size=1, max_size=4)
"""Each a split of one incident into so many parts."""
PUMPS = Resource(id="pump", title="Pumps", kind="material", quantity=2 * COUNT)
STOCKED = attrs.evolve(SPOKEN, resources=(PUMPS,), name="spoken and stocked")


def reported() -> tuple[Engine, list[IncidentHandle]]:
    """Return an engine with incidents of several levels, in each of which people did all kinds of things."""
    clock = ManualClock()
    engine = engine_on(MemoryEventStore(clock=clock), clock, plans=[STOCKED])
    engine.pool("pump").open()
    incidents = [engine.report(category="other", title=f"Smoke {index}", actor="wang.li") for index in range(COUNT)]
    for index, incident in enumerate(incidents):
        incident.assess(injured=index)
        incident.assign_level(1 + index % 4, basis="seen")
        incident.start_response()
        worked(engine, incident, actor=f"person {index}")
        clock.move(minutes=1)
    return engine, incidents


def worked(engine: Engine, incident: IncidentHandle, *, actor: str) -> None:
    """Let *actor* note, care for a party, use stock, take a measure, make a statement, and report upward."""
    incident.note(f"note of {actor}", actor=actor)
    incident.register_affected(f"shop of {actor}", actor=actor).contact_party("phone", actor=actor)
    engine.pool("pump").commit(incident.id, 2, actor=actor)
    engine.pool("pump").use(incident.id, 1, actor=actor)
    incident.add_measure("dry", title="Pump out", reason="water", actor=actor)
    incident.start_measure("dry", actor=actor)
    incident.complete_measure("dry", outcome="dry", actor=actor)
    said = {"audience": "staff", "channel": "line", "text": f"{actor} is there", "actor": actor}
    incident.set_key_messages("We know", actor=actor)
    incident.approve_key_messages(1, actor="chen.yu")
    incident.draft_statement("first", **said)
    incident.approve_statement("first", actor="chen.yu")
    incident.publish_statement("first", actor=actor)
    incident.report_upward("initial", recipient="ministry", summary="Smoke", actor=actor)


def held(incident: IncidentHandle) -> Any:
    """Return what an incident holds besides its state: who is hurt, what was drawn, done and said."""
    return dict(incident.parties()), incident.resources(), incident.measures(), incident.told()


def answers(engine: Engine, incidents: list[IncidentHandle]) -> Any:
    """Return what the incidents answer, whatever the order in which others were absorbed."""
    states = [incident.state() for incident in incidents]
    rows = [attrs.evolve(row, updated_at=row.reported_at) for row in engine.incidents().rows]
    stories = [held(incident) for incident in incidents]
    return [attrs.evolve(one, absorbed=tuple(sorted(one.absorbed))) for one in states], rows, stories


def told_by(incident: IncidentHandle) -> set[Any]:
    """Return what the timeline of *incident* tells: each event with its author and time."""
    return {(entry.id, entry.actor, entry.recorded_at) for entry in incident.timeline().entries}


def written(log: list[Event], subjects: set[str]) -> set[Any]:
    """Return the events of *log* about *subjects*, each with its author and time."""
    return {(one.id, one.actor, one.recorded_at) for one in log if one.subject in subjects}


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
        story = model.story(index)
        assert told_by(incident) == written(log, {incidents[one].id for one in story})
        assert set(incident.parties()) == {f"shop of person {one}" for one in story}
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


def split(incident: IncidentHandle, count: int) -> tuple[IncidentHandle, ...]:
    """Return the parts into which *incident* is split."""
    parts = [ReportIncident(category="other", title=f"Part {number}") for number in range(count)]
    return incident.split(parts, reason="several fires", actor="zhao.min")


@settings(max_examples=25)
@given(SPLITS)
def test_a_split_loses_nothing(splits):
    """Who is split keeps all it had, with authors and times; parts have their own; links go both ways, ids answer."""
    engine, incidents = reported()
    before, stories, own = list(engine.log()), answers(engine, incidents)[2], {one.id: [] for one in incidents}
    for number, (index, count) in enumerate(splits):
        for part in split(incidents[index], count):
            own[incidents[index].id].append(part.id)
            part.note("Seen apart", actor=f"person {number}")
    log = list(engine.log())
    assert log[: len(before)] == before
    assert answers(engine, incidents)[2] == stories
    for incident in incidents:
        assert incident.state().links_of("split_into") == tuple(own[incident.id])
        for one in (incident.id, *own[incident.id]):
            assert told_by(engine.incident(one)) == written(log, {one})
            assert engine.incident(engine.incident(one).number).id == one
        for part in own[incident.id]:
            assert engine.incident(part).state().links_of("split_from") == (incident.id,)


@settings(max_examples=20)
@given(INDICES, st.integers(1, 3).flatmap(lambda count: st.permutations(range(count))), st.data())
def test_a_split_is_undone(index, order, data):
    """Parts that are merged back, in any order, are told where they came from; undoing that sets them apart again."""
    engine, incidents = reported()
    whole = incidents[index]
    parts = split(whole, len(order))
    for part in parts:
        part.note("Seen apart", actor="li.na")
    everything = [*incidents, *parts]
    apart = answers(engine, everything)
    for one in order:
        parts[one].merge_into(whole, reason="one fire after all")
    assert told_by(whole) == written(list(engine.log()), {whole.id, *(part.id for part in parts)})
    assert {engine.incident(part.id).state().merged_into for part in parts} == {whole.id}
    assert answers(engine, everything) != apart
    for one in data.draw(st.permutations(order)):
        parts[one].undo_merge(reason="two fires")
    assert answers(engine, everything) == apart


def test_a_part_that_is_forgotten_is_seen():
    """The control: a timeline in which a part is not looked for lacks what the part tells."""
    engine, incidents = reported()
    (part,) = split(incidents[0], 1)
    assert told_by(incidents[0]) != written(list(engine.log()), {incidents[0].id, part.id})


def test_a_merge_into_what_is_merged_does_not_commute():
    """The control: in a row the order counts, and the merge that comes too late is refused."""
    engine, incidents = reported()
    incidents[1].merge_into(incidents[2], reason="the same")
    assert not tried(incidents[0].merge_into, incidents[1], reason="the same")
    assert engine.incident(incidents[0].id).state().merged_into is None
