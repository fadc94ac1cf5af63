"""Identifiers that sort by time, and that a retry makes again."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from respond.domain.moments import to_microseconds

_VERSION_BITS = 0xF << 76
_VARIANT_BITS = 0x3 << 62
_TIME_MASK = (1 << 48) - 1
_RANDOM_MASK = (1 << 80) - 1
_VARIANT_OF = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""A hexadecimal digit whose two highest bits are made those of the variant."""
_TIMED = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def uuid7(at: datetime, random: bytes) -> UUID:
    """Return the UUIDv7 (RFC 9562, 5.7) of the millisecond of *at*, filled up with 10 bytes of *random*."""
    milliseconds = to_microseconds(at) // 1000
    return _uuid(milliseconds, int.from_bytes(random[:10], "big"), version=7)


def timed_id(at: datetime, *parts: str) -> UUID:
    """Return a UUIDv8 that begins with the millisecond of *at* and hashes *parts*: the same call, the same id."""
    return UUID(timed_text(at, *parts))


def timed_text(at: datetime, *parts: str) -> str:
    """Return `timed_id` as text, at half the cost."""
    time = f"{to_microseconds(at) // 1000 & _TIME_MASK:012x}"
    return _text(f"{time[:8]}-{time[8:]}", sha256(_joined(parts)).hexdigest())


def hashed_id(*parts: str) -> UUID:
    """Return a UUIDv8 made of nothing but the hash of *parts*."""
    value = int.from_bytes(sha256(_joined(parts)).digest()[:16], "big")
    return _uuid(value >> 80, value & _RANDOM_MASK, version=8)


def event_id(command_id: str, index: int) -> UUID:
    """Return the id of event *index* of a command.

    It keeps the time prefix of a command id that is a UUID of version 7 or 8, so that indexes stay local, and hashes
    the rest from the command id and the index, so that a retry makes the same ids.
    """
    return derived_id(command_id, str(index))


def derived_id(command_id: str, part: str) -> UUID:
    """Return the id that *command_id* gives to *part* of what it makes, by the rule of `event_id`."""
    time = _time(command_id)
    if time is None:
        return hashed_id(command_id, part)
    return UUID(_text(time, sha256(_joined((command_id, part))).hexdigest()))


def event_ids(command_id: str, count: int) -> list[str]:
    """Return the ids of the first *count* events of a command, as text: those of `event_id`, at a third of the cost."""
    time = _time(command_id)
    if time is None:
        return [str(event_id(command_id, index)) for index in range(count)]
    command = _joined((command_id,))
    return [_text(time, sha256(command + _joined_index(index)).hexdigest()) for index in range(count)]


def _time(command_id: str) -> str | None:
    """Return the time at the front of a UUID of version 7 or 8, as it is written; None for any other text."""
    if _TIMED.fullmatch(command_id):
        return command_id[:13]
    try:
        value = UUID(command_id)
    except ValueError:
        return None
    return str(value)[:13] if value.version in (7, 8) else None


def _text(time: str, digest: str) -> str:
    """Return the UUIDv8 that begins with *time* and goes on with a *digest* in hexadecimal."""
    return f"{time}-8{digest[1:4]}-{_VARIANT_OF[digest[4]]}{digest[5:8]}-{digest[8:20]}"


@lru_cache(maxsize=64)
def _joined_index(index: int) -> bytes:
    return _joined((str(index),))


def _joined(parts: tuple[str, ...]) -> bytes:
    """Return *parts* as bytes such that different parts never give the same bytes."""
    joined = b""
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        joined += len(raw).to_bytes(4, "big") + raw
    return joined


def _uuid(milliseconds: int, rest: int, *, version: int) -> UUID:
    value = ((milliseconds & _TIME_MASK) << 80) | (rest & _RANDOM_MASK)
    value = (value & ~_VERSION_BITS) | (version << 76)
    return UUID(int=(value & ~_VARIANT_BITS) | (2 << 62))
