"""Rhythms and schedules: what is skipped is what would have been counted one by one."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import attrs
import pytest

from duties import Story, at, duty, every, minute, plan
from respond.plan import recurrences
from respond.plan.calendars import LAST
from respond.plan.deadlines import shifted
from respond.plan.owed import owed, verdict
from respond.plan.reader import SHIPPED, read_calendar
from respond.plan.rhythms import Rhythm
from respond.plan.spans import Span

CN = read_calendar(SHIPPED / "calendars" / "cn@2026.toml")


def rhythm(first: str, then: str) -> Rhythm:
    """Return a rhythm from the last day of January of a leap year on."""
    begin, span = at("2028-01-31 02:00"), Span.parse(first)
    return Rhythm(calendar=CN, begin=begin, first=span, end=CN.after(begin, span), every=Span.parse(then))


@pytest.mark.parametrize(
    ("first", "then", "times"),
    [
        ("1 h", "2 h", ["01-31 03:00", "01-31 05:00", "01-31 07:00", "01-31 09:00"]),
        ("1 month", "1 month", ["02-29 02:00", "03-31 02:00", "04-30 02:00", "05-31 02:00"]),
        ("2 month", "1 year", ["03-31 02:00", "03-31 02:00", "03-31 02:00", "03-31 02:00"]),
        ("1 year", "2 month", ["01-31 02:00", "03-31 02:00", "05-31 02:00", "07-31 02:00"]),
        ("1 day", "1 month", ["02-01 02:00", "03-01 02:00", "04-01 02:00", "05-01 02:00"]),
    ],
)
def test_times(first, then, times):
    """Hours are added; months and years are counted from where the first one began, and so keep its day."""
    found = [rhythm(first, then).time(number) for number in range(4)]
    assert [f"{one:%m-%d %H:%M}" for one in found] == times
    assert found == sorted(set(found))


def test_years_are_twelve_months():
    """A rhythm of years comes once a year."""
    assert [rhythm("1 year", "1 year").time(number).year for number in range(3)] == [2029, 2030, 2031]


def test_years_after_a_month_keep_the_end_of_the_month():
    """A rhythm of years whose first span is of months is counted from where that began, too."""
    found = [rhythm("13 month", "1 year").time(number) for number in range(4)]
    assert [f"{one:%Y-%m-%d}" for one in found] == ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]


def test_it_ends_where_time_does():
    """Behind the last day that there is a rhythm stands still."""
    assert rhythm("1 h", "1 h").time(10**9) == LAST


@pytest.mark.parametrize("shift", ["none", "end_of_day", "next_working_day"])
@pytest.mark.parametrize(("first", "then"), [("1 h", "7 h"), ("1 month", "1 month"), ("1 day", "1 working day")])
def test_the_first_that_is_due_is_found_as_by_counting(first, then, shift):
    """For limits at, before and after a time: the first number behind it whose time is not before the limit."""
    found = rhythm(first, then)
    for number in range(4):
        for ahead in range(9):
            for offset in (-1, 0, 1):
                limit = found.time(number + ahead) + timedelta(seconds=offset)
                counted = next(one for one in count(number + 1) if shifted(found.time(one), shift, CN) >= limit)
                assert found.first_due(number, limit, shift) == counted, (number, ahead, offset)


ALL = 10**6
SCHEDULE = duty("response_started 5 min", recurs=every("5 min", after="schedule"), pausable=True)
STORIES = {
    "nothing": lambda told: told,
    "an act": lambda told: told.done(77),
    "two acts": lambda told: told.done(52).done(203),
    "a pause": lambda told: told.paused(101, 130),
    "a pause at once": lambda told: told.paused(5, 6),
    "two pauses": lambda told: told.paused(33, 34).paused(150, 190),
    "a pause that lasts": lambda told: told.paused(122),
    "a pause of no time": lambda told: told.paused(60, 60),
    "a waiver ahead": lambda told: told.waived(3, occurrence=20),
    "waivers": lambda told: told.waived(3, occurrence=9).waived(4, occurrence=31),
    "a waiver of what is missed": lambda told: told.waived(200, occurrence=12),
    "an end": lambda told: told.resolved(120),
    "an end and a reopening": lambda told: told.resolved(120).reopened(180),
    "all": lambda told: told.waived(3, occurrence=20).paused(41, 60).done(160).resolved(222).reopened(240),
}


def listed(monkeypatch: pytest.MonkeyPatch, most: int, story: Story, until: int):
    """Return what is owed when *most* that were missed in a row are listed."""
    monkeypatch.setattr(recurrences, "MISSED_MAX", most)
    found = owed(plan(SCHEDULE), story.whole(), until=minute(until))
    return [one for one in found if one.obligation == SCHEDULE.id]


@pytest.mark.parametrize("most", [1, 2, 3, 7])
@pytest.mark.parametrize("what", STORIES)
def test_what_is_skipped_is_counted(monkeypatch, what, most):
    """What is listed is the same as if all were listed, the last that were missed among it; the others are counted."""
    for until in (4, 5, 27, 31, 58, 123, 200, 201, 300, 1000):
        story = STORIES[what](Story().fact("response_started", 0))
        whole = {one.occurrence: one for one in listed(monkeypatch, ALL, story, until)}
        found = listed(monkeypatch, most, story, until)
        assert [attrs.evolve(one, missed_before=0) for one in found] == [whole[one.occurrence] for one in found]
        counted = [number for one in found for number in range(one.occurrence - one.missed_before, one.occurrence + 1)]
        assert counted == list(whole)
        skipped = set(whole) - {one.occurrence for one in found}
        told = {verdict(whole[number], minute(1000)) for number in skipped}
        assert told <= {"missing", *(["waived"] if "is missed" in what else [])}  # it was counted before it was waived
        assert [one.missed_before for one in whole.values()] == [0] * len(whole)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_it_costs_what_is_listed(monkeypatch, most):
    """Of a schedule that was missed a million times a handful is made, not each one."""
    made = []
    real = Rhythm.time
    monkeypatch.setattr(Rhythm, "time", lambda self, number: made.append(number) or real(self, number))
    found = listed(monkeypatch, most, Story().fact("response_started", 0), 5 * ALL)
    assert len(found) == most + 1
    assert found[0].missed_before == found[0].occurrence - 1
    assert len(made) < 200
