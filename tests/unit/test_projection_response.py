"""The response in a review: measures, beliefs, decisions with what was known then, milestones and time on hold."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from engines import engine_on
from respond.engine.incident import IncidentHandle
from respond.projections.review import Review, review
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident.decisions import RejectedOption
from respond.workflow.incident.measures import MeasureStarted
from response import RESPONSE, working

PLAN = attrs.evolve(RESPONSE, measures=tuple(attrs.evolve(one, mandatory=False) for one in RESPONSE.measures))


@pytest.fixture
def incident():
    """Return an incident that people respond to, on an engine whose clock the test moves."""
    clock = ManualClock()
    with engine_on(MemoryEventStore(clock=clock), clock, plans=[PLAN]) as engine:
        incident = engine.report(category="facility_failure", title="Terminals down", actor="wang.li")
        incident.assess(affected_customers=300)
        incident.assign_level(3, basis="x")
        incident.start_response()
        yield incident


def passes(incident: IncidentHandle, minutes: int) -> None:
    """Let time pass."""
    incident.engine.clock.move(minutes=minutes)


def reviewed(incident: IncidentHandle) -> Review:
    """Return the review as of now."""
    return incident.review(now=incident.engine.clock())


def milestone(incident: IncidentHandle, name: str) -> str | None:
    """Return the id of the event that a milestone cites."""
    return next((one.citation.id for one in reviewed(incident).milestones if one.name == name), None)


class TestMeasures:
    """What became of the measures."""

    def test_each_is_told_with_its_events(self, incident):
        """By whom and when it was begun and ended, what came of it, its steps, and every event."""
        begun = incident.start_measure("patch", actor="sun.jie")
        ticked = incident.tick_step("patch", 2)
        passes(incident, 10)
        done = incident.complete_measure("patch", outcome="it holds", actor="li.na")
        (told,) = reviewed(incident).response.measures
        assert (told.title, told.kind, told.planned, told.status) == ("Contain the fault", "contain", True, "done")
        assert (told.started_by, told.ended_by, told.told, told.steps_done) == ("sun.jie", "li.na", "it holds", (2,))
        assert told.ended_at - told.started_at == timedelta(minutes=10)
        assert [one.id for one in told.citations] == [one.events[0] for one in (begun, ticked, done)]

    def test_unplanned_and_skipped(self, incident):
        """An unplanned one says why it was added, a skipped one why it was not done."""
        incident.add_measure("runners", title="Runners", reason="no coins")
        incident.skip_measure("patch", reason="it mended itself")
        told = {one.measure: one for one in reviewed(incident).response.measures}
        assert (told["runners"].planned, told["runners"].reason, told["runners"].status) == (False, "no coins", "added")
        assert (told["patch"].status, told["patch"].told) == ("skipped", "it mended itself")

    def test_what_is_left(self, incident):
        """What is asked and was neither done nor skipped is left."""
        incident.skip_measure("patch", reason="x")
        incident.start_measure("restore")
        assert reviewed(incident).response.measures_left == ("restore",)
        incident.complete_measure("restore")
        assert reviewed(incident).response.measures_left == ()

    def test_out_of_order(self):
        """One that was begun before the one that comes before it was done is flagged, as a foreign log may tell."""
        play = working().record(
            MeasureStarted(measure="restore", kind="restore"), MeasureStarted(measure="patch", kind="contain")
        )
        told = review(play.history, plan=RESPONSE).response.measures
        assert {one.measure: one.out_of_order for one in told} == {"restore": True, "patch": False}


class TestMilestones:
    """Contained, restored, and the first measure."""

    def test_by_measures(self, incident):
        """The last measure that was begun to contain it tells that it is contained."""
        assert milestone(incident, "contained") is None
        first = incident.start_measure("patch").events[0]
        assert (milestone(incident, "first_measure"), milestone(incident, "contained")) == (first, None)
        incident.add_measure("cut", title="Cut it off", reason="x", kind="contain")
        incident.start_measure("cut")
        incident.complete_measure("patch")
        assert milestone(incident, "contained") is None
        last = incident.complete_measure("cut").events[0]
        assert milestone(incident, "contained") == last

    def test_a_skipped_measure_holds_nothing_up(self, incident):
        """A measure that was given up does not keep it from being contained."""
        incident.add_measure("cut", title="Cut it off", reason="x", kind="contain")
        incident.start_measure("patch")
        incident.start_measure("cut")
        last = incident.complete_measure("patch").events[0]
        incident.skip_measure("cut", reason="no need")
        assert milestone(incident, "contained") == last

    def test_what_people_say_counts_first(self, incident):
        """Who says that it is contained, or restored, is believed."""
        incident.start_measure("patch")
        said = incident.mark_contained(note="in the north").events[0]
        incident.complete_measure("patch")
        restored = incident.mark_restored().events[0]
        assert (milestone(incident, "contained"), milestone(incident, "restored")) == (said, restored)
        named = {one.name for one in reviewed(incident).durations}
        assert {"contain", "restore", "first_measure"} <= named

    def test_a_reopening_asks_it_anew(self, incident):
        """Each stretch of work has its own: a measure of the next one takes nothing from what was reached before."""
        passes(incident, 40)
        first = incident.mark_restored().events[0]
        incident.resolve("replaced")
        passes(incident, 24 * 60)
        incident.reopen("again")
        incident.add_measure("others", title="Other terminals", reason="x", kind="restore")
        incident.start_measure("others")
        assert milestone(incident, "restored") == first
        passes(incident, 20)
        second = incident.complete_measure("others").events[0]
        told = reviewed(incident)
        found = [(one.ordinal, one.citation.id) for one in told.milestones if one.name == "restored"]
        assert found == [(1, first), (2, second)]
        took = [(one.ordinal, one.since, one.seconds // 60) for one in told.durations if one.name == "restore"]
        assert took == [(1, "reported", 40), (2, "reopened", 20)]

    def test_a_measure_left_open_holds_up_the_next_stretch_too(self, incident):
        """A measure that was begun before the reopening is open still."""
        incident.start_measure("patch")
        incident.resolve("by itself")
        incident.reopen("again")
        incident.add_measure("cut", title="Cut it off", reason="x", kind="contain")
        incident.start_measure("cut")
        incident.complete_measure("cut")
        assert milestone(incident, "contained") is None
        last = incident.complete_measure("patch").events[0]
        assert milestone(incident, "contained") == last

    def test_a_review_behind_which_it_was_reopened(self, incident):
        """A later resolution without a review of its own leaves the time of the review before it."""
        incident.resolve("replaced")
        passes(incident, 30)
        incident.close_review("done")
        passes(incident, 30)
        incident.reopen("again")
        incident.resolve("a new one")
        took = [(one.ordinal, one.seconds // 60) for one in reviewed(incident).durations if one.name == "review"]
        assert took == [(1, 30)]


class TestBeliefs:
    """Causes and information."""

    def test_causes(self, incident):
        """Each with what it rested on, how sure it was, and what became of it."""
        incident.raise_hypothesis("update", cause="The update", evidence="all have it", confidence="high")
        incident.raise_hypothesis("power", cause="The power", confidence="low")
        incident.reject_hypothesis("power", evidence="no dip")
        told = {one.key: one for one in reviewed(incident).response.hypotheses}
        assert (told["update"].status, told["update"].evidence, told["update"].confidence) == (
            "open",
            "all have it",
            "high",
        )
        assert (told["power"].status, told["power"].shown_by, len(told["power"].citations)) == ("rejected", "no dip", 2)

    def test_a_rumour(self, incident):
        """What was told, by whom, and that it was refuted."""
        incident.receive_information("smoke", text="Smoke", source="a caller", kind="rumour")
        passes(incident, 5)
        incident.refute_information("smoke", evidence="steam")
        (told,) = reviewed(incident).response.information
        assert (told.kind, told.source, told.text, told.status) == ("rumour", "a caller", "Smoke", "refuted")
        assert told.checked_at - told.at == timedelta(minutes=5)


class TestDecisions:
    """Decisions, and what was known at each."""

    def test_what_was_known_then(self, incident):
        """Each decision stands beside what the log held at that time, not what it holds now."""
        incident.raise_hypothesis("update", cause="The update")
        passes(incident, 5)
        incident.record_decision(
            "Roll back",
            rationale="quick",
            options=("Roll back", "Wait"),
            rejected=(RejectedOption(option="Wait", reason="no time named"),),
            actor="chen.yu",
        )
        passes(incident, 5)
        incident.assess(affected_customers=1200)
        incident.confirm_hypothesis("update", evidence="seen")
        incident.change_level(1, justification="more")
        passes(incident, 5)
        incident.record_decision("Tell the press", rationale="they ask")
        first, second = reviewed(incident).response.decisions
        assert (first.decision, first.actor, first.rejected[0].reason) == ("Roll back", "chen.yu", "no time named")
        assert (first.known.level, first.known.affected_customers, first.known.hypotheses) == (
            3,
            300,
            {"update": "open"},
        )
        assert (second.known.level, second.known.affected_customers, second.known.hypotheses) == (
            1,
            1200,
            {"update": "confirmed"},
        )
        assert first.known.last_position < first.citation.position

    def test_one_that_is_told_late(self, incident):
        """A decision that is recorded later is judged by what the log held when it was taken."""
        taken = incident.engine.clock()
        passes(incident, 30)
        incident.assess(affected_customers=1200)
        incident.record_decision("Wait", rationale="nothing is known", at=taken)
        incident.record_decision("Act", rationale="much is known")
        known = {one.decision: one.known.affected_customers for one in reviewed(incident).response.decisions}
        assert known == {"Wait": 300, "Act": 1200}


class TestCourse:
    """Plans of action, teams, help, head counts, and time on hold."""

    def test_every_version_of_the_action_plan(self, incident):
        """The first one and each revision, with its reason; help and head counts beside them."""
        incident.set_action_plan(objectives=("Calm",), measures=("patch",))
        incident.revise_action_plan(objectives=("Order",), reason="they are calm")
        incident.request_help("crew", source="the supplier", what="two people")
        incident.record_help_arrived("crew")
        incident.record_head_count(expected=3, accounted_for=2)
        told = reviewed(incident).response
        assert [one.told.objectives for one in told.action_plans] == [("Calm",), ("Order",)]
        assert [one.kind for one in told.help] == ["HelpRequested", "HelpArrived"]
        assert [one.told.accounted_for for one in told.head_counts] == [2]

    def test_time_on_hold_is_told_apart(self, incident):
        """It is no part of being at work, and each duration says how much of it was on hold."""
        passes(incident, 10)
        incident.put_on_hold("night")
        passes(incident, 60)
        incident.resume()
        passes(incident, 5)
        incident.put_on_hold("noon")
        passes(incident, 20)
        incident.resolve("x")
        passes(incident, 7)
        told = reviewed(incident)
        assert [one.seconds for one in told.response.holds] == [3600, 1200]
        assert told.response.on_hold_seconds == 4800
        (resolve,) = (one for one in told.durations if one.name == "resolve_first")
        assert (resolve.seconds, resolve.on_hold_seconds) == (95 * 60, 4800)
        (start,) = (one for one in told.durations if one.name == "start_response")
        assert start.on_hold_seconds == 0

    def test_a_hold_ends_with_a_reopening(self, incident):
        """What was on hold when it was resolved is at work again when it is reopened."""
        incident.put_on_hold("night")
        passes(incident, 10)
        incident.resolve("x")
        passes(incident, 10)
        incident.reopen("x")
        passes(incident, 10)
        assert [one.seconds for one in reviewed(incident).response.holds] == [600]


def test_it_is_a_document(incident):
    """Every part of it can be written as JSON."""
    incident.start_measure("patch")
    incident.record_decision("Wait", rationale="x")
    incident.put_on_hold("night")
    told = reviewed(incident).to_json()["response"]
    assert told["measures"][0]["measure"] == "patch"
    assert told["decisions"][0]["known"]["status"] == "responding"
    assert told["holds"][0]["holder"] == "on_hold"
