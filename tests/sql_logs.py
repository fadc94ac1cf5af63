"""Logs in SQL databases, and a way past the store to what it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, MetaData, inspect, select, text

from respond.store.sql import SqlEventStore, engine_for
from respond.store.sql.schema import DEFAULT_PREFIX, tables
from respond.store.sql.triggers import trigger_names
from respond.testing.conformance.samples import START


def opened(database: Any, **options: Any) -> SqlEventStore:
    """Return the store on *database*, with a clock that stands still."""
    return SqlEventStore.open(database, clock=lambda: START, **options)


@contextmanager
def raw(url: str) -> Iterator[Connection]:
    """Lend a connection that the store knows nothing of, each statement for itself."""
    engine = engine_for(url)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection
    finally:
        engine.dispose()


def set_revision(url: str, revision: str) -> None:
    """Let a log seem to be of another release."""
    with raw(url) as connection:
        connection.execute(text(f"UPDATE respond_alembic_version SET version_num = '{revision}'"))


def clear(url: str) -> None:
    """Empty the log in a database on a server, and drop what is no part of it.

    It ends other sessions on PostgreSQL; on MariaDB a transaction that a test forgot makes it fail after ten seconds.
    """
    metadata = MetaData()
    ours = tables(metadata=metadata)
    with raw(url) as connection:
        server = connection.dialect.name
        connection.exec_driver_sql(_ALONE[server])
        known = {*metadata.tables, f"{DEFAULT_PREFIX}alembic_version"}
        for name in set(inspect(connection).get_table_names()) - known:
            connection.exec_driver_sql(f"DROP TABLE {name}")
        for table in set(metadata.tables.values()) - {ours.log, ours.head}:
            if connection.execute(select(table).limit(1)).first() is not None:
                guarded = {ours.events: "events", ours.manifest: "manifest"}.get(table)
                connection.exec_driver_sql(_truncation(table.name, server, guarded))
        connection.execute(ours.head.update().values(position=0, recorded_at=0))


_ALONE = {
    "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "mariadb": "SET SESSION lock_wait_timeout = 10",
}


def _truncation(table: str, server: str, guarded: str | None) -> str:
    """Return what truncates a table, past the triggers that guard some; MariaDB asks none."""
    if guarded is None or server == "mariadb":
        return f"TRUNCATE TABLE {table}"
    back = [f"ENABLE ALWAYS TRIGGER {name}" for name in trigger_names(server, DEFAULT_PREFIX, guarded).values()]
    return f"ALTER TABLE {table} DISABLE TRIGGER USER; TRUNCATE TABLE {table}; ALTER TABLE {table} {', '.join(back)}"
