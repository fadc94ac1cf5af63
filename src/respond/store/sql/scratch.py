"""A database for one test: made on a PostgreSQL server, and dropped at the end, whoever is still connected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from respond.errors import InvalidInput, StoreUnavailable
from respond.store.sql.engines import bounds, parsed

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@contextmanager
def scratch_database(server: str, name: str) -> Iterator[str]:
    """Make the database *name* on *server*, the URL of any database there, and yield the URL of the new one.

    Raises `InvalidInput` for a server of another kind or a name that needs quotes, and `StoreUnavailable` when the
    server cannot be reached or does not let this account make databases.
    """
    url = parsed(server)
    if url.get_backend_name() != "postgresql":
        raise InvalidInput(f"{url.drivername} is not PostgreSQL", place="server")
    if _NAME.fullmatch(name) is None:
        raise InvalidInput(f"{name!r} must be small letters, digits and underscores", place="name")
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args=bounds(url))
    _run(engine, f"CREATE DATABASE {name}")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        _run(engine, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _run(engine: Engine, statement: str) -> None:
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
    except DBAPIError as error:
        raise StoreUnavailable(f"{engine.url.host or 'the server'}: {statement}: {error.orig}") from error
