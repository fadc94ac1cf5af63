"""Logs that are full before anything is measured: many incidents an append, five events each."""

from __future__ import annotations

from our_writers import STREAM, new_event
from peer import Peer
from peer_writers import note, reported

from respond.domain.streams import StreamId, exactly
from respond.store.protocol import EventStore
from respond.store.records import Write

INCIDENTS = 100
"""Incidents of an append."""


def fill_store(store: EventStore, events: int) -> int:
    """Append at least *events* to our store and return the last position."""
    last = number = 0
    while last < events:
        writes = []
        for _ in range(INCIDENTS):
            stream = StreamId.of("incident", f"filled-{number}")
            writes.append(Write(stream, [new_event(version) for version in range(STREAM)], exactly(0)))
            number += 1
        last = store.append(*writes).last
    return last


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
