"""The caller's own transaction: what is appended waits, and is written last before the caller commits.

Whoever appends holds the head of the log until the transaction ends, and keeps every other writer waiting: so the head
is taken as late as possible.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Protocol

import attrs
from sqlalchemy import Connection
from sqlalchemy.engine import Transaction

from respond.domain.moments import from_microseconds, to_microseconds
from respond.domain.streams import Realm, StreamId
from respond.errors import HeadHeld, InvalidInput, WrongDatabase
from respond.store.intake import event_ids, replay_of
from respond.store.protocol import PAGE, Clock
from respond.store.records import Appended, Head, Recorded, StoredBody, Write, stored_body
from respond.store.sql.atomic import Atomic, check_versions
from respond.store.sql.connections import Connections
from respond.store.sql.dialect import Dialect
from respond.store.sql.joined import JoinedConnections, JoinedEventStore
from respond.store.sql.rows import placed, prepared
from respond.store.sql.units import Unit


class Hold(Protocol):
    """What keeps others from appending while it is active: a transaction of the caller's, or one that was lent."""

    @property
    def is_active(self) -> bool: ...


_held: ContextVar[tuple[tuple[str, Hold], ...]] = ContextVar("respond_held", default=())
"""The logs that this context keeps others from appending to, each until its transaction ends."""


def refuse_while_held(log: str, *, but: Hold | None = None) -> None:
    """Raise `HeadHeld` when this context is in a transaction of *log*: waiting for it would never end.

    *but* is the one that may: who holds the head need not wait for it.
    """
    waiting = _held.get()
    if waiting and any(held == log and one is not but and one.is_active for held, one in waiting):
        raise HeadHeld(
            "this task is in a transaction of the log that is still open, and would wait for itself; "
            "end that first, or append within it"
        )


def hold(log: str, one: Hold) -> None:
    """Let nothing in this context wait for *log* while *one* is active."""
    _held.set((*((held, other) for held, other in _held.get() if other.is_active), (log, one)))


class Held:
    """While this context is inside it keeps others from appending.  A class: every append goes through one."""

    __slots__ = ("_log", "is_active")

    def __init__(self, log: str) -> None:
        self._log = log
        self.is_active = True

    def __enter__(self) -> None:
        """Raise `HeadHeld` where this context does already."""
        refuse_while_held(self._log)
        hold(self._log, self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_active = False  # in whichever context: a task that began inside may still know of it


class CallersEventStore(JoinedEventStore):
    """An `EventStore` in the caller's transaction: it reads what it appended, and writes it with `flush`.

    Positions are not known before that: what waits shows those that it would have if it were written now.
    """

    def __init__(
        self,
        connections: JoinedConnections,
        dialect: Dialect,
        atomic: Atomic,
        *,
        clock: Clock,
        log: str,
        tenant: str,
    ) -> None:
        super().__init__(connections, dialect, atomic, log=log, tenant=tenant)
        self._clock = clock
        self._waiting: list[tuple[tuple[Write, ...], Mapping[StreamId, int]]] = []
        self._shown: list[Recorded] = []
        with connections.looking() as connection:
            self._transaction = _transaction_of(connection)
        with connections.unit() as unit:
            dialect.join(unit.cursor)
            unit.cursor.execute(dialect.sql.read_log_id)
            if unit.cursor.fetchone() != (log,):
                raise WrongDatabase("the connection leads to another log; connect to the one that the engine has open")

    def append(self, *writes: Write, require: Mapping[StreamId, int] | None = None) -> Appended:
        """Let *writes* wait; see `EventStore.append`.  No index of the database knows the ids of what waits."""
        replay = replay_of(writes, self.known(event_ids(writes)), log=self.log, tenant=self.tenant)
        return super().append(*writes, require=require) if replay is None else replay

    def flush(self) -> Sequence[Appended]:
        """Write what waits and return where it landed; call it last, for it holds the head until the caller commits.

        Raises `VersionConflict`, `IdempotencyConflict`, `ClockSkew`, `StoreUnavailable`: roll back then.
        """
        if not self._waiting:
            return []
        refuse_while_held(self.log, but=self._transaction)
        waiting, self._waiting, self._shown = self._waiting, [], []
        hold(self.log, self._transaction)
        self.appended = []
        for writes, require in waiting:
            self.appended.append(super()._append(writes, event_ids(writes), require))
        return self.appended

    @property
    def waiting(self) -> int:
        """How many events wait."""
        return len(self._shown)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend the caller's connection for statements of others that change nothing."""
        with self._connections.looking() as connection:
            yield connection

    def head(self) -> Head:
        """Return the end of the log, what waits counted."""
        head = super().head()
        return attrs.evolve(head, position=head.position + self.waiting)

    def read_stream(self, stream: StreamId, *, after: int = 0, limit: int | None = None) -> Sequence[Recorded]:
        """Return the events of *stream* past version *after*, with those that wait."""
        rows = list(super().read_stream(stream, after=after, limit=limit))
        return [*rows, *(row for row in _of(stream, self._last()) if row.version > after)][:limit]

    def read_streams(
        self, streams: Collection[StreamId], *, after: Mapping[StreamId, int] | None = None
    ) -> Mapping[StreamId, Sequence[StoredBody]]:
        """Return the bodies of many streams at once, past the versions in *after*, with those that wait."""
        found, last = dict(super().read_streams(streams, after=after)), self._last()
        past = after or {}
        for stream in streams:
            if shown := [row for row in _of(stream, last) if row.version > past.get(stream, 0)]:
                found[stream] = [*found.get(stream, ()), *map(stored_body, shown)]
        return found

    def read_subject(
        self, subject: str, *, realm: Realm = "real", after: int = 0, limit: int | None = None
    ) -> Sequence[Recorded]:
        """Return the events about *subject* past position *after*, with those that wait."""
        rows = super().read_subject(subject, realm=realm, after=after, limit=limit)
        mine = (row for row in self._last() if (row.realm, row.subject) == (realm, subject) and row.position > after)
        return [*rows, *mine][:limit]

    def read_all(self, *, after: int = 0, limit: int = PAGE, realm: Realm | None = None) -> Sequence[Recorded]:
        """Return up to *limit* events past position *after*, with those that wait."""
        rows = super().read_all(after=after, limit=limit, realm=realm)
        mine = (row for row in self._last() if realm in (None, row.realm) and row.position > after)
        return [*rows, *mine][:limit]

    def read_bodies(self, *, after: int = 0, limit: int = PAGE, realm: Realm | None = None) -> Sequence[StoredBody]:
        """Return what `read_all` does, without the columns that repeat the body."""
        return list(map(stored_body, self.read_all(after=after, limit=limit, realm=realm)))

    def versions(self, streams: Iterable[StreamId]) -> Mapping[StreamId, int]:
        """Return the version of each of *streams*, those that wait counted."""
        found, shown = super().versions(streams), self._shown
        return {
            stream: max([version, *(row.version for row in _of(stream, shown))]) for stream, version in found.items()
        }

    def known(self, ids: Iterable[str]) -> Mapping[str, Recorded]:
        """Return those of *ids* that are in the log, or wait, with their records."""
        wanted = list(ids)
        return {**super().known(wanted), **{row.id: row for row in self._last() if row.id in wanted}}

    def _append(self, writes: Sequence[Write], ids: Sequence[str], require: Mapping[StreamId, int]) -> Appended:
        """Let *writes* wait; when they are flushed, write them."""
        del ids
        versions = self.versions({*(write.stream for write in writes), *require})
        check_versions(versions, writes, require)
        rows = prepared(writes, versions, log=self.log, tenant=self.tenant, dialect=self._dialect)
        head = self.head()
        first = head.position + 1
        recorded_us = max(head.recorded_us, to_microseconds(self._clock()))
        self._shown += self._dialect.recorded(placed(rows, first=first, recorded_us=recorded_us))
        self._waiting.append((tuple(writes), require))
        after = {write.stream: versions[write.stream] + len(write.events) for write in writes}
        return Appended(first, first + len(rows) - 1, after, from_microseconds(recorded_us))

    def _last(self) -> list[Recorded]:
        """Return what waits, behind all that others have appended by now."""
        if self._shown:
            first = super().head().position + 1
            if self._shown[0].position != first:
                self._shown = [row._replace(position=first + index) for index, row in enumerate(self._shown)]
        return self._shown


def _of(stream: StreamId, rows: Iterable[Recorded]) -> list[Recorded]:
    return [row for row in rows if (row.stream, row.realm) == (stream.name, stream.realm)]


def join(connection: Connection, dialect: Dialect, connections: Connections) -> JoinedConnections:
    """Return what lends the caller's *connection*; raises `InvalidInput` for one of another kind of database."""
    if connection.dialect.name not in dialect.names:
        raise InvalidInput(
            f"belongs to {connection.dialect.name}, the log is in {dialect.names[0]}", place="connection"
        )
    _transaction_of(connection)
    cursor = dialect.cursor(connection.connection.dbapi_connection)
    return JoinedConnections(Unit(cursor, lambda: connection), dialect, connections)


def _transaction_of(connection: Connection) -> Transaction:
    transaction = connection.get_transaction()
    if transaction is None:
        raise InvalidInput("is in no transaction; begin one first: with engine.begin() as ...", place="connection")
    return transaction
