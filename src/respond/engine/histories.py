"""Histories: the streams that a step is about, decoded and folded, and kept for the next step."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.streams import StreamId
from respond.store.codec import Codec
from respond.store.protocol import EventStore
from respond.store.records import StoredBody
from respond.workflow.workflow import Workflow

KEPT = 10_000
"""How many events are kept: those of the streams that were asked for last."""


@attrs.frozen
class History:
    """The events of a stream, and the state that they fold to."""

    events: tuple[Event, ...]
    state: Any

    @property
    def version(self) -> int:
        return self.events[-1].version if self.events else 0


@attrs.frozen
class _Kept:
    history: History
    leaf: bytes
    """That of the last event: a log that has another one there is another log."""

    def goes_on_in(self, rows: Sequence[StoredBody]) -> bool:
        """Return whether *rows* begin with the last event of the history, whose body is still in the log."""
        if not rows or rows[0].body is None:
            return False
        return (rows[0].position, rows[0].leaf) == (self.history.events[-1].position, self.leaf)


class Histories:
    """Reads histories: of a stream that it knows, what came since."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._kept: OrderedDict[StreamId, _Kept] = OrderedDict()
        self._events = 0
        self._lock = Lock()

    def read(self, store: EventStore, asked: Mapping[StreamId, Workflow]) -> dict[StreamId, History]:
        """Return the history of each stream that is asked for, folded by its workflow.

        Raises `EventErased` for a stream that was erased, and `UnreadableEvent`.
        """
        with self._lock:
            kept = {stream: self._kept[stream] for stream in asked if stream in self._kept}
        found = dict(store.read_streams(asked, after={stream: one.history.version - 1 for stream, one in kept.items()}))
        for stream in [stream for stream, one in kept.items() if not one.goes_on_in(found.get(stream, ()))]:
            del kept[stream]
            found.update(store.read_streams([stream]))
        return {
            stream: self._history(stream, workflow, found.get(stream, ()), kept.get(stream))
            for stream, workflow in asked.items()
        }

    def _history(self, stream: StreamId, workflow: Workflow, rows: Sequence[StoredBody], kept: _Kept | None) -> History:
        """Return what is *kept* with what *rows* add to it; kept in its turn, unless it may be erased."""
        if kept is None:
            events = self._codec.decode_stream(rows)
            history = History(events, workflow.fold(events))
        else:
            since = self._codec.decode_stream(rows[1:])
            history = History(kept.history.events + since, workflow.fold(since, kept.history.state))
        if rows and not workflow.erasable:
            self._keep(stream, _Kept(history, rows[-1].leaf))
        return history

    def _keep(self, stream: StreamId, one: _Kept) -> None:
        with self._lock:
            before = self._kept.pop(stream, None)
            self._kept[stream] = one
            self._events += len(one.history.events) - (len(before.history.events) if before else 0)
            while self._events > KEPT and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self._events -= len(oldest.history.events)
