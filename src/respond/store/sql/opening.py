"""Opening a log: make its tables where that is asked, and connect."""

from __future__ import annotations

from typing import TypeAlias

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import Pool, StaticPool

from respond.errors import InvalidInput
from respond.store.sql import installation
from respond.store.sql.async_connections import AwaitedConnections, AwaitedFileConnections
from respond.store.sql.connections import Connections, FileConnections, PooledConnections
from respond.store.sql.dialect import Dialect
from respond.store.sql.dialects import AppendPath, dialect_for
from respond.store.sql.engines import engine_for, file_of, is_memory
from respond.store.sql.memory_connections import MemoryConnections
from respond.store.sql.schema import checked_names
from respond.store.sql.settings import Durability, check_durability
from respond.store.sql.sqlite import SqliteDialect

Database: TypeAlias = str | URL | Engine
"""Where a log is: a URL, or the host's own engine."""


def open_log(
    database: Database,
    *,
    create: bool | None,
    lock_timeout: float,
    prefix: str,
    schema: str | None,
    journal_mode: str | None,
    append_path: AppendPath | None,
    tenant: str,
    durability: Durability,
) -> tuple[str, Connections, Dialect]:
    """Return the id of the log in *database*, connections to it, and its dialect; makes the tables where asked."""
    checked_names(prefix, schema)
    if append_path not in {None, "statement", "transaction"}:
        raise InvalidInput(f"{append_path!r} is not one of statement, transaction", place="append_path")
    if journal_mode not in {None, "wal", "delete"}:
        raise InvalidInput(f"{journal_mode!r} is not one of wal, delete", place="journal_mode")
    if durability not in {"warn", "refuse", "ignore"}:
        raise InvalidInput(f"{durability!r} is not one of warn, refuse, ignore", place="durability")
    engine = database if isinstance(database, Engine) else engine_for(database)
    try:
        dialect = dialect_for(
            engine,
            prefix=prefix,
            schema=schema,
            lock_timeout=lock_timeout,
            journal_mode=journal_mode,
            append_path=append_path,
            tenant=tenant,
        )
        if not isinstance(dialect, SqliteDialect):
            _refuse(engine, dialect)
        check_durability(engine, durability, prefix=prefix, schema=schema)
        log = _log_in(engine, create, prefix, schema, journal_mode)
        return log, _connections_to(engine, dialect), dialect
    finally:
        if engine is not database and not is_memory(engine):
            engine.dispose()


def _refuse(engine: Engine, dialect: Dialect) -> None:
    """Connect once, before anything is made: some servers cannot keep a log, and say so to a first connection."""
    connections = _connections_to(engine, dialect)
    try:
        with connections.reading():
            pass
    finally:
        connections.close()


def _connections_to(engine: Engine, dialect: Dialect) -> Connections:
    """Return connections apart from those that the engine lends to others, made in the same way."""
    awaited = engine.dialect.is_async
    if not isinstance(dialect, SqliteDialect):
        return (AwaitedConnections if awaited else PooledConnections)(_apart(engine), dialect)
    if not is_memory(engine):
        return (AwaitedFileConnections if awaited else FileConnections)(_apart(engine), dialect)
    if awaited:
        raise InvalidInput("a log in memory cannot share an engine for asyncio; open sqlite://", place="database")
    if not isinstance(engine.pool, StaticPool):
        raise InvalidInput(
            "an engine in memory must keep one connection; give it poolclass=StaticPool", place="database"
        )
    return MemoryConnections(_of(engine, engine.pool), dialect)


def _apart(engine: Engine) -> Engine:
    """Return an engine that connects as the given one does, with a pool of its own and none of its listeners."""
    return _of(engine, engine.pool.recreate())


def _of(engine: Engine, pool: Pool) -> Engine:
    """Return an engine on *pool* whose errors quote no parameters: they end up in logs, and hold what people wrote."""
    return Engine(pool, engine.dialect, engine.url, hide_parameters=True)


def _log_in(engine: Engine, create: bool | None, prefix: str, schema: str | None, journal_mode: str | None) -> str:
    """Return the id of the log in the database, made first where *create* allows it."""
    path = file_of(engine)
    if create or (create is None and path is not None and not path.exists()):
        return installation.create(engine, prefix=prefix, schema=schema, journal_mode=journal_mode)
    state = installation.schema_state(engine, prefix=prefix, schema=schema)
    if create is None and state.kind in {"empty", "unfinished"}:
        return installation.create(engine, prefix=prefix, schema=schema, journal_mode=journal_mode)
    installation.check_current(state, engine)
    return str(state.log)
