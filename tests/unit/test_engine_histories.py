"""Histories: what is kept of a stream is what a whole reading of it would give."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from respond import CommandRefused, Engine, Plan
from respond.domain.streams import StreamId
from respond.engine.histories import Histories
from respond.errors import EventArchived
from respond.plan.resources import Resource
from respond.store.codec import Codec
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import INCIDENT
from respond.workflow.party import PARTY
from respond.workflow.pool import POOL

PLAN = attrs.evolve(
    Plan.example(),
    name="stocked",
    resources=(Resource(id="pump", title="Pumps", kind="material", quantity=100, inspected_on=date(2026, 11, 1)),),
)
PUMPS = StreamId.of("pool", "pump")


class Counted:
    """A store that counts the rows that are read of each stream, and tells which are read whole."""

    def __init__(self, store):
        self.store = store
        self.rows = Counter()
        self.whole = []

    def read_streams(self, streams, *, after=None):
        found = self.store.read_streams(streams, after=after)
        self.rows.update({stream: len(rows) for stream, rows in found.items()})
        self.whole += [stream for stream in streams if stream not in (after or {})]
        return found


class Bodiless:
    """A store whose bodies have left it."""

    def __init__(self, store):
        self.store = store

    def read_streams(self, streams, *, after=None):
        found = self.store.read_streams(streams, after=after)
        return {stream: [row._replace(body=None) for row in rows] for stream, rows in found.items()}


@pytest.fixture
def store():
    """A log in memory with a pool of pumps."""
    return stocked()


def stocked():
    """Return a log in memory with a pool of pumps."""
    store = MemoryEventStore(clock=ManualClock())
    with_pumps(store).pool("pump").open()
    return store


def with_pumps(store):
    """Return a new engine, which knows nothing yet."""
    return Engine(store, plans=[PLAN])


def commit(store, times=1):
    """Commit pumps to a new incident, one by one, and return its stream."""
    engine = with_pumps(store)
    incident = reported(engine)
    for _ in range(times):
        engine.pool("pump").commit(incident, Decimal(1))
    return StreamId.of("incident", incident)


def reported(engine):
    """Return the id of a new incident."""
    return engine.report(category="facility_failure", title="Water", actor="wang.li").id


def histories():
    """Return histories of which none is kept yet."""
    return Histories(Codec(POOL.stream_types.union(INCIDENT.stream_types).union(PARTY.stream_types)))


def read(store, stream=PUMPS, workflow=POOL, by=None):
    """Return the history of a stream; from the first event on, unless it is read *by* one that knows it."""
    return (by or histories()).read(store, {stream: workflow})[stream]


def test_only_what_came_since_is_read(store):
    """The first reading takes the whole streams; a later one the last event of each that it knows, and what came."""
    incident = commit(store, times=10)
    asked = {incident: INCIDENT, PUMPS: POOL}
    kept, first, later = histories(), Counted(store), Counted(store)
    kept.read(first, asked)
    commit(store, times=2)
    assert kept.read(later, asked) == {incident: read(store, incident, INCIDENT), PUMPS: read(store)}
    assert (first.rows, later.rows) == ({incident: 11, PUMPS: 11}, {incident: 1, PUMPS: 3})


def test_what_may_be_erased_is_read_whole(store):
    """A party may be erased, so nothing of it is kept."""
    with_pumps(store).incident(commit(store).key).register_affected("guest")
    guest = StreamId.of("party", "guest")
    kept, later = histories(), Counted(store)
    read(store, guest, PARTY, by=kept)
    assert read(later, guest, PARTY, by=kept) == read(store, guest, PARTY)
    assert later.whole == [guest]


def test_what_was_archived_is_read_whole(store):
    """Where the body of the last event has left the log, the reading begins anew."""
    kept, later = histories(), Counted(Bodiless(store))
    read(store, by=kept)
    with pytest.raises(EventArchived):
        read(later, by=kept)
    assert later.whole == [PUMPS]


def test_a_stream_without_events_is_not_kept(store):
    """What has no events yet is read again, and found once it has some."""
    kept, hoses = histories(), StreamId.of("pool", "hose")
    assert read(store, hoses, by=kept).version == 0
    plan = attrs.evolve(PLAN, resources=(attrs.evolve(PLAN.resources[0], id="hose"),))
    Engine(store, plans=[plan]).pool("hose").open()
    assert read(store, hoses, by=kept) == read(store, hoses)


@pytest.mark.parametrize("times", [0, 1, 3, 5])
def test_another_log_is_read_whole(store, times):
    """A log that was put back, and went on in another way, is not mixed up with the one that was known."""
    kept = histories()
    commit(store, times=3)
    read(store, by=kept)
    other = stocked()
    if times:
        commit(other, times=times)
    assert read(other, by=kept) == read(other) != read(store)


def test_those_asked_for_last_are_kept(store, monkeypatch):
    """Beyond so many events in all the stream that was asked for longest ago is forgotten."""
    monkeypatch.setattr("respond.engine.histories.KEPT", 10)
    pools = [attrs.evolve(PLAN.resources[0], id=f"pool{number}") for number in range(6)]
    engine = Engine(store, plans=[attrs.evolve(PLAN, resources=tuple(pools))])
    for pool in pools:
        engine.pool(pool.id).open()
        engine.pool(pool.id).inspect("usable")
    kept, later = histories(), Counted(store)
    streams = [StreamId.of("pool", pool.id) for pool in pools]
    for stream in [*streams[:5], streams[0], streams[5]]:
        read(store, stream, by=kept)
    for stream in (streams[0], streams[5], streams[1]):
        read(later, stream, by=kept)
    assert later.whole == [streams[1]]


def test_a_stream_of_too_many_events_is_kept_alone(store, monkeypatch):
    """One stream is kept however long it is; it is the only one then."""
    monkeypatch.setattr("respond.engine.histories.KEPT", 2)
    incident = commit(store, times=3)
    kept, later = histories(), Counted(store)
    for stream, workflow in ((incident, INCIDENT), (PUMPS, POOL)):
        read(store, stream, workflow, by=kept)
    for stream, workflow in ((PUMPS, POOL), (incident, INCIDENT)):
        read(later, stream, workflow, by=kept)
    assert later.whole == [incident]


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["commit", "give_back", "use"]), st.integers(1, 60))))
def test_engines_that_take_turns_decide_alike(steps):
    """Three engines that each keep what they know decide as one that begins anew with every command."""
    store, control = stocked(), stocked()
    engines = [with_pumps(store) for _ in range(3)]
    here, there = (reported(with_pumps(log)) for log in (store, control))
    for number, name, quantity in steps:
        assert told(engines[number], here, name, quantity) == told(with_pumps(control), there, name, quantity)


def told(engine, incident, name, quantity):
    """Return the codes of a refusal, or what there is of the pool then."""
    try:
        getattr(engine.pool("pump"), name)(incident, Decimal(quantity))
    except CommandRefused as error:
        return [refusal.code for refusal in error.refusals]
    state = engine.pool("pump").state()
    return [state.quantity, state.committed, state.of(incident)]
