"""Which dialect speaks to an engine's database."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Engine

from respond.errors import InvalidInput
from respond.store.sql.awaited import AwaitedPostgresqlDialect, AwaitedSqliteDialect
from respond.store.sql.dialect import Dialect
from respond.store.sql.engines import EXTRAS, place_of
from respond.store.sql.mariadb import MariadbDialect
from respond.store.sql.postgresql import PostgresqlDialect
from respond.store.sql.schema import qualified
from respond.store.sql.sqlite import SqliteDialect

_MARIADB = ("pymysql", "aiomysql")
DRIVERS = {"sqlite": ("pysqlite", "aiosqlite"), "postgresql": ("psycopg",), "mariadb": _MARIADB, "mysql": _MARIADB}
"""What SQLAlchemy calls the drivers whose cursors are used, under its name of each database."""

CHANNEL_MAX = 63
"""The longest name of a channel on PostgreSQL."""
AppendPath = Literal["statement", "transaction"]


def dialect_for(
    engine: Engine,
    *,
    prefix: str,
    schema: str | None,
    lock_timeout: float = 5.0,
    journal_mode: str | None = None,
    append_path: AppendPath | None = None,
    tenant: str | None = None,
) -> Dialect:
    """Return the dialect of *engine*, with the names of one log; raises `InvalidInput` for an unknown database.

    PostgreSQL is told of *tenant* on every connection, so that its row-level security knows whose rows to show.
    """
    name = engine.dialect.name
    words: dict[str, Any] = {
        "events": qualified(f"{prefix}events", schema, name),
        "head": qualified(f"{prefix}head", schema, name),
        "log": qualified(f"{prefix}log", schema, name),
        "dbapi": engine.dialect.dbapi,
        "lock_timeout": lock_timeout,
        "place": place_of(engine),
    }
    if engine.dialect.driver not in DRIVERS.get(name, ()):
        raise InvalidInput(
            f"{name}+{engine.dialect.driver} is not supported; use sqlite, {' or '.join(EXTRAS)}", place="database"
        )
    awaited = engine.dialect.is_async
    match name:
        case "sqlite" if schema is not None:
            raise InvalidInput(
                "SQLite has no schemas; leave it out, or name another file", place="schema", value=schema
            )
        case "sqlite":
            sqlite = AwaitedSqliteDialect if awaited else SqliteDialect
            return sqlite(**words, journal_mode=journal_mode, one_statement=append_path != "transaction")
        case "postgresql":
            postgresql = AwaitedPostgresqlDialect if awaited else PostgresqlDialect
            channel = "_".join(filter(None, (schema, f"{prefix}events")))[:CHANNEL_MAX]
            return postgresql(**words, one_statement=append_path != "transaction", channel=channel, tenant=tenant)
        case _:
            return MariadbDialect(**words)
