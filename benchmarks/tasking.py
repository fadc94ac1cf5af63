"""The rows of the table that run on asyncio: one task beside the same without, and many that share a store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from time import monotonic
from typing import Any

import attrs
from checking import Verdict, judge_store
from contests import Length, contest
from crowds import Shift, Work, gathered
from following import Follower
from grounds import TITLES, Database, Grounds
from harness import Figure
from our_writers import StoreWriter, new_event
from sides import STORE, Side, opened_store
from teams import Team, threads

from respond.domain.streams import exactly
from respond.engine.clock import system_clock
from respond.store.async_event_store import AsyncEventStore
from respond.store.records import Write
from respond.testing.conformance.tailing import Seen

TASKS = 16


@attrs.define(kw_only=True)
class TaskWriter(StoreWriter):
    """Appends as `StoreWriter` does, and awaits it."""

    store: AsyncEventStore

    async def call_later(self) -> None:
        """Make a call."""
        stream, version = self._next()
        event = new_event(version)
        appended = await self.store.append(Write(stream, [event], exactly(version)))
        self.told.append(Seen(appended.first, event.id))
        self.calls += 1


@attrs.frozen(kw_only=True)
class Tasks:
    """Writers in tasks of one loop that share a store."""

    side: Side = STORE
    url: str
    runner: asyncio.Runner
    writers: Sequence[TaskWriter]

    def work(self, seconds: float) -> Work:
        return self.runner.run(self._work(seconds))

    async def _work(self, seconds: float) -> Work:
        shifts = [Shift(writer) for writer in self.writers]
        began = monotonic()
        await asyncio.gather(*(_until(shift, began + seconds) for shift in shifts))
        return gathered(shifts, monotonic() - began)

    def verdict(self, seen: Sequence[Seen] | None) -> Verdict:
        told = list(chain.from_iterable(writer.told for writer in self.writers))
        said = chain.from_iterable(writer.faults for writer in self.writers)
        with opened_store(self.url) as store:
            return judge_store(store, told, seen, said=said)


async def _until(shift: Shift, end: float) -> None:
    """Make calls until *end*, as `Shift.until` does."""
    writer: Any = shift.writer
    before = monotonic()
    while before < end:
        try:
            await writer.call_later()
        except Exception as error:  # noqa: BLE001 - the run shows whatever it was
            writer.faults.append(f"{writer.name}: {type(error).__name__}: {error}")
            return
        now = monotonic()
        shift.latencies.append(now - before)
        before = now


@contextmanager
def tasks(url: str, count: int, **options: Any) -> Iterator[Tasks]:
    """Yield *count* tasks that share a store on the database at *url*."""
    with asyncio.Runner() as runner:
        store = runner.run(AsyncEventStore.open(url, clock=system_clock, **options))
        try:
            writers = [TaskWriter(store=store, name=f"task{number}") for number in range(count)]
            yield Tasks(url=url, runner=runner, writers=writers)
        finally:
            runner.run(store.close())


def one_task(grounds: Grounds, length: Length, *, database: Database, bar: float) -> Iterator[Figure]:
    """Measure one task beside one writer that does not await."""

    @contextmanager
    def enter() -> Iterator[dict[str, Team]]:
        with ExitStack() as stack:
            first, second = (stack.enter_context(grounds.empty(database)) for _ in range(2))
            awaiting, waiting = tasks(first, 1), threads(STORE, second, 1)
            yield {"async": stack.enter_context(awaiting), "sync": stack.enter_context(waiting)}

    held = contest(enter, length)
    name = f"{TITLES[database]}, one event, async against sync"
    yield held.ratio(name, "async", "sync", bar=bar, peer="the synchronous store", unit="times as fast")


def sixteen_tasks(grounds: Grounds, length: Length, *, database: Database, bar: float) -> Iterator[Figure]:
    """Measure sixteen tasks whose appends share transactions beside sixteen whose appends do not."""

    @contextmanager
    def enter() -> Iterator[dict[str, Team]]:
        with ExitStack() as stack:
            first, second = (stack.enter_context(grounds.empty(database)) for _ in range(2))
            grouped, plain = tasks(first, TASKS, group=True), tasks(second, TASKS, group=False)
            yield {"grouped": stack.enter_context(grouped), "plain": stack.enter_context(plain)}

    with Follower() as follower:
        held = contest(enter, length, follower=follower)
    name = f"{TITLES[database]}, {TASKS} tasks, one event, grouped against plain"
    yield held.ratio(name, "grouped", "plain", bar=bar, peer="appends of their own", unit="times as fast")
