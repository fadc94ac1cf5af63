"""How the conformance suite opens an SQL log; importable by the processes that it starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

import attrs
import pytest
from sqlalchemy import Connection, Engine, text

from respond.domain.moments import to_microseconds
from respond.domain.streams import DEFAULT_TENANT
from respond.store.protocol import Clock
from respond.store.records import Recorded, Write
from respond.store.sql.dialect import Dialect
from respond.store.sql.dialects import dialect_for
from respond.store.sql.engines import engine_for
from respond.store.sql.event_store import SqlEventStore
from respond.store.sql.rows import placed, prepared
from respond.store.sql.schema import DEFAULT_PREFIX
from respond.testing.conformance.controls import CounterLog, SequenceLog
from respond.testing.store_conformance import Interleavings, StoreConformance, TestedStore

LOCK_TIMEOUT = 30.0
END_OF_TIME = 2**63 - 1


def look(connection: Connection, rows: Sequence[Recorded]) -> None:
    """Read in the append's own transaction what it has just written."""
    counted = text("SELECT count(*) FROM respond_events WHERE position >= :first")
    found = connection.execute(counted, {"first": rows[0].position})
    assert found.scalar_one() == len(rows)


@attrs.frozen
class SqlStores:
    """Opens one log in an SQL database; travels to other processes by its URL."""

    url: str
    append_path: Any = None
    group: bool | None = None
    journal_mode: str | None = None
    inline: bool = False
    """Whether something is kept up within every append, as inline projections are."""

    def __call__(self, *, clock: Clock, tenant: str = DEFAULT_TENANT, allow_skew: bool = False) -> SqlEventStore:
        store = SqlEventStore.open(
            self.url,
            clock=clock,
            tenant=tenant,
            allow_skew=allow_skew,
            append_path=self.append_path,
            group=self.group,
            journal_mode=self.journal_mode,
            lock_timeout=LOCK_TIMEOUT,
        )
        if self.inline:
            store.project_inline(look)
        return store

    def raw_engine(self) -> Engine:
        """Return an engine for what goes past the store."""
        return engine_for(self.url)

    @contextmanager
    def raw_connection(self) -> Iterator[tuple[Any, Dialect]]:
        """Yield a driver's connection, where each statement stands alone until it says BEGIN, and its dialect."""
        engine = self.raw_engine()
        lent = engine.raw_connection()
        try:
            dialect = dialect_for(engine, prefix=DEFAULT_PREFIX, schema=None, lock_timeout=LOCK_TIMEOUT)
            dialect.prepare(lent.dbapi_connection)
            yield lent.dbapi_connection, dialect
        finally:
            lent.invalidate()
            engine.dispose()


@attrs.frozen
class SqlWriter:
    """Appends as the store does in a transaction, statement by statement, and leaves the end to the test."""

    log: str
    cursor: Any
    dialect: Dialect

    def append(self, write: Write, *, version: int, at: datetime) -> None:
        self.cursor.execute(self.dialect.begin)
        count = len(write.events)
        taken = self.dialect.take_head(self.cursor, count, to_microseconds(at), END_OF_TIME)
        assert taken is not None
        last, recorded_us = taken
        rows = prepared([write], {write.stream: version}, log=self.log, tenant=DEFAULT_TENANT, dialect=self.dialect)
        self.dialect.insert(self.cursor, placed(rows, first=last - count + 1, recorded_us=recorded_us))

    def commit(self) -> None:
        self.cursor.execute("COMMIT")

    def rollback(self) -> None:
        self.cursor.execute("ROLLBACK")


class SqlFixtures:
    """What the suite asks of a log in an SQL database; its users override `store_factory`."""

    position_column: str | None = None
    """A column that numbers its rows, the wrong way to give positions; None where one transaction writes at a time."""

    @pytest.fixture
    def connections(self, store_factory: SqlStores) -> Iterator[ExitStack]:
        """Return a stack for connections, closed when the test ends."""
        with ExitStack() as stack:
            yield stack

    @pytest.fixture
    def open_writer(self, store: TestedStore, store_factory: SqlStores, connections: ExitStack) -> Any:
        def connect() -> SqlWriter:
            connection, dialect = connections.enter_context(store_factory.raw_connection())
            return SqlWriter(store.log, dialect.cursor(connection), dialect)

        return connect

    @pytest.fixture
    def wrong_log(self, store: TestedStore, store_factory: SqlStores, connections: ExitStack) -> Any:
        raw = [connections.enter_context(store_factory.raw_connection())[0] for _ in range(3)]
        return CounterLog(raw) if self.position_column is None else SequenceLog(raw, self.position_column)


class SqlConformance(SqlFixtures, StoreConformance, Interleavings):
    """The suite for a log in an SQL database."""
