"""Who writes to the peer: the same incidents, by its application or by its recorder alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import attrs
from checking import seen_at_peer
from eventsourcing.persistence import StoredEvent
from our_writers import ACTOR, BULK, CATEGORY, STREAM, TEXT, TITLE, Writer
from peer import Peer, PeerIncident

from respond.domain.moments import format_utc
from respond.testing.conformance.tailing import Seen


@attrs.define(kw_only=True)
class SaveWriter(Writer):
    """Writes by `app.save`; the aggregate stays in memory from call to call."""

    application: Peer
    incident: PeerIncident | None = None

    def call(self, prepared: Any) -> None:  # noqa: ARG002 - it needs nothing
        if self.incident is None or self.calls % STREAM == 0:
            self.incident = reported()
        else:
            note(self.incident)
        recordings = self.application.save(self.incident)
        self.told += [seen_at_peer(one.notification) for one in recordings]
        self.calls += 1


@attrs.define(kw_only=True)
class RecorderWriter(Writer):
    """Writes by `recorder.insert_events`; the states were serialised once, beforehand."""

    application: Peer
    kinds: Sequence[tuple[str, bytes]] = attrs.field(init=False)
    """Topic and state of a report, and of a note."""
    originator: UUID = attrs.field(factory=uuid4)

    def __attrs_post_init__(self) -> None:
        incident = reported()
        note(incident)
        stored = map(self.application.mapper.to_stored_event, incident.collect_events())
        self.kinds = [(one.topic, one.state) for one in stored]

    def call(self, prepared: Any) -> None:  # noqa: ARG002 - it needs nothing
        version = self.calls % STREAM
        if version == 0:
            self.originator = uuid4()
        self.insert([self.stored(self.originator, version)])

    def stored(self, originator: UUID, version: int) -> StoredEvent:
        """Return the event that brings an aggregate on from *version*."""
        topic, state = self.kinds[version > 0]
        return StoredEvent(originator, version + 1, topic, state)

    def insert(self, events: Sequence[StoredEvent]) -> None:
        """Store *events* in one call."""
        places = self.application.recorder.insert_events(events)
        self.told += [
            Seen(place, f"{event.originator_id}#{event.originator_version}")
            for place, event in zip(places or (), events, strict=True)
        ]
        self.calls += 1


@attrs.define(kw_only=True)
class BulkRecorderWriter(RecorderWriter):
    """Writes many events a call, made beforehand."""

    events: int = BULK

    def prepare(self) -> list[StoredEvent]:
        originator = uuid4()
        return [self.stored(originator, version) for version in range(self.events)]

    def call(self, prepared: list[StoredEvent]) -> None:
        self.insert(prepared)


@attrs.define(kw_only=True)
class BulkSaveWriter(SaveWriter):
    """Saves an aggregate with many events that wait; they are serialised within the call, as on our side."""

    events: int = BULK

    def prepare(self) -> PeerIncident:
        incident = reported()
        for _ in range(self.events - 1):
            note(incident)
        return incident

    def call(self, prepared: PeerIncident) -> None:
        self.told += [seen_at_peer(one.notification) for one in self.application.save(prepared)]
        self.calls += 1


def reported() -> PeerIncident:
    """Return a new incident of the peer, not saved yet."""
    return PeerIncident(category=CATEGORY, title=TITLE, to="reported", actor=ACTOR, occurred_at=_now(), source={})


def note(incident: PeerIncident) -> None:
    """Note progress on *incident*, unsaved."""
    incident.noted(text=TEXT, actor=ACTOR, occurred_at=_now(), source={})


def _now() -> str:
    return format_utc(datetime.now(UTC))
