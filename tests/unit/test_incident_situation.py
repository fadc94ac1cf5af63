"""The situation and the course: what is held true, decided and planned, who helps, who is missing, and what rests."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from play import START
from respond.errors import CommandRefused
from respond.workflow.incident import commands as c
from respond.workflow.incident.course import RecordHelpArrived, ReviseActionPlan, SetActionPlan
from respond.workflow.incident.effects import HeadsCounted, MarkContained, MarkRestored, RecordHeadCount
from respond.workflow.incident.holds import PutOnHold, Resume, WorkResumed
from respond.workflow.incident.people import AssignRole, RoleAssigned
from respond.workflow.incident.situation import (
    ConfirmHypothesis,
    ConfirmInformation,
    HypothesisConfirmed,
    InformationRefuted,
    RefuteInformation,
    RejectHypothesis,
)
from respond.workflow.incident.teams import FormTeam, TeamFormed, teams
from response import CREW, GOALS, RESPONSE, SMOKE, UPDATE, informed, working
from response_cases import DECISION

CONFIRM = ConfirmHypothesis(hypothesis="update", evidence="without it all works")
REJECT = RejectHypothesis(hypothesis="update", evidence="it came later")
REFUTE = RefuteInformation(information="smoke", evidence="it was steam")
TEAM = FormTeam(team="crew", members={"commander": "chen.yu", "liaison": "he.na", "runner": "wu.bo"})


class TestHypotheses:
    """Causes that are suspected, confirmed and rejected."""

    def test_from_suspicion_to_cause(self):
        """A cause is open until it is ruled on, and the last ruling counts."""
        play = working().do(UPDATE)
        assert play.state.hypotheses["update"].status == "open"
        known = play.do(REJECT).state.hypotheses["update"]
        assert (known.status, known.ruled.text) == ("rejected", "it came later")
        known = play.do(CONFIRM).state.hypotheses["update"]
        assert (known.status, known.ruled.text, known.raised.text) == (
            "confirmed",
            "without it all works",
            "The update broke it",
        )

    def test_a_second_time_is_none(self):
        """The same suspicion in the same words, and the same ruling, cause nothing."""
        play = working().do(UPDATE, CONFIRM)
        assert play.decide(UPDATE) == play.decide(attrs.evolve(CONFIRM, evidence="other words")) == ()

    def test_a_ruling_on_nothing_folds(self):
        """A foreign log may confirm what it never told."""
        assert working().record(HypothesisConfirmed(hypothesis="ghost", evidence="x")).state.hypotheses == {}


class TestInformation:
    """Facts, claims and rumours."""

    def test_a_rumour_is_refuted(self):
        """What was told stays, with who told it and how sure that was; what became of it stands beside it."""
        known = informed().do(REFUTE).state.information["smoke"]
        assert (known.kind, known.source, known.confidence, known.status) == ("rumour", "a caller", "medium", "refuted")
        assert (known.received.text, known.checked.text) == ("Smoke in the back room", "it was steam")

    def test_a_fact_may_turn_out_wrong(self):
        """What was confirmed is refuted later: the last word counts."""
        play = working().do(attrs.evolve(SMOKE, kind="fact"), ConfirmInformation(information="smoke", evidence="seen"))
        assert play.do(REFUTE).state.information["smoke"].status == "refuted"

    def test_a_second_time_is_none(self):
        """The same words under the same key cause nothing, nor does the same check."""
        play = informed().do(REFUTE)
        assert play.decide(SMOKE) == play.decide(REFUTE) == ()

    def test_a_check_of_nothing_folds(self):
        """A foreign log may refute what it never told."""
        assert working().record(InformationRefuted(information="ghost", evidence="x")).state.information == {}

    @given(text=st.text(min_size=1, max_size=50).filter(str.strip))
    def test_any_text_survives(self, text):
        """Text of any script is kept as it was written."""
        assert working().do(attrs.evolve(SMOKE, text=text)).state.information["smoke"].received.text == text

    def test_a_long_text_survives(self):
        """100,000 bytes are kept; one more is refused by the name of its field."""
        text = "烟" * 33_333 + "."
        assert working().do(attrs.evolve(SMOKE, text=text)).state.information["smoke"].received.text == text
        with pytest.raises(CommandRefused, match="text has 100,001 bytes"):
            working().do(attrs.evolve(SMOKE, text=text + "."))


class TestDecisions:
    """What was decided, and why."""

    def test_a_decision_is_kept(self):
        """It is told twice only when another one came between."""
        play = working().do(DECISION)
        assert play.decide(DECISION) == ()
        play.do(attrs.evolve(DECISION, decision="Wait after all"))
        assert len(play.do(DECISION).state.decisions) == 3

    def test_a_correction_reaches_it(self):
        """The decision as corrected is what the state tells."""
        play = working().do(DECISION)
        entry = play.entry("DecisionRecorded")
        play.do(c.Correct(entry=entry, changes={"decision": "Roll all back", "rationale": "sure"}, reason="typo"))
        assert play.state.decisions[0].text == "Roll all back"


class TestActionPlan:
    """What is to be achieved, and by which measures."""

    def test_set_and_revised(self):
        """The last version counts; how often it was revised is told."""
        play = working().do(SetActionPlan(objectives=("Calm",), measures=("patch",)))
        assert play.decide(SetActionPlan(objectives=("Calm",), measures=("patch",))) == ()
        course = play.do(ReviseActionPlan(objectives=("Order",), reason="they are calm")).state.course
        assert (course.objectives, course.measures, course.revisions) == (("Order",), (), 1)
        assert course.set_by.text == "they are calm"

    def test_the_same_again_is_none(self):
        """A revision that changes nothing is none."""
        play = working().do(GOALS)
        assert play.decide(ReviseActionPlan(objectives=GOALS.objectives, reason="x")) == ()


class TestTeams:
    """Teams by the templates of the plan."""

    def test_templates_by_category_and_level(self):
        """Those of other categories and levels are not for it."""
        assert [one.id for one in teams(RESPONSE, working(2).state)] == ["crew"]
        assert [one.id for one in teams(RESPONSE, working(1).state)] == []
        network = working(2).do(
            c.Correct(entry=working().entry("IncidentReported"), changes={"category": "network"}, reason="x")
        )
        assert [one.id for one in teams(RESPONSE, network.state)] == ["crew", "network_crew"]

    def test_members_get_their_roles(self):
        """One entry tells of the team, one of each role that was not held yet."""
        play = working().do(AssignRole(role="liaison", person="he.na"))
        decided = play.decide(TEAM)
        assert decided == (TeamFormed(team="crew", members=TEAM.members), RoleAssigned(role="runner", person="wu.bo"))
        play.do(TEAM)
        assert (play.state.course.team, play.state.holders("runner")) == ("crew", ("wu.bo",))
        assert play.decide(TEAM) == ()


class TestHelp:
    """Help from outside."""

    def test_asked_for_and_there(self):
        """It is asked for once, and arrives once."""
        play = working().do(CREW)
        assert play.state.course.help["crew"].arrived is None
        play.do(RecordHelpArrived(help="crew", note="two people"))
        assert play.state.course.help["crew"].arrived.text == "two people"
        assert play.decide(CREW) == play.decide(RecordHelpArrived(help="crew")) == ()


class TestEffects:
    """What the response achieves."""

    def test_contained_and_restored(self):
        """Each is said once, until the incident is reopened."""
        play = working().do(MarkContained(note="in the north"), MarkRestored())
        assert play.state.effects.contained.text == "in the north"
        assert play.decide(MarkContained()) == play.decide(MarkRestored()) == ()
        play.do(c.Cancel(reason="x"), c.Reopen(reason="x"))
        assert (play.state.effects.contained, play.state.effects.restored) == (None, None)
        assert len(play.decide(MarkContained())) == 1

    def test_who_is_missing(self):
        """The last count of each place counts, and tells who is missing."""
        play = working().do(
            RecordHeadCount(place="Gate 1", expected=12, accounted_for=10),
            RecordHeadCount(place="Gate 2", expected=3, accounted_for=3),
            RecordHeadCount(place="Gate 1", expected=12, accounted_for=11),
        )
        assert {place: one.missing for place, one in play.state.effects.head_counts.items()} == {
            "Gate 1": 1,
            "Gate 2": 0,
        }

    def test_a_count_twice_is_two_counts(self):
        """The same figures a second time are another count."""
        count = RecordHeadCount(expected=3, accounted_for=3)
        assert working().do(count).decide(count) == (HeadsCounted(expected=3, accounted_for=3),)


class TestHolds:
    """Work that rests."""

    def test_held_and_resumed(self):
        """It rests since when and why, until it goes on, or the incident is reopened."""
        play = working().do(PutOnHold(reason="night"))
        assert play.state.course.held.text == "night"
        assert play.decide(PutOnHold(reason="other words")) == ()
        assert play.do(Resume()).state.course.held is None
        play.do(PutOnHold(reason="night"), c.Cancel(reason="x"), c.Reopen(reason="x"))
        assert play.state.course.held is None

    def test_a_foreign_log_may_resume_what_was_never_held(self):
        """It folds."""
        assert working().record(WorkResumed()).state.course.held is None

    def test_a_correction_moves_the_beginning(self):
        """Since when it rests is what the correction says."""
        play = working().do(PutOnHold(reason="night"))
        at = {"at": "2026-03-01T08:00:00.000000Z", "precision": "second"}
        play.do(c.Correct(entry=play.entry("WorkHeld"), changes={"occurred_at": at, "reason": "noon"}, reason="clock"))
        assert (play.state.course.held.at, play.state.course.held.text) == (START, "noon")
