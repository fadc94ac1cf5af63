"""Units: what happens on one connection between its begin and its end, and what a driver's error means there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import attrs
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from respond.errors import OutcomeUnknown, StoreBusy, StoreError
from respond.store.sql.dialect import ConnectionLost, Dialect


@attrs.define
class Unit:
    """A turn on one connection: a cursor for the statements of the log, and the connection as SQLAlchemy knows it."""

    cursor: Any
    _connect: Callable[[], Connection]
    lent: bool = False
    """Whether others had the connection too."""
    ends: list[Callable[[], None]] = attrs.field(factory=list)
    """What is done on the same connection once the transaction has ended, whichever way."""
    held_since: float = 0.0
    """When it took the head, by `perf_counter`; until its end nobody else gets a position."""

    def connection(self) -> Connection:
        """Return the connection for other statements; it neither begins nor ends the transaction."""
        self.lent = True
        return self._connect()


class Taken(StoreError):
    """A row has this position, id or version already.  Never leaves this package as such."""


@contextmanager
def transaction(cursor: Any, connection: Callable[[], Connection], dialect: Dialect) -> Iterator[Unit]:
    """Begin a transaction and lend it; commit what is done inside, or roll it back when an error passes.

    Raises `Taken` for a row that is there already, `OutcomeUnknown` when the connection is lost while it commits, and
    `StoreError` when somebody inside kept to himself that the database has given the transaction up.
    """
    cursor.execute(dialect.begin)
    lent = Unit(cursor, connection)
    committing = False
    try:
        yield lent
        if lent.lent:
            dialect.check_alive(cursor, appended=bool(lent.held_since))
        committing = True
        cursor.execute("COMMIT")
    except BaseException as error:
        with suppress(dialect.error):  # some errors have ended the transaction, or the connection, already
            cursor.execute("ROLLBACK")
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, dialect.error):
            if dialect.is_duplicate(cause):
                raise Taken("a row stands there already") from error
            if committing and isinstance(fault := dialect.fault(cause, writing=True), ConnectionLost):
                raise OutcomeUnknown(str(fault)) from error
        raise


@contextmanager
def unit(cursor: Any, connection: Callable[[], Connection], dialect: Dialect) -> Iterator[Unit]:
    """Begin a transaction and lend it; commit it, or roll it back when an error passes."""
    ends: list[Callable[[], None]] = []
    try:
        with transaction(cursor, connection, dialect) as lent:
            ends = lent.ends
            yield lent
    finally:
        with suppress(dialect.error):  # a connection that is lost took along what would be given back
            for end in ends:
                end()


@contextmanager
def faults(dialect: Dialect, *, writing: bool) -> Iterator[None]:
    """Turn what the driver or the pool raises into an error of respond."""
    try:
        yield
    except Exception as error:
        fault = fault_of(error, dialect, writing=writing)
        if fault is None:
            raise
        raise fault from error


def fault_of(error: BaseException, dialect: Dialect, *, writing: bool) -> StoreError | None:
    """Return what an error of the driver or the pool means; None for any other."""
    match error:
        case PoolTimeout():
            return StoreBusy("every connection is in use; close some readers, or try again")
        case DBAPIError():
            return dialect.fault(error.orig if isinstance(error.orig, Exception) else error, writing=writing)
        case dialect.error():
            return dialect.fault(error, writing=writing)
    return None
