"""How the conformance suites open a log for asyncio; importable by the processes that they start."""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from memory_stores import MemoryStores
from respond.domain.streams import DEFAULT_TENANT
from respond.engine.async_engine import AsyncEngine
from respond.engine.async_incident import AsyncIncidentHandle
from respond.engine.async_pool import AsyncPoolHandle
from respond.store.async_event_store import AsyncEventStore
from respond.store.protocol import Clock
from respond.testing.async_facade import AsyncFacade
from stores import LOCK_TIMEOUT, SqlStores, look


class StoreFacade(AsyncFacade):
    """A store for asyncio as a plain one, on which engines are for asyncio too."""

    def engine_on(self, store: Any, **options: Any) -> EngineFacade:
        """Return an engine on *store*: on this one, or on what stands between its reader and this one."""
        around = AsyncEventStore(_inside(store), self._awaited.bridge)

        async def opened() -> AsyncEngine:
            return AsyncEngine(around, **options)

        return EngineFacade(self._loop, self._loop.run(opened()), self)


class EngineFacade(AsyncFacade):
    """An engine for asyncio as a plain one."""

    def __init__(self, loop: Any, engine: AsyncEngine, store: StoreFacade) -> None:
        self._loop = loop
        self._awaited = engine
        self.store = store

    def incident(self, name: str) -> IncidentFacade:
        return IncidentFacade(self._loop, self._loop.run(self._awaited.incident(name)))

    def report(self, **told: Any) -> IncidentFacade:
        return IncidentFacade(self._loop, self._loop.run(self._awaited.report(**told)))

    def pool(self, key: str) -> PoolFacade:
        return PoolFacade(self._loop, self._awaited.pool(key))


class IncidentFacade(AsyncFacade):
    """An incident for asyncio as a plain one."""

    def __init__(self, loop: Any, incident: AsyncIncidentHandle) -> None:
        self._loop = loop
        self._awaited = incident

    @property
    def number(self) -> str:
        return self._loop.run(self._awaited.number())


class PoolFacade(AsyncFacade):
    """A pool for asyncio as a plain one."""

    def __init__(self, loop: Any, pool: AsyncPoolHandle) -> None:
        self._loop = loop
        self._awaited = pool


def _inside(store: Any) -> Any:
    """Return the store inside the facade, with all that was put around the facade put around the store."""
    if isinstance(store, StoreFacade):
        return store._awaited.inner
    store.store = _inside(store.store)
    return store


@attrs.frozen
class AsyncSqlStores(SqlStores):
    """Opens one log in an SQL database for asyncio, by its URL."""

    def __call__(self, *, clock: Clock, tenant: str = DEFAULT_TENANT, allow_skew: bool = False) -> Any:
        return StoreFacade(
            self.opened(
                clock=clock,
                tenant=tenant,
                allow_skew=allow_skew,
                append_path=self.append_path,
                group=self.group,
                lock_timeout=LOCK_TIMEOUT,
            )
        )

    async def opened(self, **options: Any) -> AsyncEventStore:
        store = await AsyncEventStore.open(self.url, **options)
        if self.inline:
            store.inner.project_inline(look)
        return store


@attrs.frozen
class AsyncHostStores(AsyncSqlStores):
    """Opens one log in an SQLite file by a host's own engine, which uses Python's SQLite; so does what goes past it."""

    async def opened(self, **options: Any) -> AsyncEventStore:
        host = create_async_engine(make_url(self.url).set(drivername="sqlite+aiosqlite"))
        try:
            return await AsyncEventStore.open(host, create=True, **options)
        finally:
            await host.dispose()

    def raw_engine(self) -> Engine:
        return create_engine(self.url)


@attrs.frozen
class AsyncMemoryStores:
    """Opens views of one log in memory for asyncio."""

    plain: MemoryStores = attrs.field(factory=MemoryStores)

    def __call__(self, *, clock: Clock, tenant: str = DEFAULT_TENANT, allow_skew: bool = False) -> Any:
        async def opened() -> AsyncEventStore:
            return AsyncEventStore(self.plain(clock=clock, tenant=tenant, allow_skew=allow_skew))

        return StoreFacade(opened())
