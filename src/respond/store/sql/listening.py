"""Listening: PostgreSQL tells of appends by NOTIFY, on a connection of its own; other databases are looked at."""

from __future__ import annotations

import logging
from time import monotonic
from typing import Any

from respond.errors import StoreError
from respond.store.sql.connections import Connections
from respond.store.sql.dialect import Dialect
from respond.store.sql.postgresql import PostgresqlDialect
from respond.store.sql.sqlite import SqliteDialect
from respond.store.waiting import LOST_SECONDS, Source

_LOGGER = logging.getLogger("respond.store")

_POLL_SQLITE = 0.05
_POLL_MARIADB = 0.1
_POLL_POSTGRESQL = 1.0


def poll_seconds_of(dialect: Dialect) -> float:
    """Return how long a log is left alone when nobody tells of appends: a look costs little, least in a file."""
    if isinstance(dialect, PostgresqlDialect):
        return _POLL_POSTGRESQL
    return _POLL_SQLITE if isinstance(dialect, SqliteDialect) else _POLL_MARIADB


def source_of(connections: Connections, dialect: Dialect) -> Source | None:
    """Return news of the log, or None where its database has none."""
    return Listener(connections, dialect) if isinstance(dialect, PostgresqlDialect) else None


class Listener:
    """A `Source` in PostgreSQL.  When its connection is lost it is silent, and listens again as soon as it can."""

    def __init__(self, connections: Connections, dialect: PostgresqlDialect) -> None:
        self._connections = connections
        self._dialect = dialect
        self._connection: Any = None
        self._closed = False
        self._again_at = 0.0

    def fileno(self) -> int | None:
        """Return the socket, which is readable when a notification has arrived or the connection is lost."""
        if self._connection is None:
            return None
        number: int = self._connection.pgconn.socket
        return number

    def drain(self) -> None:
        """Forget the notifications that arrived; notice when the connection is lost."""
        if self._connection is None:
            return
        raw = self._connection.pgconn
        try:
            raw.consume_input()
            while raw.notifies() is not None:
                pass
        except self._dialect.error:
            self._end()
            _LOGGER.warning("the connection that listens for appends was lost; the log is polled until it is back")

    def mend(self) -> None:
        """Listen, unless it does already, was closed, or has tried a moment ago."""
        if self._connection is not None or self._closed or monotonic() < self._again_at:
            return
        self._again_at = monotonic() + LOST_SECONDS
        try:
            with self._connections.looking() as lent:
                lent.exec_driver_sql(f'LISTEN "{self._dialect.channel}"')
                fairy = lent.connection
                self._connection = fairy.driver_connection
                fairy.detach()  # its pool forgets it ...
                fairy.invalidate()  # ... and whoever lent it does not take it back
        except StoreError as error:
            _LOGGER.warning("cannot listen for appends: %s; the log is polled meanwhile", error)

    def close(self) -> None:
        """End the connection; closing twice does nothing."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.pgconn.finish()  # which an asyncio connection does without being awaited
            self._connection = None
