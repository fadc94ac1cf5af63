"""Looks: when which incident is to be looked at again, because something of it falls due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import attrs

from respond.domain.moments import to_microseconds
from respond.domain.streams import StreamId
from respond.store.protocol import EventStore
from respond.workflow.incident import INCIDENT_CATEGORY

AT_ONCE = 0
"""The moment of an incident that changed since it was looked at."""
By = Literal["next", "due"]
"""By when something happens next, or by since when something is due."""


@attrs.frozen
class Look:
    """An incident that is to be looked at."""

    incident: str
    """Its id."""
    version: int
    """How many events it had when this was found."""
    moment: int
    """Since when, in microseconds since 1970; 0 is at once."""

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands among others."""
        return self.moment, self.incident


@attrs.frozen
class Looked:
    """What was found in an incident; it holds until the incident changes."""

    look: Look
    next_at: datetime | None
    """When to look at it again; None for never."""
    due_at: datetime | None
    """Since when something of it is due, or nearly; None when nothing is."""

    @property
    def next_us(self) -> int | None:
        return None if self.next_at is None else to_microseconds(self.next_at)

    @property
    def due_us(self) -> int | None:
        return None if self.due_at is None else to_microseconds(self.due_at)


@attrs.define
class _Kept:
    version: int
    next_us: int | None = AT_ONCE
    due_us: int | None = None


class MemoryLooks:
    """Keeps them in memory: the log is read through once, and then as it grows.  Reads no body."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._position = 0
        self._kept: dict[str, _Kept] = {}

    def build(self) -> None:
        """Do nothing: it reads the log when it is asked."""

    def looks(self, by: By, *, until: datetime, after: Look | None, limit: int) -> Sequence[Look]:
        """Return which incidents to look at up to *until*, the most urgent first, those behind *after*."""
        self._read_on()
        end = to_microseconds(until)
        found = []
        for incident, kept in self._kept.items():
            moment = kept.next_us if by == "next" else kept.due_us
            if moment is not None and moment <= end:
                found.append(Look(incident, kept.version, moment))
        found.sort(key=lambda look: look.place)
        return [look for look in found if after is None or look.place > after.place][:limit]

    def settle(self, looked: Iterable[Looked]) -> None:
        """Keep what was found in incidents, unless they changed since."""
        for one in looked:
            kept = self._kept.get(one.look.incident)
            if kept is not None and kept.version == one.look.version:
                kept.next_us, kept.due_us = one.next_us, one.due_us

    def _read_on(self) -> None:
        while rows := self._store.read_all(after=self._position, realm="real"):
            for row in rows:
                stream = StreamId(row.stream)
                if stream.category == INCIDENT_CATEGORY:
                    self._kept[stream.key] = _Kept(row.version)
            self._position = rows[-1].position
