"""A stream to oneself, for tasks: those who ask for it take turns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import copy_context

import pytest

from respond.domain.streams import ANY, NO_STREAM, StreamId, exactly
from respond.errors import HeadHeld
from respond.store.async_event_store import AsyncEventStore
from respond.store.memory import MemoryEventStore
from respond.store.records import Write
from respond.testing.conformance.samples import ONE, TWO, ManualClock, event, ids, ids_of

PATIENCE = 60
TASKS = 20


@pytest.fixture(params=["memory", "sqlite", "postgresql", "mariadb"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty log of each kind in turn."""
    return "memory" if request.param == "memory" else str(request.getfixturevalue(f"{request.param}_url"))


def during(url: str, work: Callable[[AsyncEventStore], Awaitable[None]]) -> None:
    """Await *work* with the store on *url*; give up on what waits for ever."""

    async def run() -> None:
        clock = ManualClock()
        opening = AsyncEventStore.open(url, clock=clock, lock_timeout=30) if url != "memory" else None
        store = AsyncEventStore(MemoryEventStore(clock=clock)) if opening is None else await opening
        async with asyncio.timeout(PATIENCE), store:
            await work(store)

    asyncio.run(run())


async def counted(store: AsyncEventStore, number: int) -> None:
    """Append at the version that was read, which only who is alone can do."""
    version = (await store.versions([ONE]))[ONE]
    await asyncio.sleep(0)
    await store.append(Write(ONE, [event(number)], exactly(version) if version else NO_STREAM))


def test_turns_are_taken(store_url: str) -> None:
    """However many tasks read a stream and append to it, each alone: none is in conflict with another."""

    async def alone(store: AsyncEventStore, number: int) -> None:
        async with store.exclusively([ONE]) as view:
            await counted(view, number)

    async def work(store: AsyncEventStore) -> None:
        await asyncio.gather(*(alone(store, number) for number in range(TASKS)))
        assert (await store.versions([ONE]))[ONE] == TASKS

    during(store_url, work)


def test_without_turns(store_url: str) -> None:
    """The control: the same tasks, with the stream to nobody alone, are in conflict."""

    async def work(store: AsyncEventStore) -> None:
        both = asyncio.Barrier(2)

        async def beside(number: int) -> None:
            version = (await store.versions([ONE]))[ONE]
            await both.wait()
            await store.append(Write(ONE, [event(number)], exactly(version) if version else NO_STREAM))

        answers = await asyncio.gather(beside(1), beside(2), return_exceptions=True)
        assert [type(answer).__name__ for answer in answers].count("VersionConflict") == 1

    during(store_url, work)


def test_nothing_of_a_failed_turn_stays(url: str) -> None:
    """What a block appended before it raised is not in the log, and the stream is free again."""

    async def fail(store: AsyncEventStore) -> None:
        async with store.exclusively([ONE]) as view:
            await view.append(Write(ONE, [event(1)], NO_STREAM))
            raise ZeroDivisionError

    async def work(store: AsyncEventStore) -> None:
        with pytest.raises(ZeroDivisionError):
            await fail(store)
        async with store.exclusively([ONE]) as view:
            await view.append(Write(ONE, [event(2)], NO_STREAM))
            assert ids(await view.read_stream(ONE)) == ids_of(2)
        assert ids(await store.read_stream(ONE)) == ids_of(2)

    during(url, work)


def test_other_tasks_go_on(url: str) -> None:
    """While one task has the writer to itself any number of others may wait for it, and it goes on."""

    async def work(store: AsyncEventStore) -> None:
        entered = asyncio.Event()

        async def beside(number: int) -> None:
            await entered.wait()
            await store.append(Write(StreamId.of("task", str(number)), [event(number)], ANY))

        others = [asyncio.create_task(beside(number)) for number in range(TASKS)]
        async with store.exclusively([ONE]) as view:
            await view.append(Write(ONE, [event("first")], NO_STREAM))
            entered.set()
            await asyncio.sleep(0)
            await view.append(Write(ONE, [event("second")], exactly(1)))
        await asyncio.gather(*others)
        assert (await store.head()).position == TASKS + 2

    during(url, work)


def test_asked_for_again(store_url: str) -> None:
    """A task that asks for the log within its own block is told so, and does not wait for itself."""

    async def work(store: AsyncEventStore) -> None:
        async with store.exclusively([ONE]) as view:
            with pytest.raises(HeadHeld):
                async with store.exclusively([TWO]):
                    pass
            async with view.exclusively([TWO]) as same:
                await same.append(Write(TWO, [event(1)], NO_STREAM))
        assert ids(await store.read_all()) == ids_of(1)

    during(store_url, work)


@pytest.mark.parametrize("times", [1, 2])
def test_cancelled_while_it_waits(store_url: str, times: int) -> None:
    """A task that is cancelled while another one has the stream keeps nobody out afterwards."""

    async def ask(store: AsyncEventStore) -> None:
        async with store.exclusively([ONE]):
            pass

    async def work(store: AsyncEventStore) -> None:
        outside = copy_context()  # a task that is begun inside is refused: who awaits it there would wait for ever
        async with store.exclusively([ONE]) as view:
            waiting = asyncio.create_task(ask(store), context=outside)
            for _ in range(times):
                await view.read_stream(ONE)
                waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with store.exclusively([ONE]) as view:
            await view.append(Write(ONE, [event(1)], NO_STREAM))

    during(store_url, work)


def test_cancelled_inside(url: str) -> None:
    """A task that is cancelled in its block, and once more while that ends, leaves nothing and keeps nobody out."""

    async def work(store: AsyncEventStore) -> None:
        inside = asyncio.Event()

        async def hold() -> None:
            async with store.exclusively([ONE]) as view:
                await view.append(Write(ONE, [event(1)], NO_STREAM))
                inside.set()
                while True:
                    await view.read_stream(ONE)

        holding = asyncio.create_task(hold())
        await inside.wait()
        holding.cancel()
        await asyncio.sleep(0)
        holding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holding
        async with store.exclusively([ONE]) as view:
            assert await view.read_stream(ONE) == []
            await view.append(Write(ONE, [event(2)], NO_STREAM))
        assert ids(await store.read_all()) == ids_of(2)

    during(url, work)
