"""Engines: from a URL to a driver and a file, and what must not be made by looking."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool, StaticPool

from respond.errors import DatabaseMissing, InvalidInput, StoreReadOnly, StoreUnavailable
from respond.store.sql.mariadb_drivers import mend_pymysql
from respond.store.sql.sqlite import driver, is_refusal_to_open

_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
    "mysql": "mariadb+pymysql",
}
_READ_ONLY = "respond_read_only"
"""The option of an engine that says that its file is never written."""
_IN_MEMORY = (None, "", ":memory:")
EXTRAS = {"postgresql+psycopg": "postgresql", "mariadb+pymysql": "mariadb"}
"""The drivers of servers, and the extra that brings each."""
CONNECT_SECONDS = 10
SILENCE_SECONDS = 30
"""How long the machine of a server may confirm nothing before its connection counts as lost."""
ANSWER_SECONDS = 600
"""How long PyMySQL waits for the next bytes of an answer: longer than any statement works, for it is cut off too."""


def parsed(url: str | URL) -> URL:
    """Return *url* with the driver that it means; raises `InvalidInput` when it cannot be read."""
    try:
        made = make_url(url)
    except ArgumentError as error:
        raise InvalidInput(
            "is not a database URL; write sqlite:///incidents.db or postgresql+psycopg://user@host/name",
            place="database",
        ) from error
    return made.set(drivername=_DRIVERS.get(made.drivername, made.drivername))


def engine_for(url: str | URL) -> Engine:
    """Return an engine of our own for *url*; connects to nothing and makes no file.

    Raises `InvalidInput` for a URL that cannot be read, an unknown database, or a driver that is not installed.
    """
    wanted = parsed(url)
    name = wanted.drivername
    if name in {"sqlite", "sqlite+pysqlite"}:
        return _sqlite_engine(wanted)
    if name not in EXTRAS:
        raise InvalidInput(f"{name} is not supported; use sqlite, {' or '.join(EXTRAS)}", place="database", value=name)
    try:
        engine = create_engine(
            wanted,
            pool_reset_on_return=None,  # every turn ends its own transaction
            connect_args=bounds(wanted),
        )
    except (ImportError, NoSuchModuleError) as error:
        raise InvalidInput(
            f"the driver of {name} is not installed; run pip install 'respond-engine[{EXTRAS[name]}]'", place="database"
        ) from error
    bound_silence(engine)
    if name == "mariadb+pymysql":
        mend_pymysql(engine)
    return engine


def bounds(url: URL) -> dict[str, int]:
    """Return the options by which the driver of *url* gives up a silent server, but those that *url* has itself."""
    ours = {"connect_timeout": CONNECT_SECONDS}
    if url.drivername == "postgresql+psycopg":
        ours |= {f"keepalives_{name}": value for name, value in _probes().items()}
        ours["tcp_user_timeout"] = SILENCE_SECONDS * 1000
    elif url.drivername == "mariadb+pymysql":
        ours |= {"read_timeout": ANSWER_SECONDS, "write_timeout": ANSWER_SECONDS}
    return {name: value for name, value in ours.items() if name not in url.query}


def bound_silence(engine: Engine) -> None:
    """Let the system give up silent connections of *engine* to MariaDB, which its drivers cannot be asked for."""
    if engine.dialect.name == "mariadb":
        event.listen(engine, "connect", _bound_silence)


def _bound_silence(connection: Any, record: object) -> None:
    del record
    own = getattr(connection, "driver_connection", connection)
    # Neither driver shows its socket otherwise.
    line = own._writer.get_extra_info("socket") if hasattr(own, "_writer") else own._sock  # noqa: SLF001
    if line.family == socket.AF_UNIX:
        return
    probes = _probes()
    options = {
        "TCP_KEEPIDLE": probes["idle"],
        "TCP_KEEPINTVL": probes["interval"],
        "TCP_KEEPCNT": probes["count"],
        "TCP_USER_TIMEOUT": SILENCE_SECONDS * 1000,
    }
    for name, value in options.items():
        if hasattr(socket, name):  # not every system has them all
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _probes() -> dict[str, int]:
    """Return when a connection on which nothing moves is probed, so that it counts as lost after `SILENCE_SECONDS`."""
    return {"idle": max(1, SILENCE_SECONDS // 3), "interval": max(1, SILENCE_SECONDS // 6), "count": 4}


def file_of(engine: Engine) -> Path | None:
    """Return the file of an SQLite engine; None for one in memory, a URI, or another database."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or is_memory(engine) or database is None or database.startswith("file:"):
        return None
    return Path(database)


def place_of(engine: Engine) -> str:
    """Return what messages call the database: without its password, which may stand among the options too."""
    return str(file_of(engine) or engine.url.set(query={}).render_as_string(hide_password=True))


def is_memory(engine: Engine) -> bool:
    """Return whether the database of an SQLite engine lives in memory."""
    if engine.dialect.name != "sqlite":
        return False
    database = engine.url.database or ""
    return database in {"", ":memory:"} or ":memory:" in database or engine.url.query.get("mode") == "memory"


def require_file(engine: Engine) -> None:
    """Raise `DatabaseMissing` when the engine's file does not exist: connecting would make it."""
    path = file_of(engine)
    if path is not None and not path.exists():
        raise DatabaseMissing(f"{path}: there is no such file; run `respond db init` to make a log in it")


def make_file(engine: Engine) -> Path | None:
    """Make the empty file of an SQLite engine unless it exists; return the file that was made.

    Raises `DatabaseMissing` when it does not exist and is to be read only.
    """
    path = file_of(engine)
    if path is None:
        return None
    if engine.get_execution_options().get(_READ_ONLY):
        require_file(engine)
        return None
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return None
    except PermissionError as error:
        raise StoreReadOnly(f"{path}: cannot be made: {error.strerror}; give write access to the folder") from error
    except OSError as error:
        raise StoreUnavailable(
            f"{path}: cannot be made: {error.strerror}; name a file in a folder that exists"
        ) from error
    return path


def _holds_something(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _mode(url: URL) -> str:
    """Return the mode in which the file of *url* is opened; raises `InvalidInput` for what a URL cannot say."""
    for name, value in url.query.items():
        if name != "mode":
            raise InvalidInput(
                f"{name} is not an option of an SQLite URL; leave it out, mode=ro is the only one", place="database"
            )
        if value == "memory":
            raise InvalidInput("write sqlite:// for a log in memory, without a file and a mode", place="database")
        if value != "ro" or url.database in _IN_MEMORY:
            raise InvalidInput(
                f"mode {value!r} cannot be asked; write mode=ro to only read a file, or leave it out", place="database"
            )
    return "ro" if url.query else "rw"  # never rwc: looking must not make a file


def _sqlite_engine(url: URL) -> Engine:
    module = driver()
    if url.database in _IN_MEMORY:
        _mode(url)
        arguments = {"check_same_thread": False, "isolation_level": None}
        return create_engine(url, module=module, poolclass=StaticPool, connect_args=arguments)
    database = str(url.database)
    if database.startswith("file:"):
        pool = StaticPool if ":memory:" in database or url.query.get("mode") == "memory" else QueuePool
        return create_engine(url, module=module, poolclass=pool, connect_args={"check_same_thread": False})
    path = Path(database).absolute()
    uri = f"file:{quote(str(path))}"
    mode = _mode(url)

    frozen = type("Frozen", (module.Connection,), {"respond_frozen": True})

    def connect() -> Any:
        connection = module.connect(f"{uri}?mode={mode}", uri=True, check_same_thread=False, isolation_level=None)
        if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
            return connection
        try:
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1")
        except module.OperationalError as error:
            # A WAL database in a folder that cannot be written; without a WAL nobody is writing to it either.
            connection.close()
            if not is_refusal_to_open(error) or _holds_something(Path(f"{path}-wal")):
                raise
            return module.connect(
                f"{uri}?mode=ro&immutable=1", uri=True, check_same_thread=False, isolation_level=None, factory=frozen
            )
        return connection

    return create_engine(
        url.set(database=str(path), query={}),
        module=module,
        creator=connect,
        poolclass=QueuePool,
        execution_options={_READ_ONLY: mode == "ro"},
    )
