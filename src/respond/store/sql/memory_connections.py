"""The one connection of an SQLite database in memory, on which all its stores take turns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import RLock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlalchemy.pool import Pool, PoolProxiedConnection

from respond.errors import StoreError, StoreUnavailable
from respond.store.sql.sqlite import SqliteDialect
from respond.store.sql.turns import ThreadWaiting, Waiting
from respond.store.sql.units import Unit, faults, unit

_memory_locks: WeakKeyDictionary[Pool, RLock] = WeakKeyDictionary()
"""A database in memory is one connection: all stores on it take turns."""


class MemoryConnections:
    """The one connection of a database in memory; readers and writers take turns."""

    waiting: Waiting = ThreadWaiting()

    def __init__(self, engine: Engine, dialect: SqliteDialect) -> None:
        self._dialect = dialect
        self._engine = engine
        self._pid = os.getpid()
        self._lock = _memory_locks.setdefault(engine.pool, RLock())
        self._lent: PoolProxiedConnection | None = engine.pool.connect()
        dialect.prepare(self._lent.dbapi_connection)

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """Lend a cursor for statements that stand alone."""
        with self._turn(), faults(self._dialect, writing=False):
            yield self._connection().cursor()

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """Lend the connection for statements that stand alone and change nothing."""
        with self._turn(), faults(self._dialect, writing=False):
            yield Connection(self._engine, self._connection())

    @contextmanager
    def statement(self) -> Iterator[Any]:
        """Lend a cursor in a transaction: SQLite has no other way."""
        with self.unit() as unit:
            yield unit.cursor

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """Lend the connection in a transaction."""
        with self._turn(), faults(self._dialect, writing=True):
            lent = self._connection()
            cursor = lent.cursor()
            with unit(cursor, partial(Connection, self._engine, lent), self._dialect) as begun:
                yield begun

    def renew(self) -> None:
        """Do nothing: there is one connection, and memory does not lose it."""

    def close(self) -> None:
        """Give the connection back."""
        if self._pid == os.getpid():
            with self._lock:
                if self._lent is not None:
                    self._lent.close()
                self._lent = None

    def _turn(self) -> RLock:
        """Return the lock to wait for; a child never waits: the thread that held it is not there to give it back."""
        if self._pid != os.getpid():
            raise StoreUnavailable("a log in memory belongs to the process that made it; use a file to share it")
        return self._lock

    def _connection(self) -> PoolProxiedConnection:
        if self._lent is None:
            raise StoreError("the store is closed; open it again")
        return self._lent


@contextmanager
def turns(pool: Pool, *, shared: bool) -> Iterator[None]:
    """Keep the stores on one *shared* connection from using it at the same time."""
    if not shared:
        yield
        return
    with _memory_locks.setdefault(pool, RLock()):
        yield
