"""Sessions: Hypothesis makes up what several users of one log do, in turn and at the same time.

What each is told, and what the log holds in the end, must be what a log in memory says when the calls come one after
the other; of calls at the same time, in one of their orders.  No store has to open its transactions for that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count, permutations
from threading import Barrier
from typing import Any, ClassVar

import attrs
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from respond.domain.moments import from_microseconds
from respond.domain.streams import ANY, NO_STREAM, STREAM_EXISTS, ExpectedVersion, StreamId, exactly
from respond.errors import IdempotencyConflict, VersionConflict
from respond.store.memory import MemoryEventStore
from respond.store.records import NewEvent, Recorded, Write
from respond.testing.clocks import ManualClock
from respond.testing.conformance.playing import play
from respond.testing.conformance.samples import event
from respond.testing.conformance.stores import StoreFactory, Tested, TestedStore
from respond.testing.conformance.switching import quick_switches
from respond.testing.conformance.tailing import pages

TENANTS = ("default", "default", "default", "elsewhere")
"""Whose log each session writes to."""
STREAMS = 3
STEPS = 25
_RACE = st.lists(st.integers(0, len(TENANTS) - 1), min_size=2, max_size=3, unique=True)

Answer = tuple[Any, ...]
"""What a call is told, places counted from where the example began."""


@attrs.frozen(kw_only=True)
class Draft:
    """An append that Hypothesis drew; it becomes one when it is known how the streams stand."""

    streams: tuple[int, ...]
    events: int
    expected: str
    requires: str
    again: int | None
    """Which earlier append it repeats."""
    altered: bool
    """Whether what it repeats says something else."""


drafts = st.builds(
    Draft,
    streams=st.lists(st.integers(0, STREAMS - 1), min_size=1, max_size=2, unique=True).map(tuple),
    events=st.integers(1, 2),
    expected=st.sampled_from(["any", "any", "right", "right", "wrong", "new", "begun"]),
    requires=st.sampled_from(["nothing", "nothing", "right", "wrong"]),
    again=st.none() | st.integers(0, 5),
    altered=st.booleans(),
)


@attrs.frozen(kw_only=True)
class Call:
    """An append as it is sent."""

    writes: tuple[Write, ...]
    require: dict[StreamId, int] | None


@attrs.define
class Session:
    """One user: a store of its own on the log under test, the same on the model, and how far it has read."""

    store: TestedStore
    model: MemoryEventStore
    clock: ManualClock
    position: int
    kept: int

    def crash(self) -> None:
        """Go back to the checkpoint."""
        self.position = self.kept


class Sessions(RuleBasedStateMachine):
    """One example, on a log that may hold the events of earlier ones."""

    def __init__(self, stores: Sequence[tuple[TestedStore, ManualClock]], names: Iterator[int]) -> None:
        super().__init__()
        self.names = names
        self.example = next(names)
        self.streams = [StreamId.of("session", f"{self.example} {number}") for number in range(STREAMS)]
        self.sent: list[tuple[int, Call]] = []
        store = stores[0][0]
        self.start = store.head().position
        begin = ManualClock(max(clock.now for _, clock in stores))
        self.model = MemoryEventStore(clock=begin, log=store.log)
        self.sessions = [self._session(store, clock) for store, clock in stores]

    @initialize()
    def begin(self) -> None:
        """Everybody's clock is that of the head at first."""
        now = self.sessions[0].store.head().recorded_us
        for session in self.sessions:
            session.clock.now = max(session.clock.now, from_microseconds(now))
        latest = max(session.clock.now for session in self.sessions)
        for session in self.sessions:
            session.clock.now = latest
        self._append(0, Call(writes=(Write(self._stream("seed"), [self._event()]),), require=None))

    @rule(which=st.integers(0, len(TENANTS) - 1), draft=drafts)
    def append(self, which: int, draft: Draft) -> None:
        """One appends, or repeats an append; it is told what the model says."""
        self._append(which, self._call(which, draft))

    @rule(which=st.integers(0, len(TENANTS) - 1), draft=drafts)
    def append_alone(self, which: int, draft: Draft) -> None:
        """One appends while it keeps the others away from its streams."""
        call = self._call(which, draft)
        session = self.sessions[which]
        with session.store.exclusively([write.stream for write in call.writes]) as view:
            told = self._told(view, call)
        assert told == self._modelled(self.model, which, call)
        self._remember(which, call)

    @rule(which=_RACE, given=st.lists(drafts, min_size=3, max_size=3))
    def race(self, which: Sequence[int], given: Sequence[Draft]) -> None:
        """Several append at the same time: there is an order in which the model tells each of them the same."""
        calls = [(number, self._call(number, draft)) for number, draft in zip(which, given, strict=False)]
        start = Barrier(len(calls))

        def run(number: int, call: Call) -> Answer:
            start.wait()
            return self._told(self.sessions[number].store, call)

        with quick_switches(), ThreadPoolExecutor(len(calls)) as pool:
            told = list(pool.map(run, *zip(*calls, strict=True)))
        found = self._in_some_order(calls, told)
        assert found is not None, f"no order of these calls explains what they were told: {told}"
        self._adopt(found)
        for number, call in calls:
            self._remember(number, call)

    @rule(which=st.integers(0, len(TENANTS) - 1), limit=st.integers(1, 6))
    def read(self, which: int, limit: int) -> None:
        """A reader takes the next page of its tenant."""
        session = self.sessions[which]
        page = session.store.read_all(after=session.position, limit=limit)
        expected = session.model.read_all(after=session.position - self.start, limit=limit)
        assert self._rows(page, self.start) == self._rows(expected, 0)
        if page:
            session.position = page[-1].position

    @rule(which=st.integers(0, len(TENANTS) - 1), number=st.integers(0, STREAMS - 1), after=st.integers(0, 4))
    def look(self, which: int, number: int, after: int) -> None:
        """A stream reads the same by every way."""
        session, stream = self.sessions[which], self.streams[number]
        store, model = session.store, session.model
        expected = self._rows(model.read_stream(stream, after=after), 0)
        assert self._rows(store.read_stream(stream, after=after), self.start) == expected
        assert store.versions(self.streams) == model.versions(self.streams)
        assert [row.body for row in store.read_streams([stream]).get(stream, ())] == [
            row.body for row in model.read_streams([stream]).get(stream, ())
        ]
        subject = self._rows(store.read_subject(stream.key), self.start)
        assert subject == self._rows(model.read_subject(stream.key), 0)

    @rule(which=st.integers(0, len(TENANTS) - 1))
    def keep(self, which: int) -> None:
        """A reader moves its checkpoint to where it is."""
        self.sessions[which].kept = self.sessions[which].position

    @rule(which=st.integers(0, len(TENANTS) - 1))
    def crash(self, which: int) -> None:
        """A reader goes on from its checkpoint."""
        self.sessions[which].crash()

    @rule(which=st.integers(0, len(TENANTS) - 1), seconds=st.integers(-40, 90))
    def move(self, which: int, seconds: int) -> None:
        """A clock goes on, or back a little; none is ever far from the others."""
        clock = self.sessions[which].clock
        others = [session.clock.now for session in self.sessions]
        clock.move(seconds=seconds)
        if abs((clock.now - max(others)).total_seconds()) > 120 or clock.now < min(others):
            clock.now = max(others)

    def teardown(self) -> None:
        """The whole log is that of the model, row by row."""
        store = self.sessions[0].store
        log = [row for page in pages(lambda after: store.read_log(after=after), self.start) for row in page]
        assert self._rows(log, self.start) == self._rows(self.model.read_log(limit=len(log) + 1), 0)

    # -- calls ---------------------------------------------------------------------------------------------------------

    def _session(self, store: TestedStore, clock: ManualClock) -> Session:
        return Session(store, self.model.for_tenant(store.tenant, clock=clock), clock, self.start, self.start)

    def _adopt(self, model: MemoryEventStore) -> None:
        self.model = model
        for session in self.sessions:
            session.model = model.for_tenant(session.store.tenant, clock=session.clock)

    def _append(self, which: int, call: Call) -> None:
        assert self._told(self.sessions[which].store, call) == self._modelled(self.model, which, call)
        self._remember(which, call)

    def _remember(self, which: int, call: Call) -> None:
        self.sent.append((which, call))

    def _in_some_order(self, calls: Sequence[tuple[int, Call]], told: Sequence[Answer]) -> MemoryEventStore | None:
        """Return the model after the calls, in the first order that explains every answer."""
        for order in permutations(range(len(calls))):
            model = self.model.copy()
            if all(self._modelled(model, *calls[number]) == told[number] for number in order):
                return model
        return None

    def _modelled(self, model: MemoryEventStore, which: int, call: Call) -> Answer:
        session = self.sessions[which]
        view = model.for_tenant(session.store.tenant, clock=session.clock)
        return _answer(view, call, 0)

    def _told(self, store: Any, call: Call) -> Answer:
        return _answer(store, call, self.start)

    def _call(self, which: int, draft: Draft) -> Call:
        """Return what *draft* means now."""
        mine = [call for number, call in self.sent if TENANTS[number] == TENANTS[which]]
        if draft.again is not None and mine:
            call = mine[-1 - draft.again % len(mine)]
            return _altered(call) if draft.altered else call
        versions = self.sessions[which].model.versions(self.streams)
        streams = [self.streams[number] for number in draft.streams]
        writes = tuple(
            Write(stream, [self._event() for _ in range(draft.events)], _expected(draft.expected, versions[stream]))
            for stream in streams
        )
        rest = next(stream for stream in self.streams if stream not in streams)
        required = {"nothing": None, "right": {rest: versions[rest]}, "wrong": {rest: versions[rest] + 1}}
        return Call(writes=writes, require=required[draft.requires])

    def _stream(self, name: str) -> StreamId:
        return StreamId.of("session", f"{self.example} {name}")

    def _event(self) -> NewEvent:
        return event(f"session {next(self.names)}")

    @staticmethod
    def _rows(rows: Sequence[Recorded], start: int) -> list[tuple[Any, ...]]:
        """Return rows with their places counted from where the example began; the leaf hangs on the place."""
        return [(row.position - start, *row[1:-1]) for row in rows]


def _answer(store: Any, call: Call, start: int) -> Answer:
    try:
        told = store.append(*call.writes, require=call.require)
    except (VersionConflict, IdempotencyConflict) as error:
        return (type(error).__name__,)
    return told.first - start, told.last - start, dict(told.versions), told.recorded_at, told.replayed


def _expected(word: str, version: int) -> ExpectedVersion:
    named = {"any": ANY, "new": NO_STREAM, "begun": STREAM_EXISTS, "right": exactly(version)}
    return named[word] if word in named else exactly(version + 1)


def _altered(call: Call) -> Call:
    """Return a call with the ids of *call*, one of whose events says something else."""
    first, *rest = call.writes
    changed = attrs.evolve(first.events[-1], data={"note": "something else"})
    return attrs.evolve(call, writes=(Write(first.stream, [*first.events[:-1], changed], first.expected), *rest))


class SharedLog(Tested):
    """Whatever several users do, in turn or at the same time, each is told what one order of their calls explains."""

    examples: ClassVar[int] = 15
    """How many examples are played."""
    phases: ClassVar[Sequence[Phase]] = (Phase.explicit, Phase.generate, Phase.shrink)
    """What Hypothesis does; without `shrink` a failure is told sooner, and is longer."""

    def test_any_session(self, store_factory: StoreFactory) -> None:
        """Any mixture of appends, retries, conflicts, races, pages, checkpoints and crashes agrees with the model."""
        with ExitStack() as stack:
            clocks = [ManualClock() for _ in TENANTS]
            stores = [
                (stack.enter_context(store_factory(clock=clock, tenant=tenant)), clock)
                for tenant, clock in zip(TENANTS, clocks, strict=True)
            ]
            names = count()
            chosen = settings(max_examples=self.examples, phases=self.phases)
            play(lambda: Sessions(stores, names), chosen, steps=STEPS)
