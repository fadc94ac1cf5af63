"""Measures: asked by the plan or added, begun in order, ticked off, done or skipped, and owed by when."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines import engine_on
from play import START, Play
from respond.errors import CommandRefused
from respond.plan.implied import implied, measure_duty
from respond.plan.obligations import Clock, Obligation
from respond.plan.owed import owed, verdict
from respond.plan.spans import Span
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.agenda import agenda, asked, unsettled
from respond.workflow.incident.course import ReviseActionPlan, SetActionPlan
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.measures import (
    CompleteMeasure,
    MeasureCompleted,
    MeasureStarted,
    SkipMeasure,
    StartMeasure,
    TickStep,
)
from respond.workflow.incident.plans import ActivateDuePlan
from respond.workflow.incident.unplanned import AddMeasure
from response import RESPONSE, STORM, patching, working

RUNNERS = AddMeasure(measure="runners", title="Runners bring change", reason="no coins", mandatory=True, priority=1)


def names(play: Play) -> list[str]:
    """Return the measures that are asked, in their order."""
    return list(asked(RESPONSE, play.state))


def standings(play: Play) -> dict[str, str]:
    """Return how each measure that is asked stands."""
    return {one.measure.id: one.standing for one in agenda(RESPONSE, play.state, now=START)}


class TestAsked:
    """Which measures are asked of an incident, and in which order."""

    def test_what_is_urgent_comes_first(self):
        """The smallest priority is the first, whatever the order of the plan."""
        assert names(working()) == ["patch", "restore"]
        assert names(working(1)) == ["patch", "restore", "sing"]

    def test_conditions_are_judged_by_the_last_assessment(self):
        """A measure is asked once its condition holds, and not any more when it does not."""
        play = working().do(c.Assess(affected_customers=2000))
        assert names(play) == ["call_all", "patch", "restore"]
        assert names(play.do(c.Assess(affected_customers=20))) == ["patch", "restore"]

    def test_what_was_begun_stays(self):
        """A measure that was begun is asked also when its condition holds no longer."""
        play = working().do(c.Assess(affected_customers=2000), StartMeasure(measure="call_all"))
        assert "call_all" in names(play.do(c.Assess(affected_customers=20)))

    def test_the_level_counts_as_it_is(self):
        """When the level is raised, more is asked."""
        play = working().do(c.ChangeLevel(level=1, justification="more"))
        assert "sing" in names(play)
        assert "sing" not in names(play.do(c.ChangeLevel(level=2, justification="less")))

    def test_a_category_asks_for_its_measures(self):
        """A measure of a category is asked of incidents that refine it."""
        play = Play(plan=RESPONSE).do(c.ReportIncident(category="network", title="The line is cut"))
        assert "spares" in names(play)

    def test_the_action_plan_asks_too(self):
        """What the action plan names is asked, whatever its level; a revision may leave it out."""
        play = working().do(SetActionPlan(objectives=("Calm",), measures=("sing",)))
        assert names(play) == ["patch", "restore", "sing"]
        play.do(ReviseActionPlan(objectives=("Calm",), reason="all are calm"))
        assert names(play) == ["patch", "restore"]

    def test_what_was_added_is_asked(self):
        """An unplanned measure has its place by its priority."""
        assert names(working().do(RUNNERS)) == ["runners", "patch", "restore"]

    def test_a_measure_of_the_plan_may_be_added(self):
        """One that the plan does not ask for here is added, with a reason, under its own id."""
        play = working().do(AddMeasure(measure="sing", title="Sing loudly", reason="people are afraid"))
        assert asked(RESPONSE, play.state)["sing"].title == "Sing loudly"
        assert [one.planned for one in agenda(RESPONSE, play.state, now=START)] == [True, True, False]


class TestLife:
    """What becomes of a measure."""

    def test_in_the_order_of_the_plan(self):
        """One waits for those before it; then it may be begun, and is done."""
        play = working()
        assert standings(play) == {"patch": "ready", "restore": "waiting"}
        play.do(StartMeasure(measure="patch"))
        assert standings(play) == {"patch": "started", "restore": "waiting"}
        play.do(CompleteMeasure(measure="patch", outcome="it holds"))
        assert standings(play) == {"patch": "done", "restore": "ready"}
        assert agenda(RESPONSE, play.state, now=START)[0].told == "it holds"

    def test_a_skipped_one_lets_the_next_begin(self):
        """What is skipped with a reason holds nobody up."""
        play = working().do(SkipMeasure(measure="patch", reason="it mended itself"), StartMeasure(measure="restore"))
        assert standings(play) == {"patch": "skipped", "restore": "started"}
        assert agenda(RESPONSE, play.state, now=START)[0].told == "it mended itself"

    def test_what_is_skipped_waits_for_nothing(self):
        """While one before it is open, it tells so only until it is skipped."""
        play = working()
        assert agenda(RESPONSE, play.state, now=START)[1].waits_for == ("patch",)
        play.do(SkipMeasure(measure="restore", reason="no need"))
        assert agenda(RESPONSE, play.state, now=START)[1].waits_for == ()

    def test_what_was_skipped_may_be_begun(self):
        """A skipped measure is taken up after all."""
        play = working().do(SkipMeasure(measure="patch", reason="later"), StartMeasure(measure="patch"))
        taken = play.state.measures["patch"]
        assert (taken.status, taken.ended) == ("started", None)

    def test_what_was_begun_may_be_given_up(self):
        """A measure that was begun is skipped with a reason."""
        assert standings(patching().do(SkipMeasure(measure="patch", reason="in vain")))["patch"] == "skipped"

    def test_steps_are_ticked(self):
        """The steps that are left are told by their numbers, and each is ticked once."""
        play = patching().do(TickStep(measure="patch", step=2))
        assert agenda(RESPONSE, play.state, now=START)[0].steps_open == (1,)
        assert play.decide(TickStep(measure="patch", step=2)) == ()

    @pytest.mark.parametrize(
        "again",
        [
            StartMeasure(measure="patch"),
            CompleteMeasure(measure="patch", outcome="other words"),
            SkipMeasure(measure="restore", reason="other words"),
            RUNNERS,
        ],
        ids=lambda one: type(one).__name__,
    )
    def test_a_second_time_is_none(self, again):
        """What was carried out already causes nothing."""
        play = patching().do(CompleteMeasure(measure="patch"), SkipMeasure(measure="restore", reason="x"), RUNNERS)
        assert play.decide(again) == ()

    def test_another_measure_under_a_known_id_is_refused(self):
        """The same id in other words is no repetition."""
        with pytest.raises(CommandRefused, match="measure-known"):
            working().do(RUNNERS, attrs.evolve(RUNNERS, title="Walkers"))

    def test_out_of_order_is_told(self):
        """What was begun before one that comes before it was settled is flagged; a foreign log may tell so."""
        play = working().record(MeasureStarted(measure="restore", kind="restore"))
        flagged = {one.measure.id: one.out_of_order for one in agenda(RESPONSE, play.state, now=START)}
        assert flagged == {"patch": False, "restore": True}

    def test_reality_that_breaks_the_order_folds(self):
        """A measure that was done and never begun is done."""
        play = working().record(MeasureCompleted(measure="restore", kind="restore"))
        assert play.state.measures["restore"].status == "done"


class TestMandatory:
    """An incident is resolved only when its mandatory measures are settled."""

    def test_they_bar_the_resolution(self):
        """Each is named; one that is skipped with a reason counts."""
        play = working().do(RUNNERS)
        assert unsettled(RESPONSE, play.state) == ("runners", "restore")
        with pytest.raises(CommandRefused, match="still to be done: runners, restore"):
            play.do(c.Resolve(resolution="x"))
        play.do(StartMeasure(measure="runners"), CompleteMeasure(measure="runners"))
        play.do(
            SkipMeasure(measure="patch", reason="x"), SkipMeasure(measure="restore", reason="it came back by itself")
        )
        assert play.do(c.Resolve(resolution="x")).state.status == "resolved"

    def test_the_control(self):
        """Without mandatory measures nothing bars it."""
        free = attrs.evolve(RESPONSE, measures=tuple(attrs.evolve(one, mandatory=False) for one in RESPONSE.measures))
        play = working()
        play.plan = free
        assert play.do(c.Resolve(resolution="x")).state.status == "resolved"


class TestOwed:
    """What a measure promises by when is owed like all obligations."""

    def test_a_measure_with_a_time_is_owed(self):
        """It is owed from the start of the response, and met when it is begun."""
        play = working()
        (found,) = owed(RESPONSE, facts_of(RESPONSE, play.history))
        started = play.history[3].happened_at
        assert (found.obligation, found.due_at) == ("measure:restore", started + timedelta(minutes=30))
        play.do(StartMeasure(measure="patch"))
        assert owed(RESPONSE, facts_of(RESPONSE, play.history))[0].done_at is None
        play.do(CompleteMeasure(measure="patch"), StartMeasure(measure="restore"))
        (found,) = owed(RESPONSE, facts_of(RESPONSE, play.history))
        assert found.done_by == play.history[-1].id
        assert verdict(found, play.history[-1].happened_at) == "met"

    def test_skipping_discharges_it(self):
        """Who decides in time that it is not needed has done what was owed."""
        play = working().do(SkipMeasure(measure="restore", reason="x"))
        assert owed(RESPONSE, facts_of(RESPONSE, play.history))[0].done_by == play.history[-1].id

    def test_what_is_over_is_not_owed(self):
        """When the incident is resolved, what was not begun is no longer owed; reopened, it is again."""
        free = attrs.evolve(RESPONSE, measures=tuple(attrs.evolve(one, mandatory=False) for one in RESPONSE.measures))
        play = working()
        play.plan = free
        play.do(c.Resolve(resolution="x"))
        (found,) = owed(free, facts_of(free, play.history))
        assert found.dropped_by == play.history[-1].id
        play.do(c.Reopen(reason="x"))
        (found,) = owed(free, facts_of(free, play.history))
        assert found.dropped_at is None

    def test_the_plan_may_write_it_itself(self):
        """An obligation of the plan with the same id stands in the place of the implied one."""
        due = (Clock(from_="told", within=Span(5, "minute")),)
        own = Obligation(id=measure_duty("restore"), title="At once", act="start_measure", measure="restore", due=due)
        plan = attrs.evolve(RESPONSE, obligations=(own,))
        assert implied(plan) == ()
        assert plan.all_obligations == (own,)
        assert plan.obligation("measure:restore") is own

    def test_any_measure(self):
        """An obligation that names no measure is met by the first that is begun."""
        first = Obligation(
            id="first", title="x", act="start_measure", due=(Clock(from_="told", within=Span(1, "hour")),)
        )
        plan = attrs.evolve(RESPONSE, obligations=(first,))
        play = patching()
        found = {one.obligation: one.done_by for one in owed(plan, facts_of(plan, play.history))}
        assert found == {"first": play.history[-1].id, "measure:restore": None}

    def test_it_is_waived_like_others(self):
        """The implied obligation is known by its id."""
        play = working().do(c.Waive(obligation="measure:restore", reason="no shop is open"))
        assert owed(RESPONSE, facts_of(RESPONSE, play.history))[0].waived_by == play.history[-1].id

    def test_the_role_is_told(self):
        """The ladder has one rung, at the deadline, for the role that does it; without a role there is none."""
        (duty,) = implied(RESPONSE)
        assert [(one.tell, one.after, one.before) for one in duty.ladder] == [(("commander",), None, None)]
        nobody = attrs.evolve(RESPONSE, measures=(attrs.evolve(RESPONSE.measures[0], role=None),))
        assert implied(nobody)[0].ladder == ()


class TestCorrections:
    """What an entry reads once it is corrected is what the state says."""

    def test_texts_and_times(self):
        """The reason of a skipped measure and the time at which one was begun are those of the correction."""
        play = patching().do(SkipMeasure(measure="restore", reason="x"))
        skipped, begun = play.entry("MeasureSkipped"), play.entry("MeasureStarted")
        play.do(c.Correct(entry=skipped, changes={"reason": "no need"}, reason="typo"))
        at = {"at": "2026-03-01T08:04:30.000000Z", "precision": "second"}
        play.do(c.Correct(entry=begun, changes={"occurred_at": at}, reason="clock"))
        assert play.state.measures["restore"].ended.text == "no need"
        assert play.state.measures["patch"].started.at == START + timedelta(minutes=4, seconds=30)

    def test_a_correction_does_not_get_round_the_guards(self):
        """A blank reason, and a text that is too long, are refused here too."""
        play = working().do(SkipMeasure(measure="restore", reason="x"))
        for text in (" ", "x" * 100_001):
            with pytest.raises(CommandRefused, match="correction-invalid"):
                play.do(c.Correct(entry=play.entry("MeasureSkipped"), changes={"reason": text}, reason="typo"))


class TestActivation:
    """A plan that comes into force by itself."""

    def test_when_its_conditions_hold(self):
        """It is activated once the level and the impact are as it says, and once."""
        play = working(2).do(c.Assess(affected_customers=900), ActivateDuePlan(plan=STORM.reference))
        assert play.state.activated == (STORM.reference,)
        assert play.decide(ActivateDuePlan(plan=STORM.reference)) == ()

    @pytest.mark.parametrize(("level", "customers"), [(2, 300), (3, 900)])
    def test_not_before(self, level, customers):
        """Another level, or a lesser impact, does not do."""
        play = working(level).do(c.Assess(affected_customers=customers + 1))
        with pytest.raises(CommandRefused, match="plan-not-due"):
            play.do(ActivateDuePlan(plan=STORM.reference))

    def test_another_version_is_for_a_rebase(self):
        """A newer version of a plan that is in force does not come into force beside it."""
        newer = attrs.evolve(STORM, version="2")
        play = working(2).do(c.Assess(affected_customers=900), ActivateDuePlan(plan=STORM.reference))
        play.plans = {STORM.reference: STORM, newer.reference: newer}
        with pytest.raises(CommandRefused, match="plan-not-due"):
            play.do(ActivateDuePlan(plan=newer.reference))

    def test_a_watcher_lets_it_come_into_force(self):
        """The round after the assessment activates it, the next one does nothing more."""
        clock = ManualClock()
        with engine_on(MemoryEventStore(clock=clock), clock, plans=[RESPONSE, STORM]) as engine:
            incident = engine.report(category="facility_failure", title="x", plan="response", plan_reason="asked for")
            incident.assess(affected_customers=900)
            assert engine.watch().round().activated == 0
            incident.assign_level(2, basis="x")
            assert [engine.watch().round().activated for _ in range(2)] == [1, 0]
            assert incident.state().activated == (STORM.reference,)
            assert incident.events()[-1].actor == "respond.watch"


STEPS = st.lists(
    st.one_of(
        *(
            st.builds(kind, measure=st.sampled_from(["patch", "restore", "sing", "runners"]), **more)
            for kind, more in (
                (StartMeasure, {}),
                (CompleteMeasure, {}),
                (SkipMeasure, {"reason": st.just("x")}),
                (TickStep, {"step": st.integers(0, 3)}),
            )
        ),
        st.just(RUNNERS),
        st.builds(c.ChangeLevel, level=st.integers(1, 3), justification=st.just("x")),
        st.just(c.Resolve(resolution="x")),
        st.just(c.Reopen(reason="x")),
    ),
    max_size=25,
)


@given(steps=STEPS)
def test_whatever_people_ask(steps):
    """Nothing is begun before what comes before it is settled, and nothing resolved before what is mandatory is."""
    play = working()
    for step in steps:
        before = play.state
        try:
            play.do(step)
        except CommandRefused:
            assert play.state is before
            continue
        for event in play.history[-1:]:
            if isinstance(event.data, MeasureStarted) and event.data.measure == "restore":
                assert before.measures["patch"].status in {"done", "skipped"}
            if isinstance(event.data, e.IncidentResolved):
                assert unsettled(RESPONSE, before) == ()
    assert play.state == play.workflow.fold(play.history)
