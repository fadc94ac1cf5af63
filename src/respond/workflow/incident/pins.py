"""Pins: entries that tell the story are marked as such, and the mark can be taken off again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident.marks import mark
from respond.workflow.incident.state import STATES, Incident, Pin

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class EntryPinned:
    """An earlier entry tells the story: whoever reads the timeline is to see it."""

    entry: str
    """The id of the event that is pinned."""
    note: str = ""
    """Why."""


@event_type()
@attrs.frozen(kw_only=True)
class EntryUnpinned:
    """An entry that was pinned does not tell the story after all."""

    entry: str
    """The id of the event that was pinned."""
    reason: str


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("pin_entry")
@attrs.frozen(kw_only=True)
class PinEntry:
    """Mark an entry as one that tells the story."""

    entry: str
    note: str = ""


@command_type("unpin_entry")
@attrs.frozen(kw_only=True)
class UnpinEntry:
    """Take the mark off an entry."""

    entry: str
    reason: str


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("entry-not-pinned")
def entry_pinned(situation: Situation) -> str | None:
    """Require an entry that is pinned."""
    state, entry = situation.state, situation.command.entry
    if state.is_pinned(entry):
        return None
    return f"{entry!r} is not pinned; {', '.join(map(repr, state.pinned)) or 'no entry of this incident'} is"


GUARDS = (entry_pinned,)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _pin(situation: Situation) -> Iterator[Any]:
    yield EntryPinned(entry=situation.command.entry, note=situation.command.note)


def _unpin(situation: Situation) -> Iterator[Any]:
    yield EntryUnpinned(entry=situation.command.entry, reason=situation.command.reason)


HANDLERS = (
    Handler(
        command=PinEntry,
        decide=_pin,
        emits=(EntryPinned,),
        done=lambda situation: situation.state.is_pinned(situation.command.entry),
    ),
    Handler(command=UnpinEntry, decide=_unpin, emits=(EntryUnpinned,)),
)
_SAID = ("role-unknown", "text-too-long")
TRANSITIONS = (
    Transition("pin_entry", STATES, None, guards=(*_SAID, "entry-unknown")),
    Transition("unpin_entry", STATES, None, guards=(*_SAID, "reason-missing", "entry-not-pinned")),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _pinned(state: Incident, event: Event) -> Incident:
    pin = Pin(entry=event.data.entry, by=event.actor, since=mark(event, "note"))
    return replace(state, pins=tuple(sorted((*state.pins, pin), key=_recorded)))


def _recorded(pin: Pin) -> tuple[datetime, str]:
    """Return what orders pins: a state of another time takes them on in the order of their entries."""
    return pin.since.recorded_at, pin.since.entry


def _unpinned(state: Incident, event: Event) -> Incident:
    entry, until = event.data.entry, mark(event, "reason")
    pins = tuple(
        attrs.evolve(one, until=until) if one.entry == entry and one.until is None else one for one in state.pins
    )
    return replace(state, pins=pins)


EVOLVERS: Mapping[type, Evolve] = {EntryPinned: _pinned, EntryUnpinned: _unpinned}
