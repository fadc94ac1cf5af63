from __future__ import annotations

from typing import get_args

import attrs
import pytest

from duties import Story, at, dues, duty, every, minute, minutes, owes, plan, verdicts
from respond.plan.calendars import Calendar
from respond.plan.communication import Audience
from respond.plan.conditions import Bounds, Condition
from respond.plan.customer_care import CustomerCare
from respond.plan.facts import ActionStep, CaseStep, Facts, StateEntered
from respond.plan.follow_up import FollowUp
from respond.plan.obligations import Fact
from respond.plan.owed import due, owed, verdict
from respond.plan.reader import SHIPPED, read_calendar
from respond.plan.spans import Span

EU = read_calendar(SHIPPED / "calendars" / "eu@2026.toml")
CN = read_calendar(SHIPPED / "calendars" / "cn@2026.toml")
KEEP = duty("level_assigned 60 min", levels=(1, 2))
DROP = attrs.evolve(KEEP, on_lowering="drop")


class TestClocks:
    """Where deadlines lie."""

    def test_nothing_runs_before_its_fact(self):
        """An obligation waits until what its clock starts at has happened."""
        [one] = owes(duty(), Story())
        assert (one.since, one.due_at, verdict(one, minute(0))) == (None, None, "waiting")

    def test_a_clock_starts_at_its_fact(self):
        """The deadline names the fact and the event at which its clock began."""
        [one] = owes(duty("aware 60 min"), Story().fact("aware", 5))
        assert (minutes(one.since), one.fact, one.entry, minutes(one.due_at)) == (5, "aware", "aware@5", 65)

    def test_the_earliest_of_several_counts(self):
        """DORA: 4 hours from the classification, and 24 hours from awareness."""
        dora = duty("classified 4 h, aware 24 h")
        assert dues(owes(dora, Story().fact("aware", 0))) == [24 * 60]
        assert dues(owes(dora, Story().fact("aware", 0).fact("classified", 60))) == [5 * 60]
        assert dues(owes(dora, Story().fact("aware", 0).fact("classified", 23 * 60))) == [24 * 60]

    def test_a_clock_that_ran_out_before_the_duty_was_born_gives_way(self):
        """DORA: classified as major later than 24 hours after awareness, there are 4 hours from then."""
        dora = duty("classified 4 h, aware 24 h", categories=("major",))
        story = Story().fact("aware", 0).known(0, category="other").fact("classified", 1800)
        story = story.known(1800, category="major")
        assert dues(owes(dora, story)) == [1800 + 240]

    def test_a_clock_that_ran_out_counts_when_there_is_no_other(self):
        """GDPR: what is found to be a breach of personal data after 72 hours is late from the first."""
        gdpr = duty("aware 72 h", categories=("personal_data",))
        story = Story().fact("aware", 0).known(0, category="other").known(80 * 60, category="personal_data")
        [one] = owes(gdpr, story)
        assert (minutes(one.due_at), verdict(one, minute(80 * 60))) == (72 * 60, "missing")

    def test_gdpr_runs_through_the_weekend(self):
        """72 hours from awareness are 72 hours, also over a change of the clocks."""
        gdpr = duty("aware 72 h", calendar="eu")
        [one] = owes(gdpr, Story().fact("aware", at("2026-03-27 16:00")), calendars=[EU])
        assert one.due_at == at("2026-03-30 16:00")

    def test_dora_s_final_report_is_due_a_month_after_the_intermediate(self):
        """On a Sunday it is due at noon of the next working day, which is not Good Friday."""
        final = duty(
            "previous_report 1 month",
            act="report_upward",
            report="final",
            recipient="city",
            calendar="eu",
            shift="noon_next_working_day",
        )
        story = Story().report(at("2026-03-02 10:00"), "initial").report(at("2026-03-03 10:00"), "follow_up")
        [one] = owes(final, story, calendars=[EU])
        assert one.due_at == at("2026-04-07 10:00"), "3 April is Good Friday: noon in Brussels on Tuesday"
        assert (one.fact, one.entry) == ("previous_report", f"follow_up@{at('2026-03-03 10:00')}")

    def test_steps_of_production_accidents_follow_each_other(self):
        """生产安全事故: 1 hour from being told, and each level up 2 hours after it was reported to."""
        unit = duty("told 1 h", id="unit")
        county = duty("discharged:unit 2 h", id="county")
        city = duty("discharged:county 2 h", id="city")
        story = Story().fact("told", 0).done(45, obligation="unit").done(100, obligation="county")
        found = owed(plan(city, county, unit), story.whole())
        assert [(one.obligation, minutes(one.due_at)) for one in found] == [
            ("city", 100 + 120),
            ("county", 45 + 120),
            ("unit", 60),
        ]
        assert verdicts(found, 100) == ["open", "met", "met"]

    def test_a_report_to_another_is_no_previous_one(self):
        """The previous report is the last one to the same recipient."""
        follow = duty("previous_report 2 h", act="report_upward", report="follow_up", recipient="city")
        story = Story().report(0, "initial", "city").report(30, "initial", "province")
        assert dues(owes(follow, story)) == [120]

    def test_the_first_time_counts(self):
        """Told a second time, nobody has more time."""
        assert dues(owes(duty("told 60 min"), Story().fact("told", 0, 30))) == [60]

    ANEW = ("response_started", "response_ended", "reopened", "case_opened")
    LATEST = ("classified", "response_ended")
    FIRST = ("aware", "told", "reported", "assessed")

    @pytest.mark.parametrize("fact", [*ANEW, *LATEST, *FIRST])
    def test_what_happens_again_may_begin_another_clock(self, fact):
        """Once it is discharged, some facts begin it anew; while it is open, of some the last one counts."""
        once, again = duty(f"{fact} 60 min"), Story().fact(fact, 0, 100)
        assert dues(owes(once, again.done(30))) == [60, *([160] if fact in self.ANEW else [])]
        assert dues(owes(once, Story().fact(fact, 0, 40))) == [100 if fact in self.LATEST else 60]

    @pytest.mark.parametrize("fact", [*ANEW, *LATEST, *FIRST])
    @pytest.mark.parametrize("recurs", [None, every("3 h")])
    def test_before_it_is_owed_the_last_may_count(self, fact, recurs):
        """Of what may happen again the last one before it is owed counts; of all else the first."""
        later = duty(f"{fact} 2 h", categories=("major",), recurs=recurs)
        story = Story().known(0, category="other").fact(fact, 0, 40).known(50, category="major")
        assert dues(owes(later, story)) == [120 if fact in self.FIRST else 160]

    def test_the_last_category_counts_until_the_deadline_has_passed(self):
        """Classified again, the clock begins again; a deadline that has passed is moved by nothing."""
        assert dues(owes(duty("classified 60 min"), Story().fact("classified", 0, 30))) == [90]
        assert dues(owes(duty("classified 60 min"), Story().fact("classified", 0, 61))) == [60]


class TestVerdicts:
    """What became of an occurrence."""

    @pytest.mark.parametrize(
        ("now", "expected"), [(-1, "waiting"), (0, "open"), (49, "open"), (50, "near"), (60, "near"), (60.1, "missing")]
    )
    def test_time_goes_by(self, now, expected):
        """Undone, it is open, near in the time that the plan says, and missing after the deadline."""
        assert verdicts(owes(duty(near="10 min"), Story().fact("aware", 0)), now) == [expected]

    @pytest.mark.parametrize(
        ("done", "expected"), [(-5, "met"), (20, "met"), (50, "near_miss"), (60, "near_miss"), (60.1, "late")]
    )
    def test_done(self, done, expected):
        """Done in time it is met, a near miss when that was near, late after the deadline; done before it counts."""
        story = Story().fact("aware", 0).done(done)
        assert verdicts(owes(duty(near="10 min"), story), 100) == [expected]
        assert verdicts(owes(duty(near="10 min"), story), -10) == ["waiting"]

    def test_near_is_never_before_the_clock(self):
        """A band that is longer than the span is near from the beginning."""
        assert minutes(owes(duty(near="2 h"), Story().fact("aware", 0))[0].near_at) == 0

    def test_waived(self):
        """Waived, it is neither missing nor late; done before, it stays met; what may not be waived is not."""
        story = Story().fact("aware", 0).waived(30)
        assert verdicts(owes(duty(), story), 100) == ["waived"]
        assert verdicts(owes(duty(), story), 20) == ["open"]
        assert verdicts(owes(duty(), story), 30) == ["waived"]
        assert verdicts(owes(duty(), Story().fact("aware", 0).waived(30, "another")), 100) == ["missing"]
        assert verdicts(owes(duty(), story.done(40)), 100) == ["waived"]
        assert verdicts(owes(duty(), Story().fact("aware", 0).done(20).waived(30)), 100) == ["met"]
        assert verdicts(owes(duty(waivable=False), Story().fact("aware", 0).waived(30)), 100) == ["missing"]

    def test_due_lists_what_presses(self):
        """What is overdue or near is listed, the earliest deadline first."""
        first, second = duty("aware 30 min", id="first"), duty("aware 90 min", id="second", near="1 h")
        later, met = duty("aware 5 h", id="later"), duty("aware 10 min", id="met")
        facts = Story().fact("aware", 0).done(5, obligation="met").whole()
        assert [one.obligation for one in due(plan(second, later, met, first), facts, minute(40))] == [
            "first",
            "second",
        ]

    def test_due_follows_a_schedule(self):
        """Each time of it that was missed is listed, up to now."""
        hourly = duty("aware 60 min", recurs=every("60 min", after="schedule"))
        facts = Story().fact("aware", 0).whole()
        assert dues(due(plan(hourly), facts, minute(130))) == [60, 120]


class TestDischarge:
    """Which act discharges what."""

    def test_kind_and_recipient_must_fit(self):
        """Another kind of report, or one to another, discharges nothing."""
        initial = duty("aware 60 min", act="report_upward", report="initial", recipient="city")
        story = Story().fact("aware", 0).report(10, "initial", "province").report(20, "follow_up", "city")
        assert verdicts(owes(initial, story), 30) == ["open"]
        assert verdicts(owes(initial, story.report(25, "initial", "city")), 30) == ["met"]

    def test_fulfil_names_the_obligation(self):
        """A person says which obligation was fulfilled."""
        assert verdicts(owes(duty(), Story().fact("aware", 0).done(5, obligation="another")), 10) == ["open"]

    def test_a_measure_discharges_what_asks_for_it(self):
        """Another measure does not; where none is named, any does."""
        patch = duty(act="start_measure", measure="patch")
        story = Story().fact("aware", 0).done(5, "start_measure", measure="call")
        assert verdicts(owes(patch, story), 10) == ["open"]
        assert verdicts(owes(patch, story.done(6, "start_measure", measure="patch")), 10) == ["met"]
        assert verdicts(owes(duty(act="start_measure"), story), 10) == ["met"]

    def test_a_word_discharges_what_asks_for_it(self):
        """Who is told and in which stage must fit, where they are named."""
        tell = duty(act="publish_statement", recipient="staff", stage="initial")
        for told in ({"recipient": "press", "stage": "initial"}, {"recipient": "staff", "stage": "final"}):
            story = Story().fact("aware", 0).done(5, "publish_statement", **told)
            assert verdicts(owes(tell, story), 10) == ["open"]
            assert verdicts(owes(duty(act="publish_statement"), story), 10) == ["met"]
        story = Story().fact("aware", 0).done(5, "publish_statement", recipient="staff", stage="initial")
        assert verdicts(owes(tell, story), 10) == ["met"]

    def test_each_discharge_begins_what_waits_for_it(self):
        """What waits for a duty that recurs begins with each discharge of it, and with none that is still to come."""
        unit = duty("told 1 h", id="unit", recurs=every("2 h"))
        county = duty("discharged:unit 2 h", id="county")
        story = Story().fact("told", 0).done(45, obligation="unit").done(50, obligation="county")
        found = owed(plan(county, unit), story.done(100, obligation="unit").whole())
        assert [(one.obligation, minutes(one.due_at)) for one in found] == [
            ("county", 165),
            ("county", 220),
            ("unit", 60),
            ("unit", 165),
            ("unit", 220),
        ]

    def test_a_report_before_the_level_counts(self):
        """An initial report that was sent before the level was assigned satisfies what the level asks."""
        initial = duty("level_assigned 60 min", act="report_upward", report="initial", levels=(1,))
        [one] = owes(initial, Story().report(10, "initial").level(30, 1))
        assert (minutes(one.done_at), minutes(one.due_at), verdict(one, minute(30))) == (10, 90, "met")

    def test_the_event_that_starts_a_clock_does_not_stop_it(self):
        """Assessed at the instant at which the clock starts is not assessed again."""
        again = duty("assessed 60 min", act="assess")
        story = Story().fact("assessed", 0).done(0, "assess", entry="assessed@0")
        assert verdicts(owes(again, story), 10) == ["open"]
        assert verdicts(owes(again, story.done(5, "assess")), 10) == ["met"]

    @pytest.mark.parametrize("after", ["discharge", "schedule"])
    def test_nor_does_it_stop_what_recurs(self, after):
        """Assessed every hour is assessed again, whatever the rhythm."""
        hourly = duty("assessed 60 min", act="assess", recurs=every("60 min", after=after))
        story = Story().fact("assessed", 0).done(0, "assess", entry="assessed@0")
        assert verdicts(owes(hourly, story), 10) == ["open"]
        assert verdicts(owes(hourly, story.done(5, "assess")), 10)[0] == "met"

    def test_a_first_report_is_not_one_after_another(self):
        """The report at which the clock starts does not discharge what is due so long after it."""
        follow = duty("previous_report 60 min", act="report_upward")
        assert verdicts(owes(follow, Story().report(0, "initial")), 10) == ["open"]
        assert verdicts(owes(follow, Story().report(0, "initial").report(9, "follow_up")), 10) == ["met"]


class TestLevels:
    """What happens to duties when the level changes."""

    def test_owed_from_its_level_on(self):
        """Nothing is owed at another level, and the clock starts when its own level is assigned."""
        assert owes(KEEP, Story().level(0, 3)) == ()
        assert dues(owes(KEEP, Story().level(0, 3).level(100, 2))) == [160]

    def test_lowering_keeps_or_drops(self):
        """The worst level so far keeps its duties, unless the plan drops them; what was due before stays missing."""
        story = Story().level(0, 1).level(30, 3)
        assert verdicts(owes(KEEP, story), 100) == ["missing"]
        [dropped] = owes(DROP, story)
        assert (minutes(dropped.dropped_at), dropped.dropped_by) == (30, "level_assigned@30")
        assert verdicts([dropped], 30) == verdicts([dropped], 100) == ["dropped"]
        assert verdicts([dropped], 20) == ["open"]
        assert verdicts(owes(DROP, Story().level(0, 1).level(70, 3)), 100) == ["missing"]

    def test_raised_above_its_levels_it_is_dropped(self):
        """What is owed at a mild level only gives way to what a worse one asks."""
        mild = duty("level_assigned 60 min", levels=(3, 4))
        assert verdicts(owes(mild, Story().level(0, 3).level(30, 1)), 100) == ["dropped"]
        assert verdicts(owes(mild, Story().level(0, 3).level(30, 4)), 100) == ["missing"]

    def test_owed_again_the_clock_of_the_level_begins_again(self):
        """A duty that lowering dropped comes back with the level, by a clock from then."""
        found = owes(DROP, Story().level(0, 1).level(30, 3).level(90, 2))
        assert (dues(found), verdicts(found, 100)) == ([150], ["open"])

    def test_raising_keeps_or_restarts(self):
        """Raised, a running clock keeps its start or begins again, as the plan says; lowered, it stays."""
        aware = duty("aware 60 min")
        restart = attrs.evolve(aware, on_raising="restart")
        story = Story().fact("aware", 0).level(10, 3).level(30, 2)
        assert dues(owes(aware, story)) == [60]
        [one] = owes(restart, story)
        assert (minutes(one.due_at), one.fact, one.entry) == (90, "level_assigned", "level_assigned@30")
        assert dues(owes(restart, Story().fact("aware", 0).level(10, 2).level(30, 3))) == [60]
        assert dues(owes(restart, Story().fact("aware", 0).level(10, 2).level(30, 2))) == [60]
        assert dues(owes(restart, Story().fact("aware", 0).level(10, 2).level(70, 1))) == [60]

    def test_lowered_below_its_levels_an_audience_needs_no_word(self):
        """Whoever is told at a grave level only is owed nothing more at a mild one."""
        press = Audience(id="press", title="Press", kind="media", levels=(1,), longest_silence=Span(1, "hour"))
        grave = Story().fact("told", 0).level(10, 1)
        told = attrs.evolve(plan(), audiences=(press,))
        assert verdicts(owed(told, grave.whole()), 100) == ["missing"]
        assert verdicts(owed(told, grave.level(30, 3).whole()), 100) == ["dropped"]

    def test_conditions_count_as_they_stood(self):
        """What is owed for many customers is dropped when they turn out to be few, if it was not due before."""
        many = duty(when=(Condition(affected_customers=Bounds(from_=100)),))
        story = Story().fact("aware", 0).known(10, affected_customers=500)
        assert owes(many, Story().fact("aware", 0).known(10)) == ()
        assert verdicts(owes(many, story), 20) == ["open"]
        assert verdicts(owes(many, story.known(30, affected_customers=5)), 100) == ["dropped"]

    def test_a_category_stands_for_those_that_refine_it(self):
        """What is owed for a kind of incident is owed for the kinds that refine it."""
        kind = duty(categories=("failure",))
        assert len(owes(kind, Story().fact("aware", 0).known(0, category="network", ancestors=("failure",)))) == 1
        assert owes(kind, Story().fact("aware", 0).known(0, category="network")) == ()


class TestEnds:
    """What the end of an incident leaves."""

    def test_cancelling_drops_what_is_not_due(self):
        """A cancelled or merged incident owes nothing new; what was due before stays missing."""
        for state in ("cancelled", "merged"):
            assert verdicts(owes(duty(), Story().fact("aware", 0).state(30, state)), 100) == ["dropped"]
            assert verdicts(owes(duty(), Story().fact("aware", 0).state(70, state)), 100) == ["missing"]
        assert verdicts(owes(duty(), Story().state(30, "cancelled")), 100) == ["dropped"]

    def test_reopening_brings_back_what_was_dropped(self):
        """Cancelled in error, an incident owes by the deadline that it had."""
        story = Story().fact("aware", 0).state(30, "cancelled").reopened(200)
        assert (dues(owes(duty(), story)), verdicts(owes(duty(), story), 200)) == ([60], ["missing"])

    def test_the_end_of_the_response_is_the_last_one(self):
        """Reopened before the deadline, the clock waits for the next resolution; after it, another one begins."""
        review = duty("response_ended 60 min")
        story = Story().resolved(0).reopened(30)
        assert verdicts(owes(review, story), 100) == ["waiting"]
        assert dues(owes(review, story.resolved(200))) == [260]
        assert dues(
            owes(duty("response_ended 60 min, aware 24 h"), Story().fact("aware", -10).resolved(0).reopened(30))
        ) == [24 * 60 - 10]
        again = Story().resolved(0).reopened(70).resolved(200)
        assert (dues(owes(review, again)), verdicts(owes(review, again), 210)) == ([60, 260], ["missing", "open"])
        assert verdicts(owes(review, again.done(220)), 300) == ["missing", "met"]

    def test_at_one_instant_the_log_says_what_came_last(self):
        """Reopened and resolved within one instant, the clock runs; resolved and reopened, it waits."""
        ended, reopened = (StateEntered(at=minute(30), entry=one, state=one) for one in ("resolved", "responding"))
        told = {"response_ended": (ended,), "reopened": (reopened,)}
        review = plan(duty("response_ended 60 min"))
        for states, said in (((reopened, ended), ["open"]), ((ended, reopened), ["waiting"])):
            assert verdicts(owed(review, Facts(facts=told, states=states)), 40) == said

    def test_done_once_it_is_owed_anew(self):
        """Each end of the response asks for its own discharge."""
        review = duty("response_ended 60 min")
        assert verdicts(owes(review, Story().resolved(0).done(10).reopened(30).resolved(200)), 210) == ["met", "open"]


class TestPauses:
    """Clocks that stand still."""

    PAUSABLE = duty(pausable=True)

    def test_a_pause_lengthens_the_deadline(self):
        """The time that stood still is added; pauses before the start and after the deadline add none."""
        aware = Story().fact("aware", 0)
        assert dues(owes(self.PAUSABLE, aware.paused(-20, -10).paused(20, 50).paused(95, 99))) == [90]
        assert dues(owes(self.PAUSABLE, Story().fact("aware", 0).paused(-20, 15))) == [75]
        assert dues(owes(self.PAUSABLE, Story().fact("aware", 0).paused(20, 50).paused(80, 90))) == [100]

    def test_the_pause_of_another_is_none(self):
        """Each obligation has a clock of its own."""
        assert dues(owes(self.PAUSABLE, Story().fact("aware", 0).paused(20, obligation="another"))) == [60]

    def test_paused_there_is_no_deadline(self):
        """While the clock stands still nothing is due; done meanwhile, it is met."""
        story = Story().fact("aware", 0).paused(20)
        assert (dues(owes(self.PAUSABLE, story)), verdicts(owes(self.PAUSABLE, story), 500)) == ([None], ["paused"])
        assert verdicts(owes(self.PAUSABLE, story.done(300)), 500) == ["met"]

    def test_a_pause_after_the_deadline_is_none(self):
        """A deadline that has passed is moved by nothing."""
        assert verdicts(owes(self.PAUSABLE, Story().fact("aware", 0).paused(61)), 70) == ["missing"]

    def test_a_pause_after_the_discharge_is_none(self):
        """What was done keeps the deadline that it had."""
        assert dues(owes(self.PAUSABLE, Story().fact("aware", 0).done(30).paused(40, 50))) == [60]

    def test_what_the_plan_does_not_let_pause_runs_on(self):
        """Statutory clocks stand still for nobody."""
        assert dues(owes(duty(), Story().fact("aware", 0).paused(20))) == [60]

    def test_a_pause_in_the_grace_of_a_shift_moves_the_deadline(self):
        """Due on Saturday and moved to Monday noon, a pause on Sunday is added to Monday noon."""
        weekend = duty("aware 1 day", pausable=True, calendar="x", shift="noon_next_working_day")
        calendar = Calendar(name="x", version="1", zone="UTC")
        friday = 4 * 24 * 60
        story = Story().fact("aware", friday).paused(friday + 2880, friday + 2880 + 60)
        [one] = owes(weekend, story, calendars=[calendar])
        assert one.due_at == at("2026-03-09 13:00")


class TestRecurrence:
    """Obligations that come again."""

    AFTER = duty("response_started 30 min", recurs=every("60 min"))
    FIXED = duty("response_started 60 min", recurs=every("60 min", after="schedule"))

    def test_so_long_after_the_last_time(self):
        """Each discharge begins the next clock, late or not; before the first clock nothing counts."""
        story = Story().fact("response_started", 0).done(-5).done(20).done(100)
        found = owes(self.AFTER, story)
        assert (dues(found), verdicts(found, 110)) == ([30, 80, 160], ["met", "late", "open"])
        assert [one.fact for one in found] == ["response_started", "discharged", "discharged"]

    def test_it_ends_with_the_response(self):
        """Resolved, the incident owes it no more; what was due before stays missing, and late when it comes."""
        ended = Story().fact("response_started", 0).done(20).resolved(50)
        assert verdicts(owes(self.AFTER, ended), 500) == ["met", "dropped"]
        overdue = Story().fact("response_started", 0).resolved(50)
        assert verdicts(owes(self.AFTER, overdue), 500) == ["missing"]
        assert verdicts(owes(self.AFTER, overdue.done(60)), 500) == ["late"]

    def test_reopened_it_begins_again(self):
        """The clock of a reopened incident begins when it is reopened; what an end left missing stays so."""
        dropped = owes(self.AFTER, Story().fact("response_started", 0).done(20).resolved(50).reopened(300))
        assert (dues(dropped), verdicts(dropped, 310)) == ([30, 360], ["met", "open"])
        missing = owes(self.AFTER, Story().fact("response_started", 0).resolved(50).reopened(300).done(310))
        assert (dues(missing), verdicts(missing, 320)) == ([30, 360, 370], ["missing", "met", "open"])

    def test_a_waived_one_gives_way_to_the_next(self):
        """Waived before its deadline, the next follows on that; waived later, on the waiver."""
        story = Story().fact("response_started", 0)
        assert dues(owes(self.AFTER, story.waived(10))) == [30, 90]
        assert dues(owes(self.AFTER, Story().fact("response_started", 0).waived(50))) == [30, 110]
        assert verdicts(owes(self.AFTER, Story().waived(-5).fact("response_started", 0)), 10) == ["waived", "waiting"]

    def test_a_schedule_is_kept_whatever_was_done(self):
        """Fixed times stay; they are listed up to the one that is due next."""
        story = Story().fact("response_started", 0).done(10).done(20)
        assert dues(owes(self.FIXED, story)) == [60]
        found = owes(self.FIXED, story, until=130)
        assert (dues(found), verdicts(found, 130)) == ([60, 120, 180], ["met", "missing", "open"])

    def test_a_discharge_counts_for_the_latest_overdue(self):
        """What was overdue before that one stays missing; the next discharge counts for the one that is due."""
        story = Story().fact("response_started", 0).done(130)
        assert verdicts(owes(self.FIXED, story, until=130), 130) == ["missing", "late", "open"]
        assert verdicts(owes(self.FIXED, story.done(140), until=140), 140) == ["missing", "late", "met"]
        assert verdicts(owes(self.FIXED, story.done(150), until=150), 150) == ["missing", "late", "met"]

    def test_a_schedule_ends_and_begins_again(self):
        """The end drops the one that is due next; reopened, the times begin anew."""
        story = Story().fact("response_started", 0).done(50).resolved(130)
        assert verdicts(owes(self.FIXED, story, until=900), 900) == ["met", "missing", "dropped"]
        found = owes(self.FIXED, story.reopened(500), until=570)
        assert dues(found) == [60, 120, 560, 620]
        assert verdicts(owes(self.FIXED, story.done(510), until=570), 570) == ["met", "missing", "met", "open"]

    def test_a_monthly_schedule_keeps_its_day(self):
        """Due on the 31st, it is due on the last day of shorter months, and on the 31st again."""
        monthly = duty("aware 1 month", recurs=every("1 month", after="schedule"))
        story = Story().fact("aware", at("2025-12-31 08:00"))
        found = owed(plan(monthly), story.whole(), until=at("2026-04-01 00:00"))
        assert [f"{one.due_at:%m-%d}" for one in found] == ["01-31", "02-28", "03-31", "04-30"]

    def test_working_days_are_counted_on_the_calendar(self):
        """A report on each working day leaves out the Spring Festival."""
        daily = duty("aware 1 working day", calendar="cn", recurs=every("1 working day", after="schedule"))
        story = Story().fact("aware", at("2026-02-12 02:00"))
        found = owed(plan(daily, calendars=[CN]), story.whole(), until=at("2026-02-25 00:00"))
        assert [f"{one.due_at:%m-%d}" for one in found] == ["02-13", "02-14", "02-24", "02-25"]

    @pytest.mark.parametrize("after", ["discharge", "schedule"])
    def test_raising_restarts_a_rhythm(self, after):
        """Raised, the clock of what recurs begins again, where the plan says so."""
        restart = duty("response_started 60 min", recurs=every("60 min", after=after), on_raising="restart")
        story = Story().fact("response_started", 0).level(0, 3).level(40, 2)
        assert dues(owes(restart, story, until=110)) == [100, *([160] if after == "schedule" else [])]

    def test_a_year_that_is_wrong_keeps_nobody_waiting(self):
        """Of a schedule from the year 1 on the last occurrences are listed, by a fact that there is, others counted."""
        found = owed(
            plan(self.FIXED), Story().fact("response_started", at("0001-01-01 00:00")).whole(), until=minute(0)
        )
        assert (len(found), found[0].missed_before) == (101, found[0].occurrence - 1)
        assert [one.occurrence for one in found] == list(range(found[0].occurrence, found[-1].occurrence + 1))
        assert found[-2].due_at < minute(0) <= found[-1].due_at
        assert {one.fact for one in found} <= set(get_args(Fact))

    @pytest.mark.parametrize("every_span", ["1 min", "1 working day", "1 month"])
    def test_a_schedule_never_ends_by_itself(self, every_span):
        """After decades there is still one that is open, and an act counts for the latest that is overdue."""
        endless = duty("response_started 1 h", recurs=every(every_span, after="schedule"), calendar="cn")
        story = Story().fact("response_started", at("1927-01-31 08:00")).done(0).done(1)
        found = owed(plan(endless, calendars=[CN]), story.whole(), until=minute(2))
        done = [one for one in found if one.done_at]
        assert done[0].due_at < minute(0)
        assert found[-1].due_at >= minute(2)
        assert found[-1].occurrence == len(found) + sum(one.missed_before for one in found)

    def test_a_schedule_from_the_end_of_a_month_keeps_to_it(self):
        """Begun on the 31st of January of a leap year, it is due on the last days of the months."""
        monthly = duty("aware 1 month", recurs=every("1 month", after="schedule"))
        story = Story().fact("aware", at("2028-01-31 02:00"))
        found = owed(plan(monthly), story.whole(), until=at("2028-05-01 00:00"))
        assert [f"{one.due_at:%m-%d}" for one in found] == ["02-29", "03-31", "04-30", "05-31"]


class TestPromises:
    """What is owed besides the obligations that the plan names."""

    CARE = attrs.evolve(plan(duty()), customer_care=CustomerCare(first_contact=Span(1, "hour")), follow_up=FollowUp())
    TOLD = attrs.evolve(
        Story().fact("aware", 0).whole(),
        cases={"p-1": (CaseStep(at=minute(0), entry="registered", step="registered"),)},
        actions={"a-1": (ActionStep(at=minute(0), entry="opened", step="opened", due_at=minute(90)),)},
    )

    def test_customers_and_action_items_come_last(self):
        """Behind the obligations stands what is promised to each customer, and the date of each action item."""
        found = owed(self.CARE, self.TOLD)
        assert [(one.obligation, minutes(one.due_at)) for one in found] == [
            ("duty", 60),
            ("settlement:p-1", None),
            ("first_contact:p-1", 60),
            ("action:a-1", 90),
        ]
        assert [one.dated for one in found] == [True, False, True, True]
        assert [one.missed_before for one in found] == [0, 0, 0, 0]

    @pytest.mark.parametrize("asked", ["duty", "settlement:p-1", "first_contact:p-1", "action:a-1"])
    def test_one_of_them_may_be_asked_for(self, asked):
        """Only what has that id is found, and found as it is among all."""
        (one,) = owed(self.CARE, self.TOLD, only={asked})
        assert one in owed(self.CARE, self.TOLD)
        assert one.obligation == asked

    def test_an_apology_has_no_deadline(self):
        """It is owed until it is made; as a settlement is."""
        care = attrs.evolve(self.CARE, customer_care=CustomerCare(apology=True))
        (one,) = owed(care, self.TOLD, only={"apology:p-1"})
        assert (one.dated, one.due_at) == (False, None)

    def test_a_visit_is_due_after_the_end_of_the_response(self):
        """An end in the instant in which the case was opened is one of it; one before that is not."""
        care = attrs.evolve(self.CARE, customer_care=CustomerCare(visit_within=Span(1, "hour")))
        for ended, due_at in ((0, 60), (10, 70)):
            told = attrs.evolve(Story().fact("response_ended", -30, ended).whole(), cases=self.TOLD.cases)
            (one,) = owed(care, told, only={"visit:p-1"})
            assert minutes(one.due_at) == due_at

    def test_what_has_no_deadline_is_open(self):
        """Not paused: it has none at all."""
        assert verdicts(owed(self.CARE, self.TOLD, only={"settlement:p-1"}), 500) == ["open"]


@pytest.mark.parametrize(
    ("done", "told", "late"),
    [(50, 61, 60), (50, 60, None), (50, 60 + 1 / 120, 1), (60, 60.5, 30), (60.5, 61, None), (50, None, None)],
)
def test_what_was_told_late(done, told, late):
    """Done in time and told after the deadline, so many seconds after it, each that began; late itself, it is not."""
    facts = Story().fact("aware", 0).done(done).whole()
    facts = attrs.evolve(facts, told={"other": minute(0)} if told is None else {facts.done[0].entry: minute(told)})
    [one] = owed(plan(duty()), facts)
    assert one.told_late_seconds == late
