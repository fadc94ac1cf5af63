from __future__ import annotations

from datetime import timedelta

import attrs

from duties import Story, duty, every, minute, minutes, owes, plan
from respond.plan.ladder import next_moment, rungs
from respond.plan.obligations import Rung
from respond.plan.owed import owed
from respond.plan.spans import Span

LADDER = (
    Rung(after=Span(20, "minute"), tell=("director",), levels=(1,)),
    Rung(before=Span(10, "minute"), tell=("commander",)),
    Rung(tell=("deputy",)),
    Rung(before=Span(2, "hour"), tell=("commander",)),
)
DUTY = duty(ladder=LADDER, near="15 min")
AWARE = Story().fact("aware", 0)


def climbed(story: Story, level: int | None) -> list[tuple[int, float | None]]:
    """Return the numbers of the rungs that are climbed, and when."""
    [one] = owes(DUTY, story)
    return [(climb.number, minutes(climb.at)) for climb in rungs(plan(DUTY), one, level)]


def test_rungs_are_climbed_in_order_of_time():
    """A ladder is climbed before, at and after the deadline; never before the clock began."""
    assert climbed(AWARE, 1) == [(4, 0), (2, 50), (3, 60), (1, 80)]


def test_a_rung_has_its_levels():
    """At another level, or none, a rung for some levels is left out."""
    assert climbed(AWARE, 2) == climbed(AWARE, None) == [(4, 0), (2, 50), (3, 60)]


def test_nobody_is_told_of_what_is_over():
    """Done, waived or dropped, it climbs no further; without a deadline it has no rungs."""
    assert climbed(Story().fact("aware", 0).done(55), 1) == [(4, 0), (2, 50)]
    assert climbed(Story().fact("aware", 0).waived(50), 1) == [(4, 0)]
    assert climbed(Story().fact("aware", 0).state(50, "cancelled"), 1) == [(4, 0)]
    assert climbed(Story(), 1) == []


def test_the_next_moment_is_the_first_after_now():
    """It gets near, climbs, falls due and climbs again; after that nothing is to come."""
    whole = plan(DUTY)
    found = owed(whole, AWARE.whole())
    moments, now = [], minute(-5)
    while (after := next_moment(found, whole, now)) is not None:
        moments.append(minutes(after))
        now = after
    assert moments == [0, 45, 50, 60, 80]


def test_what_is_done_has_no_next_moment():
    """Nothing is to come of what was done, and the next moment is that of another obligation."""
    other = attrs.evolve(DUTY, id="other", ladder=(), near=None)
    whole = plan(DUTY, other)
    found = owed(whole, Story().fact("aware", 0).done(5).whole())
    assert next_moment(found, whole, minute(5)) == minute(60)
    assert next_moment([], whole, minute(5)) is None


def test_what_the_plan_does_not_name_or_date_has_no_next_moment():
    """What another plan asked for, and a schedule whose clock stands still, bring nothing."""
    brief = duty("aware 30 min", recurs=every("30 min", after="schedule"), pausable=True)
    found = owed(plan(brief), Story().fact("aware", 0).whole())
    assert next_moment(found, plan(), minute(-5)) is None
    paused = owed(plan(brief), Story().fact("aware", 0).paused(10).whole())
    assert [one.due_at for one in paused] == [None]
    assert next_moment(paused, plan(brief), minute(-5)) is None


def test_a_schedule_goes_on_whatever_was_done():
    """Done before its deadline, a schedule is to be looked at right behind it: its next occurrence begins there."""
    rung = Rung(before=Span(5, "minute"), tell=("commander",))
    brief = duty("aware 30 min", recurs=every("30 min", after="schedule"), ladder=(rung,))
    whole, facts = plan(brief), Story().fact("aware", 0).done(10).whole()
    now, moments = minute(10), []
    for _ in range(3):
        now = next_moment(owed(whole, facts, until=now), whole, now)
        moments.append(now)
    instant = timedelta(microseconds=1)
    assert moments == [minute(30) + instant, minute(55), minute(60)]
