"""The feed: the real events of a log, decoded, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from respond.domain.events import Event
from respond.errors import ArchiveUnreadable, EventArchived, EventErased, UnreadableEvent
from respond.store.codec import Codec
from respond.store.protocol import EventStore
from respond.store.records import Recorded
from respond.store.subscription import PAGE_BYTES

_FIRST_EVENTS = 256
_MOST_EVENTS = 8192

Handles = frozenset[str] | None
"""The names of the events that a projection reads; None for all."""


@attrs.frozen
class Unread:
    """An event that cannot be read, and why: a fold leaves it out."""

    row: Recorded
    error: str


@attrs.frozen
class Batch:
    """Events that follow each other in the log, those of other realms and tenants left out."""

    rows: Sequence[Recorded]
    last: int
    """The position up to which nothing of this tenant is missing."""
    events: Sequence[Event]
    """The rows that could be read, and are of a type that was asked for."""
    unread: Sequence[Unread]


class Feed:
    """Reads one store for projections that stand at the same place: what they share is read and decoded once."""

    def __init__(self, store: EventStore, codec: Codec, handles: Iterable[Handles]) -> None:
        self._store = store
        self._codec = codec
        wanted = list(handles)
        self.handles: Handles = None if None in wanted else frozenset[str]().union(*filter(None, wanted))
        self._room = _FIRST_EVENTS
        self._last: tuple[int, int, Batch] | None = None

    def read(self, after: int, limit: int) -> Batch:
        """Return up to *limit* events past position *after*, fewer while their bodies are large."""
        if self._last is not None and self._last[:2] == (after, limit):
            return self._last[2]
        head = self._store.head().position  # before the page: what it lacks up to there will never be in it
        room = min(limit, self._room)
        rows = self._store.read_all(after=after, limit=room, realm="real")
        self._fit(rows)
        if len(rows) < room:
            end = rows[-1].position if rows else after
            return batch_of(self._codec, rows, self.handles, last=max(end, head))
        batch = batch_of(self._codec, rows, self.handles, last=rows[-1].position)
        self._last = (after, limit, batch)  # a full page is what it is; the end of the log moves on
        return batch

    def batches(self, upto: int, limit: int) -> Iterator[Sequence[Event]]:
        """Yield every event from the first up to position *upto*; what cannot be read is left out."""
        after = 0
        while after < upto:
            batch = self.read(after, limit)
            yield [event for event in batch.events if event.position <= upto]
            after = batch.last

    def _fit(self, rows: Sequence[Recorded]) -> None:
        """Let the next page be larger or smaller: bodies have between a hundred bytes and a million."""
        size = sum(len(row.body) for row in rows if row.body is not None)
        if size > PAGE_BYTES:
            self._room = max(1, self._room // 4)
        elif size < PAGE_BYTES // 4:
            self._room = min(_MOST_EVENTS, self._room * 2)


def batch_of(codec: Codec, rows: Sequence[Recorded], handles: Handles, *, last: int) -> Batch:
    """Return *rows* as a batch that ends at position *last*; raises `EventArchived`, `ArchiveUnreadable`."""
    events, unread = [], []
    for row in rows:
        if handles is None or row.type in handles:
            try:
                events.append(codec.decode(row))
            except EventErased:
                continue
            except (ArchiveUnreadable, EventArchived):  # it can be read where the right folder is named
                raise
            except UnreadableEvent as error:
                unread.append(Unread(row, str(error)))
    return Batch(rows, last, events, unread)
