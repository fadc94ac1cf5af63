"""A log in an SQL database: SQLite, PostgreSQL or MariaDB."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from respond.domain.moments import from_microseconds, to_microseconds
from respond.domain.streams import DEFAULT_TENANT, Realm, StreamId, indexed
from respond.errors import ClockSkew, OutcomeUnknown, StoreError, StoreUnavailable, VersionConflict
from respond.store.intake import SKEW_MAX_US, check_skew, event_ids, replay_of
from respond.store.protocol import PAGE, Clock
from respond.store.records import Appended, Head, Recorded, Write
from respond.store.sql.connections import Connections, Taken
from respond.store.sql.dialect import ConnectionLost, Dialect, Row, by_realm
from respond.store.sql.dialects import AppendPath
from respond.store.sql.opening import open_log
from respond.store.sql.rows import assumed_versions, placed, prepared
from respond.store.sql.schema import DEFAULT_PREFIX
from respond.store.sql.statements import NO_LIMIT

_END_OF_TIME = 2**63 - 1
ResultT = TypeVar("ResultT")


class SqlEventStore:
    """An `EventStore` and `LogReader` in an SQL database; safe to share between threads and to keep across a fork."""

    def __init__(
        self, connections: Connections, dialect: Dialect, *, clock: Clock, log: str, tenant: str, allow_skew: bool
    ) -> None:
        self.log = log
        self.tenant = indexed(tenant, "tenant")
        self._connections = connections
        self._dialect = dialect
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
    ) -> Self:
        """Open the log in *database*, a URL or the host's own engine.

        A database without any table gets the log's tables; with *create* True one that holds other tables gets them
        too, with False none does and no file is made.  *append_path* `transaction` keeps PostgreSQL from appending in one
        statement.  Raises `InvalidInput`, `WrongDatabase` (`SchemaTooNew`, `SchemaTooOld`), `StoreUnavailable`.
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
        )
        return cls(connections, dialect, clock=clock, log=log, tenant=tenant, allow_skew=allow_skew)

    def append(self, *writes: Write, require: Mapping[StreamId, int] | None = None) -> Appended:
        """Append all *writes* in one atomic step; see `EventStore.append`.

        When the connection is lost on the way, the ids are looked up on a fresh one, and what is missing is appended again.
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
                return self._replayed(writes, ids) or self._append(writes, ids, require or {})
            except StoreUnavailable as error:
                raise unknown from error

    def read_stream(self, stream: StreamId, *, after: int = 0, limit: int | None = None) -> Sequence[Recorded]:
        """Return the events of *stream* past version *after*, oldest first."""
        return self._page(self._dialect.sql.read_stream, (self.tenant, stream.realm, stream.name, after), limit)

    def read_streams(self, streams: Collection[StreamId]) -> Mapping[StreamId, Sequence[Recorded]]:
        """Return the events of many streams at once, in one query for each realm."""
        found: dict[StreamId, list[Recorded]] = {}
        for realm, names in by_realm(streams).items():
            rows = self._read(partial(self._rows_of, realm, names))
            by_name: dict[str, list[Recorded]] = {}
            for record in self._dialect.recorded(rows):
                by_name.setdefault(record.stream, []).append(record)
            found.update((StreamId(name, realm), by_name[name]) for name in names if name in by_name)  # type: ignore[arg-type]
        return found

    def read_subject(
        self, subject: str, *, realm: Realm = "real", after: int = 0, limit: int | None = None
    ) -> Sequence[Recorded]:
        """Return the events about *subject*, from any stream, past position *after*, in log order."""
        return self._page(self._dialect.sql.read_subject, (self.tenant, realm, subject, after), limit)

    def read_all(self, *, after: int = 0, limit: int = PAGE, realm: Realm | None = None) -> Sequence[Recorded]:
        """Return up to *limit* events of this tenant past position *after*, in log order; of one realm when named."""
        if realm is None:
            return self._page(self._dialect.sql.read_all, (after, self.tenant), limit)
        return self._page(self._dialect.sql.read_realm, (after, self.tenant, realm), limit)

    def read_log(self, *, after: int = 0, limit: int = PAGE) -> Sequence[Recorded]:
        """Return up to *limit* rows past position *after*, of all tenants and realms, in position order."""
        return self._page(self._dialect.sql.read_log, (after,), limit)

    def versions(self, streams: Iterable[StreamId]) -> Mapping[StreamId, int]:
        """Return the version of each of *streams*; 0 for one that has no events."""
        wanted = list(streams)
        found = self._read(lambda cursor: self._dialect.versions(cursor, self.tenant, wanted))
        return {stream: found.get(stream, 0) for stream in wanted}

    def known(self, ids: Iterable[str]) -> Mapping[str, Recorded]:
        """Return those of *ids* that are in the log, with their records."""
        wanted = list(ids)
        rows = self._read(lambda cursor: list(self._dialect.rows_by_id(cursor, self.tenant, wanted)))
        return {record.id: record for record in self._dialect.recorded(rows)}

    def head(self) -> Head:
        """Return the end of the log, over all tenants."""
        return Head(*self._read(self._head_row))

    def close(self) -> None:
        """Give back every connection; closing twice does nothing."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- appending -----------------------------------------------------------------------------------------------------

    def _append(self, writes: Sequence[Write], ids: Sequence[str], require: Mapping[StreamId, int]) -> Appended:
        """Append, and look the ids up only when that is refused: a retry is rarer than a first try."""
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

    def _replayed(self, writes: Sequence[Write], ids: Sequence[str]) -> Appended | None:
        return replay_of(writes, self.known(ids), log=self.log, tenant=self.tenant)

    def _in_transaction(self, writes: Sequence[Write], require: Mapping[StreamId, int]) -> Appended:
        """Take the head, check versions, insert, commit; what can be done before the lock is done before it."""
        assumed = assumed_versions(writes)
        rows = None if assumed is None else self._prepared(writes, assumed)
        count = sum(len(write.events) for write in writes)
        clock_us = to_microseconds(self._clock())
        with self._connections.writing() as cursor:
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
        limit_us = _END_OF_TIME if self._allow_skew else clock_us + SKEW_MAX_US
        taken = self._dialect.take_head(cursor, count, clock_us, limit_us)
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

    # -- reading -------------------------------------------------------------------------------------------------------

    def _page(self, statement: str, parameters: tuple[object, ...], limit: int | None) -> list[Recorded]:
        def read(cursor: Any) -> list[Row]:
            cursor.execute(statement, (*parameters, NO_LIMIT if limit is None else limit))
            rows: list[Row] = cursor.fetchall()
            return rows

        return self._dialect.recorded(self._read(read))

    def _read(self, work: Callable[[Any], ResultT]) -> ResultT:
        """Return what *work* reads; once more on a fresh connection when the first one was dead."""
        try:
            with self._connections.reading() as cursor:
                return work(cursor)
        except ConnectionLost:
            self._connections.renew()
            with self._connections.reading() as cursor:
                return work(cursor)

    def _rows_of(self, realm: str, names: Sequence[str], cursor: Any) -> list[Row]:
        return list(self._dialect.rows_of_streams(cursor, self.tenant, realm, names))

    def _head_row(self, cursor: Any) -> tuple[int, int]:
        cursor.execute(self._dialect.sql.read_head)
        row: tuple[int, int] | None = cursor.fetchone()
        if row is None:
            raise StoreError("the log has no head; run `respond check`")
        return row
