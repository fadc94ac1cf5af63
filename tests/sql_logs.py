"""Logs in SQL databases, and a way past the store to what it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text

from respond.store.sql import SqlEventStore, engine_for
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
