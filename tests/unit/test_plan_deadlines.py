from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from duties import Story, at, dues, duty, every, owes, plan, verdicts
from respond.errors import InvalidPlan
from respond.plan.calendars import EVERY_DAY, LAST, Calendar
from respond.plan.deadlines import deadline, shifted
from respond.plan.facts import Facts, Paused, StateEntered
from respond.plan.owed import owed
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


@pytest.mark.parametrize(
    ("content", "place", "value"),
    [
        ({"zone": "Mars/Olympus"}, "zone", "Mars/Olympus"),
        ({"working_week": ()}, "working_week", None),
        ({"working_week": ("mon", "tue", "mon")}, "working_week[2]", "mon"),
        ({"holidays": (MONDAY.date(), FRIDAY.date(), MONDAY.date())}, "holidays[2]", MONDAY.date()),
        ({"workdays": (FRIDAY.date(), MONDAY.date()), "holidays": (MONDAY.date(),)}, "workdays[1]", MONDAY.date()),
    ],
)
def test_a_calendar_that_contradicts_itself_says_where(content, place, value):
    """The place and the value are told, so that a reader finds the line."""
    with pytest.raises(InvalidPlan) as refused:
        Calendar(**{"name": "x", "version": "1", "zone": "UTC", **content})
    assert (refused.value.place, refused.value.value) == (place, value)


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        # Apia skipped the whole of 30 December 2011; Lord Howe moves its clocks by half an hour
        ("Pacific/Apia 2011-12-30 00:00", "2011-12-30 10:00"),
        ("Pacific/Apia 2011-12-30 23:59:59.5", "2011-12-30 10:00"),
        ("Australia/Lord_Howe 2026-10-04 02:15", "2026-10-03 15:30"),
        ("Australia/Lord_Howe 2026-10-04 02:30", "2026-10-03 15:30"),
        ("Australia/Lord_Howe 2026-10-04 02:30:01", "2026-10-03 15:30:01"),
        ("Europe/Brussels 2026-03-29 02:00", "2026-03-29 01:00"),
        ("Europe/Brussels 2026-03-29 02:59:59", "2026-03-29 01:00"),
        ("Europe/Brussels 2026-03-29 01:59:59", "2026-03-29 00:59:59"),
    ],
)
def test_what_a_clock_skips_is_where_it_goes_on(local, expected):
    """To the second, however long it skips."""
    zone, _, shown = local.partition(" ")
    calendar = Calendar(name="x", version="1", zone=zone)
    assert calendar.instant(datetime.fromisoformat(shown)) == at(expected)


def test_a_calendar_shows_what_its_clock_shows():
    """Without a zone, and the same whether the clock shows it for the first or the second time."""
    brussels = Calendar(name="x", version="1", zone="Europe/Brussels")
    first, second = (brussels.local(at(f"2026-10-25 {hour}:30")) for hour in ("00", "01"))
    assert first == second == datetime.fromisoformat("2026-10-25 02:30")
    assert (second.tzinfo, second.fold) == (None, 0)


@pytest.mark.parametrize(
    ("span", "end"),
    [("1 month", "0001-01-03 00:00"), ("1 year", "0001-01-03 00:00"), ("1 day", "0001-01-03 00:00")],
)
def test_nothing_begins_before_the_first_year(span, end):
    """What would begin before the year 1 begins at the edge."""
    assert EVERY_DAY.before(at("0001-01-01 12:00"), Span.parse(span)) == at(end)
    assert EVERY_DAY.after(at("9999-12-31 12:00"), Span.parse(span)) == LAST


def test_two_clocks_may_start_at_the_end_of_the_response():
    """The one that runs out first counts."""
    review = duty("response_ended 60 min, response_ended 30 min")
    assert dues(owes(review, Story().resolved(0).reopened(0).resolved(5))) == [35]


def test_one_event_may_start_two_clocks():
    """The end of the response, which is a state too, starts both."""
    ended = StateEntered(at=at("2026-03-02 08:00"), entry="resolved", state="resolved")
    facts = Facts(facts={"response_ended": (ended,)}, states=(ended,))
    assert dues(owed(plan(duty("response_ended 60 min, response_ended 30 min")), facts)) == [30]


PAUSABLE = duty(pausable=True)
FIRST_COUNTS = duty("aware 60 min, told 35 min", pausable=True)
MAJOR = duty("classified 3 days, aware 1 day", categories=("major",), shift="noon_next_working_day", calendar="week")


def born(*, when: float) -> Story:
    """Return a story in which it turns out so late that the incident is a major one."""
    return Story().fact("aware", 0).known(0, category="other").known(when, category="major")


@pytest.mark.parametrize(
    ("obligation", "story", "expected"),
    [
        # of two clocks that run out together the first counts; a pause before a clock began does not hold it up
        (duty("aware 60 min, told 60 min"), Story().fact("aware", 0).fact("told", 0), [60]),
        (FIRST_COUNTS, Story().fact("aware", 0).fact("told", 30).paused(10, 20), [65]),
        # one that runs out at the instant at which it is owed is not over
        (duty("classified 4 h, aware 24 h", categories=("major",)), born(when=1440).fact("classified", 1440), [1440]),
        # a pause that begins when it is done moves nothing
        (PAUSABLE, Story().fact("aware", 0).done(30).paused(30, 50), [60]),
        # done anew, each time has its own clocks
        (
            duty("response_ended 24 h, aware 10 h"),
            Story().fact("aware", 0).resolved(0).done(10).reopened(30).resolved(200),
            [600, 1640],
        ),
        # reopened before it is owed, the clock waits for the next end
        (duty("response_ended 60 min", categories=("major",)), born(when=40).resolved(0).reopened(30), [None]),
        # a pause after the discharge moves no occurrence but the next
        (
            duty("response_started 30 min", recurs=every("60 min"), pausable=True),
            Story().fact("response_started", 0).done(20).done(50).paused(60),
            [30, 80, None],
        ),
    ],
)
def test_which_clock_counts(obligation, story, expected):
    """The first to run out, as far as it still runs."""
    assert dues(owes(obligation, story)) == expected


def test_a_clock_whose_grace_lasts_is_not_over():
    """It ran out on Saturday, and its deadline is Monday: owed on Sunday, it counts."""
    friday, sunday = 4 * 1440, 6 * 1440
    story = Story().fact("aware", friday).known(0, category="other").known(sunday, category="major")
    [one] = owes(MAJOR, story.fact("classified", sunday), calendars=[WEEK])
    assert one.due_at == NOON


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (born(when=10).waived(5), ["waived"]),
        (born(when=10).waived(5).done(3), ["met"]),
        (born(when=10).waived(5).done(5), ["waived"]),
        (born(when=10).waived(5).done(7), ["waived"]),
        (Story().fact("aware", 0).known(0, category="major").state(30, "cancelled").done(40).reopened(200), ["met"]),
    ],
)
def test_what_is_done_or_waived_before_it_is_owed_counts(story, expected):
    """What came first of the two; at one instant the waiver."""
    assert verdicts(owes(duty(categories=("major",)), story), 300) == expected


def test_a_later_occurrence_may_be_waived_before_it_begins():
    """It is waived as soon as it is owed, and the one after it follows."""
    again = duty("response_started 30 min", recurs=every("60 min"))
    found = owes(again, Story().fact("response_started", 0).waived(5, occurrence=2).done(20))
    assert verdicts(found, 25)[:2] == ["met", "waived"]


AFTER = duty("response_started 30 min", recurs=every("60 min"))
HOURLY = duty("classified 60 min", recurs=every("60 min", after="schedule"))
RESTARTED = duty("response_started 60 min", recurs=every("60 min", after="schedule"), on_raising="restart")
STARTED = ("response_started", 0)


@pytest.mark.parametrize(
    ("obligation", "story", "expected"),
    [
        # classified again, the first time moves with it while it is neither over nor done nor waived
        (HOURLY, Story().fact("classified", 0, 30), [90]),
        (HOURLY, Story().fact("classified", 0, 61), [60]),
        (HOURLY, Story().fact("classified", 0, 30).done(10), [60]),
        (HOURLY, Story().fact("classified", 0, 30).waived(10), [60]),
        # reopened before its deadline, it begins when it is reopened
        (AFTER, Story().fact(*STARTED).resolved(10).reopened(20), [80]),
        # raised, the occurrence that runs begins again
        (
            duty("response_started 30 min", recurs=every("60 min"), on_raising="restart"),
            Story().fact(*STARTED).level(0, 3).done(20).level(40, 2),
            [30, 100],
        ),
        # so does a schedule, whose last time is done, or is the one after what was missed
        (RESTARTED, Story().fact(*STARTED).level(0, 3).done(20).level(40, 2), [60, 100]),
        (RESTARTED, Story().fact(*STARTED).level(0, 3).level(100, 2), [60, 160]),
        (RESTARTED, Story().fact(*STARTED).level(0, 3).level(40, 2), [100]),
        # a third follows on a second that was waived
        (AFTER, Story().fact(*STARTED).done(20).waived(30, occurrence=2), [30, 80, 140]),
    ],
)
def test_when_it_is_owed_again(obligation, story, expected):
    """From the first clock until that is over, and from what came before it from then on."""
    assert dues(owes(obligation, story)) == expected


def test_what_follows_on_a_waiver_says_so():
    """As it does on a discharge, with the entry of the waiver."""
    found = owes(AFTER, Story().fact(*STARTED).waived(10))
    assert [(one.fact, one.entry) for one in found] == [
        ("response_started", "response_started@0"),
        ("discharged", "waived@10"),
    ]


def test_what_was_missing_stays_so_when_it_is_owed_again():
    """Cancelled after the deadline and reopened, a clock that still runs gives no more time."""
    story = Story().fact("aware", 0).fact("told", 0).state(70, "cancelled").reopened(200)
    assert dues(owes(duty("aware 60 min, told 5 h"), story)) == [60]


@pytest.mark.parametrize("fold", [0, 1])
def test_what_a_clock_shows_twice_is_the_earlier(fold):
    """To the microsecond, whichever of the two was meant."""
    brussels = Calendar(name="x", version="1", zone="Europe/Brussels")
    shown = datetime.fromisoformat("2026-10-25 02:30:00.000005").replace(fold=fold)
    assert brussels.instant(shown) == at("2026-10-25 00:30:00.000005")


def test_what_begins_when_the_level_is_raised_says_so():
    """With the entry of the level."""
    found = owes(RESTARTED, Story().fact(*STARTED).level(0, 3).done(20).level(40, 2))
    assert [(one.fact, one.entry) for one in found][1] == ("level_assigned", "level_assigned@40")
