"""Times of foreign logs: formats, zones, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from respond.domain.moments import Moment
from respond.errors import InvalidMoment
from respond.transfer.times import TimeColumn, reader_of


def read(text, **column):
    """Return the moment of *text*."""
    return reader_of(TimeColumn(column="t", **column), "time")(text)


def utc(*parts):
    """Return a time in UTC."""
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "column", "moment"),
    [
        ("29/2/2016 01:16", {"format": "%d/%m/%Y %H:%M", "zone": "UTC", "precision": "minute"},
         Moment(utc(2016, 2, 29, 1, 16), precision="minute")),
        ("2010-03-31T16:59:42+02:00", {}, Moment(utc(2010, 3, 31, 14, 59, 42), precision="second", offset_minutes=120)),
        ("2010-03-31T16:59:42Z", {}, Moment(utc(2010, 3, 31, 16, 59, 42), precision="second", offset_minutes=0)),
        ("2010-03-31T16:59:42", {"zone": "Europe/Rome"},
         Moment(utc(2010, 3, 31, 14, 59, 42), precision="second", offset_minutes=120)),
        ("31.03.2010", {"format": "%d.%m.%Y", "zone": "Europe/Rome", "precision": "day"},
         Moment(utc(2010, 3, 30, 22), precision="day", offset_minutes=120)),
        ("2010-03-31 16:59:42.5 -0330", {"format": "%Y-%m-%d %H:%M:%S.%f %z", "precision": "microsecond"},
         Moment(utc(2010, 3, 31, 20, 29, 42, 500_000), offset_minutes=-210)),
        ("100% 2010-03-31 Z", {"format": "100%% %Y-%m-%d %z", "precision": "day"},
         Moment(utc(2010, 3, 31), precision="day", offset_minutes=0)),
        ("2010-10-31T02:30:00", {"zone": "Europe/Rome", "ambiguous": "earlier"},
         Moment(utc(2010, 10, 31, 0, 30), precision="second", offset_minutes=120)),
        ("2010-10-31T02:30:00", {"zone": "Europe/Rome", "ambiguous": "later"},
         Moment(utc(2010, 10, 31, 1, 30), precision="second", offset_minutes=60)),
    ],
)  # fmt: skip
def test_times_are_read_as_exactly_as_their_source_knew_them(text, column, moment):
    """The point, the precision and the source's offset are kept; an assumed UTC tells no offset."""
    assert read(text, **column) == moment


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("yesterday", {}, "'yesterday' is not an ISO 8601 time such as 2026-11-20T09:30:00+01:00"),
        ("2010-03-31T16:59:42", {}, "has no offset; name the zone of such times in the mapping"),
        ("2010-13-31", {"format": "%Y-%m-%d", "zone": "UTC"}, "'2010-13-31' is no time as '%Y-%m-%d': month must be"),
        ("31/3/2010", {"format": "%Y-%m-%d", "zone": "UTC"}, "'31/3/2010' does not look like '%Y-%m-%d'"),
        ("2010-03-31 ", {"format": "%Y-%m-%d", "zone": "UTC"}, "does not look like"),
        ("२०१०-03-31", {"format": "%Y-%m-%d", "zone": "UTC"}, "does not look like"),
        ("2010-03-31 +99:00", {"format": "%Y-%m-%d %z"}, "is no time as '%Y-%m-%d %z'"),
        ("2010-10-31T02:30:00", {"zone": "Europe/Rome"}, "happens twice in Europe/Rome; say which is meant"),
        ("2010-03-28T02:30:00", {"zone": "Europe/Rome", "ambiguous": "later"}, "the clock skips it"),
        ("0001-01-01T00:00:00+14:00", {}, "lies outside the years 1 to 9999"),
    ],
)
def test_times_that_cannot_be_read_say_why(text, column, reason):
    """An unparsable, naive, ambiguous or skipped time is refused with its text."""
    with pytest.raises(InvalidMoment) as error:
        read(text, **column)
    assert reason in str(error.value)


@given(at=st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_format_reads_what_strftime_writes(at):
    """For any time, the format's own text gives the time back."""
    text = at.strftime("%Y-%m-%dT%H:%M:%S.%f%z")
    assert read(text, format="%Y-%m-%dT%H:%M:%S.%f%z", precision="microsecond") == Moment(at, offset_minutes=0)
