"""Waiting until tables have a position: in threads and in tasks, until it is there, or it is known why not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from threading import Thread
from typing import Any

import pytest

from engines import REPORTED
from projecting import Trouble, Troubled
from respond.engine.async_engine import AsyncEngine
from respond.engine.engine import Engine
from respond.errors import NotFound, ProjectionBehind
from respond.store.bridge import THREADS
from respond.store.checkpoint import Patience
from respond.testing.conformance.samples import ManualClock

LONG = 60
"""Seconds that no test waits through."""


class Choosy(Troubled):
    """The list, but for the second event, which it cannot take on."""

    name = "choosy"
    trouble = Trouble({2})


def opened(url: str, **options: Any) -> Engine:
    """Return an engine whose tables are built, and which nobody runs."""
    engine = Engine.open(url, clock=ManualClock(), projections="catch_up", **options)
    engine.projections.build_missing()
    return engine


def during(url: str, work: Callable[[AsyncEngine], Awaitable[None]], **options: Any) -> None:
    """Await *work* with an engine for asyncio whose tables are built, and which nobody runs."""

    async def run() -> None:
        async with await AsyncEngine.open(url, clock=ManualClock(), projections="catch_up", **options) as engine:
            await engine.projections.build_missing()
            await work(engine)

    asyncio.run(run())


def caught_up(engine: Engine) -> None:
    """Run all projections to the end of the log."""
    with engine.projections.follower() as follower:
        follower.catch_up()


def test_reached(url: str) -> None:
    """Who waits goes on once a runner has brought the position into the tables; the time is given by its place."""
    with opened(url) as engine:
        waiting = Thread(target=engine.projections.wait_for, args=(1, LONG))
        waiting.start()
        engine.report(**REPORTED)
        caught_up(engine)
        waiting.join()
        engine.projections.wait_for(1, 0)
        engine.projections.wait_for(1, timeout=0, names=["listing"])


def test_reached_by_tasks(url: str) -> None:
    """A task waits in the same way, and keeps no other task from bringing the position there."""

    async def work(engine: AsyncEngine) -> None:
        waiting = asyncio.create_task(engine.projections.wait_for(1, LONG))
        await engine.report(**REPORTED)
        await engine.projections.catch_up()
        await waiting
        await engine.projections.wait_for(1, 0)
        await engine.projections.wait_for(1, timeout=0, names=["listing"])

    during(url, work)


def test_many_tasks_wait(sqlite_url: str) -> None:
    """However many tasks wait, none of them holds a thread that a command needs."""

    async def work(engine: AsyncEngine) -> None:
        waiting = [asyncio.create_task(engine.projections.wait_for(1, LONG)) for _ in range(2 * THREADS)]
        await asyncio.sleep(0)
        await engine.report(**REPORTED)
        await engine.projections.catch_up()
        await asyncio.gather(*waiting)

    during(sqlite_url, work)


def assert_behind(error: ProjectionBehind, name: str, position: int, wanted: int) -> None:
    """Assert that *error* says which projection is behind, and how far."""
    assert (error.name, error.position, error.wanted) == (name, position, wanted)
    assert error.retryable


def test_timed_out(sqlite_url: str) -> None:
    """When the time is over the error names the projection, where it is, and what was waited for."""
    with opened(sqlite_url) as engine:
        engine.report(**REPORTED)
        for options in ({"timeout": 0.01}, {"timeout": 0}, {"timeout": -1}):
            with pytest.raises(ProjectionBehind, match="nobody brought it there in time") as caught:
                engine.projections.wait_for(1, **options)
            assert_behind(caught.value, "listing", 0, 1)


def test_timed_out_for_tasks(url: str) -> None:
    """A task is told the same."""

    async def work(engine: AsyncEngine) -> None:
        await engine.report(**REPORTED)
        for options in ({"timeout": 0.01}, {"timeout": 0}):
            with pytest.raises(ProjectionBehind, match="nobody brought it there in time") as caught:
                await engine.projections.wait_for(1, **options)
            assert_behind(caught.value, "listing", 0, 1)
        with pytest.raises(NotFound, match="there is no projection 'boards'"):
            await engine.projections.wait_for(1, names=["boards"])

    during(url, work)


def test_paused(sqlite_url: str) -> None:
    """A projection that a person stopped is not waited for; what it had read before is there."""
    with opened(sqlite_url) as engine:
        engine.report(**REPORTED)
        caught_up(engine)
        engine.projections.pause("listing")
        engine.projections.wait_for(1, LONG)
        with pytest.raises(ProjectionBehind, match="it is paused; see") as caught:
            engine.projections.wait_for(2, LONG)
        assert_behind(caught.value, "listing", 1, 2)


def test_paused_for_tasks(sqlite_url: str) -> None:
    """Nor does a task wait for one."""

    async def work(engine: AsyncEngine) -> None:
        await engine.projections.pause("listing")
        with pytest.raises(ProjectionBehind, match="it is paused; see"):
            await engine.projections.wait_for(1, LONG)

    during(sqlite_url, work)


FAILING = pytest.mark.parametrize(
    ("patience", "timeout", "why"),
    [
        (Patience(attempts=1), LONG, "it is paused, the next event fails: RuntimeError: no way with 2; see"),
        (Patience(attempts=2), 0.01, "at position 1, 2 was waited for: the next event fails: RuntimeError: no way"),
    ],
    ids=["given up", "tried again"],
)


@FAILING
def test_failed(sqlite_url: str, patience: Patience, timeout: float, why: str) -> None:
    """Of a projection that fails the error says why; one that is still tried again has its time."""
    with opened(sqlite_url, tables=[Choosy], patience=patience) as engine:
        engine.report(**REPORTED)
        engine.report(**REPORTED)
        caught_up(engine)
        engine.projections.wait_for(2, names=["listing"])
        with pytest.raises(ProjectionBehind, match=why) as caught:
            engine.projections.wait_for(2, timeout)
        assert_behind(caught.value, "choosy", 1, 2)


@FAILING
def test_failed_for_tasks(sqlite_url: str, patience: Patience, timeout: float, why: str) -> None:
    """A task is told the same."""

    async def work(engine: AsyncEngine) -> None:
        await engine.report(**REPORTED)
        await engine.report(**REPORTED)
        await engine.projections.catch_up()
        with pytest.raises(ProjectionBehind, match=why) as caught:
            await engine.projections.wait_for(2, timeout)
        assert_behind(caught.value, "choosy", 1, 2)

    during(sqlite_url, work, tables=[Choosy], patience=patience)
