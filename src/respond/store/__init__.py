"""Where events are kept: records, the protocol, the codec, and the stores.

The names below are public, for programs that write and read events without an engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from respond.public import public_names

if TYPE_CHECKING:
    from respond.domain.streams import ANY, NO_STREAM, STREAM_EXISTS, exactly
    from respond.store.async_event_store import AsyncEventStore
    from respond.store.async_subscription import AsyncSubscription
    from respond.store.memory import MemoryEventStore
    from respond.store.protocol import EventStore
    from respond.store.records import Appended, Head, NewEvent, Recorded, Write
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
    "MemoryEventStore",
    "NewEvent",
    "Recorded",
    "SqlEventStore",
    "Subscription",
    "Write",
    "exactly",
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
    "MemoryEventStore": "respond.store.memory",
    "NewEvent": "respond.store.records",
    "Recorded": "respond.store.records",
    "SqlEventStore": "respond.store.sql.event_store",
    "Subscription": "respond.store.subscription",
    "Write": "respond.store.records",
    "exactly": "respond.domain.streams",
}

__getattr__, __dir__ = public_names(globals(), _HOMES)
