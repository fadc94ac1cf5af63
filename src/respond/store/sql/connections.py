"""Connections: lent out, prepared once, given back, and never shared with a child process."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Any, Protocol

import attrs
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import Pool, PoolProxiedConnection

from respond.errors import OutcomeUnknown, RespondError, StoreError, StoreUnavailable
from respond.store.sql.dialect import ConnectionLost, Dialect
from respond.store.sql.sqlite import SqliteDialect
from respond.store.sql.turns import ThreadWaiting, Waiting
from respond.store.sql.units import Taken, Unit, fault_of, faults, unit

_PREPARED = "respond_prepared"
_IDLE_MAX = 4
"""How many connections wait at hand, outside the pool: taking one from there takes a tenth of a checkout."""
_left_to_parent: list[object] = []
"""What a child process inherited and must not close: closing would end the parent's session, or drop its locks."""


class Connections(Protocol):
    """Lends cursors; what the driver raises meanwhile comes out as an error of respond."""

    waiting: Waiting
    """How those who borrow wait for each other."""

    def reading(self) -> AbstractContextManager[Any]:
        """Lend a cursor for statements that stand alone."""
        ...

    def statement(self) -> AbstractContextManager[Any]:
        """Lend a cursor for one statement that writes and commits by itself."""
        ...

    def looking(self) -> AbstractContextManager[Connection]:
        """Lend a connection for statements that stand alone and change nothing."""
        ...

    def unit(self) -> AbstractContextManager[Unit]:
        """Lend a transaction that is committed at the end, and rolled back by an error."""
        ...

    def renew(self) -> None:
        """Drop the idle connections: one was lost, and the others may be as dead."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


@attrs.define
class _Own:
    """What belongs to one process."""

    pid: int
    pool: Pool
    lock: AbstractContextManager[Any]
    writer: PoolProxiedConnection | None = None
    idle: deque[PoolProxiedConnection] = attrs.field(factory=deque)
    wanting: deque[None] = attrs.field(factory=deque)
    """One for each caller who waits at the pool: it is served from there before others find one at hand."""

    def give_back_idle(self) -> None:
        """Give the connections that wait at hand back to the pool."""
        while True:
            try:
                lent = self.idle.pop()
            except IndexError:
                return
            lent.close()


class PooledConnections:
    """Connections of a server: each caller has its own."""

    waiting: Waiting = ThreadWaiting()

    def __init__(self, engine: Engine, dialect: Dialect) -> None:
        self._dialect = dialect
        self._engine = engine
        self._closed = False
        self._own = _Own(os.getpid(), engine.pool, self.waiting.new_lock())

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """Lend a cursor for statements that stand alone."""
        with self._lent(writing=False) as lent:
            yield self._dialect.cursor(lent.dbapi_connection)

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """Lend a connection for statements that stand alone and change nothing."""
        with self._lent(writing=False) as lent:
            yield Connection(self._engine, lent)

    def statement(self) -> AbstractContextManager[Any]:
        """Lend a cursor for one statement that writes and commits by itself; raises as a transaction does."""
        return self._alone()

    @contextmanager
    def _alone(self) -> Iterator[Any]:
        with self._lent(writing=True) as lent:
            try:
                yield self._dialect.cursor(lent.dbapi_connection)
            except self._dialect.error as error:
                if self._dialect.is_duplicate(error):
                    raise Taken("a row stands there already") from error
                if isinstance(fault := self._dialect.fault(error, writing=True), ConnectionLost):
                    raise OutcomeUnknown(str(fault)) from error
                raise

    def unit(self) -> AbstractContextManager[Unit]:
        """Lend a transaction."""
        return self._begun()

    @contextmanager
    def _begun(self) -> Iterator[Unit]:
        with self._lent(writing=True) as lent:
            cursor = self._dialect.cursor(lent.dbapi_connection)
            with unit(cursor, partial(Connection, self._engine, lent), self._dialect) as begun:
                yield begun

    def renew(self) -> None:
        """Drop the idle connections."""
        own = self._mine()
        lost, own.pool = own.pool, own.pool.recreate()
        own.give_back_idle()
        lost.dispose()

    def close(self) -> None:
        """Give everything back; connections that are lent out follow when their turn ends."""
        self._closed = True
        if self._own.pid == os.getpid():
            self._own.give_back_idle()
            self._own.pool.dispose()

    def _mine(self) -> _Own:
        if self._closed:
            raise StoreError("the store is closed; open it again")
        if self._own.pid != os.getpid():
            _left_to_parent.append(self._own)
            self._own = _Own(os.getpid(), self._own.pool.recreate(), self.waiting.new_lock())
        return self._own

    @contextmanager
    def _lent(self, *, writing: bool) -> Iterator[PoolProxiedConnection]:
        with faults(self._dialect, writing=writing):
            own = self._mine()
            pool = own.pool
            try:
                lent = own.idle.pop()
            except IndexError:
                own.wanting.append(None)
                try:
                    lent = pool.connect()
                finally:
                    own.wanting.pop()
            try:
                if _PREPARED not in lent.info:
                    self._dialect.prepare(lent.dbapi_connection)
                    lent.info[_PREPARED] = True
                yield lent
            except BaseException as error:
                if not isinstance(error, RespondError) or isinstance(
                    error, OutcomeUnknown
                ):  # any other may have left a transaction or a half-read answer
                    _drop(lent)
                raise
            finally:
                self._take_back(lent, own, pool)

    def _take_back(self, lent: PoolProxiedConnection, own: _Own, pool: Pool) -> None:
        if self._closed or own is not self._own or pool is not own.pool or _is_frozen(lent):
            _drop(lent)
        if not lent.is_valid or own.wanting or len(own.idle) >= _IDLE_MAX:
            lent.close()
            return
        own.idle.append(lent)
        if self._closed or own.wanting:  # between the first look and this one
            own.give_back_idle()


class FileConnections(PooledConnections):
    """Connections of an SQLite file: readers from the pool, one writer that is held and taken in turn."""

    _dialect: SqliteDialect

    def renew(self) -> None:
        """Refuse: no connection was lost, and what a disk that failed has kept is not for this process to settle."""
        raise StoreUnavailable("the disk failed; look after it, then append again with the same ids")

    def statement(self) -> AbstractContextManager[Any]:
        """Lend the writer's cursor in a transaction: SQLite has no other way."""
        return _CursorTurn(self, self._dialect)

    def unit(self) -> AbstractContextManager[Unit]:
        """Lend the writer in a transaction, to one caller at a time."""
        return _WriterTurn(self, self._dialect)

    def begin(self) -> tuple[_Own, Unit]:
        """Begin the turn of one writer: the lock is its own until `end`."""
        own = self._mine()
        own.lock.__enter__()
        try:
            self._mine()  # once more: it may have been closed meanwhile
            writer = self._writer(own)
            cursor = self._dialect.cursor(writer.dbapi_connection)
            cursor.execute(self._dialect.begin)
        except BaseException as error:
            self.end(own, error)
            raise
        return own, Unit(cursor, partial(Connection, self._engine, writer))

    def end(self, own: _Own, error: BaseException | None) -> None:
        """End the turn; the writer goes with an error of the driver, for nobody knows what it left behind."""
        try:
            if error is not None and not isinstance(error, RespondError) and own.writer is not None:
                writer, own.writer = own.writer, None
                _drop(writer)
                writer.close()
        finally:
            own.lock.__exit__(None, None, None)

    def close(self) -> None:
        """Give everything back, after the writer's turn."""
        own = self._own
        if own.pid == os.getpid():
            with own.lock:
                self._closed = True  # before the lock is free: a writer that waits for its turn opens no file again
                if own.writer is not None:
                    own.writer.close()
                    own.writer = None
        super().close()

    def _writer(self, own: _Own) -> PoolProxiedConnection:
        if own.writer is None:
            own.give_back_idle()  # a small pool may have no other left
            writer = own.pool.connect()
            try:
                self._dialect.prepare(writer.dbapi_connection)
                self._dialect.prepare_writer(writer.dbapi_connection)
            except BaseException:
                writer.invalidate()
                raise
            own.writer = writer
        return own.writer


class _WriterTurn:
    """The writer in a transaction.  A class: a lone append would feel the price of a generator for each step of it."""

    __slots__ = ("_connections", "_dialect", "_own", "_unit")

    def __init__(self, connections: FileConnections, dialect: SqliteDialect) -> None:
        self._connections = connections
        self._dialect = dialect

    def __enter__(self) -> Unit:
        try:
            self._own, self._unit = self._connections.begin()
        except Exception as error:
            self._raise(error)
            raise
        return self._unit

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._undo(error)
            return
        try:
            self._unit.cursor.execute("COMMIT")
        except BaseException as failure:
            self._undo(failure, committing=True)
            raise
        self._connections.end(self._own, None)

    def _undo(self, error: BaseException, *, committing: bool = False) -> None:
        """Roll back, end the turn, and raise what *error* means where it is the driver's."""
        try:
            with suppress(self._dialect.error):  # some errors have ended the transaction already
                self._unit.cursor.execute("ROLLBACK")
        except BaseException as interrupt:  # a second one: a task was cancelled again
            self._connections.end(self._own, interrupt)
            raise
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, self._dialect.error) and self._dialect.is_duplicate(cause):
            self._connections.end(self._own, None)
            raise Taken("a row stands there already") from error
        self._connections.end(self._own, error)
        if committing and isinstance(cause, self._dialect.error) and self._dialect.may_have_committed(cause):
            raise OutcomeUnknown(str(self._dialect.fault(cause, writing=True))) from error
        self._raise(error)

    def _raise(self, error: BaseException) -> None:
        fault = fault_of(error, self._dialect, writing=True)
        if fault is not None:
            raise fault from error


class _CursorTurn(_WriterTurn):
    """The writer's cursor in a transaction."""

    __slots__ = ()

    def __enter__(self) -> Any:
        return super().__enter__().cursor


def _drop(lent: PoolProxiedConnection) -> None:
    """Close a connection for good, where SQLAlchemy has not: it does when a task is cancelled within a statement."""
    if lent.is_valid:
        lent.invalidate()


def _is_frozen(lent: PoolProxiedConnection) -> bool:
    """Return whether a connection sees a file as it was when it was opened: good for one turn."""
    return getattr(lent.dbapi_connection, "respond_frozen", False)
