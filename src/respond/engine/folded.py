"""The lists and the figures of all incidents, folded in memory and shared by the callers of a process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Generic, Protocol, TypeVar

import attrs

from respond.errors import EventErased, UnreadableEvent
from respond.projections.care import Care
from respond.projections.follow_up import ActionList
from respond.projections.listing import Listing
from respond.projections.statistics import Figures, Statistics
from respond.store.codec import Codec
from respond.store.protocol import EventStore, WaitingEventStore
from respond.store.records import Recorded
from respond.workflow.action import ACTION
from respond.workflow.incident import INCIDENT

_READ = INCIDENT.stream_types.union(ACTION.stream_types)


class Folded:
    """The list and the figures of all incidents, the list of their action items, and how far they have read."""

    def __init__(self) -> None:
        self.position = 0
        self.unreadable = 0
        self.listing = Listing()
        self.statistics = Statistics()
        self.actions = ActionList()

    def take(self, row: Recorded, codec: Codec) -> None:
        """Take one row on; what none of them reads is not decoded, what cannot be read is counted.

        An error of any other kind may leave it in the middle of a step: drop it then.
        """
        if row.type in _READ:
            try:
                event = codec.decode(row)
            except UnreadableEvent:
                self.unreadable += 1
            else:
                self.listing.apply(event)
                self.statistics.apply(event)
                self.actions.apply(event)
        self.position = row.position

    def figures(self) -> Figures:
        """Return the figures as of the last row that was taken on."""
        return attrs.evolve(self.statistics.figures(), unreadable=self.unreadable)


class FoldedCare:
    """The figures over all affected parties in memory, and how far they have read."""

    def __init__(self) -> None:
        self.position = 0
        self.care = Care()

    def take(self, row: Recorded, codec: Codec) -> None:
        """Take one row on; what is none of a party is not decoded, nor what was erased.  Raises `UnreadableEvent`."""
        if row.type in Care.handles:
            with suppress(EventErased):
                self.care.apply(codec.decode(row))
        self.position = row.position


class Reading(Protocol):
    """A fold that knows how far it has read."""

    position: int

    def take(self, row: Recorded, codec: Codec) -> None:
        """Take one row on."""


ReadingT = TypeVar("ReadingT", bound=Reading)


class Folding(Generic[ReadingT]):
    """Keeps one fold of a store, caught up when it is asked for."""

    def __init__(self, store: EventStore, codec: Codec, begin: Callable[[], ReadingT]) -> None:
        self._begin = begin
        self._store = store
        self._waiting = store if isinstance(store, WaitingEventStore) else None
        self._codec = codec
        self._shared = _Shared(store.new_lock(), begin())

    @contextmanager
    def lent(self) -> Iterator[ReadingT]:
        """Lend the fold, caught up with the log, to one caller at a time."""
        shared = self._shared
        if shared.process != os.getpid():  # a fork copied a lock that nobody opens, and a fold in the middle of a step
            shared = self._shared = _Shared(self._store.new_lock(), self._begin())
        with shared.lock:
            if self._waiting is not None and self._waiting.waiting:  # it may land elsewhere, or nowhere
                shared = _Shared(shared.lock, self._begin())
            self._catch_up(shared)
            yield shared.folded

    def _catch_up(self, shared: _Shared[ReadingT]) -> None:
        """Read on to the end of the log; of many tenants and drills most of it may be no business of the fold."""
        head = self._store.head().position  # before the pages: what they lack up to there will never be in them
        while shared.folded.position < head:
            page = self._store.read_all(after=shared.folded.position, realm="real")
            if not page:
                shared.folded.position = head
            try:
                for row in page:
                    shared.folded.take(row, self._codec)
            except BaseException:  # even an interrupt: the list may have taken a row that the figures have not
                shared.folded = self._begin()
                raise


@attrs.define
class _Shared(Generic[ReadingT]):
    """What the callers of one process share."""

    lock: AbstractContextManager[Any]
    folded: ReadingT
    process: int = attrs.field(factory=os.getpid)
