"""Opening an engine on a database: what it is made of, and that nothing stays open when it cannot be made."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.util import greenlet_spawn

from respond.engine.async_engine import AsyncEngine
from respond.engine.engine import Engine
from respond.errors import StoreError
from respond.projections.sql import TableListing
from respond.store.async_event_store import AsyncEventStore
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import ManualClock


class Unbuilt(TableListing):
    """A projection whose tables cannot be made."""

    name = "unbuilt"

    def create(self, connection: Any) -> None:
        raise KeyboardInterrupt


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
