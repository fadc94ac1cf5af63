"""A log in an SQL database: SQLite, PostgreSQL or MariaDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import attrs
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from respond.domain.moments import from_microseconds, to_microseconds
from respond.domain.streams import DEFAULT_TENANT, StreamId, indexed
from respond.errors import ClockSkew, OutcomeUnknown, StoreError, StoreUnavailable, VersionConflict
from respond.store.intake import SKEW_MAX_US, check_skew, event_ids, replay_of
from respond.store.protocol import Clock
from respond.store.records import Appended, Write
from respond.store.sql.connections import Connections
from respond.store.sql.dialect import ConnectionLost, Dialect
from respond.store.sql.dialects import AppendPath
from respond.store.sql.opening import open_log
from respond.store.sql.reader import Reader
from respond.store.sql.rows import assumed_versions, placed, prepared
from respond.store.sql.schema import DEFAULT_PREFIX
from respond.store.sql.settings import Durability
from respond.store.sql.units import Taken

ATTEMPTS = 10
"""How often one statement is tried before the append queues for the head in a transaction."""

_END_OF_TIME = 2**63 - 1


class SqlEventStore(Reader):
    """An `EventStore` and `LogReader` in an SQL database; safe to share between threads and to keep across a fork."""

    def __init__(
        self, connections: Connections, dialect: Dialect, *, clock: Clock, log: str, tenant: str, allow_skew: bool
    ) -> None:
        super().__init__(connections, dialect, log=log, tenant=tenant)
        self._clock = clock
        self._allow_skew = allow_skew

    @classmethod
    def open(
        cls,
        database: str | URL | Engine,
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
    ) -> Self:
        """Open the log in *database*, a URL or the host's own engine.

        A database without any table gets the log's tables; with *create* True one that holds other tables gets them
        too, with False none does and no file is made.  *append_path* `transaction` keeps PostgreSQL from appending in
        one statement.  Settings of the database that lose acknowledged events are warned of in the log `respond.store`,
        with *durability* `refuse` they are `UnsafeSettings`, with `ignore` nobody looks.  Raises `InvalidInput`,
        `WrongDatabase` (`SchemaTooNew`, `SchemaTooOld`), `StoreUnavailable`.
        """
        indexed(tenant, "tenant")
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
        return cls(connections, dialect, clock=clock, log=log, tenant=tenant, allow_skew=allow_skew)

    def append(self, *writes: Write, require: Mapping[StreamId, int] | None = None) -> Appended:
        """Append all *writes* in one atomic step; see `EventStore.append`.

        When the connection is lost on the way, the ids are looked up on a fresh one: what is there is taken for this
        call's own, and what is not is appended again.
        """
        ids = event_ids(writes)
        try:
            return self._append(writes, ids, require or {})
        except ConnectionLost:  # before anything was committed
            self._connections.renew()
            return self._append(writes, ids, require or {})
        except OutcomeUnknown as unknown:
            try:
                self._connections.renew()
                found = self._replayed(writes, ids)
                if found is not None:
                    return attrs.evolve(found, replayed=False)
                return self._append(writes, ids, require or {})
            except StoreUnavailable as error:
                raise unknown from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection for statements of others that stand alone and change nothing."""
        with self._connections.looking() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Lend a connection in a transaction for writes beside the log, committed at the end, rolled back by an error.

        On SQLite it holds the one writer: appends wait for it.  It is not for appending: the log has its own.
        """
        with self._connections.unit() as unit:
            yield unit.connection()

    def close(self) -> None:
        """Give back every connection; closing twice does nothing."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, writes: Sequence[Write], ids: Sequence[str], require: Mapping[StreamId, int]) -> Appended:
        """Append, and look the ids up only when that is refused: a retry is rarer than a first try."""
        if self._dialect.one_statement and len(writes) == 1 and not require:
            appended = self._in_one_statement(writes[0], ids)
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

    def _in_one_statement(self, write: Write, ids: Sequence[str]) -> Appended | None:
        """Append to one stream without a transaction around it; None when others were faster each time.

        The expectation is checked against what the statement saw when it began, which may be behind what it waited for:
        a refusal counts only when a look afterwards confirms it.
        """
        found = None if write.expected.kind in {"no_stream", "exactly"} else self._version(write)
        for _ in range(ATTEMPTS):
            version = write.expected.version if found is None else found
            if write.expected.fits(version) and (appended := self._try_statement(write, version)) is not None:
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

    def _try_statement(self, write: Write, version: int) -> Appended | None:
        rows = self._prepared([write], {write.stream: version})
        clock_us = to_microseconds(self._clock())
        try:
            with self._connections.statement() as cursor:
                taken = self._dialect.append_to_one(cursor, rows, clock_us, self._limit_us(clock_us))
        except Taken:
            return None
        if taken is None:
            return None
        last, recorded_us = taken
        after = {write.stream: version + len(rows)}
        return Appended(last - len(rows) + 1, last, after, from_microseconds(recorded_us))

    def _version(self, write: Write) -> int:
        return self.versions([write.stream])[write.stream]

    def _limit_us(self, clock_us: int) -> int:
        """Return how late the head may be."""
        return _END_OF_TIME if self._allow_skew else clock_us + SKEW_MAX_US

    def _replayed(self, writes: Sequence[Write], ids: Sequence[str]) -> Appended | None:
        return replay_of(writes, self.known(ids), log=self.log, tenant=self.tenant)

    def _in_transaction(self, writes: Sequence[Write], require: Mapping[StreamId, int]) -> Appended:
        """Take the head, check versions, insert, commit; what can be done before the lock is done before it."""
        assumed = assumed_versions(writes)
        rows = None if assumed is None else self._prepared(writes, assumed)
        count = sum(len(write.events) for write in writes)
        clock_us = to_microseconds(self._clock())
        with self._connections.unit() as unit:
            cursor = unit.cursor
            last, recorded_us = self._take_head(cursor, count, clock_us)
            versions = self._checked_versions(cursor, writes, require)
            if rows is None:
                rows = self._prepared(writes, versions)
            self._dialect.insert(cursor, placed(rows, first=last - count + 1, recorded_us=recorded_us))
        after = {write.stream: versions[write.stream] + len(write.events) for write in writes}
        return Appended(last - count + 1, last, after, from_microseconds(recorded_us))

    def _prepared(self, writes: Sequence[Write], versions: Mapping[StreamId, int]) -> list[Any]:
        return prepared(writes, versions, log=self.log, tenant=self.tenant, dialect=self._dialect)

    def _take_head(self, cursor: Any, count: int, clock_us: int) -> tuple[int, int]:
        """Take *count* positions; raises `ClockSkew`."""
        taken = self._dialect.take_head(cursor, count, clock_us, self._limit_us(clock_us))
        if taken is None:
            _, head_us = self._head_row(cursor)
            check_skew(head_us, clock_us)
            raise StoreError("the head of the log cannot be written; run `respond check`")
        return taken

    def _checked_versions(
        self, cursor: Any, writes: Sequence[Write], require: Mapping[StreamId, int]
    ) -> dict[StreamId, int]:
        """Return the versions of the written streams, which the head's lock keeps; raises `VersionConflict`."""
        found = self._dialect.versions(cursor, self.tenant, {*(write.stream for write in writes), *require})
        for write in writes:
            version = found.setdefault(write.stream, 0)
            if not write.expected.fits(version):
                raise VersionConflict(write.stream, write.expected, version)
        for stream, version in require.items():
            actual = found.get(stream, 0)
            if actual != version:
                raise VersionConflict(stream, f"version {version}", actual)
        return found
