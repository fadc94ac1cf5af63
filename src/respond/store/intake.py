"""What every store asks of an append before the log takes it.  Pure: no clock, no I/O."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from respond.domain.moments import from_microseconds
from respond.domain.streams import StreamId
from respond.errors import ClockSkew, IdempotencyConflict, InvalidRecord
from respond.store.records import BATCH_MAX, Appended, NewEvent, Recorded, Write, body_of, encode, leaf_of

SKEW_MAX_US = 5 * 60 * 1_000_000
"""How far the head may be ahead of the clock, in microseconds."""

ValueT = TypeVar("ValueT", bound=Hashable)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def event_ids(writes: Sequence[Write]) -> list[str]:
    """Return the ids of all events of an append, in order.

    Raises `InvalidRecord` when there is nothing to write, a stream stands in two writes, or an id is not a UUID in
    lower case; `IdempotencyConflict` when an id stands twice.
    """
    if not writes:
        raise InvalidRecord("holds no write; give at least one", place="append")
    for stream in _repeated([write.stream for write in writes]):
        raise InvalidRecord("stands in two writes of one append; put its events into one", place=str(stream))
    ids = [event.id for write in writes for event in write.events]
    for event_id in ids:
        if not is_event_id(event_id):
            raise InvalidRecord(f"{event_id!r} is not a UUID in lower case", place="id", value=event_id)
    if twice := _repeated(ids):
        raise IdempotencyConflict(dict.fromkeys(twice, "stands twice in one append"))
    return ids


def replay_of(writes: Sequence[Write], known: Mapping[str, Recorded], *, log: str, tenant: str) -> Appended | None:
    """Return the stored result of an append whose events are all *known* with the same content; None when none is.

    Raises `IdempotencyConflict` when only some are known, or one has another content.
    """
    if not known:
        return None
    reasons: dict[str, str] = {}
    versions: dict[StreamId, int] = {}
    for write in writes:
        for event in write.events:
            record = known.get(event.id)
            if record is None:
                reasons[event.id] = "is new, others of the same append are in the log"
            elif not _same(event, record, write.stream, log=log, tenant=tenant):
                reasons[event.id] = f"is at position {record.position} with another content"
            else:
                versions[write.stream] = max(record.version, versions.get(write.stream, 0))
    if reasons:
        raise IdempotencyConflict(reasons)
    last = max(known.values(), key=lambda record: record.position)
    first = min(record.position for record in known.values())
    return Appended(first, last.position, versions, last.recorded_at, replayed=True)


def bodies_of(writes: Sequence[Write], versions: Mapping[StreamId, int], *, log: str, tenant: str) -> list[bytes]:
    """Return the canonical body of every event, in order, on top of the *versions* that the streams have.

    Raises `InvalidRecord` for what no body can hold, a body beyond 1 MiB, and bodies beyond 16 MiB together.
    """
    bodies = [
        encode(body_of(event, log=log, tenant=tenant, stream=write.stream, version=version))
        for write in writes
        for version, event in enumerate(write.events, start=versions[write.stream] + 1)
    ]
    size = sum(map(len, bodies))
    if size > BATCH_MAX:
        raise InvalidRecord(f"the bodies have {size} bytes together, at most {BATCH_MAX} fit", place="append")
    return bodies


def check_skew(head_us: int, clock_us: int) -> None:
    """Raise `ClockSkew` when the head of the log is more than 5 minutes ahead of the clock."""
    if head_us - clock_us > SKEW_MAX_US:
        raise ClockSkew(
            f"the log ends at {from_microseconds(head_us).isoformat()}, the clock says "
            f"{from_microseconds(clock_us).isoformat()}; mend the clock, or open the store with allow_skew=True"
        )


def _repeated(values: Sequence[ValueT]) -> list[ValueT]:
    if len(values) == len(set(values)):
        return []
    return [value for value, count in Counter(values).items() if count > 1]


def is_event_id(value: object) -> bool:
    """Return whether *value* is a UUID in its canonical lower-case text."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _same(event: NewEvent, record: Recorded, stream: StreamId, *, log: str, tenant: str) -> bool:
    """Return whether *event* is the one that is recorded; an archived one is told by its leaf."""
    body = encode(body_of(event, log=log, tenant=tenant, stream=stream, version=record.version))
    return (
        body == record.body
        if record.body is not None
        else leaf_of(body, record.recorded_us, record.position) == record.leaf
    )
