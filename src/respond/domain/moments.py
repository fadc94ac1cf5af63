"""Moments: when something happened, as exactly as its source knew it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal
from zoneinfo import ZoneInfo

import attrs

from respond.errors import InvalidMoment

Precision = Literal["microsecond", "second", "minute", "hour", "day"]
Ambiguous = Literal["refuse", "earlier", "later"]
PRECISIONS: tuple[Precision, ...] = ("microsecond", "second", "minute", "hour", "day")

DAY_MINUTES = 24 * 60

_KEYS = frozenset({"at", "until", "precision", "offset_minutes"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UTC_TEXT = "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ"
"""How `format_utc` writes a time: `isoformat` asks the zone for its offset, and takes twice as long."""


def to_microseconds(at: datetime) -> int:
    """Return the microseconds from 1970-01-01T00:00Z to *at*; raises `InvalidMoment` when *at* is naive."""
    if at.tzinfo is None:
        raise InvalidMoment(f"{at.isoformat()} has no time zone; give an aware datetime", value=at)
    return (at - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """Return the aware UTC datetime that lies *microseconds* after 1970-01-01T00:00Z."""
    return _EPOCH + timedelta(microseconds=microseconds)


def format_utc(at: datetime) -> str:
    """Return *at* as RFC 3339 in UTC, always with six digits of microseconds and Z."""
    if at.tzinfo is not UTC:
        if at.tzinfo is None:
            raise InvalidMoment(f"{at.isoformat()} has no time zone; give an aware datetime", value=at)
        at = _in_utc(at)
    return _UTC_TEXT % (at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond)


def parse_utc(text: str) -> datetime:
    """Return the datetime that an RFC 3339 *text* with a zone names, in UTC; raises `InvalidMoment`."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise InvalidMoment(f"{text!r} is not a time; write 2026-11-20T09:30:00Z", value=text) from error
    if at.tzinfo is None:
        raise InvalidMoment(f"{text!r} has no zone; write 2026-11-20T09:30:00Z or +08:00", value=text)
    return at if at.tzinfo is UTC else _in_utc(at)


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise InvalidMoment(f"{at.isoformat()} lies outside the years 1 to 9999 in UTC", value=at) from error


def localize(at: datetime, zone: ZoneInfo, *, ambiguous: Ambiguous = "refuse") -> datetime:
    """Return the naive local time *at* as an aware one in *zone*.

    A time that the clock shows twice is refused unless *ambiguous* says which of the two is meant; a time that the
    clock skips is always refused.  Raises `InvalidMoment`.
    """
    earlier, later = at.replace(tzinfo=zone, fold=0), at.replace(tzinfo=zone, fold=1)
    if earlier.utcoffset() == later.utcoffset():
        return earlier
    if earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at:
        raise InvalidMoment(f"{at.isoformat()} does not exist in {zone.key}: the clock skips it", value=at)
    if ambiguous == "refuse":
        raise InvalidMoment(
            f'{at.isoformat()} happens twice in {zone.key}; say which is meant: ambiguous = "earlier" or "later"',
            value=at,
        )
    return earlier if ambiguous == "earlier" else later


@attrs.frozen
class Moment:
    """A point or an interval of time, with the precision and the offset that its source gave."""

    at: datetime
    """Aware.  The point, or the start of the interval."""
    until: datetime | None = None
    """Aware.  The end of the interval, when it is one."""
    precision: Precision = "microsecond"
    offset_minutes: int | None = None
    """Minutes east of Greenwich on the source's clock, when it was told."""

    def __attrs_post_init__(self) -> None:
        to_microseconds(self.at)
        if self.precision not in PRECISIONS:
            raise InvalidMoment(
                f"precision {self.precision!r} is not one of {', '.join(PRECISIONS)}", value=self.precision
            )
        if self.until is not None and to_microseconds(self.until) < to_microseconds(self.at):
            raise InvalidMoment(f"the interval ends at {self.until.isoformat()}, before it begins", value=self.until)
        offset: object = self.offset_minutes
        if offset is not None and (type(offset) is not int or abs(offset) >= DAY_MINUTES):
            raise InvalidMoment(f"offset {offset!r} is not a number of minutes within a day", value=offset)

    @classmethod
    def of(cls, value: Moment | datetime | str | None) -> Moment | None:
        """Return *value* as a moment: a moment, an aware datetime, RFC 3339 text, or None for unknown."""
        match value:
            case None | Moment():
                return value
            case str():
                return cls(parse_utc(value))
            case datetime():
                return cls(value)
        raise InvalidMoment(f"{value!r} is not a moment, a datetime, or text", value=value)

    def to_json(self) -> str | dict[str, Any]:
        """Return the moment as it stands in a body: text when it is an exact point, else a mapping."""
        at = format_utc(self.at)
        if self.until is None and self.precision == "microsecond" and self.offset_minutes is None:
            return at
        body: dict[str, Any] = {"at": at, "precision": self.precision}
        if self.until is not None:
            body["until"] = format_utc(self.until)
        if self.offset_minutes is not None:
            body["offset_minutes"] = self.offset_minutes
        return body

    @classmethod
    def from_json(cls, body: str | dict[str, Any], *, strict: bool = False) -> Moment:
        """Return the moment that `to_json` wrote; raises `InvalidMoment`.

        *strict* is for what people write: a key that a moment does not have is refused, and not passed over.
        """
        if isinstance(body, str):
            return cls(parse_utc(body))
        given: object = body
        if not isinstance(given, Mapping) or "at" not in given:
            raise InvalidMoment(f"{given!r} is not a moment; write 2026-11-20T09:30:00Z, or a mapping with `at`")
        unknown = sorted(set(map(str, body)) - _KEYS) if strict else []
        if unknown:
            raise InvalidMoment(f"{', '.join(unknown)} is not a key of a moment; write {', '.join(sorted(_KEYS))}")
        until = body.get("until")
        return cls(
            at=parse_utc(body["at"]),
            until=None if until is None else parse_utc(until),
            precision=body.get("precision", "microsecond"),
            offset_minutes=body.get("offset_minutes"),
        )

    def local(self) -> datetime:
        """Return the point on the source's own clock, or in UTC when the source told no offset."""
        if self.offset_minutes is None:
            return self.at.astimezone(UTC)
        return self.at.astimezone(timezone(timedelta(minutes=self.offset_minutes)))
