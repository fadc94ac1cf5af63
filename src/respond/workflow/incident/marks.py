"""Marks: what a state keeps of an entry, so that a correction of the entry reaches it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import attrs

from respond.domain.events import Event
from respond.domain.moments import Moment
from respond.plan.measures import Measure

ValueT = TypeVar("ValueT")


@attrs.frozen(kw_only=True)
class Mark:
    """An entry that is remembered: when it happened, and what it says."""

    entry: str
    """The id of the event."""
    at: datetime
    recorded_at: datetime
    """When it happened as long as nobody knows better."""
    field: str = ""
    """The field of the event that holds the text; empty when none is kept."""
    text: str = ""


def mark(event: Event, field: str = "") -> Mark:
    """Return the mark of *event*, with the text of this *field*."""
    text = getattr(event.data, field) if field else ""
    return Mark(entry=event.id, at=event.happened_at, recorded_at=event.recorded_at, field=field, text=text)


def amended(value: ValueT, entry: str, changes: Mapping[str, Any]) -> ValueT:
    """Return *value* with the marks of *entry* in it as a correction by *changes* wants them."""
    found: ValueT = _amended(value, entry, changes)
    return found


def _amended(value: Any, entry: str, changes: Mapping[str, Any]) -> Any:
    match value:
        case Mark():
            return _corrected(value, changes) if value.entry == entry else value
        case Mapping():
            return {key: _amended(one, entry, changes) for key, one in value.items()}
        case tuple():
            return tuple(_amended(one, entry, changes) for one in value)
        case _ if attrs.has(type(value)) and not isinstance(value, Measure):
            fields = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
            return attrs.evolve(value, **{name: _amended(one, entry, changes) for name, one in fields.items()})
        case _:
            return value


def _corrected(known: Mark, changes: Mapping[str, Any]) -> Mark:
    at = known.at
    if "occurred_at" in changes:  # None says that nobody knows after all
        told = changes["occurred_at"]
        at = known.recorded_at if told is None else Moment.from_json(told).at
    return attrs.evolve(known, at=at, text=changes.get(known.field, known.text))
