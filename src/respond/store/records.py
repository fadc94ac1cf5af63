"""Records: an event on its way into the log, and as the log keeps it.  Stored format: docs/reference/record-format."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from struct import Struct
from typing import Any, NamedTuple

import attrs
import orjson

from respond.domain.canonical import canonical
from respond.domain.moments import Moment, from_microseconds
from respond.domain.references import Reference
from respond.domain.streams import ANY, ExpectedVersion, StreamId, indexed
from respond.errors import EventArchived, InvalidRecord, UnreadableEvent

FORMAT_VERSION = 1
"""The `v` of every body that this code writes, and the only one that it reads."""
BODY_MAX = 1024 * 1024
"""The largest body, in bytes."""
_OURS = frozenset({"definition", "occurred_at", "plan"})
"""Parts of a body that no caller writes: they come from values of ours, with keys and kinds that JSON holds."""
_OPTIONAL = ("actor", "role", "on_behalf_of", "authority", "correlation_id", "causation_id", "command_id", "source")
"""Parts of a body that stand there as the writer gave them, or not at all."""
BATCH_MAX = 16 * 1024 * 1024
"""The largest sum of bodies in one append, in bytes."""

_optional_of = attrgetter(*_OPTIONAL)
_suffix = Struct(">qq")


@attrs.frozen(kw_only=True)
class NewEvent:
    """An event as its writer knows it, before the log gives it a place."""

    id: str
    """A UUID in its canonical lower-case text."""
    type: str
    data: Mapping[str, Any]
    """The payload as plain JSON values; see `respond.domain.canonical` for what it may hold."""
    schema_version: int = 1
    subject: str | None = None
    """What the event is about; the aggregate's own id when None."""
    occurred_at: Moment | None = None
    actor: str | None = None
    role: str | None = None
    on_behalf_of: str | None = None
    authority: Mapping[str, Any] | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    command_id: str | None = None
    definition: Reference | None = None
    plan: Reference | None = None
    source: Mapping[str, Any] | None = None


@attrs.frozen(init=False)
class Write:
    """Events for one stream, and what the writer expects to find there."""

    stream: StreamId
    events: tuple[NewEvent, ...]
    expected: ExpectedVersion

    def __init__(self, stream: StreamId, events: Sequence[NewEvent], expected: ExpectedVersion = ANY) -> None:
        if not events:
            raise InvalidRecord("a write holds at least one event", place=str(stream))
        self.__attrs_init__(stream, tuple(events), expected)


@attrs.frozen
class Appended:
    """Where an append landed."""

    first: int
    """The position of its first event."""
    last: int
    """The position of its last event."""
    versions: Mapping[StreamId, int]
    """The version of each written stream after the append."""
    recorded_at: datetime
    replayed: bool = False
    """Whether the events were in the log already, from an earlier call with the same ids."""


@attrs.frozen
class Head:
    """The end of the log."""

    position: int
    recorded_us: int


class Recorded(NamedTuple):
    """One row of the log, exactly as it is stored.  A tuple: a whole log is made of them."""

    position: int
    recorded_us: int
    """When the log took it, in microseconds since 1970."""
    tenant: str
    realm: str
    stream: str
    version: int
    id: str
    type: str
    subject: str
    body: bytes | None
    """Canonical JSON; None when the event was archived."""
    leaf: bytes

    @property
    def recorded_at(self) -> datetime:
        return from_microseconds(self.recorded_us)

    def mapping(self) -> dict[str, Any]:
        """Return the body decoded; raises `UnreadableEvent` when it is archived, damaged, or of another format."""
        return decoded(self)


class StoredBody(NamedTuple):
    """What a fold needs of a row, and no column that repeats it: a whole log is read in half the time."""

    position: int
    recorded_us: int
    body: bytes | None
    leaf: bytes


def stored_body(row: Recorded) -> StoredBody:
    """Return what a fold needs of *row*."""
    return StoredBody(row.position, row.recorded_us, row.body, row.leaf)


def with_body(row: Recorded | StoredBody, body: bytes) -> Recorded | StoredBody:
    """Return *row* with the *body* that left it."""
    return row._replace(body=body)


def decoded(row: Recorded | StoredBody) -> dict[str, Any]:
    """Return the body of *row*; raises `UnreadableEvent` when it is damaged or of another format, `EventArchived`."""
    if row.body is None:
        raise EventArchived(f"position {row.position}: the body is archived")
    try:
        body: Any = orjson.loads(row.body)
    except orjson.JSONDecodeError as error:
        raise UnreadableEvent(f"position {row.position}: the body is not JSON: {error}") from error
    if type(body) is not dict or body.get("v") != FORMAT_VERSION:
        raise UnreadableEvent(f"position {row.position}: the body is not of record format {FORMAT_VERSION}")
    return body


def body_of(event: NewEvent, *, log: str, tenant: str, stream: StreamId, version: int) -> dict[str, Any]:
    """Return the body of *event* as a mapping: all that the writer knows before the lock; absent means left out."""
    body: dict[str, Any] = {
        "v": FORMAT_VERSION,
        "log": log,
        "tenant": tenant,
        "realm": stream.realm,
        "stream": stream.name,
        "version": version,
        "id": event.id,
        "type": event.type,
        "schema_version": event.schema_version,
        "subject": stream.key if event.subject is None else event.subject,
        "data": event.data,
    }
    if event.occurred_at is not None:
        body["occurred_at"] = event.occurred_at.to_json()
    if event.definition is not None:
        body["definition"] = event.definition.to_json()
    if event.plan is not None:
        body["plan"] = event.plan.to_json()
    body |= {name: value for name, value in zip(_OPTIONAL, _optional_of(event), strict=True) if value is not None}
    return body


def encode(body: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of a body; raises `InvalidRecord` when an index cannot hold it or it is too large."""
    indexed(body["type"], "type", maximum=128)
    indexed(body["subject"], "subject")
    raw = canonical(body, sound=_OURS)
    if len(raw) > BODY_MAX:
        raise InvalidRecord(f"the body has {len(raw)} bytes, at most {BODY_MAX} fit", place=str(body["id"]))
    return raw


def leaf_prefix(body: bytes) -> bytes:
    """Return 0x00 || SHA-256(body): what the writer can prepare before the log gives time and place."""
    return b"\0" + hashlib.sha256(body).digest()


def leaf_suffix(recorded_us: int, position: int) -> bytes:
    """Return int64be(recorded_us) || int64be(position): what the log gives."""
    return _suffix.pack(recorded_us, position)


def intact(row: Recorded | StoredBody) -> bool:
    """Return whether *row* has the leaf that it was given; of one whose body left the log nothing is said."""
    if row.body is None:
        return True
    stored = type(row.body) is bytes and type(row.recorded_us) is int  # a column of SQLite takes anything
    return stored and leaf_of(row.body, row.recorded_us, row.position) == row.leaf


def leaf_of(body: bytes, recorded_us: int, position: int) -> bytes:
    """Return SHA-256(0x00 || SHA-256(body) || int64be(recorded_us) || int64be(position)): it stands for the event."""
    return hashlib.sha256(leaf_prefix(body) + leaf_suffix(recorded_us, position)).digest()
