"""Following the log in a task: tables are kept as it grows, and let go when the task ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from engines import REPORTED
from projecting import SHIPPED, Trouble, Troubled, live, opened, wrong
from respond.engine.async_engine import AsyncEngine
from respond.errors import NotFound, StoreUnavailable
from respond.projections.sql import TableListing
from respond.store.checkpoint import Patience
from respond.testing.conformance.samples import ManualClock

PATIENCE = 60
TASKS = 6
NOTES = 5


class Choosy(Troubled):
    """The list, but for the second event, which it cannot take on."""

    name = "choosy"
    trouble = Trouble({2})


def during(url: str, work: Callable[[AsyncEngine], Awaitable[None]], **options: Any) -> None:
    """Await *work* with an engine whose tables are built, and which nobody runs; give up on what waits for ever."""

    async def run() -> None:
        opening = AsyncEngine.open(url, clock=ManualClock(), projections="catch_up", **options)
        async with asyncio.timeout(PATIENCE), await opening as engine:
            await engine.projections.build_missing()
            await work(engine)

    asyncio.run(run())


def test_follows_while_tasks_append(url: str) -> None:
    """What tasks and another program append is brought into the tables by a task beside them, until it is stopped."""
    positions: list[int] = []

    async def report(engine: AsyncEngine) -> None:
        incident = await engine.report(**REPORTED)
        for number in range(NOTES):
            await incident.note(f"{number}", actor="chen.yu")

    async def work(engine: AsyncEngine) -> None:
        async with engine.projections.follower(progress=positions.append) as follower:
            following = asyncio.create_task(follower.follow())
            await asyncio.gather(*(report(engine) for _ in range(TASKS)))
            await engine.projections.wait_for((await engine.store.head()).position, PATIENCE)
            with opened(url, ManualClock(), seed=1) as other:
                position = other.report(**REPORTED).outcome.position
            await engine.projections.wait_for(position, PATIENCE)
            follower.stop()
            await following
        inner = engine.store.inner
        assert [await engine.run(wrong, inner, kind) for kind in SHIPPED] == [[], []]
        assert [(await engine.run(live, inner, kind)).owner for kind in SHIPPED] == [None, None]
        assert positions[-1] == position

    during(url, work)


def test_cancelled(url: str) -> None:
    """A task that is cancelled, whatever it is at, lets another follower run the projections at once."""

    async def work(engine: AsyncEngine) -> None:
        for turns in range(12):
            async with engine.projections.follower(["listing"]) as follower:
                following = asyncio.create_task(follower.follow())
                incident = await engine.report(**REPORTED)
                for _ in range(turns):
                    await asyncio.sleep(0)
                following.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await following
            found = await engine.run(live, engine.store.inner, TableListing)
            assert found.owner is None
            await engine.projections.catch_up(["listing"])
            await engine.projections.wait_for(incident.outcome.position, 0, names=["listing"])

    during(url, work)


def test_one_is_at_work(url: str) -> None:
    """Of two followers one runs a projection, and the other says that it waits."""

    async def work(engine: AsyncEngine) -> None:
        async with engine.projections.follower(["listing"]) as one, engine.projections.follower(["listing"]) as other:
            assert await one.catch_up() == {"listing": "idle"}
            assert await other.catch_up() == {"listing": "waiting"}
            await one.close()
            await one.close()
            assert await other.catch_up() == {"listing": "idle"}

    during(url, work)


def test_patience_of_its_own(sqlite_url: str) -> None:
    """A follower may be given another patience than the engine's; a projection that there is not is refused."""

    async def work(engine: AsyncEngine) -> None:
        for _ in range(3):
            await engine.report(**REPORTED)
        async with engine.projections.follower(patience=Patience(attempts=1, then="skip")) as follower:
            await follower.catch_up()
        assert (await engine.run(live, engine.store.inner, Choosy)).position == 3
        with pytest.raises(NotFound, match="there is no projection 'boards'"):
            engine.projections.follower(["boards"])

    during(sqlite_url, work, tables=[Choosy])


def test_waits_for_the_log(url: str) -> None:
    """A log that cannot be reached is waited for, and an append ends the wait."""

    async def work(engine: AsyncEngine) -> None:
        inner, asked = engine.store.inner, asyncio.Event()
        read, loop = inner.read_all, asyncio.get_running_loop()

        def lost(**options: Any) -> Any:
            if not asked.is_set():
                loop.call_soon_threadsafe(asked.set)
                raise StoreUnavailable("down")
            return read(**options)

        await engine.report(**REPORTED)
        inner.read_all = lost
        async with engine.projections.follower() as follower:
            following = asyncio.create_task(follower.follow())
            await asked.wait()
            await engine.report(**REPORTED)
            await engine.projections.wait_for(2, PATIENCE)
            follower.stop()
            await following

    during(url, work)
