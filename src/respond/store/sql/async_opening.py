"""Opening a log for asyncio: which driver awaits, and where a thread does it better."""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeAlias

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from respond.errors import InvalidInput
from respond.store.bridge import Bridge, ThreadBridge
from respond.store.protocol import Clock
from respond.store.sql.awaited import GreenletBridge
from respond.store.sql.engines import bound_silence, bounds, parsed
from respond.store.sql.event_store import SqlEventStore
from respond.store.sql.mariadb_drivers import connect_in_time, without_answers

Database: TypeAlias = str | URL | AsyncEngine
"""Where a log for asyncio is: a URL, or the host's own engine."""
HostConnection: TypeAlias = AsyncConnection
"""A connection of the host's own."""
_DRIVERS = {
    "postgresql+psycopg": ("postgresql+psycopg", "postgresql"),
    "postgresql+psycopg_async": ("postgresql+psycopg", "postgresql"),
    "mariadb+pymysql": ("mariadb+aiomysql", "asyncio"),
    "mariadb+aiomysql": ("mariadb+aiomysql", "asyncio"),
    "mysql+aiomysql": ("mariadb+aiomysql", "asyncio"),
}
"""The driver that awaits for each that a URL may name, and the extra that brings it."""
_SQLITE = {"sqlite", "sqlite+pysqlite", "sqlite+aiosqlite"}


async def open_async(database: Database, *, clock: Clock, **options: Any) -> tuple[SqlEventStore, Bridge]:
    """Return the store on *database*, and the bridge by which tasks use it.

    For SQLite a thread takes a whole call: a driver that hands each statement to a thread takes many times as long, and
    the newer SQLite of the extra `sqlite` must not open a file beside Python's own in one process.
    """
    if isinstance(database, AsyncEngine):
        return await _on_engine(database, clock=clock, **options)
    url = parsed(database)
    if url.drivername in _SQLITE:
        threads = ThreadBridge()
        try:
            return await threads.run(SqlEventStore.open, url.set(drivername="sqlite"), clock=clock, **options), threads
        except BaseException:
            await threads.close()
            raise
    engine = async_engine_for(url)
    try:
        return await _on_engine(engine, clock=clock, **options)
    finally:
        await engine.dispose()


def async_engine_for(url: str | URL) -> AsyncEngine:
    """Return an engine of our own for *url*, a server's; connects to nothing.

    Raises `InvalidInput` for a URL that cannot be read, an unknown database, or a driver that is not installed.
    """
    wanted = parsed(url)
    if wanted.drivername not in _DRIVERS:
        raise InvalidInput(
            f"{wanted.drivername} is not supported; use sqlite, postgresql+psycopg or mariadb+aiomysql",
            place="database",
            value=wanted.drivername,
        )
    driver, extra = _DRIVERS[wanted.drivername]
    try:
        import_module("greenlet")  # SQLAlchemy misses it only when it first waits
        url, made = wanted.set(drivername=driver), {}
        if driver == "mariadb+aiomysql":
            url, made = without_answers(url), {"async_creator_fn": connect_in_time}
        engine = create_async_engine(url, pool_reset_on_return=None, connect_args={**bounds(url), **made})
    except ImportError as error:
        raise InvalidInput(
            f"{error.name or driver} is not installed; run pip install 'respond-engine[asyncio,{extra}]'",
            place="database",
        ) from error
    bound_silence(engine.sync_engine)
    return engine


async def _on_engine(engine: AsyncEngine, *, clock: Clock, **options: Any) -> tuple[SqlEventStore, Bridge]:
    greenlets = GreenletBridge()
    return await greenlets.run(SqlEventStore.open, engine.sync_engine, clock=clock, **options), greenlets
