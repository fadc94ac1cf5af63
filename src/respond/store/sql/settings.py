"""The settings of a database on which it depends whether an acknowledged event survives a crash."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from sqlalchemy import Connection, Engine, bindparam, text
from sqlalchemy.engine import URL

from respond.store.sql.engines import require_file
from respond.store.sql.installation import engine_of
from respond.store.sql.schema import DEFAULT_PREFIX
from respond.store.sql.sqlite import WAL_SINCE

_POSTGRESQL = text("SELECT name, setting FROM pg_settings WHERE name IN :names ORDER BY name")
_MARIADB = text("SELECT @@innodb_doublewrite, @@innodb_flush_log_at_trx_commit")
_LOSES = "a crash can lose events that were acknowledged"
_BREAKS = "a crash can damage the database"
_DANGERS = {
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


def durability(database: str | URL | Engine) -> tuple[Setting, ...]:
    """Return the settings on which durability depends; changes nothing.

    Raises `DatabaseMissing` and `StoreUnavailable`.
    """
    with engine_of(database, DEFAULT_PREFIX, None) as engine:
        require_file(engine)
        with engine.connect() as connection:
            return tuple(_settings(connection))


def _settings(connection: Connection) -> Iterator[Setting]:
    match connection.dialect.name:
        case "sqlite":
            yield from _of_sqlite(connection)
        case "postgresql":
            names = ("fsync", "full_page_writes", "synchronous_commit")
            found = connection.execute(_POSTGRESQL.bindparams(bindparam("names", names, expanding=True)))
            yield from (_judged(name, value) for name, value in found)
        case _:
            doublewrite, flush = connection.execute(_MARIADB).one()
            yield _judged("innodb_doublewrite", str(doublewrite))
            yield _judged("innodb_flush_log_at_trx_commit", str(flush))


def _of_sqlite(connection: Connection) -> Iterator[Setting]:
    mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())
    version = str(connection.exec_driver_sql("SELECT sqlite_version()").scalar())
    yield _judged("journal_mode", mode)
    old = tuple(map(int, version.split("."))) < WAL_SINCE
    since = ".".join(map(str, WAL_SINCE))
    danger = f"a WAL can be damaged by SQLite before {since}; run pip install 'respond-engine[sqlite]'"
    yield Setting("sqlite_version", version, danger if old and mode == "wal" else "")


def _judged(name: str, value: str) -> Setting:
    bad, danger = _DANGERS[name]
    return Setting(name, value, danger if value in bad else "")
