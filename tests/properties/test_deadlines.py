"""What always holds of deadlines: the algebra equals a walk of the clock, and only facts move them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import attrs
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from clock_walk import Walk, end_of, first_shown
from duties import Story, duty, every, minute, minutes, plan
from respond.plan import courses, recurrences
from respond.plan import owed as owing
from respond.plan.calendars import WEEK, Calendar
from respond.plan.deadlines import shifted
from respond.plan.obligations import Obligation
from respond.plan.owed import Owed, owed, verdict
from respond.plan.rhythms import Rhythm
from respond.plan.spans import Span

CONTROL = settings(max_examples=4000, derandomize=True, database=None, phases=[Phase.generate])
"""For controls: a defect that was planted is to be found, and nothing else about it matters."""
ZONES = ("UTC", "Asia/Shanghai", "Europe/Brussels", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo")
DAYS = st.dates(date(2017, 1, 1), date(2018, 12, 31))
"""While Sao Paulo skipped midnight, and Lord Howe moved its clocks by half an hour."""


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Draw a calendar with days off and days made up."""
    off = draw(st.sets(DAYS, max_size=8))
    return Calendar(
        name="drawn",
        version="1",
        zone=draw(st.sampled_from(ZONES)),
        working_week=tuple(draw(st.lists(st.sampled_from(WEEK), min_size=1, unique=True))),
        holidays=tuple(off),
        workdays=tuple(draw(st.sets(DAYS, max_size=8)) - off),
    )


INSTANTS = st.datetimes(datetime(2017, 1, 1), datetime(2018, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
SPANS = st.one_of(
    st.builds(Span, st.integers(1, 4000), st.just("minute")),
    st.builds(Span, st.integers(1, 80), st.sampled_from(["hour", "day", "working_day"])),
    st.builds(Span, st.integers(1, 18), st.just("month")),
    st.builds(Span, st.integers(1, 3), st.just("year")),
)


@given(calendar=calendars(), begin=INSTANTS, span=SPANS)
def test_a_span_ends_where_a_walk_of_the_calendar_ends(calendar, begin, span):
    """Counting equals walking day by day, and finding the time of the day minute by minute."""
    assert calendar.after(begin, span) == end_of(calendar, begin, span)


@given(calendar=calendars(), local=st.datetimes(datetime(2017, 1, 1), datetime(2018, 12, 31)))  # noqa: DTZ001
def test_a_time_is_the_first_instant_at_which_the_clock_shows_it(calendar, local):
    """The earlier of two, the end of a gap; by walking the clock."""
    local = local.replace(second=0, microsecond=0)
    assert calendar.instant(local) == first_shown(calendar, local)


@given(calendar=calendars(), begin=INSTANTS, span=SPANS, later=st.timedeltas(timedelta(0), timedelta(days=40)))
def test_who_begins_later_ends_no_earlier(calendar, begin, span, later):
    """A span never overtakes itself, whatever clocks and calendars do."""
    assert calendar.after(begin, span) <= calendar.after(begin + later, span)


@given(calendar=calendars(), due=INSTANTS)
def test_a_shift_leads_to_a_working_day_and_never_back(calendar, due):
    """Moved, a deadline lies on a working day, later than it was; one on a working day stays."""
    noon = shifted(due, "noon_next_working_day", calendar)
    same = shifted(due, "next_working_day", calendar)
    end = shifted(due, "end_of_day", calendar)
    assert calendar.is_working(calendar.local(noon).date())
    assert calendar.is_working(calendar.local(same).date())
    assert min(noon, same, end) >= due
    assert calendar.local(end).date() == calendar.local(due).date()
    if calendar.is_working(calendar.local(due).date()):
        assert noon == same == due


# -- obligations -------------------------------------------------------------------------------------------------------

FACTS = ("told", "aware", "classified", "level_assigned", "response_ended", "reopened")
EVENT = st.one_of(
    st.tuples(st.just("fact"), st.sampled_from(FACTS[:3])),
    st.tuples(st.just("done"), st.none()),
    st.tuples(st.just("done"), st.none()),
    st.tuples(st.just("waived"), st.none()),
)
LEVELS = st.tuples(st.just("level"), st.integers(1, 3))
STATE = st.tuples(st.just("state"), st.sampled_from(["cancelled", "responding", "resolved"]))
ENDS = {"resolved": "response_ended", "responding": "reopened"}
LAST = 160
Events = list[tuple[int, str, Any]]
Pauses = list[tuple[int, int | None]]


@st.composite
def duties(draw: st.DrawFn) -> Obligation:
    """Draw an obligation with spans of minutes."""
    facts = draw(st.lists(st.sampled_from(FACTS), min_size=1, max_size=3, unique=True))
    within = [draw(st.integers(5, 50)) for _ in facts]
    rhythm = draw(st.sampled_from(["", "", "discharge", "schedule"]))
    return duty(
        ", ".join(f"{fact} {span} min" for fact, span in zip(facts, within, strict=True)),
        levels=tuple(draw(st.sets(st.integers(1, 3)))),
        on_raising=draw(st.sampled_from(["keep", "restart"])),
        on_lowering=draw(st.sampled_from(["keep", "drop"])),
        recurs=every(f"{draw(st.integers(10, 50))} min", after=rhythm) if rhythm else None,
        pausable=True,
        near="5 min",
    )


@st.composite
def lives(draw: st.DrawFn) -> tuple[Events, Pauses]:
    """Draw what happens to an incident at which minute, and when the clock of its obligation stands still."""
    events = draw(st.lists(st.tuples(st.integers(0, LAST), EVENT), max_size=10))
    for kind in (LEVELS, STATE):
        events += draw(st.lists(st.tuples(st.integers(0, LAST), kind), max_size=4, unique_by=lambda one: one[0]))
    edges = sorted(draw(st.sets(st.integers(0, LAST), max_size=5)))
    pauses: Pauses = list(zip(edges[::2], edges[1::2], strict=False))
    if len(edges) % 2:
        pauses.append((edges[-1], None))
    return sorted(((at, *what) for at, what in events), key=lambda one: one[0]), pauses


def story(events: Events, pauses: Pauses) -> Story:
    """Return what happens, as facts tell it."""
    told = Story()
    for number, (at, kind, what) in enumerate(events):
        if kind == "fact":
            told.fact(what, at)
        elif kind == "level":
            told.level(at, what)
        elif kind == "state":
            told.state(at, what)
            if what in ENDS:
                told.fact(ENDS[what], at)
        elif kind == "done":
            told.done(at, entry=f"done {number}")
        else:
            told.waived(at)
    for at, until in pauses:
        told.paused(at, until)
    return told


def derived(obligation: Obligation, life: tuple[Events, Pauses]) -> tuple[Owed, ...]:
    """Return what *obligation* comes to in *life*, by the algebra."""
    return owed(plan(obligation), story(*life).whole(), until=minute(LAST))


def as_derived(found: tuple[Owed, ...]) -> list[tuple[float | None, ...]]:
    """Return deadlines and what was done of each, in minutes."""
    return [tuple(map(minutes, (one.due_at, one.done_at, one.waived_at, one.dropped_at))) for one in found]


def as_walked(obligation: Obligation, life: tuple[Events, Pauses]) -> list[tuple[float | None, ...]]:
    """Return the same, by walking the clock."""
    walk = Walk(obligation, life[1])
    return [(walk.due(one), one.done, one.waived, one.dropped) for one in walk.go(life[0], LAST)]


@given(obligation=duties(), life=lives())
def test_the_algebra_equals_a_walk_of_the_clock(obligation, life):
    """Deadlines, discharges, waivers and drops are those that a simulation finds, minute by minute."""
    assert as_derived(derived(obligation, life)) == as_walked(obligation, life)


def ignore_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every clock run on while it stands still."""
    real = courses.deadline
    monkeypatch.setattr(courses, "deadline", lambda end, **told: real(end, **{**told, "pauses": ()}))


def take_the_last_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock count that is the last to run out."""
    monkeypatch.setattr(courses, "min", max, raising=False)


def never_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every clock when the level is raised."""
    monkeypatch.setattr(courses.Course, "raised", lambda *_: None)


def forget_what_was_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count nothing that was done before it was owed."""
    monkeypatch.setattr(courses.Once, "_redeem", lambda *_: None)


def move_what_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let facts move deadlines that have passed."""
    monkeypatch.setattr(courses.Occurrence, "passed", lambda *_: False)


def never_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Owe once what is owed each time that the response ends."""
    monkeypatch.setattr(courses, "_ANEW", frozenset())


@pytest.mark.parametrize(
    "plant",
    [never_begin_anew, ignore_pauses, take_the_last_clock, never_restart, forget_what_was_early, move_what_has_passed],
)
def test_a_planted_defect_is_found(monkeypatch, plant):
    """The control: an algebra with a defect does not equal the walk."""
    plant(monkeypatch)
    find(
        st.tuples(duties(), lives()),
        lambda drawn: as_derived(derived(*drawn)) != as_walked(*drawn),
        settings=CONTROL,
    )


def kept(monkeypatch: pytest.MonkeyPatch, most: int, obligation: Obligation, life: tuple[Events, Pauses]) -> Any:
    """Return what *obligation* comes to when *most* that were missed in a row are listed."""
    monkeypatch.setattr(recurrences, "MISSED_MAX", most)
    return owed(plan(obligation), story(*life).whole(), until=minute(LAST))


def differ_where_listed(monkeypatch: pytest.MonkeyPatch, most: int, obligation: Obligation, life: Any) -> bool:
    """Return whether an algebra that lists less than all says anything else of what it lists, or miscounts the rest."""
    every_one = {one.occurrence: one for one in kept(monkeypatch, 10**6, obligation, life)}
    listed = kept(monkeypatch, most, obligation, life)
    left = set(every_one)
    for one in listed:
        gone = range(one.occurrence - one.missed_before, one.occurrence)
        if attrs.evolve(one, missed_before=0) != every_one[one.occurrence]:
            return True
        if any(verdict(every_one[number], minute(LAST)) != "missing" for number in gone):
            return True
        left -= {one.occurrence, *gone}
    return bool(left)


SCHEDULES = duties().filter(lambda one: one.recurs is not None and one.recurs.after == "schedule")


@given(obligation=SCHEDULES, life=lives(), most=st.integers(1, 4))
def test_what_is_not_listed_changes_nothing(obligation, life, most):
    """Skipping along a schedule equals following it: what is listed is the same, and what is not is counted."""
    with pytest.MonkeyPatch.context() as patched:
        assert not differ_where_listed(patched, most, obligation, life)


def test_a_skip_that_goes_too_far_is_found(monkeypatch):
    """The control: a skip that leaves out what is not missed yet does not equal following."""
    real = Rhythm.first_due
    monkeypatch.setattr(Rhythm, "first_due", lambda self, number, limit, shift: real(self, number, limit, shift) + 2)
    differs = settings(max_examples=4000, derandomize=True, database=None, phases=[Phase.generate])
    find(
        st.tuples(SCHEDULES, lives()),
        lambda drawn: differ_where_listed(monkeypatch, 1, *drawn),
        settings=differs,
    )


FORWARD: dict[str, int] = {
    "waiting": 0,
    "paused": 1,
    "open": 1,
    "near": 2,
    "missing": 3,
    **dict.fromkeys(["met", "near_miss", "late", "waived", "dropped"], 4),
}
MET, BREACHED = {"met", "near_miss"}, {"late", "missing"}


def contradicted(obligation: Obligation, life: tuple[Events, Pauses]) -> bool:
    """Return whether a verdict moves back as time goes by, ends twice, or is both met and breached."""
    for one in derived(obligation, life):
        seen = [owing.verdict(one, minute(now)) for now in range(-2, 2 * LAST)]
        forward = [FORWARD[word] for word in seen]
        ends = {word for word in seen if FORWARD[word] == 4}
        if forward != sorted(forward) or len(ends) > 1 or not (MET.isdisjoint(seen) or BREACHED.isdisjoint(seen)):
            return True
    return False


@given(obligation=duties(), life=lives())
def test_verdicts_move_forward_and_contradict_no_other(obligation, life):
    """As time goes by a verdict only moves forward, its end is its end, and nothing is met and breached."""
    assert not contradicted(obligation, life)


def moved_by_asking(obligation: Obligation, life: tuple[Events, Pauses], until: int) -> bool:
    """Return whether an occurrence is another one when it is asked for later, or another one is owed."""
    early, late = (owed(plan(obligation), story(*life).whole(), until=minute(end)) for end in sorted([until, 2 * LAST]))
    scheduled = obligation.recurs is not None and obligation.recurs.after == "schedule"
    return late[: len(early)] != early or (len(late) != len(early) and not scheduled)


@given(obligation=duties(), life=lives(), until=st.integers(0, 2 * LAST))
def test_the_time_of_asking_moves_nothing(obligation, life, until):
    """Asked for later, the same occurrences are listed, and of a schedule more."""
    assert not moved_by_asking(obligation, life, until)


@given(obligation=duties(), life=lives(), other=lives())
def test_what_concerns_another_obligation_moves_nothing(obligation, life, other):
    """Acts, waivers, pauses and facts of another obligation change nothing."""
    told = story(*life)
    before = owed(plan(obligation), told.whole(), until=minute(LAST))
    for at, kind, _ in other[0]:
        if kind == "done":
            told.done(at, obligation="another")
        elif kind == "waived":
            told.waived(at, obligation="another")
        else:
            told.fact("occurred", at)
    for at, until in other[1]:
        told.paused(at, until, obligation="another")
    another = duty("occurred 20 min", id="another", recurs=every("15 min", after="schedule"))
    assert owed(plan(another, obligation), told.whole(), until=minute(LAST))[-len(before) or LAST**2 :] == before


def moved_when_passed(obligation: Obligation, life: tuple[Events, Pauses], now: int) -> bool:
    """Return whether what comes after *now* moves a deadline that has passed by then, or takes an occurrence away."""
    events, pauses = life
    sofar = [one for one in events if one[0] <= now]
    stood = [(at, None if until is not None and until > now else until) for at, until in pauses if at <= now]
    known = owed(plan(obligation), story(sofar, stood).whole(), until=minute(now))
    whole = derived(obligation, life)
    passed = [
        (one, same)
        for one, same in zip(known, whole, strict=False)
        if one.due_at is not None and one.due_at < minute(now) and one.dropped_at is None
    ]
    return len(whole) < len(known) or any((one.since, one.due_at) != (same.since, same.due_at) for one, same in passed)


@given(obligation=duties(), life=lives(), now=st.integers(0, LAST))
def test_what_comes_later_moves_no_deadline_that_has_passed(obligation, life, now):
    """A deadline that has passed by what was told so far is the same by all that is told later."""
    assert not moved_when_passed(obligation, life, now)


def forgive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was done late be met."""
    verdict = owing.verdict
    monkeypatch.setattr(owing, "verdict", lambda *told: "met" if verdict(*told) == "late" else verdict(*told))


def expect_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is waived count as missing again a while later."""
    verdict = owing.verdict
    monkeypatch.setattr(owing, "verdict", lambda one, now: "missing" if now > minute(LAST) else verdict(one, now))


def drift(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each look at a deadline move it by a minute."""
    real, looks = courses.deadline, count()

    def drifting(*told: Any, **more: Any) -> datetime | None:
        at = real(*told, **more)
        return None if at is None else at + next(looks) * (minute(1) - minute(0))

    monkeypatch.setattr(courses, "deadline", drifting)


@pytest.mark.parametrize(
    ("plant", "broken"),
    [
        (forgive, contradicted),
        (expect_no_end, contradicted),
        (drift, moved_by_asking),
        (drift, moved_when_passed),
    ],
)
def test_a_verdict_that_turns_or_a_deadline_that_moves_is_found(monkeypatch, plant, broken):
    """The control: each of these defects breaks the property that it is planted against."""
    plant(monkeypatch)
    when = () if broken is contradicted else (st.integers(0, LAST),)
    find(st.tuples(duties(), lives(), *when), lambda drawn: broken(*drawn), settings=CONTROL)


def test_a_spring_day_of_minutes():
    """The walk itself is walked over a gap: half past two in Brussels on 29 March 2026 is three o'clock."""
    brussels = Calendar(name="brussels", version="1", zone="Europe/Brussels")
    assert first_shown(brussels, datetime.fromisoformat("2026-03-29T02:30")) == datetime(2026, 3, 29, 1, tzinfo=UTC)
