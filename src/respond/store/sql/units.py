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
    connection: Callable[[], Connection]
    """Returns the connection for other statements; it neither begins nor ends the transaction."""
    ends: list[Callable[[], None]] = attrs.field(factory=list)
    """What is done on the same connection once the transaction has ended, whichever way."""
    held_since: float = 0.0
    """When it took the head, by `perf_counter`; until its end nobody else gets a position."""


class Taken(StoreError):
    """A row has this position, id or version already.  Never leaves this package as such."""


@contextmanager
def transaction(cursor: Any, dialect: Dialect) -> Iterator[None]:
    """Commit what is done inside, or roll it back when an error passes.

    Raises `Taken` for a row that is there already, `OutcomeUnknown` when the connection is lost while it commits.
    """
    cursor.execute(dialect.begin)
    committing = False
    try:
        yield
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
    lent = Unit(cursor, connection)
    try:
        with transaction(cursor, dialect):
            yield lent
    finally:
        with suppress(dialect.error):  # a connection that is lost took along what would be given back
            for end in lent.ends:
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
