"""The log in memory against a list: whatever is done to both, both say the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from respond.domain.streams import ANY, NO_STREAM, STREAM_EXISTS, ExpectedVersion, StreamId, exactly
from respond.errors import ClockSkew, IdempotencyConflict, VersionConflict
from respond.store.memory import MemoryEventStore
from respond.store.records import Appended, Write
from respond.testing.conformance.samples import ManualClock, event, id_of, ids
from respond.testing.conformance.tailing import Tail, assert_prefix

TENANTS = ("default", "elsewhere")
STREAMS = tuple(StreamId.of("incident", key, realm) for key in "ab" for realm in ("real", "drill"))
KEYS = st.integers(min_value=0, max_value=11)
EXPECTED = st.sampled_from([ANY, ANY, NO_STREAM, STREAM_EXISTS, exactly(0), exactly(1), exactly(2), exactly(3)])


@attrs.frozen
class Entry:
    """An event as the list keeps it: its position is its index."""

    tenant: str
    stream: StreamId
    key: int
    note: str
    recorded_at: Any


Members = list[tuple[StreamId, list[tuple[int, str]], ExpectedVersion]]


class ListLog:
    """The promise of a store in as few words as it takes."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def of(self, tenant: str, stream: StreamId) -> list[Entry]:
        return [entry for entry in self.entries if (entry.tenant, entry.stream) == (tenant, stream)]

    def append(self, tenant: str, members: Members, require: dict[StreamId, int], now: Any) -> type[Exception] | None:
        """Append, or return the error that the store must raise; nothing changes when the events are known."""
        wanted = [(stream, key, note) for stream, notes, _ in members for key, note in notes]
        keys = [key for _, key, _ in wanted]
        mine = {entry.key: entry for entry in self.entries if entry.tenant == tenant}
        if len(set(keys)) < len(keys):
            return IdempotencyConflict
        if set(keys) & set(mine):
            same = all(
                key in mine and (mine[key].stream, mine[key].note) == (stream, note) for stream, key, note in wanted
            )
            return None if same else IdempotencyConflict
        if not all(expected.fits(len(self.of(tenant, stream))) for stream, _, expected in members):
            return VersionConflict
        if any(len(self.of(tenant, stream)) != version for stream, version in require.items()):
            return VersionConflict
        head = self.entries[-1].recorded_at if self.entries else now
        if head - now > timedelta(minutes=5):
            return ClockSkew
        self.entries += [Entry(tenant, stream, key, note, max(head, now)) for stream, key, note in wanted]
        return None


class MemoryMachine(RuleBasedStateMachine):
    """Two tenants append to four streams, over a clock that jumps, while a reader follows."""

    @initialize()
    def begin(self) -> None:
        self.clock = ManualClock()
        self.stores = {TENANTS[0]: MemoryEventStore(clock=self.clock)}
        self.stores[TENANTS[1]] = self.stores[TENANTS[0]].for_tenant(TENANTS[1])
        self.model = ListLog()
        self.tail = Tail(lambda after, limit: self.stores[TENANTS[0]].read_log(after=after, limit=limit), limit=2)

    @rule(
        minutes=st.sampled_from([0, 1, 7, -1, -5, -6]),
        tenant=st.sampled_from(TENANTS),
        members=st.lists(
            st.tuples(
                st.sampled_from(STREAMS),
                st.lists(st.tuples(KEYS, st.sampled_from(["x", "x", "x", "y"])), min_size=1, max_size=3),
                EXPECTED,
            ),
            min_size=1,
            max_size=2,
            unique_by=lambda member: member[0],
        ),
        require=st.dictionaries(st.sampled_from(STREAMS), st.integers(0, 2), max_size=1),
    )
    def append(self, minutes: int, tenant: str, members: Members, require: dict[StreamId, int]) -> None:
        self.clock.move(minutes=minutes)
        before = len(self.model.entries)
        expected = self.model.append(tenant, members, require, self.clock.now)
        writes = [
            Write(stream, [event(key, data={"note": note}) for key, note in notes], expectation)
            for stream, notes, expectation in members
        ]
        outcome: Appended | type[Exception]
        try:
            outcome = self.stores[tenant].append(*writes, require=require)
        except (VersionConflict, IdempotencyConflict, ClockSkew) as error:
            outcome = type(error)
        if expected is not None:
            assert outcome is expected
            return
        assert isinstance(outcome, Appended)
        keys = {key for _, notes, _ in members for key, _ in notes}
        places = [
            position
            for position, entry in enumerate(self.model.entries, start=1)
            if entry.tenant == tenant and entry.key in keys
        ]
        assert (outcome.first, outcome.last) == (places[0], places[-1])
        assert outcome.replayed == (len(self.model.entries) == before)
        assert outcome.recorded_at == self.model.entries[outcome.last - 1].recorded_at

    @rule()
    def follow(self) -> None:
        self.tail.catch_up()

    @rule(
        tenant=st.sampled_from(TENANTS),
        stream=st.sampled_from(STREAMS),
        after=st.integers(0, 4),
        limit=st.none() | st.integers(1, 3),
    )
    def read(self, tenant: str, stream: StreamId, after: int, limit: int | None) -> None:
        store, entries = self.stores[tenant], self.model.of(tenant, stream)
        expected = [id_of(entry.key) for entry in entries[after:][:limit]]
        assert ids(store.read_stream(stream, after=after, limit=limit)) == expected
        about = [
            id_of(entry.key)
            for entry in self.model.entries[after:]
            if entry.tenant == tenant and (entry.stream.realm, entry.stream.key) == (stream.realm, stream.key)
        ]
        assert ids(store.read_subject(stream.key, realm=stream.realm, after=after, limit=limit)) == about[:limit]
        assert store.versions([stream]) == {stream: len(entries)}

    @invariant()
    def both_hold_the_same(self) -> None:
        rows = self.stores[TENANTS[1]].read_log(limit=10_000)
        assert [(row.tenant, row.stream, row.realm, row.id, row.recorded_at) for row in rows] == [
            (entry.tenant, entry.stream.name, entry.stream.realm, id_of(entry.key), entry.recorded_at)
            for entry in self.model.entries
        ]
        assert self.stores[TENANTS[0]].head().position == len(rows)

    def teardown(self) -> None:
        if hasattr(self, "tail"):
            self.tail.catch_up()
            assert_prefix(self.tail.seen, self.stores[TENANTS[0]].read_log(limit=10_000))


TestMemoryMachine = MemoryMachine.TestCase
TestMemoryMachine.settings = settings(max_examples=60, stateful_step_count=25)
