"""A task that is cancelled in the middle of an append leaves no half of it, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from cancelling import cancelled_at
from respond.domain.streams import StreamId
from respond.store.async_event_store import AsyncEventStore
from respond.store.records import Write
from respond.testing.conformance.samples import ONE, TWO, ManualClock, event, events, ids, ids_of
from sql_logs import opened

PATIENCE_SECONDS = 30
"""When a test gives up on what should not wait at all."""


def writes(name: object, *, streams: int) -> list[Write]:
    """Return an append of two events to each of some streams."""
    return [
        Write(StreamId.of(f"kind{number}", str(name)), events(f"{name} {number} a", f"{name} {number} b"))
        for number in range(streams)
    ]


def ids_in(batch: Sequence[Write]) -> list[str]:
    """Return the ids of all events of *batch*."""
    return [one.id for write in batch for one in write.events]


async def check(store: AsyncEventStore, batch: Sequence[Write]) -> int:
    """Assert that all of *batch* is in the log or nothing, that the log goes on, and that each event is there once.

    Return how many events of the batch were there.  None may be, and all a moment later: the server goes on with a
    commit when nobody waits for it any more.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        there = len(await store.known(ids_in(batch)))
        assert there in {0, len(ids_in(batch))}
        assert (await store.append(*batch)).replayed or not there
        await store.append(Write(ONE, [event(f"after {ids_in(batch)[0]}")]))
    rows = await store.read_log(limit=10_000)
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert len({row.id for row in rows}) == len(rows)
    return there


def lent(store: AsyncEventStore) -> int:
    """Return how many connections of a server are neither in the pool nor waiting at hand."""
    own = store.inner._connections._own
    return own.pool.checkedout() - len(own.idle)


async def cancel_everywhere(store: AsyncEventStore, *, streams: int, again: int = 0) -> list[int]:
    """Append while the task is cancelled at its first wait, then one at its second, ... until none is left to meet.

    With *again*, it is cancelled once more that many waits later.  Return how many events were in the log each time.
    """
    there: list[int] = []
    while True:
        first = len(there) + 1
        batch = writes(f"{first} {streams} {again}", streams=streams)
        waits = (first, first + again) if again else (first,)
        was_cancelled = await cancelled_at(store.append(*batch), *waits)
        there.append(await check(store, batch))
        assert lent(store) == 0
        if not was_cancelled:
            return there


@pytest.mark.parametrize("group", [True, False])
@pytest.mark.parametrize("streams", [1, 2])
def test_at_every_wait(server_url: str, streams: int, group: bool) -> None:
    """Cancelled at any wait for the database, an append is whole or not there, and the connection is not used again."""

    async def run() -> None:
        async with await AsyncEventStore.open(server_url, clock=ManualClock(), group=group) as store:
            there = await cancel_everywhere(store, streams=streams)
            assert len(there) > 1
            assert there[0] == 0
            assert there[-1] == 2 * streams

    asyncio.run(run())


@pytest.mark.parametrize("again", [1, 2, 3])
def test_twice(server_url: str, again: int) -> None:
    """A task that is cancelled again, while it gives up, leaves as little."""

    async def run() -> None:
        async with await AsyncEventStore.open(server_url, clock=ManualClock()) as store:
            assert len(await cancel_everywhere(store, streams=2, again=again)) > 1

    asyncio.run(run())


def test_while_it_connects(server_url: str) -> None:
    """Cancelled while a connection is made, the task takes no place in the pool with it."""

    async def run() -> None:
        async with await AsyncEventStore.open(server_url, clock=ManualClock()) as store:
            for wait in range(1, 6):
                await store.run(store.inner._connections.renew)
                batch = writes(wait, streams=1)
                assert await cancelled_at(store.append(*batch), wait)
                await check(store, batch)
                assert lent(store) == 0

    asyncio.run(run())


@pytest.mark.parametrize("wait", [1, 2, 3])
def test_a_leader(server_url: str, wait: int) -> None:
    """When the one that carries the appends of others is cancelled, each of the others is written, once."""

    async def run() -> None:
        async with await AsyncEventStore.open(server_url, clock=ManualClock(), group=True) as store:
            await store.append(Write(TWO, events("warm")))
            batches = [writes(number, streams=1) for number in range(5)]
            leader = asyncio.create_task(cancelled_at(store.append(*batches[0]), wait))
            followers = [asyncio.create_task(store.append(*batch)) for batch in batches[1:]]
            async with asyncio.timeout(PATIENCE_SECONDS):
                answers = await asyncio.gather(*followers)
                await leader
            assert len({answer.first for answer in answers}) == 4
            for batch in batches:
                await check(store, batch)

    asyncio.run(run())


def test_a_follower(server_url: str) -> None:
    """When one that waits for the others to carry it is cancelled, they are written, and it is whole or not there."""

    async def run() -> None:
        async with await AsyncEventStore.open(server_url, clock=ManualClock(), group=True) as store:
            await store.append(Write(TWO, events("warm")))
            batches = [writes(number, streams=1) for number in range(6)]
            tasks = [asyncio.create_task(store.append(*batches[0]))]
            tasks += [asyncio.create_task(cancelled_at(store.append(*batch), 1)) for batch in batches[1:3]]
            tasks += [asyncio.create_task(store.append(*batch)) for batch in batches[3:]]
            async with asyncio.timeout(PATIENCE_SECONDS):
                answers: list[Any] = await asyncio.gather(*tasks)
            assert answers[1:3] == [True, True]
            for batch in batches:
                await check(store, batch)

    asyncio.run(run())


def test_an_heir(server_url: str) -> None:
    """When the one that is to carry next is cancelled in the moment in which it is told, the one behind it carries."""

    async def run() -> None:
        async with await AsyncEventStore.open(server_url, clock=ManualClock(), group=True) as store:
            await store.append(Write(TWO, events("warm")))
            batches = [writes(number, streams=1) for number in range(3)]
            unhook = store.inner.on_append(lambda _: heir.cancel())  # before the leader hands over
            leader, heir, last = (asyncio.create_task(store.append(*batch)) for batch in batches)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await leader
                unhook()
                with pytest.raises(asyncio.CancelledError):
                    await heir
                await last
            for batch in batches:
                await check(store, batch)

    asyncio.run(run())


@pytest.mark.parametrize("again", [0, 1, 2])
def test_in_a_file_of_the_host(tmp_path: Path, again: int) -> None:
    """On the host's own aiosqlite too, the one writer of a file is given back, at every wait."""

    async def run() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'host.db'}")
        async with await AsyncEventStore.open(engine, clock=ManualClock()) as store:
            await store.append(Write(TWO, events("warm")))
            first = 1
            batch = writes(first, streams=1)
            while await cancelled_at(store.append(*batch), first, first + again):
                await check(store, batch)
                first += 1
                batch = writes(first, streams=1)
            assert first > 5
        await engine.dispose()

    asyncio.run(run())


def test_in_a_thread(sqlite_url: str) -> None:
    """A call that was handed to a thread goes on when its task is cancelled, and closing the store waits for it."""

    async def run() -> None:
        store = await AsyncEventStore.open(sqlite_url, clock=ManualClock())
        started, go_on = Event(), Event()

        def append() -> None:
            with store.inner.exclusively([ONE]) as alone:
                started.set()
                go_on.wait(PATIENCE_SECONDS)
                alone.append(Write(ONE, events(1, 2)))

        task = asyncio.create_task(store.run(append))
        assert await asyncio.to_thread(started.wait, PATIENCE_SECONDS)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        closing = asyncio.create_task(store.close())
        await asyncio.sleep(0)
        go_on.set()
        await closing

    asyncio.run(run())
    with opened(sqlite_url) as store:
        assert ids(store.read_all()) == ids_of(1, 2)
