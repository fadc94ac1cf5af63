"""Where events are kept: records, the protocol, the codec, and the stores.

The names below are public, for programs that write and read events without an engine, and for stores of others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from respond.public import public_names

if TYPE_CHECKING:
    from respond.domain.streams import ANY, NO_STREAM, STREAM_EXISTS, exactly, indexed
    from respond.store.async_event_store import AsyncEventStore
    from respond.store.async_subscription import AsyncSubscription
    from respond.store.intake import bodies_of, check_skew, event_ids, replay_of
    from respond.store.memory import MemoryEventStore
    from respond.store.protocol import EventStore, LogReader
    from respond.store.records import Appended, Head, NewEvent, Recorded, StoredBody, Write, leaf_of, stored_body
    from respond.store.sql.event_store import SqlEventStore
    from respond.store.subscription import Subscription

__all__ = [
    "ANY",
    "NO_STREAM",
    "STREAM_EXISTS",
    "Appended",
    "AsyncEventStore",
    "AsyncSubscription",
    "EventStore",
    "Head",
    "LogReader",
    "MemoryEventStore",
    "NewEvent",
    "Recorded",
    "SqlEventStore",
    "StoredBody",
    "Subscription",
    "Write",
    "bodies_of",
    "check_skew",
    "event_ids",
    "exactly",
    "indexed",
    "leaf_of",
    "replay_of",
    "stored_body",
]

_HOMES = {
    "ANY": "respond.domain.streams",
    "NO_STREAM": "respond.domain.streams",
    "STREAM_EXISTS": "respond.domain.streams",
    "Appended": "respond.store.records",
    "AsyncEventStore": "respond.store.async_event_store",
    "AsyncSubscription": "respond.store.async_subscription",
    "EventStore": "respond.store.protocol",
    "Head": "respond.store.records",
    "LogReader": "respond.store.protocol",
    "MemoryEventStore": "respond.store.memory",
    "NewEvent": "respond.store.records",
    "Recorded": "respond.store.records",
    "SqlEventStore": "respond.store.sql.event_store",
    "StoredBody": "respond.store.records",
    "Subscription": "respond.store.subscription",
    "Write": "respond.store.records",
    "bodies_of": "respond.store.intake",
    "check_skew": "respond.store.intake",
    "event_ids": "respond.store.intake",
    "exactly": "respond.domain.streams",
    "indexed": "respond.domain.streams",
    "leaf_of": "respond.store.records",
    "replay_of": "respond.store.intake",
    "stored_body": "respond.store.records",
}

__getattr__, __dir__ = public_names(globals(), _HOMES)
