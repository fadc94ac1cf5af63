from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from duties import at
from respond.plan.calendars import EVERY_DAY, LAST, Calendar
from respond.plan.deadlines import deadline, shifted
from respond.plan.facts import Paused
from respond.plan.spans import Span

WEEK = Calendar(name="week", version="1", zone="UTC")
FRIDAY, SATURDAY, MONDAY = (at(f"2026-03-{day:02} 10:00") for day in (6, 7, 9))
HOUR = timedelta(hours=1)


def paused(begin: datetime, end: datetime | None) -> Paused:
    """Return a pause from *begin* to *end*."""
    return Paused(at=begin, entry="p", obligation="duty", until=end)


def due(*pauses: Paused, shift: str = "noon_next_working_day") -> datetime | None:
    """Return the deadline of a clock that runs from Friday to Saturday at ten."""
    return deadline(SATURDAY, since=FRIDAY, shift=shift, calendar=WEEK, pauses=pauses)


NOON = at("2026-03-09 12:00")


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [
        ((), NOON),
        # in the span it is added to the span, which ends on Saturday all the same
        ([paused(SATURDAY - 2 * HOUR, SATURDAY - HOUR)], NOON),
        ([paused(FRIDAY, FRIDAY + HOUR)], NOON),
        ([paused(SATURDAY - 1 * HOUR, MONDAY)], at("2026-03-09 11:00")),
        # from the end of the span on it is added to the deadline
        ([paused(SATURDAY, SATURDAY + HOUR)], NOON + HOUR),
        ([paused(MONDAY, MONDAY + HOUR)], NOON + HOUR),
        # what stood still before the clock began is not
        ([paused(FRIDAY - 2 * HOUR, FRIDAY)], NOON),
        ([paused(FRIDAY - 2 * HOUR, FRIDAY - HOUR)], NOON),
        # two that overlap stood still once
        ([paused(MONDAY, MONDAY + HOUR), paused(MONDAY, MONDAY + 2 * HOUR)], NOON + 2 * HOUR),
        # at the deadline and after it nothing is added
        ([paused(NOON, NOON + HOUR)], NOON),
        ([paused(NOON, None)], NOON),
        ([paused(NOON + HOUR, None), paused(FRIDAY, FRIDAY + HOUR)], NOON),
        # it stands still
        ([paused(NOON - HOUR, None)], None),
        ([paused(MONDAY, MONDAY + HOUR), paused(NOON, None)], None),
    ],
)
def test_what_stands_still_is_added_once(pauses, expected):
    """To the span or to the grace that the shift gives, and never to a deadline that has passed."""
    assert due(*pauses) == expected


def test_without_a_shift_there_is_no_grace():
    """The deadline is the end of the span, and what stood still is added to it."""
    assert due(shift="none") == SATURDAY
    assert due(paused(SATURDAY - HOUR, SATURDAY), shift="none") == SATURDAY + HOUR
    assert due(paused(SATURDAY, SATURDAY + HOUR), shift="none") == SATURDAY


@pytest.mark.parametrize("shift", ["end_of_day", "next_working_day", "noon_next_working_day"])
def test_no_shift_leads_beyond_the_last_day(shift):
    """What is due at the edge of time stays there."""
    assert shifted(LAST, shift, EVERY_DAY) == LAST
    assert shifted(LAST + HOUR, shift, WEEK) == LAST


@pytest.mark.parametrize(
    ("begin", "count", "end"),
    [
        # from a working day, over weekends
        ("2026-03-06 10:00", 1, "2026-03-09 10:00"),
        ("2026-03-06 10:00", 5, "2026-03-13 10:00"),
        ("2026-03-06 10:00", 6, "2026-03-16 10:00"),
        ("2026-03-06 10:00", 10, "2026-03-20 10:00"),
        ("2026-03-06 10:00", 11, "2026-03-23 10:00"),
        ("2026-03-07 10:00", 5, "2026-03-13 10:00"),
        ("2026-03-08 10:00", 6, "2026-03-16 10:00"),
        # over a day off a week, two and three weeks ahead
        ("2026-03-20 10:00", 5, "2026-03-27 10:00"),
        ("2026-03-20 10:00", 10, "2026-04-03 10:00"),
        ("2026-03-20 10:00", 11, "2026-04-07 10:00"),
        ("2026-03-20 10:00", 20, "2026-04-20 10:00"),
        ("2026-03-30 10:00", 5, "2026-04-07 10:00"),
        ("2026-03-31 10:00", 6, "2026-04-09 10:00"),
    ],
)
def test_working_days_are_counted_over_weeks_and_days_off(begin, count, end):
    """However many they are, each is counted as if one went from day to day."""
    easter = Calendar(name="e", version="1", zone="UTC", holidays=(at("2026-04-06 00:00").date(),))
    assert easter.after(at(begin), Span(count, "working_day")) == at(end)
    assert easter.before(at(end), Span(count, "working_day")) <= at(begin)
