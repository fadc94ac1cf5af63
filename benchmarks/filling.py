"""Logs that are full before anything is measured: many incidents an append."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
from our_writers import ACTOR, CATEGORY, STREAM, TEXT, TITLE, new_event
from peer import Peer
from peer_writers import note, reported

from respond import Engine
from respond.domain.streams import StreamId, exactly
from respond.engine.clock import system_clock
from respond.store.memory import MemoryEventStore
from respond.store.protocol import EventStore
from respond.store.records import NewEvent, Recorded, Write

INCIDENTS = 100
"""Incidents of an append."""


def fill_store(store: EventStore, events: int) -> int:
    """Append at least *events* to our store, five an incident, and return the last position."""
    return _fill(store, events, lambda: [new_event(version) for version in range(STREAM)])


def fill_with_lives(store: EventStore, events: int) -> int:
    """Append at least *events* to our store, incidents from report to resolution, and return the last position."""
    steps = [(row.type, row.mapping()["data"]) for row in _life()]

    def life() -> list[NewEvent]:
        return [attrs.evolve(new_event(0), type=kind, data=data) for kind, data in steps]

    return _fill(store, events, life)


def _fill(store: EventStore, events: int, incident: Callable[[], Sequence[NewEvent]]) -> int:
    last = number = 0
    while last < events:
        streams = [StreamId.of("incident", f"filled-{number + one}") for one in range(INCIDENTS)]
        last = store.append(*(Write(stream, incident(), exactly(0)) for stream in streams)).last
        number += INCIDENTS
    return last


def _life() -> Sequence[Recorded]:
    """Return the events of an incident that was reported, assessed, worked and resolved."""
    with Engine(MemoryEventStore(clock=system_clock)) as engine:
        incident = engine.report(category=CATEGORY, title=TITLE, actor=ACTOR)
        incident.assess(affected_customers=300, spread="regional", actor=ACTOR)
        incident.assign_level(3, basis="regional, under 1,000 customers", actor=ACTOR)
        incident.assign_team("payments", actor=ACTOR)
        incident.start_response(actor=ACTOR)
        incident.take_command("chen.yu", actor=ACTOR)
        for _ in range(3):
            incident.note(TEXT, actor=ACTOR)
        incident.resolve("The vendor replaced the switch.", actor=ACTOR)
        return engine.store.read_all()


def fill_peer(application: Peer, events: int) -> int:
    """Save at least *events* to the peer and return how many."""
    saved = 0
    while saved < events:
        incidents = [reported() for _ in range(INCIDENTS)]
        for incident in incidents:
            for _ in range(STREAM - 1):
                note(incident)
        saved += len(application.save(*incidents))
    return saved
