"""Schedules: Hypothesis decides who takes the head, commits, gives up, reads, checkpoints or crashes, and when.

Nothing runs at the same time but a writer that waits for the head, so a schedule that fails can be played again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from typing import ClassVar

import attrs
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from respond.testing.clocks import ManualClock
from respond.testing.conformance.controls import WrongLog
from respond.testing.conformance.open_writers import OpenWriter, OpenWriters
from respond.testing.conformance.played import READERS, WRITERS, EarlyLog, Played, RightLog
from respond.testing.conformance.playing import play
from respond.testing.conformance.samples import ids_of
from respond.testing.conformance.stores import StoreFactory, TestedStore

STEPS = 30
CONTROL = 500
"""How many schedules are played at most until one is found that loses an event."""
PATIENCE = 120
"""Seconds after which a writer counts as hung."""


@attrs.define
class Reader:
    """A reader that acts on what it reads, and keeps its position together with its acts."""

    position: int
    acted: list[str] = attrs.field(factory=list)
    checkpoint: tuple[int, int] = attrs.field(init=False)
    """The position that survives a crash, and how many of the acts do."""

    def __attrs_post_init__(self) -> None:
        self.keep()

    def keep(self) -> None:
        """Move the checkpoint here."""
        self.checkpoint = self.position, len(self.acted)

    def crash(self) -> None:
        """Go back to the checkpoint."""
        self.position, acts = self.checkpoint
        del self.acted[acts:]


@attrs.define
class Waiting:
    """Whoever waits for the head, and with which events."""

    keys: list[str]
    writer: int | None
    """None for a caller of the store."""
    done: Future[None]


class Schedule(RuleBasedStateMachine):
    """One schedule, on a log that may hold the events of earlier ones."""

    def __init__(self, log: Played, names: Iterator[int], pool: ThreadPoolExecutor) -> None:
        super().__init__()
        self.log, self.names, self.pool = log, names, pool
        self.start = log.end()
        self.committed: list[str] = []
        """What the log holds since the start, in the order in which it was committed."""
        self.open: dict[int, list[str]] = {}
        self.waiting: Waiting | None = None
        self.readers = [Reader(self.start) for _ in range(READERS)]

    @rule(writer=st.integers(0, WRITERS - 1), events=st.integers(1, 3))
    def take(self, writer: int, events: int) -> None:
        """A writer takes positions, or begins to wait for the head."""
        if writer in self.open or (self.waiting is not None and self._must_wait()):
            return
        keys = self._keys(min(events, self.log.most))
        if self._must_wait():
            self.waiting = Waiting(keys, writer, self.pool.submit(self.log.take, writer, keys))
        else:
            self.log.take(writer, keys)
            self.open[writer] = keys

    @precondition(lambda self: self.log.exclusive)
    @rule(events=st.integers(1, 3))
    def append(self, events: int) -> None:
        """Somebody appends, or begins to wait for the head."""
        if self.waiting is not None:
            return
        keys = self._keys(events)
        if self._must_wait():
            self.waiting = Waiting(keys, None, self.pool.submit(self.log.append, keys))
        else:
            self.log.append(keys)
            self._committed(keys)

    @precondition(lambda self: self.open)
    @rule(which=st.integers(0, WRITERS - 1))
    def commit(self, which: int) -> None:
        """A writer commits; who waited for it goes on."""
        writer = sorted(self.open)[which % len(self.open)]
        self.log.commit(writer)
        self._committed(self.open.pop(writer))
        self._go_on()

    @precondition(lambda self: self.open)
    @rule(which=st.integers(0, WRITERS - 1))
    def rollback(self, which: int) -> None:
        """A writer gives up; who waited for it goes on."""
        writer = sorted(self.open)[which % len(self.open)]
        self.log.rollback(writer)
        del self.open[writer]
        self._go_on()

    @rule(which=st.integers(0, READERS - 1), limit=st.integers(1, 5))
    def read(self, which: int, limit: int) -> None:
        """A reader takes a page, which holds what was committed next and nothing else."""
        reader = self.readers[which]
        page = self.log.read(which, reader.position, limit)
        done = len(reader.acted)
        assert [row.id for row in page] == self.committed[done : done + limit]
        if self.log.exclusive:
            assert [row.position for row in page] == [self.start + done + n for n in range(1, len(page) + 1)]
        if page:
            reader.position = page[-1].position
            reader.acted += [row.id for row in page]

    @rule(which=st.integers(0, READERS - 1))
    def checkpoint(self, which: int) -> None:
        """A reader moves its checkpoint to where it is."""
        self.readers[which].keep()

    @rule(which=st.integers(0, READERS - 1))
    def crash(self, which: int) -> None:
        """A reader crashes and goes on from its checkpoint."""
        self.readers[which].crash()

    def teardown(self) -> None:
        """End every transaction, then let the readers read to the end: they have seen all that was committed."""
        while self.open:
            self.rollback(0)
        for which, reader in enumerate(self.readers):
            while len(reader.acted) < len(self.committed):
                before = reader.position
                self.read(which, 5)
                assert reader.position > before
            assert not self.log.read(which, reader.position, 1)

    def _must_wait(self) -> bool:
        return self.log.exclusive and bool(self.open)

    def _keys(self, events: int) -> list[str]:
        return [str(next(self.names)) for _ in range(events)]

    def _committed(self, keys: Sequence[str]) -> None:
        self.committed += ids_of(*keys)

    def _go_on(self) -> None:
        """Let the one that waits have its turn."""
        if self.waiting is None or self.open:
            return
        waited, self.waiting = self.waiting, None
        waited.done.result(PATIENCE)
        if waited.writer is None:
            self._committed(waited.keys)
        else:
            self.open[waited.writer] = waited.keys


class Schedules(OpenWriters):
    """Every schedule delivers a prefix of what was committed; `wrong_log` is that of the controls."""

    schedules: ClassVar[int] = 20
    """How many schedules are played."""

    def test_any_schedule(
        self, store: TestedStore, store_factory: StoreFactory, open_writer: Callable[[], OpenWriter]
    ) -> None:
        """Whatever the order of steps, readers see what was committed, in that order, once, and nothing else."""
        with ExitStack() as stack:
            readers = [stack.enter_context(store_factory(clock=ManualClock())) for _ in range(READERS)]
            log = RightLog(store, [open_writer() for _ in range(WRITERS)], readers)
            play_schedules(log, settings(max_examples=self.schedules))

    def test_a_schedule_that_loses_is_found(self, wrong_log: WrongLog) -> None:
        """The same machine finds a schedule in which a log that gives positions too early loses an event."""
        with pytest.raises(AssertionError):
            play_schedules(EarlyLog(wrong_log), settings(max_examples=CONTROL, phases=[Phase.generate]))


def play_schedules(log: Played, chosen: settings) -> None:
    """Play schedules on *log*, one after the other; raises what the first one that fails raised."""
    names = count()
    with ThreadPoolExecutor(1) as pool:
        play(lambda: Schedule(log, names, pool), chosen, steps=STEPS)
