"""A log in memory: for tests, what-if runs and as the plainest example of a store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from threading import Lock, RLock
from types import TracebackType
from typing import Any, Self

import attrs

from respond.domain.moments import from_microseconds, to_microseconds
from respond.domain.streams import DEFAULT_TENANT, Realm, StreamId, indexed
from respond.errors import VersionConflict
from respond.store.intake import bodies_of, check_skew, event_ids, replay_of
from respond.store.manifest import Archived
from respond.store.protocol import PAGE, Clock
from respond.store.records import Appended, Head, Recorded, StoredBody, Write, leaf_of, stored_body
from respond.store.snapshot import Snapshots
from respond.store.waiting import Listeners


@attrs.define
class _Log:
    """The rows that all views share, with their indexes; touched only under the lock."""

    lock: RLock = attrs.field(factory=RLock)
    rows: list[Recorded] = attrs.field(factory=list)
    by_id: dict[tuple[str, str], Recorded] = attrs.field(factory=dict)
    by_stream: defaultdict[tuple[str, StreamId], list[Recorded]] = attrs.field(factory=lambda: defaultdict(list))
    listeners: Listeners = attrs.field(factory=Listeners)

    def copy(self) -> _Log:
        by_stream = defaultdict(list, {key: list(rows) for key, rows in self.by_stream.items()})
        return _Log(rows=list(self.rows), by_id=dict(self.by_id), by_stream=by_stream)

    def version(self, tenant: str, stream: StreamId) -> int:
        rows = self.by_stream.get((tenant, stream))
        return rows[-1].version if rows else 0

    def head(self) -> Head:
        return Head(self.rows[-1].position, self.rows[-1].recorded_us) if self.rows else Head(0, 0)

    def add(self, row: Recorded, stream: StreamId) -> None:
        self.rows.append(row)
        self.by_id[row.tenant, row.id] = row
        self.by_stream[row.tenant, stream].append(row)


class MemoryEventStore:
    """An `EventStore` and `LogReader` that forgets everything with the process; views of one log share its rows."""

    def __init__(
        self, *, clock: Clock, log: str = "memory", tenant: str = DEFAULT_TENANT, allow_skew: bool = False
    ) -> None:
        self.log = log
        self.tenant = indexed(tenant, "tenant")
        self._clock = clock
        self._allow_skew = allow_skew
        self.snapshots: Snapshots | None = None
        """Where snapshots are kept, for those who fold long streams."""
        self._log = _Log()

    def for_tenant(
        self, tenant: str, *, clock: Clock | None = None, allow_skew: bool | None = None
    ) -> MemoryEventStore:
        """Return a view of *tenant* on the same log, with the same clock and leave to skew unless others are given."""
        view = MemoryEventStore(
            clock=clock or self._clock,
            log=self.log,
            tenant=tenant,
            allow_skew=self._allow_skew if allow_skew is None else allow_skew,
        )
        view._log = self._log
        return view

    def copy(self, *, clock: Clock | None = None) -> MemoryEventStore:
        """Return a log of its own that begins with the rows of this one; nobody listens to it yet."""
        other = MemoryEventStore(
            clock=clock or self._clock, log=self.log, tenant=self.tenant, allow_skew=self._allow_skew
        )
        with self._log.lock:
            other._log = self._log.copy()
        return other

    def append(self, *writes: Write, require: Mapping[StreamId, int] | None = None) -> Appended:
        """Append all *writes* in one atomic step; see `EventStore.append`."""
        ids = event_ids(writes)
        with self._log.lock:
            replay = replay_of(writes, self.known(ids), log=self.log, tenant=self.tenant)
            if replay is not None:
                return replay
            versions = self._expected(writes, require or {})
            bodies = bodies_of(writes, versions, log=self.log, tenant=self.tenant)
            recorded_us = self._recorded_us()
            first = self._log.head().position + 1
            rows = self._rows(writes, versions, bodies, recorded_us)
            for row, stream in rows:
                self._log.add(row, stream)
        last = first + len(rows) - 1
        self._log.listeners.tell(last)
        after = {write.stream: versions[write.stream] + len(write.events) for write in writes}
        return Appended(first, last, after, from_microseconds(recorded_us))

    def on_append(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Call *listener* with the last position after each append to the log; return what ends that."""
        return self._log.listeners.add(listener)

    def read_stream(self, stream: StreamId, *, after: int = 0, limit: int | None = None) -> Sequence[Recorded]:
        """Return the events of *stream* past version *after*, oldest first."""
        with self._log.lock:
            rows = self._log.by_stream.get((self.tenant, stream), [])
            return [row for row in rows if row.version > after][:limit]

    def read_streams(
        self, streams: Collection[StreamId], *, after: Mapping[StreamId, int] | None = None
    ) -> Mapping[StreamId, Sequence[StoredBody]]:
        """Return the bodies of many streams at once, past the versions in *after*; see `EventStore.read_streams`."""
        past = after or {}
        with self._log.lock:
            found = {stream: self.read_stream(stream, after=past.get(stream, 0)) for stream in streams}
        return {stream: list(map(stored_body, rows)) for stream, rows in found.items() if rows}

    def read_subject(
        self, subject: str, *, realm: Realm = "real", after: int = 0, limit: int | None = None
    ) -> Sequence[Recorded]:
        """Return the events about *subject*, from any stream, past position *after*, in log order."""
        with self._log.lock:
            mine = (
                row
                for row in self._past(after)
                if (row.tenant, row.realm, row.subject) == (self.tenant, realm, subject)
            )
            return list(islice(mine, limit))

    def read_all(self, *, after: int = 0, limit: int = PAGE, realm: Realm | None = None) -> Sequence[Recorded]:
        """Return up to *limit* events of this tenant past position *after*, in log order; of one realm when named."""
        with self._log.lock:
            mine = (row for row in self._past(after) if row.tenant == self.tenant and realm in (None, row.realm))
            return list(islice(mine, limit))

    def read_bodies(self, *, after: int = 0, limit: int = PAGE, realm: Realm | None = None) -> Sequence[StoredBody]:
        """Return what `read_all` does, without the columns that repeat the body."""
        return list(map(stored_body, self.read_all(after=after, limit=limit, realm=realm)))

    def read_log(self, *, after: int = 0, limit: int = PAGE) -> Sequence[Recorded]:
        """Return up to *limit* rows past position *after*, of all tenants and realms, in position order."""
        with self._log.lock:
            return list(islice(self._past(after), limit))

    def manifest(self, *, after: int = 0, limit: int = PAGE) -> Sequence[Archived]:
        """Return nothing: no body leaves a log in memory."""
        del after, limit
        return ()

    def archived(self, position: int) -> Archived | None:
        """Return None: no body leaves a log in memory."""
        del position
        return None

    def versions(self, streams: Iterable[StreamId]) -> Mapping[StreamId, int]:
        """Return the version of each of *streams*; 0 for one that has no events."""
        with self._log.lock:
            return {stream: self._log.version(self.tenant, stream) for stream in streams}

    def known(self, ids: Iterable[str]) -> Mapping[str, Recorded]:
        """Return those of *ids* that are in the log, with their records."""
        with self._log.lock:
            found = {event_id: self._log.by_id.get((self.tenant, event_id)) for event_id in ids}
        return {event_id: row for event_id, row in found.items() if row is not None}

    @contextmanager
    def exclusively(self, streams: Collection[StreamId]) -> Iterator[MemoryEventStore]:
        """Lend this store itself, and keep everybody else out of the log until the block ends."""
        del streams
        with self._log.lock:
            yield self

    def head(self) -> Head:
        """Return the end of the log, over all tenants."""
        with self._log.lock:
            return self._log.head()

    def new_lock(self) -> AbstractContextManager[Any]:
        """Return a lock that its holder may keep while it asks this store."""
        return Lock()

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _past(self, position: int) -> Iterator[Recorded]:
        return islice(self._log.rows, max(position, 0), None)

    def _expected(self, writes: Sequence[Write], require: Mapping[StreamId, int]) -> dict[StreamId, int]:
        """Return the versions of the written streams; raises `VersionConflict`."""
        versions = {write.stream: self._log.version(self.tenant, write.stream) for write in writes}
        for write in writes:
            if not write.expected.fits(versions[write.stream]):
                raise VersionConflict(write.stream, write.expected, versions[write.stream])
        for stream, version in require.items():
            actual = self._log.version(self.tenant, stream)
            if actual != version:
                raise VersionConflict(stream, f"version {version}", actual)
        return versions

    def _recorded_us(self) -> int:
        head_us, clock_us = self._log.head().recorded_us, to_microseconds(self._clock())
        if not self._allow_skew:
            check_skew(head_us, clock_us)
        return max(head_us, clock_us)

    def _rows(
        self, writes: Sequence[Write], versions: Mapping[StreamId, int], bodies: Sequence[bytes], recorded_us: int
    ) -> list[tuple[Recorded, StreamId]]:
        """Return the rows in the order given, each with its stream, before any is added."""
        base = self._log.head().position
        places = (
            (write.stream, version, event)
            for write in writes
            for version, event in enumerate(write.events, start=versions[write.stream] + 1)
        )
        placed = zip(places, bodies, strict=True)
        return [
            (
                Recorded(
                    position=position,
                    recorded_us=recorded_us,
                    tenant=self.tenant,
                    realm=stream.realm,
                    stream=stream.name,
                    version=version,
                    id=event.id,
                    type=event.type,
                    subject=stream.key if event.subject is None else event.subject,
                    body=body,
                    leaf=leaf_of(body, recorded_us, position),
                ),
                stream,
            )
            for position, ((stream, version, event), body) in enumerate(placed, start=base + 1)
        ]
