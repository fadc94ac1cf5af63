"""What every store promises."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

from respond.domain.streams import Realm, StreamId
from respond.store.manifest import Archived
from respond.store.records import Appended, Head, Recorded, StoredBody, Write

Clock = Callable[[], datetime]
"""Returns the time now, aware; see `respond.engine.clock`."""

PAGE = 1000
"""How many events a reader takes at once when it does not say."""


class EventStore(Protocol):
    """An append-only log of one tenant's streams, in one total order without gaps.

    A position, once it can be read, never changes, and no smaller position appears after it: a reader that goes on
    after the last position it saw misses nothing.  Stores are safe to share between threads.
    """

    log: str
    """The id of the log, part of every body."""
    tenant: str

    def append(self, *writes: Write, require: Mapping[StreamId, int] | None = None) -> Appended:
        """Append all *writes* in one atomic step, in the order given; each stream stands in one of them.

        Event ids are looked up before versions: when all are in the log with the same content, the stored result is
        returned with `replayed`; when none is, the events are appended; anything else is an `IdempotencyConflict`.
        *require* names the versions of streams that were only read.  Raises `VersionConflict` when a stream is not
        where its writer expects it, or a required one has moved; `InvalidRecord`; `ClockSkew`; `StoreUnavailable`.
        Nothing is written when it raises, `OutcomeUnknown` excepted.
        """
        ...

    def read_stream(self, stream: StreamId, *, after: int = 0, limit: int | None = None) -> Sequence[Recorded]:
        """Return the events of *stream* past version *after*, oldest first; none when there is no such stream."""
        ...

    def read_streams(
        self, streams: Collection[StreamId], *, after: Mapping[StreamId, int] | None = None
    ) -> Mapping[StreamId, Sequence[StoredBody]]:
        """Return the events of many streams at once, for folding; a stream without events is left out.

        Of a stream that *after* names only those past this version.
        """
        ...

    def read_subject(
        self, subject: str, *, realm: Realm = "real", after: int = 0, limit: int | None = None
    ) -> Sequence[Recorded]:
        """Return the events about *subject*, from any stream, past position *after*, in log order."""
        ...

    def read_all(self, *, after: int = 0, limit: int = PAGE, realm: Realm | None = None) -> Sequence[Recorded]:
        """Return up to *limit* events of this tenant past position *after*, in log order; of one realm when named."""
        ...

    def read_bodies(self, *, after: int = 0, limit: int = PAGE, realm: Realm | None = None) -> Sequence[StoredBody]:
        """Return what `read_all` does, without the columns that repeat the body: for folding a whole log."""
        ...

    def versions(self, streams: Iterable[StreamId]) -> Mapping[StreamId, int]:
        """Return the version of each of *streams*; 0 for one that has no events."""
        ...

    def known(self, ids: Iterable[str]) -> Mapping[str, Recorded]:
        """Return those of *ids* that are in the log, with their records."""
        ...

    def exclusively(self, streams: Collection[StreamId]) -> AbstractContextManager[EventStore]:
        """Lend a view that keeps out all others who ask the same for one of *streams*, until the block ends.

        What it appends is in the log once the block has ended without an error.  Who appends without asking is not kept
        out: a conflict is rarer this way, not impossible.  Raises `StoreBusy` when another one keeps a stream too long.
        """
        ...

    def head(self) -> Head:
        """Return the end of the log, over all tenants."""
        ...

    def new_lock(self) -> AbstractContextManager[Any]:
        """Return a lock that its holder may keep while it asks this store; of threads, or of tasks."""
        ...

    def close(self) -> None:
        """Give back every connection; closing twice does nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class WaitingEventStore(EventStore, Protocol):
    """A store in the caller's own transaction: what it appends waits, and can be read by this store alone."""

    @property
    def waiting(self) -> int:
        """How many events wait."""
        ...

    def reading(self) -> AbstractContextManager[Any]:
        """Lend the caller's connection for statements that change nothing."""
        ...

    def flush(self) -> Sequence[Appended]:
        """Write what waits and return where it landed; it is in the log when the caller commits."""
        ...


@runtime_checkable
class Joinable(Protocol):
    """A store that can take part in a transaction of the caller."""

    def in_transaction(self, connection: Any) -> WaitingEventStore:
        """Return a view in the transaction that is open on *connection*."""
        ...


class LogReader(Protocol):
    """A store that can show its whole log, of all tenants and realms, as an auditor reads it."""

    log: str
    """The id of the log."""

    def read_log(self, *, after: int = 0, limit: int = PAGE) -> Sequence[Recorded]:
        """Return up to *limit* rows past position *after*, in position order, whatever is wrong with them."""
        ...

    def manifest(self, *, after: int = 0, limit: int = PAGE) -> Sequence[Archived]:
        """Return up to *limit* ranges of the manifest that begin past position *after*, in their order."""
        ...

    def archived(self, position: int) -> Archived | None:
        """Return the range of the manifest that covers *position*; None when there is none."""
        ...

    def head(self) -> Head: ...
