"""The review: who holds it, what it finds, how the response is judged, who signs it and where it can be read."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from respond.errors import CommandRefused
from respond.plan.implied import implied
from respond.plan.owed import owed, verdict
from respond.plan.spans import Span
from respond.plan.upkeep import ReviewRules
from respond.workflow.incident import commands as c
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.review import DrawLesson, responders
from respond.workflow.incident.reviewed import FindingRecorded
from response import RESPONSE
from review_cases import CAUSE, FIX, JUDGED, OPEN, PUBLISH, SIGN, closed, opened, over

SOON = attrs.evolve(RESPONSE, review=ReviewRules(within=Span(1, "minute"), role="liaison"))
"""A plan that asks for the review a minute after the response ended."""


class TestDuty:
    """When the plan says how soon it is closed."""

    def test_it_is_closed_so_soon_after_the_end(self):
        """Its clock begins when the response ends, and closing it discharges it: at the deadline it is in time."""
        play = over()
        ended = play.history[-1].happened_at
        play.do(c.CloseReview(summary="A certificate"))
        (found,) = owed(SOON, facts_of(SOON, play.history), only={"review"})
        assert (found.since, found.due_at) == (ended, ended + timedelta(minutes=1))
        assert (found.done_by, verdict(found, found.due_at)) == (play.history[-1].id, "met")

    def test_the_role_is_told(self):
        """The ladder has one rung, at the deadline, for the role that owes it; without a role there is none."""
        nobody = attrs.evolve(SOON, review=ReviewRules(within=Span(1, "minute")))
        ladders = [one.ladder for plan in (SOON, nobody) for one in implied(plan) if one.id == "review"]
        assert [[(rung.tell, rung.after, rung.before) for rung in ladder] for ladder in ladders] == [
            [(("liaison",), None, None)],
            [],
        ]


class TestSitting:
    """Who reviews."""

    def test_the_last_one_counts(self):
        """A review that is opened again with others is held by these."""
        play = opened()
        assert play.decide(OPEN) == ()
        play.do(attrs.evolve(OPEN, participants=("li.na",), absent=(), facilitator=None))
        assert play.state.review.sitting.participants == ("li.na",)

    def test_who_responded(self):
        """Those who acted up to the last resolution, and in it, commanded or held a role; nobody who came later."""
        play = over()
        play.do(c.Note(text="The bill came"), actor="zhao.min")
        assert responders(play.history) == {"chen.yu", "li.na", "wang.li"}
        play.do(c.Reopen(reason="It is back"), c.Resolve(resolution="Replaced again"))
        assert responders(play.history) == {"chen.yu", "li.na", "wang.li", "zhao.min"}

    def test_a_reopened_incident_is_reviewed_anew(self):
        """Who sat and who signed counts no more; what was found and judged stays."""
        play = opened().do(SIGN, actor="li.na").do(CAUSE, JUDGED, c.Reopen(reason="It is back"))
        review = play.state.review
        assert (review.sitting, review.signatures) == (None, {})
        assert (len(review.findings), len(review.evaluations)) == (1, 1)


class TestFindings:
    """What the review found."""

    def test_the_same_again_is_none(self):
        """A finding, a judgement and a fix in the same words cause nothing; but after another one."""
        play = over().do(CAUSE, JUDGED, FIX)
        assert play.decide(CAUSE) == play.decide(JUDGED) == play.decide(FIX) == ()
        play.do(attrs.evolve(JUDGED, effectiveness="effective"))
        assert len(play.do(JUDGED).state.review.evaluations) == 3

    def test_corrected_and_retracted(self):
        """A correction gives a finding its right words, and a retraction takes it back; then it may be told again."""
        play = over().do(CAUSE)
        entry = play.entry("FindingRecorded")
        play.do(c.Correct(entry=entry, changes={"kind": "trigger", "text": "An update"}, reason="looked again"))
        (found,) = play.state.review.findings
        assert (found.told.kind, found.told.text, found.told.evidence) == ("trigger", "An update", CAUSE.evidence)
        play.do(c.Retract(entry=entry, reason="it was not so"))
        assert (play.state.review.findings, play.state.notes) == ((), 0)
        assert play.decide(CAUSE) == (FindingRecorded(**attrs.asdict(CAUSE)),)

    def test_a_correction_keeps_the_rules(self):
        """What no finding may say, no correction makes it say."""
        play = over().do(CAUSE)
        wrong = c.Correct(entry=play.entry("FindingRecorded"), changes={"kind": "culprit"}, reason="x")
        assert play.refused(wrong) == ["correction-invalid"]

    def test_the_last_judgement_that_holds_counts(self):
        """Without the last one the one before it counts again."""
        play = over().do(JUDGED, attrs.evolve(JUDGED, effectiveness="effective"))
        play.do(c.Retract(entry=play.entry("ResponseEvaluated"), reason="too kind"))
        assert [one.told.effectiveness for one in play.state.review.evaluations] == ["partly_effective"]

    def test_none_after_the_review_was_closed(self):
        """A closed review takes no finding; what it says may be corrected, and a fix may still come."""
        play = over().do(CAUSE, c.CloseReview(summary="A certificate"))
        assert play.refused(attrs.evolve(CAUSE, text="Another")) == ["not-enabled"]
        play.do(FIX, c.Correct(entry=play.entry("FindingRecorded"), changes={"text": "The root"}, reason="typo"))
        assert play.state.review.findings[0].told.text == "The root"

    @pytest.mark.parametrize("text", ["证书到期\u0000未更新", "🧯 " + "界" * 33_331])
    def test_any_text_survives(self, text):
        """Text of any script and of 100,000 bytes is kept; longer is refused by the name of its field."""
        assert over().do(attrs.evolve(CAUSE, text=text)).state.review.findings[0].told.text == text
        with pytest.raises(CommandRefused, match="evidence has 100,001 bytes"):
            over().do(attrs.evolve(CAUSE, evidence=("a", "x" * 100_001)))


class TestEnd:
    """Signatures, publication and lessons."""

    def test_each_signs_once(self):
        """Whoever was there signs, before or after the review is closed."""
        play = opened().do(SIGN, actor="li.na").do(c.CloseReview(summary="x")).do(SIGN, actor="zhao.min")
        assert {person: one.text for person, one in play.state.review.signatures.items()} == {
            "li.na": "as I remember it",
            "zhao.min": "as I remember it",
        }
        assert play.decide(SIGN, "li.na") == ()

    def test_published_once_in_each_place(self):
        """The same place for the same readers is one publication."""
        play = closed().do(PUBLISH)
        assert play.decide(PUBLISH) == ()
        play.do(attrs.evolve(PUBLISH, readership="external"))
        assert [one.readership for one in play.state.review.publications] == ["internal", "external"]
        assert {one.published.text for one in play.state.review.publications} == {PUBLISH.place}

    def test_a_lesson_is_linked_once(self):
        """The incident remembers which lessons it taught."""
        play = closed().do(DrawLesson(lesson="keys"))
        assert play.decide(DrawLesson(lesson="keys")) == ()
        assert play.state.review.lessons == ("keys",)
