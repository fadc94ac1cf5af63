"""Entries: each event with what it says now, once the corrections and retractions of the log are applied."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.moments import Moment, from_microseconds, to_microseconds
from respond.projections.knowledge import claimed_us
from respond.workflow.incident.corrections import applied
from respond.workflow.incident.events import EntryCorrected, EntryRetracted
from respond.workflow.incident.pins import EntryPinned, EntryUnpinned

LATE_AFTER = timedelta(minutes=15)
"""An entry that was recorded longer than this after it happened is late."""

_SPAN = {
    "microsecond": timedelta(0),
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}


@attrs.frozen
class Citation:
    """The event that a fact rests on."""

    position: int
    id: str


@attrs.frozen(kw_only=True)
class Entry:
    """One event, as it was recorded and as it reads now."""

    event: Event
    """As it was recorded; `event.data` is the original payload."""
    reading: Any
    """The payload with its corrections applied, in log order."""
    occurred_at: Moment | None
    """When it happened, as now claimed; None when that is not known."""
    corrected_by: tuple[Citation, ...] = ()
    retracted_by: Citation | None = None
    pinned_by: Citation | None = None
    """The last pin of it that holds; None when it is not pinned."""
    moved: bool = False
    """Whether it changed the status of its stream when it was recorded."""
    delay: timedelta | None = None
    """How long after it happened it was recorded, at the least; None when nobody knows one of the two times."""
    late: bool = False
    """Whether the delay is beyond the threshold."""

    @property
    def happened_at(self) -> datetime:
        """When it happened, or when it was recorded if nobody knows: the time that orders what happened."""
        return self.event.recorded_at if self.occurred_at is None else self.occurred_at.at

    @property
    def citation(self) -> Citation:
        return Citation(self.event.position, self.event.id)

    @property
    def order(self) -> tuple[datetime, int]:
        """The key that sorts entries by when they happened, and by position where that is the same instant."""
        return self.happened_at, self.event.position

    @property
    def amends(self) -> bool:
        """Whether it speaks of another entry and not of the world: a correction or a retraction."""
        return isinstance(self.event.data, (EntryCorrected, EntryRetracted))

    @property
    def subject(self) -> str | None:
        """The id of the entry that it goes with, for it speaks of that one and not of the world; None for others."""
        pins = isinstance(self.event.data, (EntryPinned, EntryUnpinned))
        return self.event.data.entry if pins or self.amends else None


def entries(events: Iterable[Event], *, late_after: timedelta = LATE_AFTER) -> tuple[Entry, ...]:
    """Return *events*, given in log order, as entries in the same order.

    An imported event was recorded late, or in time, by the clock of its source: without a claim in `source.recorded_at`
    its delay is not known.  An interval counts from its end, a coarse time from the last instant
    that it may mean.  Raises `InvalidInput` when a correction does not fit the entry that it names.
    """
    events = tuple(events)
    corrections: dict[str, list[Event]] = {}
    retractions: dict[str, Event] = {}
    pins: dict[str, list[Event]] = {}
    for event in events:
        match event.data:
            case EntryCorrected(entry=entry):
                corrections.setdefault(entry, []).append(event)
            case EntryRetracted(entry=entry):
                retractions.setdefault(entry, event)
            case EntryPinned(entry=entry):
                pins.setdefault(entry, []).append(event)
            case EntryUnpinned(entry=entry):
                pins.pop(entry, None)
    statuses: dict[str, str] = {}
    return tuple(
        _entry(
            event,
            corrections.get(event.body["id"], ()),
            retractions.get(event.body["id"]),
            [pin for pin in pins.get(event.body["id"], ()) if pin.body["id"] not in retractions],
            moved=_moves(event, statuses),
            late_after=late_after,
        )
        for event in events
    )


def in_world_order(entries: Iterable[Entry], *, as_of: datetime | None = None) -> tuple[Entry, ...]:
    """Return *entries* in the order in which they happened; given *as_of*, only those that had happened then.

    Raises `InvalidMoment` when *as_of* is naive.
    """
    if as_of is not None:
        to_microseconds(as_of)
    happened = (one for one in entries if as_of is None or one.happened_at <= as_of)
    return tuple(sorted(happened, key=lambda one: one.order))


def _entry(
    event: Event,
    corrections: Iterable[Event],
    retraction: Event | None,
    pins: list[Event],
    *,
    moved: bool,
    late_after: timedelta,
) -> Entry:
    reading, occurred_at = event.data, event.occurred_at
    for correction in corrections:
        changes = correction.data.changes
        reading = applied(reading, changes)
        if "occurred_at" in changes:
            claim = changes["occurred_at"]
            occurred_at = None if claim is None else Moment.from_json(claim)
    delay = _delay(event, occurred_at)
    return Entry(
        event=event,
        reading=reading,
        occurred_at=occurred_at,
        corrected_by=tuple(map(_cited, corrections)),
        retracted_by=None if retraction is None else _cited(retraction),
        pinned_by=_cited(pins[-1]) if pins else None,
        moved=moved,
        delay=delay,
        late=delay is not None and delay > late_after,
    )


def _cited(event: Event) -> Citation:
    return Citation(event.position, event.id)


def _delay(event: Event, occurred_at: Moment | None) -> timedelta | None:
    recorded_us = claimed_us(event) if event.source else event.recorded_us
    if occurred_at is None or recorded_us is None:
        return None
    since = from_microseconds(recorded_us) - (occurred_at.until or occurred_at.at)
    return max(timedelta(0), since - _SPAN[occurred_at.precision])


def _moves(event: Event, statuses: dict[str, str]) -> bool:
    """Return whether *event* changes the status of its stream, and remember the status."""
    to = getattr(event.data, "to", None)
    if to is None or not hasattr(event.data, "from_"):
        return False
    stream = event.body["stream"]
    if statuses.get(stream) == to:
        return False
    statuses[stream] = to
    return True
