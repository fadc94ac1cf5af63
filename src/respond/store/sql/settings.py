"""The settings of a database on which it depends whether an acknowledged event stays as it is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Literal

import attrs
from sqlalchemy import Connection, Engine, text

from respond.errors import UnsafeSettings
from respond.store.sql.engines import file_of, is_memory, place_of
from respond.store.sql.installation import engine_of
from respond.store.sql.sqlite import WAL_SINCE

_LOGGER = logging.getLogger("respond.store")

Durability = Literal["warn", "refuse", "ignore"]
"""What opening a log does about settings that endanger it."""

_POSTGRESQL = text("""
SELECT name, setting FROM pg_settings
WHERE name IN ('data_sync_retry', 'fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name
""")
_MARIADB = text("""
SELECT @@innodb_doublewrite, @@innodb_flush_log_at_trx_commit, @@log_bin, @@sync_binlog, (
  SELECT engine FROM information_schema.tables
  WHERE table_schema = coalesce(:schema, database()) AND table_name = :events)
""")
_LOSES = "a crash can lose events that were acknowledged"
_BREAKS = "a crash can damage the database"
_DANGERS = {
    "data_sync_retry": ({"on"}, f"{_LOSES}; set it to off"),
    "fsync": ({"off"}, f"{_LOSES}, and {_BREAKS}; set it to on"),
    "full_page_writes": ({"off"}, f"{_BREAKS}; set it to on"),
    "synchronous_commit": ({"off"}, f"{_LOSES}; set it to on"),
    "innodb_doublewrite": ({"0", "OFF"}, f"{_BREAKS}; set it to ON"),
    "innodb_flush_log_at_trx_commit": ({"0", "2"}, f"{_LOSES}; set it to 1"),
    "journal_mode": ({"memory", "off"}, f"{_BREAKS}; set it to wal or delete"),
}
"""For each setting, the values that endanger the log, and what to do about it."""


@attrs.frozen
class Setting:
    """One setting, and what it endangers."""

    name: str
    value: str
    danger: str = ""
    """Why the log is in danger, and what to do about it; empty when it is not."""


def check_durability(engine: Engine, policy: Durability, *, prefix: str, schema: str | None) -> None:
    """Warn of each setting that endangers the log, or raise `UnsafeSettings` with all of them, as *policy* says.

    A log in memory promises nothing, and a file that is yet to be made gets a journal that is safe.
    """
    path = file_of(engine)
    if policy == "ignore" or is_memory(engine) or (path is not None and not path.exists()):
        return
    with engine_of(engine, prefix, schema):
        dangers = _dangers(engine, prefix, schema)
    place = place_of(engine)
    if dangers and policy == "refuse":
        named = "; ".join(f"{one.name} is {one.value}: {one.danger}" for one in dangers)
        raise UnsafeSettings(f"{place}: {named}; or open the log with durability='warn'")
    for one in dangers:
        _LOGGER.warning(
            "%s: %s is %s: %s",
            place,
            one.name,
            one.value,
            one.danger,
            extra={"database": place, "setting": one.name, "value": one.value, "danger": one.danger},
        )


def _dangers(engine: Engine, prefix: str, schema: str | None) -> list[Setting]:
    with engine.connect() as connection:
        return [one for one in durability(connection, prefix, schema) if one.danger]


def durability(connection: Connection, prefix: str, schema: str | None) -> Iterator[Setting]:
    """Yield the settings on which durability depends; one query on a server, two on SQLite, and nothing changed."""
    match connection.dialect.name:
        case "sqlite":
            yield from _of_sqlite(connection)
        case "postgresql":
            yield from (_judged(name, value) for name, value in connection.execute(_POSTGRESQL))
        case _:
            yield from _of_mariadb(connection, prefix, schema)


def _of_sqlite(connection: Connection) -> Iterator[Setting]:
    mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())
    version = str(connection.exec_driver_sql("SELECT sqlite_version()").scalar())
    yield _judged("journal_mode", mode)
    old = tuple(map(int, version.split("."))) < WAL_SINCE
    since = ".".join(map(str, WAL_SINCE))
    danger = f"a WAL can be damaged by SQLite before {since}; run pip install 'respond-engine[sqlite]'"
    yield Setting("sqlite_version", version, danger if old and mode == "wal" else "")


def _of_mariadb(connection: Connection, prefix: str, schema: str | None) -> Iterator[Setting]:
    events = f"{prefix}events"
    found = connection.execute(_MARIADB, {"schema": schema, "events": events}).one()
    doublewrite, flush, has_binary_log, sync, kept_by = found
    yield _judged("innodb_doublewrite", str(doublewrite))
    yield _judged("innodb_flush_log_at_trx_commit", str(flush))
    if has_binary_log:  # a restart rolls back what the binary log does not hold
        yield Setting("sync_binlog", str(sync), f"{_LOSES}; set it to 1" if sync != 1 else "")
    if kept_by is not None:
        danger = f"{_LOSES}, and half of an append may stay; run ALTER TABLE {events} ENGINE = InnoDB"
        yield Setting("engine", str(kept_by), "" if kept_by == "InnoDB" else danger)


def _judged(name: str, value: str) -> Setting:
    bad, danger = _DANGERS[name]
    return Setting(name, value, danger if value in bad else "")
