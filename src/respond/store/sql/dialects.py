"""Which dialect speaks to an engine's database."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Engine

from respond.errors import InvalidInput
from respond.store.sql.dialect import Dialect
from respond.store.sql.engines import EXTRAS, file_of
from respond.store.sql.schema import qualified
from respond.store.sql.sqlite import SqliteDialect

AppendPath = Literal["statement", "transaction"]


def dialect_for(
    engine: Engine,
    *,
    prefix: str,
    schema: str | None,
    lock_timeout: float = 5.0,
    journal_mode: str | None = None,
    append_path: AppendPath | None = None,
) -> Dialect:
    """Return the dialect of *engine*, with the names of one log; raises `InvalidInput` for a database that is not known."""
    name = engine.dialect.name
    events, head = (qualified(f"{prefix}{table}", schema, name) for table in ("events", "head"))
    dbapi = engine.dialect.dbapi
    match name:
        case "sqlite":
            if schema is not None:
                raise InvalidInput("SQLite has no schemas; leave it out, or name another file", place="schema")
            place = str(file_of(engine) or engine.url.database or "the log in memory")
            return SqliteDialect(
                events=events,
                head=head,
                dbapi=dbapi,
                place=place,
                lock_timeout=lock_timeout,
                journal_mode=journal_mode,
            )
        case _:
            raise InvalidInput(f"{name} is not supported; use sqlite, {' or '.join(EXTRAS)}", place="database")
