"""Who writes to our store: one call after another; a stream is an incident's report and four notes."""

from __future__ import annotations

from typing import Any

import attrs

from respond import Engine
from respond.domain.ids import uuid7
from respond.domain.moments import Moment
from respond.domain.streams import StreamId, exactly
from respond.engine.clock import system_clock, system_random
from respond.engine.incident import IncidentHandle
from respond.errors import VersionConflict
from respond.store.protocol import EventStore
from respond.store.records import NewEvent, Write
from respond.testing.conformance.tailing import Seen

STREAM = 5
"""Events of a stream."""
BULK = 100
"""Events of an append that brings many."""
CATEGORY, TITLE, ACTOR = "facility_failure", "Card terminals down", "wang.li"
TEXT = "The vendor was called and looks for the fault."
REPORTED = {"category": CATEGORY, "title": TITLE, "from": "new", "to": "reported"}
NOTED = {"text": TEXT}


def new_event(version: int) -> NewEvent:
    """Return the event that brings a stream on from *version*."""
    now = system_clock()
    return NewEvent(
        id=str(uuid7(now, system_random(10))),
        type="IncidentReported" if version == 0 else "ProgressNoted",
        data=REPORTED if version == 0 else NOTED,
        occurred_at=Moment(now),
        actor=ACTOR,
    )


@attrs.define(kw_only=True)
class Writer:
    """Makes calls and remembers what it was told."""

    name: str
    """No other writer of the log has it."""
    told: list[Seen] = attrs.field(factory=list)
    faults: list[str] = attrs.field(factory=list)
    calls: int = 0
    events: int = 1
    """Events that a call brings."""

    def prepare(self) -> Any:
        """Return what the next call needs and no clock counts."""
        return None

    def call(self, prepared: Any) -> None:
        """Make a call."""
        raise NotImplementedError


@attrs.define(kw_only=True)
class StoreWriter(Writer):
    """Appends one event a call; event, body and hash are made within it."""

    store: EventStore

    def call(self, prepared: Any) -> None:  # noqa: ARG002 - it needs nothing
        stream, version = self._next()
        event = new_event(version)
        appended = self.store.append(Write(stream, [event], exactly(version)))
        self.told.append(Seen(appended.first, event.id))
        self.calls += 1

    def _next(self) -> tuple[StreamId, int]:
        """Return the stream that the next event belongs to, and the version where it stands."""
        number, version = divmod(self.calls, STREAM)
        return StreamId.of("incident", f"{self.name}-{number}"), version


@attrs.define(kw_only=True)
class RivalWriter(StoreWriter):
    """Appends as `StoreWriter` does, but every tenth call expects a version that its stream does not have."""

    answers: int = 0

    def call(self, prepared: Any) -> None:
        self.answers += 1
        if self.answers % 10 == 0:
            self._provoke()
            return
        try:
            super().call(prepared)
        except VersionConflict as victim:
            self.faults.append(f"a victim: {victim}")

    def _provoke(self) -> None:
        stream, version = self._next()
        wrong = version - 1 if version else 1
        try:
            self.store.append(Write(stream, [new_event(version)], exactly(wrong)))
        except VersionConflict:
            return
        self.faults.append(f"{stream} stood at version {version} and took an event that expected {wrong}")


@attrs.define(kw_only=True)
class BulkWriter(Writer):
    """Appends many events a call; they are made beforehand, bodies and hashes within the call."""

    store: EventStore
    events: int = BULK

    def prepare(self) -> Write:
        events = [new_event(version) for version in range(self.events)]
        return Write(StreamId.of("incident", f"{self.name}-{self.calls}"), events, exactly(0))

    def call(self, prepared: Write) -> None:
        appended = self.store.append(prepared)
        self.told += [Seen(place, event.id) for place, event in enumerate(prepared.events, start=appended.first)]
        self.calls += 1


@attrs.define(kw_only=True)
class EngineWriter(Writer):
    """Reports incidents and notes, each a command of its own: load, decide, append."""

    engine: Engine
    incident: IncidentHandle | None = None

    def call(self, prepared: Any) -> None:  # noqa: ARG002 - it needs nothing
        if self.incident is None or self.calls % STREAM == 0:
            self.incident = self.engine.report(category=CATEGORY, title=TITLE, actor=ACTOR)
            outcome = self.incident.outcome
        else:
            outcome = self.incident.note(TEXT, actor=ACTOR)
        self.told.append(Seen(outcome.position, outcome.events[0]))
        self.calls += 1
