"""Joined: a log seen from inside a transaction that began elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection

from respond.domain.streams import StreamId
from respond.errors import (
    ClockSkew,
    IdempotencyConflict,
    InvalidRecord,
    RespondError,
    StoreUnavailable,
    VersionConflict,
)
from respond.store.intake import event_ids, replay_of
from respond.store.records import Appended, Write
from respond.store.sql.atomic import Atomic
from respond.store.sql.connections import Connections
from respond.store.sql.dialect import Dialect
from respond.store.sql.reader import Reader
from respond.store.sql.units import Taken, Unit, faults


class JoinedConnections:
    """The one connection of a transaction that began elsewhere, lent again and again."""

    def __init__(self, unit: Unit, dialect: Dialect, connections: Connections) -> None:
        """Lend *unit*; *connections* tells how its callers wait for each other."""
        self._unit = unit
        self._dialect = dialect
        self.waiting = connections.waiting

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """Lend the cursor."""
        with faults(self._dialect, writing=False):
            yield self._unit.cursor

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """Lend the connection."""
        with faults(self._dialect, writing=False):
            yield self._unit.connection()

    @contextmanager
    def statement(self) -> Iterator[Any]:
        """Lend the cursor."""
        with self.unit() as unit:
            yield unit.cursor

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """Lend what there is; who began it ends it."""
        with faults(self._dialect, writing=True):
            try:
                yield self._unit
            except self._dialect.error as error:
                if self._dialect.is_duplicate(error):
                    raise Taken("a row stands there already") from error
                raise

    def renew(self) -> None:
        """Refuse: a transaction does not outlive its connection."""
        raise StoreUnavailable("the connection was lost and the transaction with it; begin another one")

    def close(self) -> None:
        """Do nothing: who began it ends it."""


class JoinedEventStore(Reader):
    """An `EventStore` within a transaction of ours: what it appends is in the log when that is committed."""

    def __init__(
        self, connections: JoinedConnections, dialect: Dialect, atomic: Atomic, *, log: str, tenant: str
    ) -> None:
        super().__init__(connections, dialect, log=log, tenant=tenant)
        self._atomic = atomic
        self.appended: list[Appended] = []
        """What was appended so far."""

    def append(self, *writes: Write, require: Mapping[StreamId, int] | None = None) -> Appended:
        """Append all *writes*; see `EventStore.append`.  Raises `IdempotencyConflict` for an id that just came in."""
        ids = event_ids(writes)
        try:
            appended = self._append(writes, ids, require or {})
        except (ClockSkew, IdempotencyConflict, InvalidRecord, VersionConflict):
            replay = replay_of(writes, self.known(ids), log=self.log, tenant=self.tenant)
            if replay is None:
                raise
            return replay
        self.appended.append(appended)
        return appended

    def exclusively(self, streams: Collection[StreamId]) -> AbstractContextManager[JoinedEventStore]:
        """Lend this store itself: its transaction is as exclusive as it gets."""
        del streams
        return _lend(self)

    def close(self) -> None:
        """Do nothing: who began the transaction ends it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, writes: Sequence[Write], ids: Sequence[str], require: Mapping[StreamId, int]) -> Appended:
        rows = self._atomic.prepare(writes)
        try:
            with self._connections.unit() as unit, _all_or_nothing(unit):
                return self._atomic.append(unit, writes, require, rows)
        except Taken as error:
            raise IdempotencyConflict(dict.fromkeys(ids, "may have come in meanwhile")) from error


@contextmanager
def _all_or_nothing(unit: Unit) -> Iterator[None]:
    """Undo what is done inside when an error passes: its caller may go on with the transaction all the same."""
    unit.cursor.execute("SAVEPOINT respond_append")
    try:
        yield
    except RespondError:
        unit.cursor.execute("ROLLBACK TO SAVEPOINT respond_append")
        raise
    except Exception:
        with suppress(Exception):  # the connection may be gone, and the transaction with it
            unit.cursor.execute("ROLLBACK TO SAVEPOINT respond_append")
        raise
    unit.cursor.execute("RELEASE SAVEPOINT respond_append")


@contextmanager
def _lend(store: JoinedEventStore) -> Iterator[JoinedEventStore]:
    yield store
