"""A store of somebody else: a journal, one file of JSON lines that every process opens for itself.

It is written with the public names of respond alone.  An append is one line, written under a lock of the file, so that
it is there as a whole or not at all; whoever opens the file reads on from where it was.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Lock, RLock
from typing import Any, Self

import attrs

from respond import StreamId
from respond.errors import InvalidMoment, VersionConflict
from respond.store import (
    Appended,
    Head,
    Recorded,
    StoredBody,
    Write,
    bodies_of,
    check_skew,
    event_ids,
    indexed,
    leaf_of,
    replay_of,
    stored_body,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PAGE = 1000


class Journal:
    """An append-only log in one file."""

    def __init__(
        self, path: Path, *, clock: Callable[[], datetime], tenant: str = "default", allow_skew: bool = False
    ) -> None:
        self.log = "journal"
        self.tenant = indexed(tenant, "tenant")
        self._path = path
        self._clock = clock
        self._allow_skew = allow_skew
        self._lock = RLock()
        self._read = 0
        self._rows: list[Recorded] = []

    # -- appending -----------------------------------------------------------------------------------------------------

    def append(self, *writes: Write, require: Mapping[StreamId, int] | None = None) -> Appended:
        """Append all *writes* as one line."""
        ids = event_ids(writes)
        with self._alone():
            replay = replay_of(writes, self.known(ids), log=self.log, tenant=self.tenant)
            if replay is not None:
                return replay
            versions = self._checked(writes, require or {})
            bodies = bodies_of(writes, versions, log=self.log, tenant=self.tenant)
            recorded_us = self._time()
            rows = self._placed(writes, versions, bodies, recorded_us)
            self._write(rows)
        after = {write.stream: versions[write.stream] + len(write.events) for write in writes}
        return Appended(rows[0].position, rows[-1].position, after, _moment(recorded_us))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep every other writer out."""
        with self._lock, _locked(self._path.with_suffix(".lock")):
            yield

    def _checked(self, writes: Sequence[Write], require: Mapping[StreamId, int]) -> dict[StreamId, int]:
        versions = dict(self.versions([write.stream for write in writes]))
        for write in writes:
            if not write.expected.fits(versions[write.stream]):
                raise VersionConflict(write.stream, write.expected, versions[write.stream])
        for stream, actual in self.versions(require).items():
            if actual != require[stream]:
                raise VersionConflict(stream, f"version {require[stream]}", actual)
        return versions

    def _time(self) -> int:
        head_us, clock_us = self.head().recorded_us, _microseconds(self._clock())
        if not self._allow_skew:
            check_skew(head_us, clock_us)
        return max(head_us, clock_us)

    def _placed(
        self, writes: Sequence[Write], versions: Mapping[StreamId, int], bodies: Sequence[bytes], recorded_us: int
    ) -> list[Recorded]:
        position = self.head().position
        rows: list[Recorded] = []
        for write in writes:
            for number, event in enumerate(write.events, start=1):
                position += 1
                body = bodies[len(rows)]
                rows.append(
                    Recorded(
                        position=position,
                        recorded_us=recorded_us,
                        tenant=self.tenant,
                        realm=write.stream.realm,
                        stream=write.stream.name,
                        version=versions[write.stream] + number,
                        id=event.id,
                        type=event.type,
                        subject=write.stream.key if event.subject is None else event.subject,
                        body=body,
                        leaf=leaf_of(body, recorded_us, position),
                    )
                )
        return rows

    def _write(self, rows: Sequence[Recorded]) -> None:
        line = json.dumps([[*row[:-2], (row.body or b"").decode(), row.leaf.hex()] for row in rows])
        with self._path.open("ab") as file:
            file.truncate(self._read)  # what a writer left that died over its line
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    # -- reading -------------------------------------------------------------------------------------------------------

    def read_stream(self, stream: StreamId, *, after: int = 0, limit: int | None = None) -> Sequence[Recorded]:
        """Return the events of *stream* past version *after*."""
        found = [row for row in self._mine() if _is(row, stream) and row.version > after]
        return found[:limit]

    def read_streams(
        self, streams: Collection[StreamId], *, after: Mapping[StreamId, int] | None = None
    ) -> Mapping[StreamId, Sequence[StoredBody]]:
        """Return the bodies of many streams, past the versions in *after*."""
        wanted = {(stream.name, stream.realm): stream for stream in streams}
        found: dict[StreamId, list[StoredBody]] = {}
        for row in self._mine():
            stream = wanted.get((row.stream, row.realm))
            if stream is not None and row.version > (after or {}).get(stream, 0):
                found.setdefault(stream, []).append(stored_body(row))
        return found

    def read_subject(
        self, subject: str, *, realm: str = "real", after: int = 0, limit: int | None = None
    ) -> Sequence[Recorded]:
        """Return the events about *subject*."""
        mine = [row for row in self._mine() if (row.subject, row.realm) == (subject, realm) and row.position > after]
        return mine[:limit]

    def read_all(self, *, after: int = 0, limit: int = PAGE, realm: str | None = None) -> Sequence[Recorded]:
        """Return the events of this tenant past position *after*."""
        return [row for row in self._mine() if row.position > after and realm in {None, row.realm}][:limit]

    def read_bodies(self, *, after: int = 0, limit: int = PAGE, realm: str | None = None) -> Sequence[StoredBody]:
        """Return what `read_all` does, as bodies."""
        return list(map(stored_body, self.read_all(after=after, limit=limit, realm=realm)))

    def read_log(self, *, after: int = 0, limit: int = PAGE) -> Sequence[Recorded]:
        """Return the rows of all tenants past position *after*."""
        return self._all()[max(after, 0) :][:limit]

    def versions(self, streams: Iterable[StreamId]) -> Mapping[StreamId, int]:
        """Return the version of each of *streams*."""
        last = {(row.stream, row.realm): row.version for row in self._mine()}
        return {stream: last.get((stream.name, stream.realm), 0) for stream in streams}

    def known(self, ids: Iterable[str]) -> Mapping[str, Recorded]:
        """Return those of *ids* that are in the log."""
        wanted = set(ids)
        return {row.id: row for row in self._mine() if row.id in wanted}

    def head(self) -> Head:
        """Return the end of the log."""
        rows = self._all()
        return Head(rows[-1].position, rows[-1].recorded_us) if rows else Head(0, 0)

    def manifest(self, *, after: int = 0, limit: int = PAGE) -> Sequence[Any]:
        """Return nothing: no body leaves a journal."""
        return ()

    def archived(self, position: int) -> None:
        """Return None: no body leaves a journal."""

    def _mine(self) -> list[Recorded]:
        return [row for row in self._all() if row.tenant == self.tenant]

    def _all(self) -> list[Recorded]:
        """Return every row, those included that others wrote since."""
        with self._lock:
            if self._path.exists():
                with self._path.open("rb") as file:
                    file.seek(self._read)
                    for line in file:
                        if line.endswith(b"\n"):  # else somebody is at it
                            self._rows.extend(_row(parts) for parts in json.loads(line))
                            self._read += len(line)
            return list(self._rows)

    # -- the rest ------------------------------------------------------------------------------------------------------

    @contextmanager
    def exclusively(self, streams: Collection[StreamId]) -> Iterator[Journal]:
        """Lend this store, and keep out whoever asks for one of *streams* too."""
        names = sorted({sha256(f"{self.tenant} {stream}".encode()).hexdigest()[:16] for stream in streams})
        with ExitStack() as stack:
            for name in names:
                stack.enter_context(_locked(self._path.with_suffix(f".{name}")))
            yield self

    def new_lock(self) -> Lock:
        """Return a lock of threads."""
        return Lock()

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is(row: Recorded, stream: StreamId) -> bool:
    return (row.stream, row.realm) == (stream.name, stream.realm)


def _row(parts: list[Any]) -> Recorded:
    *columns, body, leaf = parts
    return Recorded(*columns, body.encode(), bytes.fromhex(leaf))


def _microseconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise InvalidMoment("the clock has no zone", value=moment)
    return (moment - EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


@attrs.frozen
class Journals:
    """Opens one journal, as often as it is called; travels to other processes by its path."""

    path: Path
    kind: type = Journal

    def __call__(self, **options: Any) -> Any:
        return self.kind(self.path, **options)
