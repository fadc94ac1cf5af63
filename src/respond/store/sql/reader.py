"""Reading a log in an SQL database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeVar

from respond.domain.streams import Realm, StreamId, indexed
from respond.errors import InvalidRecord, StoreError
from respond.store.archive_folder import ArchiveFolder
from respond.store.intake import is_event_id
from respond.store.protocol import PAGE
from respond.store.records import Head, Recorded, StoredBody
from respond.store.sql.connections import Connections
from respond.store.sql.dialect import ConnectionLost, Dialect, Row, by_realm
from respond.store.sql.listening import poll_seconds_of, source_of
from respond.store.sql.statements import NO_LIMIT
from respond.store.waiting import Source

ResultT = TypeVar("ResultT")

_LOGGER = logging.getLogger("respond.store")


class Reader:
    """The reading half of a log; see `respond.store.protocol`."""

    archive: ArchiveFolder | None = None
    """Where the bodies are that left the log, for those who decode what this reads."""

    def __init__(self, connections: Connections, dialect: Dialect, *, log: str, tenant: str) -> None:
        self.log = log
        self.tenant = indexed(tenant, "tenant")
        self._connections = connections
        self._dialect = dialect

    def read_stream(self, stream: StreamId, *, after: int = 0, limit: int | None = None) -> Sequence[Recorded]:
        """Return the events of *stream* past version *after*, oldest first."""
        return self._page(self._dialect.sql.read_stream, (self.tenant, stream.realm, stream.name, after), limit)

    def read_streams(
        self, streams: Collection[StreamId], *, after: Mapping[StreamId, int] | None = None
    ) -> Mapping[StreamId, Sequence[StoredBody]]:
        """Return the bodies of many streams at once, past the versions in *after*; see `EventStore.read_streams`."""
        found: dict[StreamId, list[StoredBody]] = {}
        for realm, names in by_realm(streams).items():
            past = {stream.name: version for stream, version in (after or {}).items() if stream.realm == realm}
            versions = {name: past.get(name, 0) for name in names}
            by_name: dict[str, list[StoredBody]] = {}
            for name, position, recorded_us, body, leaf in self._read(partial(self._bodies_of, realm, versions)):
                row = StoredBody(position, recorded_us, body, leaf)
                if name in by_name:
                    by_name[name].append(row)
                else:
                    by_name[name] = [row]
            for stream in streams:
                if stream.realm == realm and stream.name in by_name:
                    found[stream] = by_name[stream.name]
        return found

    def read_subject(
        self, subject: str, *, realm: Realm = "real", after: int = 0, limit: int | None = None
    ) -> Sequence[Recorded]:
        """Return the events about *subject*, from any stream, past position *after*, in log order."""
        if not _can_be_stored(subject):
            return []
        return self._page(self._dialect.sql.read_subject, (self.tenant, realm, subject, after), limit)

    def read_all(self, *, after: int = 0, limit: int = PAGE, realm: Realm | None = None) -> Sequence[Recorded]:
        """Return up to *limit* events of this tenant past position *after*, in log order; of one realm when named."""
        if realm is None:
            return self._page(self._dialect.sql.read_all, (after, self.tenant), limit)
        return self._page(self._dialect.sql.read_realm, (after, self.tenant, realm), limit)

    def read_bodies(self, *, after: int = 0, limit: int = PAGE, realm: Realm | None = None) -> Sequence[StoredBody]:
        """Return what `read_all` does, without the columns that repeat the body."""
        if realm is None:
            rows = self._rows(self._dialect.sql.read_bodies, (after, self.tenant), limit)
        else:
            rows = self._rows(self._dialect.sql.read_bodies_of_realm, (after, self.tenant, realm), limit)
        return list(map(StoredBody._make, rows))

    def read_log(self, *, after: int = 0, limit: int = PAGE) -> Sequence[Recorded]:
        """Return up to *limit* rows past position *after*, of all tenants and realms, in position order."""
        return self._dialect.recorded(self._read(lambda cursor: self._dialect.log_rows(cursor, after, limit)))

    def versions(self, streams: Iterable[StreamId]) -> Mapping[StreamId, int]:
        """Return the version of each of *streams*; 0 for one that has no events."""
        wanted = list(streams)
        found = self._read(lambda cursor: self._dialect.versions(cursor, self.tenant, wanted))
        return {stream: found.get(stream, 0) for stream in wanted}

    def known(self, ids: Iterable[str]) -> Mapping[str, Recorded]:
        """Return those of *ids* that are in the log, with their records."""
        wanted = [event_id for event_id in ids if is_event_id(event_id)]
        rows = self._read(lambda cursor: list(self._dialect.rows_by_id(cursor, self.tenant, wanted)))
        return {record.id: record for record in self._dialect.recorded(rows)}

    def head(self) -> Head:
        """Return the end of the log, over all tenants."""
        return Head(*self._read(self._head_row))

    @property
    def poll_seconds(self) -> float:
        """How long a subscription waits before it looks for events that nobody told of."""
        return poll_seconds_of(self._dialect)

    def listen(self) -> Source | None:
        """Return a new source of news about all appends, to be mended first; None when the database has none."""
        return source_of(self._connections, self._dialect)

    def new_lock(self) -> AbstractContextManager[Any]:
        """Return a lock that its holder may keep while it asks this store."""
        return self._connections.waiting.new_lock()

    def sleep(self, seconds: float) -> None:
        """Let time pass for this caller; others go on, tasks of one event loop too."""
        self._connections.waiting.sleep(seconds)

    def _page(self, statement: str, parameters: tuple[object, ...], limit: int | None) -> list[Recorded]:
        return self._dialect.recorded(self._rows(statement, parameters, limit))

    def _rows(self, statement: str, parameters: tuple[object, ...], limit: int | None) -> list[Row]:
        def read(cursor: Any) -> list[Row]:
            cursor.execute(statement, (*parameters, NO_LIMIT if limit is None else limit))
            rows: list[Row] = cursor.fetchall()
            return rows

        return self._read(read)

    def _read(self, work: Callable[[Any], ResultT]) -> ResultT:
        """Return what *work* reads; once more on a fresh connection when the first one was dead."""
        try:
            with self._connections.reading() as cursor:
                return work(cursor)
        except ConnectionLost as lost:
            self._renew(lost)
            with self._connections.reading() as cursor:
                return work(cursor)

    def _renew(self, lost: StoreError) -> None:
        """Drop the connections that may be as dead as the one that was lost, and say so; the call goes on."""
        self._connections.renew()
        _LOGGER.warning("%s; going on with a fresh one", lost, extra={"log": self.log, "code": lost.code})

    def _bodies_of(self, realm: str, after: Mapping[str, int], cursor: Any) -> list[Row]:
        """Return the rows of the streams in *after*; those of one alone by a statement that needs half the time."""
        if len(after) > 1:
            return list(self._dialect.bodies_of_streams(cursor, self.tenant, realm, after))
        ((name, version),) = after.items()
        cursor.execute(self._dialect.sql.read_stream_bodies, (self.tenant, realm, name, version, NO_LIMIT))
        return list(cursor.fetchall())

    def _head_row(self, cursor: Any) -> tuple[int, int]:
        cursor.execute(self._dialect.sql.read_head)
        row: tuple[int, int] | None = cursor.fetchone()
        if row is None:
            raise StoreError("the log has no head; run `respond check`")
        return row


def _can_be_stored(subject: str) -> bool:
    """Return whether any event can have this subject; a driver may not take what none has."""
    try:
        indexed(subject, "subject")
    except InvalidRecord:
        return False
    return True
