"""The ground: the events that an answer rests on, told so that it can be compared with the log later.  Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from operator import attrgetter

import attrs

from respond.domain.canonical import canonical
from respond.domain.events import Event
from respond.store.records import leaf_of


@attrs.frozen(kw_only=True)
class Ground:
    """What an answer rests on."""

    events: int
    """How many events, those of parties, action items and lessons too."""
    position: int
    """The last position among them."""
    leaves: str
    """SHA-256 over the leaves of all of them, one after the other, in log order."""


def ground(events: Iterable[Event]) -> Ground:
    """Return the ground of an answer that rests on *events*, given in any order."""
    ordered = sorted(events, key=attrgetter("position"))
    leaves = (leaf_of(canonical(event.body), event.recorded_us, event.position) for event in ordered)
    digest = hashlib.sha256(b"".join(leaves)).hexdigest()
    return Ground(events=len(ordered), position=ordered[-1].position if ordered else 0, leaves=digest)
