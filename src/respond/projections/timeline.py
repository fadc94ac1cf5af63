"""Timeline: everything that was recorded, entry by entry, each citing its event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import attrs

from respond.domain.events import Event
from respond.domain.moments import Moment
from respond.domain.payloads import to_data
from respond.errors import InvalidInput
from respond.projections.document import Document
from respond.projections.entries import LATE_AFTER, Citation, Entry, entries, in_world_order
from respond.projections.knowledge import Clock, ClockUsed, known
from respond.projections.sentences import Cite, sentence
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.events import IncidentAbsorbed

Order = Literal["world", "log"]


@attrs.frozen(kw_only=True)
class TimelineEntry(Document):
    """One event of the timeline."""

    position: int
    id: str
    stream: str
    version: int
    type: str
    text: str
    """What it says now, in one line; of an incident that was merged into this one, with its number first."""
    original_text: str | None
    """What it said before it was corrected; None when the line reads the same."""
    actor: str | None
    role: str | None
    on_behalf_of: str | None
    happened_at: datetime
    """What orders it in the world: `occurred_at`, or `recorded_at` when that is unknown."""
    occurred_at: Moment | None
    """When it happened, as now claimed, with precision, interval and the source's offset; None when unknown."""
    originally_occurred_at: Moment | None
    """When it happened, as first claimed."""
    recorded_at: datetime
    late: bool
    """Whether it was recorded later after the fact than the threshold allows."""
    delay_seconds: int | None
    corrected_by: tuple[Citation, ...]
    retracted_by: Citation | None
    pinned: bool
    """Whether somebody marked it as one that tells the story, by what is known."""
    pinned_by: Citation | None
    amends: Citation | None
    """The entry that this one corrects or retracts."""
    data: Mapping[str, Any]
    """The payload as it reads now, as stored data."""
    original: Mapping[str, Any] | None
    """The payload as it was recorded; None when it was not corrected."""
    source: Mapping[str, Any]
    """Where it was imported from; empty when it was born here."""


@attrs.frozen(kw_only=True)
class Timeline(Document):
    """The entries, and what they rest on."""

    entries: tuple[TimelineEntry, ...]
    order: Order
    last_position: int
    """The last position that was known; 0 when nothing was."""
    as_of: datetime | None
    known_at: datetime | None
    clock_used: ClockUsed

    @property
    def pinned(self) -> tuple[TimelineEntry, ...]:
        """The entries that tell the story."""
        return tuple(one for one in self.entries if one.pinned)


def timeline(
    events: Iterable[Event],
    *,
    order: Order = "world",
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    clock: Clock = "log",
    late_after: timedelta = LATE_AFTER,
) -> Timeline:
    """Return *events*, given in log order and of any workflows, as a timeline.

    `world` orders by when it happened, `log` by position.  *known_at* and *as_of* leave out what was not recorded, and
    what had not happened, by then.  Raises `InvalidInput`.
    """
    if order not in get_args(Order):
        raise InvalidInput(f"{order!r} is not an order; write 'world' or 'log'", place="order", value=order)
    seen = known(events, at=known_at, clock=clock)
    all_entries = entries(seen.events, late_after=late_after)
    cited = {entry.event.body["id"]: entry for entry in all_entries}
    numbers = _absorbed_numbers(all_entries)
    shown = in_world_order(all_entries, as_of=as_of)
    if order == "log":
        shown = tuple(sorted(shown, key=lambda entry: entry.event.position))
    return Timeline(
        entries=tuple(_shown(entry, cited, numbers) for entry in shown),
        order=order,
        last_position=seen.last_position,
        as_of=as_of,
        known_at=known_at,
        clock_used=seen.clock_used,
    )


def _absorbed_numbers(all_entries: Iterable[Entry]) -> Mapping[str, str]:
    """Return, by the name of the stream, the numbers of the incidents that others among them absorbed."""
    first: dict[str, int] = {}
    absorbed = set()
    for entry in all_entries:
        first.setdefault(entry.event.body["stream"], entry.event.position)
        if isinstance(entry.event.data, IncidentAbsorbed):
            absorbed.add(f"{INCIDENT_CATEGORY}-{entry.event.data.source}")
    return {stream: f"INC-{position}" for stream, position in first.items() if stream in absorbed}


def _shown(entry: Entry, cited: Mapping[str, Entry], numbers: Mapping[str, str]) -> TimelineEntry:
    event = entry.event
    amended = cited.get(event.data.entry) if entry.amends else None
    corrected = entry.reading is not event.data
    cite = _cite(cited)
    number = numbers.get(event.body["stream"])
    whose = f"{number}: " if number else ""
    text = whose + sentence(entry.reading, cite)
    original_text = whose + sentence(event.data, cite) if corrected else text
    return TimelineEntry(
        position=event.position,
        id=event.id,
        stream=event.body["stream"],
        version=event.version,
        type=event.type,
        text=text,
        original_text=original_text if original_text != text else None,
        actor=event.actor,
        role=event.role,
        on_behalf_of=event.body.get("on_behalf_of"),
        happened_at=entry.happened_at,
        occurred_at=entry.occurred_at,
        originally_occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        late=entry.late,
        delay_seconds=None if entry.delay is None else int(entry.delay.total_seconds()),
        corrected_by=entry.corrected_by,
        retracted_by=entry.retracted_by,
        pinned=entry.pinned_by is not None,
        pinned_by=entry.pinned_by,
        amends=None if amended is None else amended.citation,
        data=to_data(entry.reading),
        original=to_data(event.data) if corrected else None,
        source=event.source,
    )


def _cite(cited: Mapping[str, Entry]) -> Cite:
    def cite(entry_id: str) -> str:
        entry = cited.get(entry_id)
        return f"entry {entry_id}" if entry is None else f"{entry.event.type} #{entry.event.position}"

    return cite
