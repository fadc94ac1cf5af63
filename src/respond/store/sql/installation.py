"""Making and upgrading the tables of a log, and telling what a database holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import attrs
from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.engine import URL

from respond.domain.streams import indexed
from respond.errors import SchemaTooNew, SchemaTooOld, StoreBusy, WrongDatabase
from respond.store.sql.dialects import dialect_for
from respond.store.sql.engines import engine_for, file_of, is_memory, make_file, place_of, require_file
from respond.store.sql.memory_connections import turns
from respond.store.sql.schema import DEFAULT_PREFIX, FORMAT, REVISION, checked_names, qualified, quoted, tables
from respond.store.sql.sqlite import SqliteDialect
from respond.store.sql.units import faults

_MIGRATIONS = Path(__file__).parent / "migrations"
_NEW_LOG_ID = {
    "sqlite": "SELECT lower(hex(randomblob(16)))",
    "postgresql": "SELECT gen_random_uuid()::text",
    "mariadb": "SELECT uuid()",
    "mysql": "SELECT uuid()",
}
_LOCK_WAIT_SECONDS = 30


@attrs.frozen(kw_only=True)
class SchemaState:
    """What a database holds, seen from a log of one prefix and schema."""

    kind: Literal["empty", "foreign", "unfinished", "old", "current", "new"]
    """`empty` has no table at all, `foreign` only other tables; `unfinished` is a log whose creation broke off."""
    revision: str | None = None
    """The revision of the log's schema."""
    log: str | None = None
    """The id of the log."""


def schema_state(
    database: str | URL | Engine, *, prefix: str = DEFAULT_PREFIX, schema: str | None = None
) -> SchemaState:
    """Return what the database holds; changes nothing."""
    with engine_of(database, prefix, schema) as engine:
        require_file(engine)
        with engine.connect() as connection:
            return _state_of(connection, prefix, schema)


def create(
    database: str | URL | Engine,
    *,
    prefix: str = DEFAULT_PREFIX,
    schema: str | None = None,
    log: str | None = None,
    journal_mode: str | None = None,
) -> str:
    """Create the tables, beside those of other programs too, and return the id of the log.

    The database makes the id unless *log* gives it.  Does nothing when the log is there already.  Raises `SchemaTooOld`
    and `SchemaTooNew` when there is one of another revision.  *journal_mode* is for SQLite: `wal` or `delete`.
    """
    if log is not None:
        indexed(log, "log")
    with engine_of(database, prefix, schema) as engine:
        with _file(engine), _alone(engine, prefix, schema) as connection:
            state = _state_of(connection, prefix, schema)
            if state.kind not in {"empty", "foreign", "unfinished"}:
                check_current(state, engine)
                return str(state.log)
            if schema is not None:
                _make_schema(connection, schema)
            _migrate(connection, prefix, schema)
            made = _insert_rows(connection, prefix, schema, log)
        if file_of(engine) is not None:
            _choose_journal(engine, journal_mode)
        return made


def _make_schema(connection: Connection, schema: str) -> None:
    """Create the schema unless it is there: an account that may only fill it may not even say IF NOT EXISTS."""
    if schema not in inspect(connection).get_schema_names():
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema, connection.dialect.name)}")


def upgrade(database: str | URL | Engine, *, prefix: str = DEFAULT_PREFIX, schema: str | None = None) -> SchemaState:
    """Bring the tables of an older release up to date, and return what the database held before.

    Raises `WrongDatabase` when there is no log, `SchemaTooNew` when a newer release made it.
    """
    with engine_of(database, prefix, schema) as engine:
        require_file(engine)
        return _upgrade(engine, prefix, schema)


def _upgrade(engine: Engine, prefix: str, schema: str | None) -> SchemaState:
    with _alone(engine, prefix, schema) as connection:
        state = _state_of(connection, prefix, schema)
        if state.kind == "old":
            _migrate(connection, prefix, schema)
        else:
            check_current(state, engine)
    return state


def check_current(state: SchemaState, engine: Engine) -> None:
    """Raise `WrongDatabase`, or one of its kind, when the database is not a log that this code can use."""
    place = place_of(engine)
    match state.kind:
        case "current":
            return
        case "new":
            raise SchemaTooNew(
                f"{place}: schema {state.revision} is of a newer release, this one knows {REVISION}; upgrade respond"
            )
        case "old":
            raise SchemaTooOld(f"{place}: schema {state.revision} is older than {REVISION}; run `respond db upgrade`")
        case "empty":
            raise WrongDatabase(f"{place}: is empty; run `respond db init` to make a log in it")
        case "foreign":
            raise WrongDatabase(
                f"{place}: holds other tables and no log; run `respond db init` to make one beside them"
            )
        case "unfinished":
            raise WrongDatabase(f"{place}: the making of the log broke off; run `respond db init` to finish it")


def _state_of(connection: Connection, prefix: str, schema: str | None) -> SchemaState:
    """Return what the database of *connection* holds."""
    found = inspect(connection)
    if schema is not None and schema not in found.get_schema_names():
        return SchemaState(kind="empty")
    names = set(found.get_table_names(schema)) | set(found.get_view_names(schema))
    ours = tables(prefix, schema)
    version_table = f"{prefix}alembic_version"
    if not names:
        return SchemaState(kind="empty")
    if version_table not in names and ours.log.name not in names:
        return SchemaState(kind="foreign")
    revision = None
    if version_table in names:
        place = qualified(version_table, schema, connection.dialect.name)
        revision = connection.execute(text(f"SELECT version_num FROM {place}")).scalar()  # noqa: S608 - a checked name
    if revision is not None and revision > REVISION:
        return SchemaState(kind="new", revision=revision)
    log = connection.execute(select(ours.log.c.log)).scalar() if ours.log.name in names else None
    if revision is None or log is None:
        return SchemaState(kind="unfinished", revision=revision)
    if revision < REVISION:
        return SchemaState(kind="old", revision=revision)
    return SchemaState(kind="current", revision=revision, log=log)


@contextmanager
def engine_of(database: str | URL | Engine, prefix: str, schema: str | None) -> Iterator[Engine]:
    """Lend an engine, and turn what the driver raises meanwhile into an error of respond."""
    checked_names(prefix, schema)
    engine = database if isinstance(database, Engine) else engine_for(database)
    try:
        dialect = dialect_for(engine, prefix=prefix, schema=schema)
        with turns(engine.pool, shared=is_memory(engine)), faults(dialect, writing=False):
            yield engine
    finally:
        if engine is not database:
            engine.dispose()


def _choose_journal(engine: Engine, journal_mode: str | None) -> None:
    """Set the journal of a new file, before there are many who would have to wait for it."""
    dialect = dialect_for(engine, prefix=DEFAULT_PREFIX, schema=None, journal_mode=journal_mode)
    if isinstance(dialect, SqliteDialect):
        with engine.connect() as connection:
            dialect.prepare_writer(connection.connection.dbapi_connection)


@contextmanager
def _file(engine: Engine) -> Iterator[None]:
    """Make the file of an SQLite engine where there is none, and take it away when nothing came of it."""
    made = make_file(engine)
    try:
        yield
    except BaseException as error:
        if made is not None and not isinstance(error, StoreBusy):  # another process may be at it
            with suppress(OSError):
                if made.stat().st_size == 0:
                    made.unlink()
        raise


@contextmanager
def _alone(engine: Engine, prefix: str, schema: str | None) -> Iterator[Connection]:
    """Open a transaction in which no other process makes or changes the same tables."""
    with engine.connect() as connection:
        name = f"respond:{schema or ''}:{prefix}"
        match engine.dialect.name:
            case "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            case "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
            case _:
                got = connection.execute(
                    text("SELECT get_lock(:name, :wait)"), {"name": name, "wait": _LOCK_WAIT_SECONDS}
                )
                if got.scalar() != 1:
                    raise StoreBusy("another process is making the same tables; try again")
        try:
            yield connection
            connection.commit()
        finally:
            if engine.dialect.name in {"mysql", "mariadb"}:
                connection.execute(text("SELECT release_lock(:name)"), {"name": name})


def _migrate(connection: Connection, prefix: str, schema: str | None) -> None:
    from alembic import command  # noqa: PLC0415 - a tenth of a second that opening a log need not spend
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util.exc import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes.update(connection=connection, prefix=prefix, schema=schema)
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise WrongDatabase(f"the tables cannot be brought up to date: {error}") from error


def _insert_rows(connection: Connection, prefix: str, schema: str | None, log: str | None) -> str:
    """Insert the rows that stand alone in their tables; the log's comes last, for it says that all is there."""
    ours = tables(prefix, schema)
    if connection.execute(select(ours.head.c.id)).scalar() is None:
        connection.execute(ours.head.insert().values(id=1, position=0, recorded_at=0))
    if log is None:
        made = str(connection.exec_driver_sql(_NEW_LOG_ID[connection.dialect.name]).scalar_one()).replace("-", "")
        log = f"{made[:8]}-{made[8:12]}-{made[12:16]}-{made[16:20]}-{made[20:]}"
    connection.execute(ours.log.insert().values(id=1, log=log, format=FORMAT))
    return log
