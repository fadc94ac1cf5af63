from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from respond.errors import InvalidPlan
from respond.plan.calendars import EVERY_DAY, FIRST, LAST, Calendar
from respond.plan.deadlines import shifted
from respond.plan.reader import SHIPPED, read_calendar
from respond.plan.spans import Span

BRUSSELS = Calendar(name="brussels", version="1", zone="Europe/Brussels")
CN = read_calendar(SHIPPED / "calendars" / "cn@2026.toml")
EU = read_calendar(SHIPPED / "calendars" / "eu@2026.toml")


def at(text: str) -> datetime:
    """Return the UTC time that *text* names."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("calendar", "begin", "span", "end"),
    [
        # elapsed time, whatever the clocks do
        (BRUSSELS, "2026-03-29 00:30", "2 h", "2026-03-29 02:30"),
        (CN, "2026-02-14 23:59", "2 min", "2026-02-15 00:01"),
        # days end at the time of the day at which they began: 25, 23 and 24 hours
        (BRUSSELS, "2026-10-24 10:00", "1 day", "2026-10-25 11:00"),
        (BRUSSELS, "2026-03-28 10:00", "1 day", "2026-03-29 09:00"),
        (EVERY_DAY, "2026-03-28 10:00", "1 day", "2026-03-29 10:00"),
        (BRUSSELS, "2026-03-28 10:00", "2 weeks", "2026-04-11 09:00"),
        # 02:30 is skipped in Brussels on 29 March 2026: the first instant after the gap is 03:00, 01:00 in UTC
        (BRUSSELS, "2026-03-28 01:30", "1 day", "2026-03-29 01:00"),
        (BRUSSELS, "2026-03-28 01:59:59.5", "1 day", "2026-03-29 01:00"),
        # 02:30 happens twice in Brussels on 25 October 2026: the earlier is 00:30 in UTC
        (BRUSSELS, "2026-10-24 00:30", "1 day", "2026-10-25 00:30"),
        (BRUSSELS, "2026-10-25 01:30", "1 day", "2026-10-26 01:30"),
        # months and years are clipped to the end of a month
        (EVERY_DAY, "2026-01-31 08:00", "1 month", "2026-02-28 08:00"),
        (EVERY_DAY, "2028-01-31 08:00", "1 month", "2028-02-29 08:00"),
        (EVERY_DAY, "2026-11-30 08:00", "3 months", "2027-02-28 08:00"),
        (EVERY_DAY, "2028-02-29 08:00", "1 year", "2029-02-28 08:00"),
        (EVERY_DAY, "2028-02-29 08:00", "4 years", "2032-02-29 08:00"),
        (EVERY_DAY, "2028-02-28 08:00", "1 day", "2028-02-29 08:00"),
        # it is 1 February in Shanghai
        (CN, "2026-01-31 20:00", "1 month", "2026-02-28 20:00"),
        # working days: a weekend, a make-up Saturday before the Spring Festival, and the festival
        (CN, "2026-03-06 02:00", "1 working day", "2026-03-09 02:00"),
        (CN, "2026-02-13 02:00", "1 working day", "2026-02-14 02:00"),
        (CN, "2026-02-13 02:00", "2 working days", "2026-02-24 02:00"),
        (CN, "2026-02-17 02:00", "5 working days", "2026-02-28 02:00"),
        (EU, "2026-04-02 10:00", "1 working day", "2026-04-07 10:00"),
        (EVERY_DAY, "2026-03-06 02:00", "2 working days", "2026-03-08 02:00"),
    ],
)
def test_a_span_ends(calendar, begin, span, end):
    """A span that begins at a time ends where the calendar's clock and days say."""
    assert calendar.after(at(begin), Span.parse(span)) == at(end)


@pytest.mark.parametrize(
    ("calendar", "end", "span", "begin"),
    [
        (BRUSSELS, "2026-03-29 02:30", "2 h", "2026-03-29 00:30"),
        (BRUSSELS, "2026-03-29 09:00", "1 day", "2026-03-28 10:00"),
        (EVERY_DAY, "2026-03-31 08:00", "1 month", "2026-02-28 08:00"),
        (CN, "2026-02-24 02:00", "1 working day", "2026-02-14 02:00"),
    ],
)
def test_a_span_begins(calendar, end, span, begin):
    """A span that ends at a time begins as long before it."""
    assert calendar.before(at(end), Span.parse(span)) == at(begin)


def test_many_spans_are_counted_from_its_beginning():
    """Months that begin on the 31st end on the last day of each month, and do not creep to the 28th."""
    month, days = Span.parse("1 month"), Span.parse("2 working days")
    assert [EVERY_DAY.after(at("2026-01-31 08:00"), month, n).day for n in range(1, 5)] == [28, 31, 30, 31]
    assert [CN.after(at("2026-02-13 02:00"), days, n) for n in (1, 2)] == [
        at("2026-02-24 02:00"),
        at("2026-02-26 02:00"),
    ]


def test_no_end_lies_beyond_the_years_that_exist():
    """What would end after the year 9999, or begin before the year 1, is at the edge."""
    century = Span.parse("100 years")
    assert EVERY_DAY.after(datetime(9999, 12, 31, 23, tzinfo=UTC), Span.parse("1 h")) == LAST
    assert BRUSSELS.after(LAST, century) == LAST
    assert BRUSSELS.before(FIRST, century) == FIRST
    assert BRUSSELS.after(LAST, century, 100) == LAST
    assert shifted(datetime(9999, 12, 31, 20, tzinfo=UTC), "end_of_day", CN) == LAST


@pytest.mark.parametrize(
    ("calendar", "due", "shift", "moved"),
    [
        # Saturday noon in Brussels
        (BRUSSELS, "2026-03-07 11:00", "none", "2026-03-07 11:00"),
        (BRUSSELS, "2026-03-07 14:00", "noon_next_working_day", "2026-03-09 11:00"),
        (BRUSSELS, "2026-03-07 14:00", "next_working_day", "2026-03-09 14:00"),
        # clocks change between Saturday and Monday: the time of the day stays
        (BRUSSELS, "2026-03-28 14:00", "next_working_day", "2026-03-30 13:00"),
        # a working day stays as it is
        (BRUSSELS, "2026-03-06 14:00", "noon_next_working_day", "2026-03-06 14:00"),
        (CN, "2026-02-14 08:00", "next_working_day", "2026-02-14 08:00"),
        (CN, "2026-02-15 08:00", "noon_next_working_day", "2026-02-24 04:00"),
        # the end of the day moves on every day, by the calendar's clock
        (CN, "2026-02-15 08:00", "end_of_day", "2026-02-15 15:59:59.999999"),
        (CN, "2026-02-15 17:00", "end_of_day", "2026-02-16 15:59:59.999999"),
        (BRUSSELS, "2026-10-25 00:30", "end_of_day", "2026-10-25 22:59:59.999999"),
    ],
)
def test_a_deadline_is_shifted(calendar, due, shift, moved):
    """A shift moves a deadline off a day that is none of work, or to the end of its day."""
    assert shifted(at(due), shift, calendar) == at(moved)


def test_a_day_that_ends_at_a_gap_ends_before_it():
    """In Beirut midnight was skipped on 27 March 2022: the day before ends where the gap begins."""
    beirut = Calendar(name="beirut", version="1", zone="Asia/Beirut")
    assert beirut.end_of(date(2022, 3, 26)) == at("2022-03-26 21:59:59.999999")
    assert beirut.instant(datetime.fromisoformat("2022-03-27")) == at("2022-03-26 22:00")


def test_the_calendar_of_china_is_that_of_the_notice():
    """2026 has 33 days off for festivals, and 6 days of weekends that are worked."""
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    weekdays = [day for day in year if day.weekday() < 5]
    assert len(CN.holidays) == 19
    assert len([day for day in year if CN.is_working(day)]) == len(weekdays) - 19 + 6
    assert all(day.weekday() < 5 for day in CN.holidays)
    assert all(day.weekday() >= 5 for day in CN.workdays)


def test_the_european_calendar_closes_around_easter():
    """Good Friday and Easter Monday of 2026 are no working days, and the Tuesday after is one."""
    assert not EU.is_working(date(2026, 4, 3))
    assert EU.next_working_day(date(2026, 4, 2)) == date(2026, 4, 7)
    assert EU.is_working(date(2027, 1, 1)), "it lists 2026 alone"


@pytest.mark.parametrize(
    ("content", "flaw", "words"),
    [
        ({"zone": "Mars/Olympus"}, "zone-unknown", "not a time zone"),
        ({"zone": "../UTC"}, "zone-unknown", "not a time zone"),
        ({"zone": "Europe"}, "zone-unknown", "not a time zone"),
        ({"working_week": ()}, "value-empty", "working_week: must hold a day"),
        ({"working_week": ("mon", "mon")}, "value-invalid", r"working_week\[1\]: holds mon twice"),
        ({"holidays": (date(2026, 1, 1),) * 2}, "value-invalid", r"holidays\[1\]: holds 2026-01-01 twice"),
        ({"workdays": (date(2026, 1, 3),) * 2}, "value-invalid", r"workdays\[1\]: holds 2026-01-03 twice"),
        (
            {"holidays": (date(2026, 1, 1),), "workdays": (date(2026, 1, 1),)},
            "value-invalid",
            "2026-01-01 is a holiday and a workday",
        ),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(content, flaw, words):
    """A zone that does not exist, a week without work and a date that is told twice are refused by a stable code."""
    with pytest.raises(InvalidPlan, match=words) as refused:
        Calendar(**{"name": "x", "version": "1", "zone": "UTC", **content})
    assert refused.value.flaw == flaw


@pytest.mark.parametrize(("count", "unit"), [(0, "hour"), (-2, "day"), (101, "year"), (40_000, "working_day")])
def test_a_span_that_is_none_is_refused(count, unit):
    """No time, less than none, and more than a hundred years are no spans."""
    with pytest.raises(InvalidPlan) as refused:
        Span(count, unit)
    assert refused.value.flaw == "span-invalid"
