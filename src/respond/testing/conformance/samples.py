"""Sample events and the clock of the suite: the same call, the same event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from respond.domain.ids import hashed_id
from respond.domain.streams import StreamId
from respond.store.records import NewEvent, Recorded, StoredBody, decoded
from respond.testing.clocks import START, ManualClock

__all__ = ["ONE", "START", "THREE", "TWO", "ManualClock", "event", "events", "id_of", "ids", "ids_of"]

ONE = StreamId.of("incident", "one")
TWO = StreamId.of("incident", "two")
THREE = StreamId.of("measure", "three")


def event(key: object = 0, **fields: Any) -> NewEvent:
    """Return the event called *key*: its id hangs on *key* alone, everything else can be altered by *fields*."""
    return NewEvent(**{"id": id_of(key), "type": "NoteAdded", "data": {"note": str(key)}, **fields})


def events(*keys: object) -> list[NewEvent]:
    """Return the events called *keys*."""
    return [event(key) for key in keys]


def id_of(key: object) -> str:
    """Return the id of the event called *key*."""
    return str(hashed_id("conformance", str(key)))


def ids(rows: Sequence[Recorded] | Sequence[StoredBody]) -> list[str]:
    """Return the event ids of *rows*, in their order."""
    return [row.id if isinstance(row, Recorded) else str(decoded(row)["id"]) for row in rows]


def ids_of(*keys: object) -> list[str]:
    """Return the ids of the events called *keys*."""
    return [id_of(key) for key in keys]
