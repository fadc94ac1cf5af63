"""The settings of a database on which it depends whether an acknowledged event stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
from sqlalchemy import Connection, Engine, bindparam, text
from sqlalchemy.engine import URL

from respond.store.sql.engines import require_file
from respond.store.sql.installation import engine_of
from respond.store.sql.schema import DEFAULT_PREFIX, qualified
from respond.store.sql.sqlite import WAL_SINCE
from respond.store.sql.triggers import ACTIONS, create_triggers, drop_triggers

_POSTGRESQL = text("SELECT name, setting FROM pg_settings WHERE name IN :names ORDER BY name")
_MARIADB = text("SELECT @@innodb_doublewrite, @@innodb_flush_log_at_trx_commit")
_EVENTS = f"{DEFAULT_PREFIX}events"
_MARIADB_TRIGGERS = text(
    "SELECT trigger_name, 'A' FROM information_schema.triggers "
    "WHERE trigger_schema = database() AND event_object_table = :events"
)
_TRIGGERS = {
    "sqlite": text("SELECT name, 'A' FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :events"),
    "postgresql": text("SELECT tgname, tgenabled::text FROM pg_trigger WHERE tgrelid = to_regclass(:events)"),
    "mariadb": _MARIADB_TRIGGERS,
    "mysql": _MARIADB_TRIGGERS,
}
"""The triggers on the events, and when they fire, as PostgreSQL writes it: A is always."""
_WEAK = {None: "missing", "D": "disabled", "O": "disabled for replicas", "R": "disabled but for replicas"}
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
            return (*_settings(connection), _append_only(connection))


def append_only(database: str | URL | Engine) -> Setting:
    """Return whether the database refuses to change and to delete events; changes nothing.

    Raises `DatabaseMissing` and `StoreUnavailable`.
    """
    with engine_of(database, DEFAULT_PREFIX, None) as engine:
        require_file(engine)
        with engine.connect() as connection:
            return _append_only(connection)


def restore_triggers(database: str | URL | Engine) -> bool:
    """Make the triggers anew when one is missing or disabled, and return whether one was.

    Raises `DatabaseMissing`, and `StoreUnavailable` also for an account that does not own the tables.
    """
    with engine_of(database, DEFAULT_PREFIX, None) as engine:
        require_file(engine)
        with engine.connect() as connection:
            if not _append_only(connection).danger:
                return False
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            for statement in _anew(connection.dialect.name):
                connection.exec_driver_sql(statement)
            connection.commit()
            return True


def _append_only(connection: Connection) -> Setting:
    """Return what the triggers refuse, and which of them do not."""
    dialect = connection.dialect.name
    rows = connection.execute(_TRIGGERS[dialect], {"events": _EVENTS})
    found = {str(name): str(fires) for name, fires in rows}
    names = {action: f"{_EVENTS}_no_{action}" for action in ACTIONS[dialect]}
    weak = [f"{name} is {_WEAK[found.get(name)]}" for name in names.values() if found.get(name) != "A"]
    refused = ", ".join(action for action, name in names.items() if found.get(name) == "A")
    danger = f"events can be changed or deleted: {', '.join(weak)}; run `respond db upgrade`" if weak else ""
    return Setting("append_only_triggers", refused or "none", danger)


def _anew(dialect: str) -> Sequence[str]:
    """Return the statements that make all triggers anew, whichever are there."""
    made = create_triggers(dialect, DEFAULT_PREFIX, None)
    if dialect not in {"sqlite", "postgresql"}:
        return made  # these replace what is there
    gone = [one.replace("TRIGGER", "TRIGGER IF EXISTS", 1) for one in drop_triggers(dialect, DEFAULT_PREFIX)]
    if dialect == "postgresql":
        gone.append(f"DROP FUNCTION IF EXISTS {qualified(f'{DEFAULT_PREFIX}events_refuse', None, dialect)}()")
    return [*gone, *made]


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
