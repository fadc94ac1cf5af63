"""A chronicle: a log read along, each event decoded and folded once, with naive books of what pools hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.streams import StreamId
from respond.engine.definitions import Workflows
from respond.store.codec import Codec
from respond.store.protocol import LogReader
from respond.store.records import Recorded

NOTHING = Decimal(0)
Place = tuple[str, StreamId]
"""A tenant, and a stream of it."""


@attrs.define
class Book:
    """What a pool holds, counted from its events alone."""

    quantity: Decimal = NOTHING
    damaged: Decimal = NOTHING
    held: dict[str, Decimal] = attrs.field(factory=lambda: defaultdict(Decimal))

    def take(self, event: Event) -> None:
        """Enter *event*."""
        data, name = event.data, event.type
        if name == "PoolOpened":
            self.quantity, self.damaged = data.quantity, NOTHING
            self.held.clear()
        elif name == "StockAdded":
            self.quantity += data.quantity
        elif name == "StockWrittenOff":
            self.quantity -= data.quantity
        elif name == "StockCommitted":
            self.held[data.incident] += data.quantity
        elif name == "StockReturned":
            self.held[data.incident] -= data.quantity
            if data.condition != "usable":
                self.quantity -= data.quantity
                self.damaged += data.quantity
        elif name == "StockConsumed":
            self.held[data.incident] -= data.quantity
            self.quantity -= data.quantity

    def wrong(self) -> str | None:
        """Return what cannot be: less than nothing, or more promised than there is."""
        if min(self.quantity, self.damaged, *self.held.values()) < 0:
            return f"there is less than nothing: {self}"
        if sum(self.held.values()) > self.quantity:
            return f"more is promised than there is: {self}"
        return None


class Chronicle:
    """What a log holds so far, of all tenants and realms."""

    def __init__(self, store: LogReader, workflows: Workflows) -> None:
        self._store, self.workflows = store, workflows
        self._codec = Codec(workflows.event_types)
        self.rows: list[Recorded] = []
        self.histories: dict[Place, tuple[Event, ...]] = {}
        self.states: dict[Place, Any] = {}
        self.books: dict[Place, Book] = defaultdict(Book)

    def read(self) -> list[Recorded]:
        """Return every row of the log as it stands now."""
        found: list[Recorded] = []
        while page := self._store.read_log(after=found[-1].position if found else 0):
            found += page
        return found

    def follow(self) -> list[tuple[Place, Event]]:
        """Take on what is new, and return it; what was there before stands as it was."""
        rows = self.read()
        assert rows[: len(self.rows)] == self.rows, "what was written was changed"
        assert [row.position for row in rows] == list(range(1, len(rows) + 1)), "positions have gaps"
        new = rows[len(self.rows) :]
        self.rows = rows
        return [self._take(row) for row in new]

    def _take(self, row: Recorded) -> tuple[Place, Event]:
        event = self._codec.decode(row)
        place = (row.tenant, event.stream)
        history = self.histories.get(place, ())
        assert event.version == len(history) + 1, "versions have gaps"
        self.histories[place] = (*history, event)
        workflow = self.workflows[event.stream.category]
        self.states[place] = workflow.evolve(self.states.get(place, workflow.initial), event)
        if event.stream.category == "pool":
            self.books[place].take(event)
        return place, event

    def before(self, place: Place, position: int) -> tuple[Event, ...]:
        """Return the events of *place* that stood before *position*."""
        return tuple(event for event in self.histories.get(place, ()) if event.position < position)

    def real(self) -> Mapping[StreamId, Any]:
        """Return where everything stands that is real and not restricted, by stream."""
        return {
            stream: state
            for (tenant, stream), state in self.states.items()
            if stream.realm == "real" and "." not in tenant
        }


def wrong_books(books: Iterable[Book]) -> str | None:
    """Return what is wrong with some of *books*."""
    return next((what for what in (one.wrong() for one in books) if what), None)
