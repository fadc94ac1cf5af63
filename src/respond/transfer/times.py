"""Times of a foreign log: a text, a format and a zone make a moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import attrs

from respond.domain.moments import Ambiguous, Moment, Precision, localize
from respond.errors import InvalidMapping, InvalidMoment

ISO = "iso"
"""The format name of ISO 8601 and RFC 3339 times."""
UTC_NAME = "UTC"
"""The zone whose times are kept without an offset: to assume it tells nothing about the source's clock."""
_CACHE = 4096
"""How many texts are remembered: neighbours in a log share most of their times."""

_DIRECTIVES = {
    "Y": r"(?P<year>\d{4})",
    "m": r"(?P<month>\d{1,2})",
    "d": r"(?P<day>\d{1,2})",
    "H": r"(?P<hour>\d{1,2})",
    "M": r"(?P<minute>\d{1,2})",
    "S": r"(?P<second>\d{1,2})",
    "f": r"(?P<microsecond>\d{1,6})",
    "z": r"(?P<offset>Z|[+-]\d{2}:?\d{2})",
    "%": "%",
}
"""What a format may hold.  Names of months and days are left out: they depend on the language of the machine."""
_FIELDS = ("year", "month", "day", "hour", "minute", "second")


@attrs.frozen(kw_only=True)
class TimeColumn:
    """A column that holds times, and how to read them."""

    column: str
    format: str = ISO
    """`iso`, or text with %Y %m %d %H %M %S %f %z."""
    zone: str | None = None
    """The IANA name of the zone of times that carry no offset."""
    ambiguous: Ambiguous = "refuse"
    precision: Precision = "second"


def reader_of(column: TimeColumn, place: str) -> Callable[[str], Moment]:
    """Return the function that turns a text of *column* into a moment; it raises `InvalidMoment`.

    Raises `InvalidMapping`, naming *place*, for a format or a zone that does not exist, and for times that would be
    without a zone.
    """
    zone = _zone(column, place)
    parse = _iso if column.format == ISO else _formatted(column, place)

    @lru_cache(maxsize=_CACHE)
    def read(text: str) -> Moment:
        local = parse(text)
        if local.tzinfo is None:
            if zone is None:
                raise InvalidMoment(f"{text!r} has no offset; name the zone of such times in the mapping", value=text)
            if column.zone == UTC_NAME:
                return Moment(local.replace(tzinfo=UTC), precision=column.precision)
            local = localize(local, zone, ambiguous=column.ambiguous)
        try:
            at = local.astimezone(UTC)
        except OverflowError as error:
            raise InvalidMoment(f"{text!r} lies outside the years 1 to 9999", value=text) from error
        offset = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
        return Moment(at, precision=column.precision, offset_minutes=offset)

    return read


def _zone(column: TimeColumn, place: str) -> ZoneInfo | None:
    if column.zone is None:
        if column.format != ISO and "%z" not in column.format:
            raise InvalidMapping(
                'the format holds no offset (%z), so the zone must be named, such as zone = "Europe/Rome" or "UTC"',
                place=f"{place}.zone",
            )
        return None
    try:
        return ZoneInfo(column.zone)
    except (OSError, ValueError, KeyError) as error:
        raise InvalidMapping(
            f"{column.zone!r} is not a zone of the IANA database; write one such as Europe/Rome",
            place=f"{place}.zone",
            value=column.zone,
        ) from error


def _iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        reason = f"{text!r} is not an ISO 8601 time such as 2026-11-20T09:30:00+01:00"
        raise InvalidMoment(reason, value=text) from error


def _formatted(column: TimeColumn, place: str) -> Callable[[str], datetime]:
    pattern = _pattern(column.format, f"{place}.format")
    named = pattern.groupindex
    fields = [field for field in _FIELDS if field in named]

    def parse(text: str) -> datetime:
        found = pattern.fullmatch(text)
        if found is None:
            raise InvalidMoment(f"{text!r} does not look like {column.format!r}", value=text)
        whole = dict(zip(fields, map(int, found.group(*fields)), strict=True))
        if "microsecond" in named:
            whole["microsecond"] = int(found["microsecond"].ljust(6, "0"))
        try:
            return datetime(**whole, tzinfo=_offset(found["offset"]) if "offset" in named else None)
        except ValueError as error:
            raise InvalidMoment(f"{text!r} is no time as {column.format!r}: {error}", value=text) from error

    return parse


def _pattern(form: str, place: str) -> re.Pattern[str]:
    parts, used = [], set()
    for literal, directive in re.findall(r"([^%]+)|%(.?)", form):
        if literal:
            parts.append(re.escape(literal))
            continue
        if directive not in _DIRECTIVES or directive in used:
            raise InvalidMapping(
                f"{form!r} holds %{directive}"
                + (" twice" if directive in used else "")
                + "; write 'iso', or each of %Y %m %d %H %M %S %f %z at most once",
                place=place,
                value=form,
            )
        used.update(directive.replace("%", ""))
        parts.append(_DIRECTIVES[directive])
    if not used >= {"Y", "m", "d"}:
        raise InvalidMapping(f"{form!r} needs at least %Y, %m and %d", place=place, value=form)
    return re.compile("".join(parts), re.ASCII)


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    span = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-span if text[0] == "-" else span)
