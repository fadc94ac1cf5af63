"""Moments: parsing, local times where the clock jumps, precision and intervals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from respond.domain.moments import (
    PRECISIONS,
    Moment,
    format_utc,
    from_microseconds,
    localize,
    parse_utc,
    to_microseconds,
)
from respond.errors import InvalidMoment

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
SHANGHAI = ZoneInfo("Asia/Shanghai")
APIA = ZoneInfo("Pacific/Apia")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

aware = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, BERLIN, SHANGHAI, timezone(timedelta(hours=-9, minutes=-30))]),
)


def local(text: str) -> datetime:
    """Return a naive time."""
    return datetime.fromisoformat(text)


@given(aware)
@example(datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
@example(datetime(9998, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
def test_microseconds_and_back(at: datetime) -> None:
    """Microseconds since 1970 name the same time, to the last one, before 1970 too."""
    assert from_microseconds(to_microseconds(at)) == at.astimezone(UTC)


def test_microseconds() -> None:
    """Microseconds are counted from 1970 in UTC."""
    assert to_microseconds(datetime(1970, 1, 1, 1, 0, 0, 7, tzinfo=BERLIN)) == 7
    assert to_microseconds(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000


@given(aware)
def test_text_and_back(at: datetime) -> None:
    """RFC 3339 text in UTC reads back as the same time, and sorts as time does."""
    text = format_utc(at)
    assert (len(text), text[-1]) == (27, "Z")
    assert parse_utc(text) == at.astimezone(UTC)
    assert parse_utc(text).tzinfo is UTC


@given(aware, aware)
def test_text_sorts_as_time(one: datetime, other: datetime) -> None:
    """The earlier time is the smaller text."""
    assert (format_utc(one) < format_utc(other)) == (one.astimezone(UTC) < other.astimezone(UTC))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T09:30:00Z", "2026-11-20T09:30:00.000000Z"),
        ("2026-11-20T09:30:00.5+08:00", "2026-11-20T01:30:00.500000Z"),
        ("2026-11-20 09:30:00-00:30", "2026-11-20T10:00:00.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_parse(text: str, expected: str) -> None:
    """Text with any zone is read, and written in UTC."""
    assert format_utc(parse_utc(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-11-20",
        "2026-11-20T09:30:00",
        "2026-02-30T00:00:00Z",
        "2026-11-20T25:00:00Z",
        None,
        5,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_parse_refuses(text: Any) -> None:
    """Text that names no time, or none with a zone within the calendar, is refused."""
    with pytest.raises(InvalidMoment):
        parse_utc(text)


@pytest.mark.parametrize("act", [to_microseconds, format_utc, Moment])
def test_naive_is_refused(act: Any) -> None:
    """A time without a zone is refused, and the message shows it."""
    with pytest.raises(InvalidMoment, match="2026-11-20T12:00:00"):
        act(NOON.replace(tzinfo=None))


def test_out_of_the_calendar() -> None:
    """A time that UTC would put outside the years 1 to 9999 is refused."""
    with pytest.raises(InvalidMoment):
        format_utc(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))))


@pytest.mark.parametrize(
    ("zone", "naive", "expected"),
    [
        (BERLIN, "2026-07-01T12:00", "2026-07-01T10:00:00.000000Z"),
        (BERLIN, "2026-01-01T12:00", "2026-01-01T11:00:00.000000Z"),
        (BERLIN, "2026-03-29T01:59:59.999999", "2026-03-29T00:59:59.999999Z"),
        (BERLIN, "2026-03-29T03:00", "2026-03-29T01:00:00.000000Z"),
        (BERLIN, "2026-10-25T01:59:59.999999", "2026-10-24T23:59:59.999999Z"),
        (BERLIN, "2026-10-25T03:00", "2026-10-25T02:00:00.000000Z"),
        (SHANGHAI, "2026-11-20T00:00", "2026-11-19T16:00:00.000000Z"),
    ],
)
def test_localize(zone: ZoneInfo, naive: str, expected: str) -> None:
    """A local time that the clock shows once is that time, up to the edges of a jump."""
    assert format_utc(localize(local(naive), zone)) == expected


@pytest.mark.parametrize(
    ("zone", "naive", "earlier", "later"),
    [
        (BERLIN, "2026-10-25T02:00", "2026-10-25T00:00:00.000000Z", "2026-10-25T01:00:00.000000Z"),
        (BERLIN, "2026-10-25T02:59:59.999999", "2026-10-25T00:59:59.999999Z", "2026-10-25T01:59:59.999999Z"),
        (NEW_YORK, "2026-11-01T01:30", "2026-11-01T05:30:00.000000Z", "2026-11-01T06:30:00.000000Z"),
        (LORD_HOWE, "2026-04-05T01:45", "2026-04-04T14:45:00.000000Z", "2026-04-04T15:15:00.000000Z"),
        (SHANGHAI, "1991-09-15T01:30", "1991-09-14T16:30:00.000000Z", "1991-09-14T17:30:00.000000Z"),
    ],
)
def test_overlap(zone: ZoneInfo, naive: str, earlier: str, later: str) -> None:
    """A local time that the clock shows twice is refused unless the caller says which of the two is meant."""
    with pytest.raises(InvalidMoment, match="twice"):
        localize(local(naive), zone)
    assert format_utc(localize(local(naive), zone, ambiguous="earlier")) == earlier
    assert format_utc(localize(local(naive), zone, ambiguous="later")) == later


@pytest.mark.parametrize(
    ("zone", "naive"),
    [
        (BERLIN, "2026-03-29T02:00"),
        (BERLIN, "2026-03-29T02:59:59.999999"),
        (NEW_YORK, "2026-03-08T02:30"),
        (LORD_HOWE, "2026-10-04T02:15"),
        (APIA, "2011-12-30T12:00"),
    ],
)
@pytest.mark.parametrize("ambiguous", ["refuse", "earlier", "later"])
def test_gap(zone: ZoneInfo, naive: str, ambiguous: Any) -> None:
    """A local time that the clock skips is refused, whatever the caller says; a whole day in one zone."""
    with pytest.raises(InvalidMoment, match="does not exist"):
        localize(local(naive), zone, ambiguous=ambiguous)


@given(st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2037, 1, 1)))  # noqa: DTZ001 - local times
def test_localize_keeps_what_the_clock_shows(naive: datetime) -> None:
    """Whatever is accepted shows the same time on the local clock."""
    for zone in (BERLIN, LORD_HOWE):
        try:
            at = localize(naive, zone, ambiguous="earlier")
        except InvalidMoment:
            continue
        assert at.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) == naive.replace(fold=0)


@pytest.mark.parametrize(
    ("moment", "body"),
    [
        (Moment(NOON), "2026-11-20T12:00:00.000000Z"),
        (Moment(NOON, precision="day"), {"at": "2026-11-20T12:00:00.000000Z", "precision": "day"}),
        (
            Moment(NOON, offset_minutes=0),
            {"at": "2026-11-20T12:00:00.000000Z", "precision": "microsecond", "offset_minutes": 0},
        ),
        (
            Moment(NOON, NOON + timedelta(hours=1), "hour", -210),
            {
                "at": "2026-11-20T12:00:00.000000Z",
                "until": "2026-11-20T13:00:00.000000Z",
                "precision": "hour",
                "offset_minutes": -210,
            },
        ),
    ],
)
def test_body(moment: Moment, body: Any) -> None:
    """An exact point stands in a body as text, anything else as a mapping that tells only what is known."""
    assert moment.to_json() == body
    assert Moment.from_json(body) == moment


def test_body_of_an_interval_without_precision() -> None:
    """A mapping that names no precision is exact."""
    assert Moment.from_json({"at": "2026-11-20T12:00:00Z"}) == Moment(NOON)


@given(
    aware.map(lambda at: at.astimezone(UTC)),
    st.none() | st.timedeltas(timedelta(0), timedelta(days=30)),
    st.sampled_from(PRECISIONS),
    st.none() | st.integers(-1439, 1439),
)
def test_body_and_back(at: datetime, span: timedelta | None, precision: Any, offset: int | None) -> None:
    """Every moment reads back from its body as it was."""
    moment = Moment(at, None if span is None else at + span, precision, offset)
    assert Moment.from_json(moment.to_json()) == moment


def test_moment_refuses() -> None:
    """An interval that ends before it begins, a naive end and an unknown precision are refused."""
    assert Moment(NOON, NOON).until == NOON
    with pytest.raises(InvalidMoment, match="before it begins"):
        Moment(NOON, NOON - timedelta(microseconds=1))
    with pytest.raises(InvalidMoment, match="zone"):
        Moment(NOON, NOON.replace(tzinfo=None))
    with pytest.raises(InvalidMoment, match="'week'"):
        Moment(NOON, precision="week")


@pytest.mark.parametrize("body", [None, 5, [], {}, {"until": "2026-11-20T12:00:00Z"}, {"at": None}, {"at": "noon"}])
def test_damaged_body(body: Any) -> None:
    """A stored moment that does not fit is refused."""
    with pytest.raises(InvalidMoment):
        Moment.from_json(body)


@pytest.mark.parametrize("offset", [1440, -1440, 8.0, "480", True])
def test_offset_within_a_day(offset: Any) -> None:
    """An offset is a whole number of minutes, less than a day either way."""
    assert Moment(NOON, offset_minutes=1439).local().utcoffset() == timedelta(minutes=1439)
    with pytest.raises(InvalidMoment, match="offset"):
        Moment(NOON, offset_minutes=offset)


def test_of() -> None:
    """A moment is made from a moment, a datetime, text or nothing, and from nothing else."""
    moment = Moment(NOON, precision="day")
    assert Moment.of(moment) is moment
    assert Moment.of(NOON) == Moment.of("2026-11-20T20:00:00+08:00") == Moment(NOON)
    assert Moment.of(None) is None
    with pytest.raises(InvalidMoment, match="5 is not"):
        Moment.of(5)


def test_local() -> None:
    """A moment is shown on its source's clock, or in UTC when the source told no offset."""
    eastern = Moment(NOON.astimezone(SHANGHAI), offset_minutes=480).local()
    assert (eastern.hour, eastern.utcoffset()) == (20, timedelta(hours=8))
    unknown = Moment(NOON.astimezone(SHANGHAI)).local()
    assert (unknown.hour, unknown.utcoffset()) == (12, timedelta(0))
