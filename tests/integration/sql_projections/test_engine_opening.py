"""Opening an engine on a database: what it is made of, and that nothing stays open when it cannot be made."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.util import greenlet_spawn

from engines import REPORTED
from projecting import Trouble, Troubled, live
from respond.engine.async_engine import AsyncEngine
from respond.engine.engine import Engine
from respond.errors import InvalidInput, StoreError
from respond.projections.sql import TableListing
from respond.store.async_event_store import AsyncEventStore
from respond.store.checkpoint import PAUSED, RUNNING, Patience
from respond.store.memory import MemoryEventStore
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import ManualClock


class Unbuilt(TableListing):
    """A projection whose tables cannot be made."""

    name = "unbuilt"

    def create(self, connection: Any) -> None:
        raise KeyboardInterrupt


class Choosy(Troubled):
    """The list, but for the second event, which it cannot take on."""

    name = "choosy"
    trouble = Trouble({2})


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> list[SqlEventStore]:
    """Return the stores that are opened in the test, as they come."""
    found: list[SqlEventStore] = []
    opening: Callable[..., SqlEventStore] = SqlEventStore.open

    def opened(*args: Any, **options: Any) -> SqlEventStore:
        found.append(opening(*args, **options))
        return found[-1]

    monkeypatch.setattr(SqlEventStore, "open", opened)
    return found


def threads() -> list[str]:
    """Return the names of the threads that use files for tasks."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("respond")]


def test_the_log_is_closed_when_tables_cannot_be_built(url: str, stores: list[SqlEventStore]) -> None:
    """Whatever stops the building of tables, the log that was opened for the engine is closed."""
    with pytest.raises(KeyboardInterrupt):
        Engine.open(url, clock=ManualClock(), projections="inline", tables=[Unbuilt])
    with pytest.raises(StoreError, match="closed"):
        stores[0].head()


def test_the_log_is_closed_when_the_engine_cannot_be_made(sqlite_url: str, stores: list[SqlEventStore]) -> None:
    """An engine that refuses what it is made of leaves no log open."""
    with pytest.raises(AttributeError):
        Engine.open(sqlite_url, clock=ManualClock(), projections="inline", tables=[object])
    with pytest.raises(StoreError, match="closed"):
        stores[0].head()


def test_the_log_stays_open_with_the_engine(sqlite_url: str, stores: list[SqlEventStore]) -> None:
    """The control: an engine that can be made keeps its log open until it is closed."""
    with Engine.open(sqlite_url, clock=ManualClock(), projections="inline"):
        assert stores[0].head().position == 0
    with pytest.raises(StoreError, match="closed"):
        stores[0].head()


def test_the_log_of_tasks_is_closed_when_tables_cannot_be_built(url: str, stores: list[SqlEventStore]) -> None:
    """An engine for asyncio closes its log too, and the threads that it was used by."""

    async def run() -> None:
        with pytest.raises(KeyboardInterrupt):
            await AsyncEngine.open(url, clock=ManualClock(), projections="inline", tables=[Unbuilt])
        with pytest.raises(StoreError, match="closed"):
            await greenlet_spawn(stores[0].head)
        assert threads() == []

    asyncio.run(run())


def test_no_thread_stays_when_a_file_cannot_be_opened(sqlite_url: str) -> None:
    """The thread that was to use a file ends when that cannot be opened."""

    async def run() -> None:
        with pytest.raises(StoreError) as kept:
            await AsyncEventStore.open(sqlite_url, clock=ManualClock(), create=False)
        assert kept.value.__traceback__ is not None
        assert threads() == []

    asyncio.run(run())


PATIENCES = pytest.mark.parametrize(
    ("patience", "status", "position"),
    [
        (Patience(attempts=1, then="skip"), RUNNING, 3),
        (Patience(attempts=1), PAUSED, 1),
        (None, RUNNING, 1),  # the control: it is tried again in a second
    ],
)


@PATIENCES
def test_patience(sqlite_url: str, patience: Patience | None, status: str, position: int) -> None:
    """Runners of an engine do what the patience that it was opened with says about an event that fails."""
    options = {"projections": "catch_up", "tables": [Choosy], "patience": patience}
    with Engine.open(sqlite_url, clock=ManualClock(), **options) as engine:
        engine.projections.build_missing()
        for _ in range(3):
            engine.report(**REPORTED)
        with engine.projections.follower() as follower:
            follower.catch_up()
        found = live(engine.store, Choosy)
        assert (found.status, found.position, found.attempts) == (status, position, int(position == 1))
        assert [letter.position for letter in engine.projections.dead_letters()] == [2] * (patience is not None)


@PATIENCES
def test_patience_for_tasks(sqlite_url: str, patience: Patience | None, status: str, position: int) -> None:
    """The same holds for an engine for asyncio."""

    async def run() -> None:
        options = {"projections": "catch_up", "tables": [Choosy], "patience": patience}
        async with await AsyncEngine.open(sqlite_url, clock=ManualClock(), **options) as engine:
            await engine.projections.build_missing()
            for _ in range(3):
                await engine.report(**REPORTED)
            await engine.projections.catch_up()
            found = await engine.run(live, engine.store.inner, Choosy)
            assert (found.status, found.position, found.attempts) == (status, position, int(position == 1))

    asyncio.run(run())


def test_patience_within_appends(sqlite_url: str) -> None:
    """Appends that keep tables up try a failure again as often as patience says, then leave it to a runner."""
    clock = ManualClock()
    options = {"projections": "inline", "tables": [Choosy], "patience": Patience(attempts=2, first_seconds=7)}
    with Engine.open(sqlite_url, clock=clock, **options) as engine:
        for _ in range(3):
            engine.report(**REPORTED)
        assert live(engine.store, Choosy).attempts == 1
        for _ in range(3):
            clock.move(seconds=7)
            engine.report(**REPORTED)
        assert live(engine.store, Choosy).attempts == 2


def test_unknown_mode_is_refused(tmp_path: Path) -> None:
    """What is no mode of projections is refused by name, before a log is made; it is not taken for tables."""
    path = tmp_path / "log.db"
    url = f"sqlite:///{path}"

    async def opened_for_tasks() -> None:
        await AsyncEngine.open(url, projections="in_line")

    for opening in (lambda: Engine.open(url, projections="in_line"), lambda: asyncio.run(opened_for_tasks())):
        with pytest.raises(InvalidInput, match="'in_line' is not one of memory, inline, catch_up") as refused:
            opening()
        assert (refused.value.place, path.exists()) == ("projections", False)
    with pytest.raises(InvalidInput, match="is not one of memory"):
        Engine(MemoryEventStore(clock=ManualClock()), projections="tables")
