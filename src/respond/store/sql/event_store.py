"""A log in an SQL database: SQLite, PostgreSQL or MariaDB."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Self

import attrs
from sqlalchemy import Connection

from respond.domain.moments import from_microseconds, to_microseconds
from respond.domain.streams import DEFAULT_TENANT, StreamId, indexed
from respond.errors import ClockSkew, InvalidInput, OutcomeUnknown, StoreError, StoreUnavailable, VersionConflict
from respond.store.archive_folder import ArchiveFolder, folder_at
from respond.store.intake import check_skew, event_ids, replay_of
from respond.store.manifest import Archived
from respond.store.protocol import PAGE, Clock, EventStore
from respond.store.records import Appended, Write
from respond.store.sql.appender import Appender, Inline, Observer
from respond.store.sql.atomic import Atomic
from respond.store.sql.callers import CallersEventStore, Held, join
from respond.store.sql.connections import Connections
from respond.store.sql.dialect import ConnectionLost, Dialect
from respond.store.sql.dialects import AppendPath
from respond.store.sql.group import Group
from respond.store.sql.joined import JoinedConnections, JoinedEventStore
from respond.store.sql.manifest import read_manifest, read_range
from respond.store.sql.opening import Database, open_log
from respond.store.sql.reader import Reader
from respond.store.sql.rows import prepared
from respond.store.sql.schema import DEFAULT_PREFIX, tables
from respond.store.sql.settings import Durability
from respond.store.sql.snapshots import SqlSnapshots
from respond.store.sql.units import Taken

ATTEMPTS = 10
"""How often an append to one stream is tried before it queues for the head in a transaction."""


class SqlEventStore(Reader):
    """An `EventStore` and `LogReader` in an SQL database; safe to share between threads and to keep across a fork."""

    def __init__(
        self,
        connections: Connections,
        dialect: Dialect,
        *,
        clock: Clock,
        log: str,
        tenant: str,
        allow_skew: bool,
        group: bool = False,
        prefix: str = DEFAULT_PREFIX,
        schema: str | None = None,
        archives: Path | None = None,
        snapshot_every: int | None = None,
    ) -> None:
        super().__init__(connections, dialect, log=log, tenant=tenant)
        self.prefix = prefix
        self.schema = schema
        self.archive = ArchiveFolder(self, archives)
        self.snapshots = None if snapshot_every is None else self._kept_snapshots(snapshot_every)
        self._clock = clock
        self._allow_skew = allow_skew
        self._appender = Appender(connections, dialect, clock=clock, allow_skew=allow_skew)
        self._atomic = Atomic(self._appender, dialect, clock=clock, log=log, tenant=tenant)
        waiting = connections.waiting
        self._group = Group(self._appender.many, waiting.new_turn, waiting.let_others_come) if group else None

    @classmethod
    def open(
        cls,
        database: Database,
        *,
        clock: Clock,
        tenant: str = DEFAULT_TENANT,
        create: bool | None = None,
        allow_skew: bool = False,
        lock_timeout: float = 5.0,
        prefix: str = DEFAULT_PREFIX,
        schema: str | None = None,
        journal_mode: str | None = None,
        append_path: AppendPath | None = None,
        durability: Durability = "warn",
        group: bool | None = None,
        archives: str | Path | None = None,
        snapshot_every: int | None = None,
    ) -> Self:
        """Open the log in *database*, a URL or the host's own engine.

        A database without any table gets the log's tables; with *create* True one that holds other tables gets them
        too, with False none does and no file is made.  *append_path* `transaction` keeps PostgreSQL from appending in
        one statement.  *group* lets appends of several threads that meet share a commit; None leaves it to the kind of
        database.  Settings of the database that lose acknowledged events are warned of in the log `respond.store`,
        with *durability* `refuse` they are `UnsafeSettings`, with `ignore` nobody looks.  *archives* is the folder of
        the files that bodies left for: engines and checks read them there.  *snapshot_every* keeps the state of a
        stream that an engine read so many events of, to read less of it the next time.  Raises `InvalidInput`,
        `WrongDatabase` (`SchemaTooNew`, `SchemaTooOld`), `StoreUnavailable`.
        """
        indexed(tenant, "tenant")
        folder = folder_at(archives)
        if snapshot_every is not None and (type(snapshot_every) is not int or snapshot_every < 1):
            raise InvalidInput(f"{snapshot_every!r} is not a number of events", place="snapshot_every")
        log, connections, dialect = open_log(
            database,
            create=create,
            lock_timeout=lock_timeout,
            prefix=prefix,
            schema=schema,
            journal_mode=journal_mode,
            append_path=append_path,
            tenant=tenant,
            durability=durability,
        )
        return cls(
            connections,
            dialect,
            clock=clock,
            log=log,
            tenant=tenant,
            allow_skew=allow_skew,
            group=dialect.grouped if group is None else group,
            prefix=prefix,
            schema=schema,
            archives=folder,
            snapshot_every=snapshot_every,
        )

    def append(self, *writes: Write, require: Mapping[StreamId, int] | None = None) -> Appended:
        """Append all *writes* in one atomic step; see `EventStore.append`.

        When the connection is lost on the way, the ids are looked up on a fresh one: what is there is taken for this
        call's own, and what is not is appended again.
        """
        ids = event_ids(writes)
        with Held(self.log):
            try:
                return self._append(writes, ids, require or {})
            except ConnectionLost as lost:  # before anything was committed
                self._renew(lost)
                return self._append(writes, ids, require or {})
            except OutcomeUnknown as unknown:
                try:
                    self._renew(unknown)
                    found = self._replayed(writes, ids)
                    if found is not None:
                        return attrs.evolve(found, replayed=False)
                    return self._append(writes, ids, require or {})
                except StoreUnavailable as error:
                    raise unknown from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection for statements of others that stand alone and change nothing."""
        with self._mended(), self._connections.looking() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Lend a connection in a transaction for writes beside the log, committed at the end, rolled back by an error.

        On SQLite it holds the one writer: appends wait for it.  It is not for appending: the log has its own, and
        raises `HeadHeld` inside.
        """
        with Held(self.log), self._mended(), self._connections.unit() as unit:
            yield unit.connection()

    def manifest(self, *, after: int = 0, limit: int = PAGE) -> Sequence[Archived]:
        """Return up to *limit* ranges of the manifest that begin past position *after*, in their order."""
        with self.reading() as connection:
            return read_manifest(connection, prefix=self.prefix, schema=self.schema, after=after, limit=limit)

    def archived(self, position: int) -> Archived | None:
        """Return the range of the manifest that covers *position*; None when there is none."""
        with self.reading() as connection:
            return read_range(connection, position, prefix=self.prefix, schema=self.schema)

    @contextmanager
    def exclusively(self, streams: Collection[StreamId]) -> Iterator[EventStore]:
        """Lend a view in a transaction that keeps out others who ask the same for one of *streams*.

        What it appends is in the log once the block ends without an error.  Raises `StoreBusy` when another one keeps
        a stream for too long, and `OutcomeUnknown` when the connection is lost at the end; inside, whatever goes past
        the view raises `HeadHeld`.
        """
        started = perf_counter()
        keys = sorted(f"{self.log} {self.tenant} {stream.realm} {stream.name}" for stream in streams)
        with Held(self.log), self._mended(), self._connections.unit() as unit:
            self._dialect.lock_streams(unit, keys)
            joined = JoinedConnections(unit, self._dialect, self._connections)
            view = JoinedEventStore(joined, self._dialect, self._atomic, log=self.log, tenant=self.tenant)
            yield view
        ended = perf_counter()
        for appended in view.appended:
            self._told(appended, seconds=ended - started, held_seconds=ended - unit.held_since)

    def in_transaction(self, connection: Connection) -> CallersEventStore:
        """Return a view in the caller's own transaction: what it appends waits for its `flush`, then for the commit.

        Raises `InvalidInput` for a connection of another kind or without a transaction, `WrongDatabase`,
        `WrongIsolation`.
        """
        joined = join(connection, self._dialect, self._connections)
        view = CallersEventStore(
            joined, self._dialect, self._atomic, clock=self._clock, log=self.log, tenant=self.tenant
        )
        view.archive = self.archive
        return view

    def project_inline(self, project: Inline) -> None:
        """Call *project* with the rows of every commit from now on, within its transaction, in the order of the log.

        What it raises undoes the append that it was called for, as `ProjectionFailed`.
        """
        self._appender.inline.append(project)

    def on_append(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Call *listener* with the last position after every commit of this store: a wake-up, nothing to count on.

        Return what ends that.
        """
        return self._appender.listeners.add(listener)

    @property
    def observer(self) -> Observer | None:
        """Who is told what commits cost."""
        return self._appender.observer

    @observer.setter
    def observer(self, observer: Observer | None) -> None:
        self._appender.observer = observer

    @property
    def dialect_name(self) -> str:
        """The kind of database: sqlite, postgresql or mariadb."""
        return self._dialect.names[0]

    def close(self) -> None:
        """Give back every connection; closing twice does nothing."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _mended(self) -> Iterator[None]:
        """Drop the idle connections when one was lost, so that the caller's next try finds fresh ones."""
        try:
            yield
        except ConnectionLost as lost:
            self._renew(lost)
            raise StoreUnavailable(f"{lost}; try again") from lost

    def _kept_snapshots(self, every: int) -> SqlSnapshots:
        ours = tables(self.prefix, self.schema)
        return SqlSnapshots(ours, self.tenant, every, reading=self.reading, transaction=self.transaction)

    def _append(self, writes: Sequence[Write], ids: Sequence[str], require: Mapping[StreamId, int]) -> Appended:
        """Append, and look the ids up only when that is refused: a retry is rarer than a first try."""
        if len(writes) == 1 and not require and (self._group is not None or self._dialect.one_statement):
            appended = self._to_one_stream(writes[0], ids)
            if appended is not None:
                return appended
        try:
            return self._in_transaction(writes, require)
        except (VersionConflict, ClockSkew):
            replay = self._replayed(writes, ids)
            if replay is None:
                raise
            return replay
        except Taken as taken:
            replay = self._replayed(writes, ids)
            if replay is None:
                raise StoreError("a row stands where the head says that none is; run `respond check`") from taken
            return replay

    def _to_one_stream(self, write: Write, ids: Sequence[str]) -> Appended | None:
        """Append to one stream, with others where there is a group; None when others were faster each time.

        The expectation is checked against what the statement saw when it began, which may be behind what it waited for:
        a refusal counts only when a look afterwards confirms it.
        """
        found = None if write.expected.kind in {"no_stream", "exactly"} else self._version(write)
        for _ in range(ATTEMPTS):
            version = write.expected.version if found is None else found
            if write.expected.fits(version) and (appended := self._try(write, version)) is not None:
                return appended
            replay = self._replayed([write], ids)
            if replay is not None:
                return replay
            actual = self._version(write)
            if not write.expected.fits(actual):
                raise VersionConflict(write.stream, write.expected, actual)
            if not self._allow_skew:
                check_skew(self.head().recorded_us, to_microseconds(self._clock()))
            found = actual
        return None

    def _try(self, write: Write, version: int) -> Appended | None:
        rows = prepared([write], {write.stream: version}, log=self.log, tenant=self.tenant, dialect=self._dialect)
        landing = self._appender.one(rows) if self._group is None else self._group.append(rows)
        if landing is None:
            return None
        last, recorded_us = landing
        return Appended(last - len(rows) + 1, last, {write.stream: version + len(rows)}, from_microseconds(recorded_us))

    def _version(self, write: Write) -> int:
        return self.versions([write.stream])[write.stream]

    def _replayed(self, writes: Sequence[Write], ids: Sequence[str]) -> Appended | None:
        return replay_of(writes, self.known(ids), log=self.log, tenant=self.tenant)

    def _in_transaction(self, writes: Sequence[Write], require: Mapping[StreamId, int]) -> Appended:
        """Append to any number of streams in a transaction of their own."""
        started = perf_counter()
        rows = self._atomic.prepare(writes)
        with self._connections.unit() as unit:
            appended = self._atomic.append(unit, writes, require, rows)
        ended = perf_counter()
        self._told(appended, seconds=ended - started, held_seconds=ended - unit.held_since)
        return appended

    def _told(self, appended: Appended, *, seconds: float, held_seconds: float) -> None:
        self._appender.committed(
            appended.last,
            appends=1,
            events=appended.last - appended.first + 1,
            seconds=seconds,
            held_seconds=held_seconds,
        )
