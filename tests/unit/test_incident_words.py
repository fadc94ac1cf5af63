"""Words: key messages by version, statements from draft to retraction, notices, and what is heard."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import attrs
import pytest

from play import START
from respond.domain.references import Actor
from respond.errors import CommandRefused
from respond.plan.facts import Done
from respond.workflow.incident import commands as c
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.messages import ApproveKeyMessages, KeyMessagesApproved, KeyMessagesSet, SetKeyMessages
from respond.workflow.incident.notices import NoticeGiven, Notify, RecordFeedback, RecordObservation
from respond.workflow.incident.people import AssignRole
from respond.workflow.incident.statements import (
    ApproveStatement,
    PublishStatement,
    RetractStatement,
    StatementCorrected,
    StatementPublished,
)
from spoken import (
    DIRECTOR,
    FOUR_EYES,
    INSIDE,
    MESSAGES,
    SPEAKER,
    TOLD,
    approved,
    drafted,
    open_to_words,
    published,
    reworded,
    voiced,
)
from spoken_cases import ANSWER, CORRECTED, NOTICE, POSTS


class TestKeyMessages:
    """What is said with one voice."""

    def test_the_last_approved_version_is_live(self):
        """A version that is set anew counts from its approval on; until then the one before does."""
        play = voiced().do(SetKeyMessages(messages=("It is over.",), stage="resolved"))
        assert (play.state.said.live, len(play.state.said.key_messages)) == (1, 2)
        play.do(ApproveKeyMessages(version=2))
        assert (play.state.said.live, play.state.said.version(2).stage) == (2, "resolved")

    def test_the_same_again_is_none(self):
        """The same messages for the same stage make no version, nor is one approved twice."""
        play = voiced()
        assert play.decide(MESSAGES) == play.decide(ApproveKeyMessages(version=1)) == ()
        assert play.decide(attrs.evolve(MESSAGES, stage=None)) == (
            KeyMessagesSet(version=2, messages=MESSAGES.messages, stage=None),
        )

    def test_an_approval_of_nothing_folds(self):
        """A foreign log may approve what it never told."""
        assert open_to_words().record(KeyMessagesApproved(version=4)).state.said.live is None

    def test_drafts_of_the_plan(self):
        """People begin with what the plan says at a stage, for incidents of this kind."""
        plan = voiced().plan
        assert [one.id for one in plan.drafts("facility_failure", "first")] == ["hello"]
        assert [one.id for one in plan.drafts("network")] == ["hello", "hurt", "sorry"]


class TestStatements:
    """From the draft to the retraction."""

    def test_from_the_draft_to_the_retraction(self):
        """A statement is a draft, approved, published, and no longer holds."""
        play = published()
        known = play.state.said.statements["s1"]
        assert (known.status, known.version, known.wording.key_messages) == ("published", 1, 1)
        assert play.history[-1].data == StatementPublished(
            statement="s1", version=1, audience="press", channel="wire", key_messages=1, stage="first"
        )
        play.do(RetractStatement(statement="s1", reason="15 shops"))
        assert play.state.said.statements["s1"].retracted.text == "15 shops"

    def test_each_step_once(self):
        """Whatever is repeated causes nothing."""
        play = drafted()
        assert play.decide(TOLD) == ()
        play.do(ApproveStatement(statement="s1"), actor=DIRECTOR)
        assert play.decide(ApproveStatement(statement="s1", version=1)) == ()
        play.do(PublishStatement(statement="s1"), actor=SPEAKER)
        assert play.decide(PublishStatement(statement="s1")) == play.decide(ApproveStatement(statement="s1")) == ()
        withdraw = RetractStatement(statement="s1", reason="x")
        assert play.do(withdraw).decide(withdraw) == ()
        with pytest.raises(CommandRefused, match="already"):
            play.decide(TOLD)

    def test_a_correction_is_approved_again(self):
        """It is another version, a draft, on the key messages that are live by then; what it leaves out stays."""
        play = reworded().do(CORRECTED)
        known = play.state.said.statements["s1"]
        assert (known.status, known.version, known.approved) == ("draft", 2, None)
        assert known.wording == attrs.evolve(
            known.wording, text="In 15 shops.", key_messages=2, cause=TOLD.cause, next_update_at=TOLD.next_update_at
        )
        assert play.decide(CORRECTED) == ()
        play.do(ApproveStatement(statement="s1"), actor=DIRECTOR).do(PublishStatement(statement="s1"), actor=SPEAKER)
        assert play.history[-1].data.version == 2

    def test_what_was_published_can_be_retracted_while_it_is_corrected(self):
        """The version that is out is withdrawn, whatever became of the next one."""
        play = published().do(CORRECTED, RetractStatement(statement="s1", reason="wrong"))
        assert play.state.said.statements["s1"].status == "retracted"

    def test_inside_needs_no_key_messages(self):
        """Staff are told without them, and without all that people outside are told."""
        play = open_to_words().do(INSIDE, ApproveStatement(statement="in"), PublishStatement(statement="in"))
        assert play.history[-1].data.key_messages is None

    def test_after_the_end_no_next_update_is_owed(self):
        """Once it is over, nobody must say when more comes."""
        last = attrs.evolve(TOLD, next_update_at=None)
        assert open_to_words().refused(last) == ["statement-incomplete"]
        over = open_to_words().do(
            c.ReportUpward(kind="initial", recipient="HQ", summary="x"), c.Resolve(resolution="x")
        )
        assert over.refused(last) == []

    def test_a_substitute_speaks_only_while_the_role_is_empty(self):
        """Once somebody is spokesperson, the deputy does not speak."""
        deputy = Actor(id="he.na", role="deputy")
        play = approved()
        assert play.decide(PublishStatement(statement="s1"), deputy)
        play.do(AssignRole(role="spokesperson", person="zhao.min"))
        with pytest.raises(CommandRefused, match="to 'press' speak spokesperson"):
            play.decide(PublishStatement(statement="s1"), deputy)

    def test_every_reason_is_told(self):
        """A refusal lists all that is wrong."""
        wrong = attrs.evolve(TOLD, audience="moon", channel="drum", text=" ", key_messages=7)
        assert voiced().refused(wrong) == [
            "audience-unknown",
            "channel-unknown",
            "statement-missing",
            "key-messages-unknown",
        ]

    def test_a_correction_of_nothing_folds(self):
        """A foreign log may correct what it never drafted."""
        told = StatementCorrected(statement="ghost", version=2, reason="x", text="x")
        assert open_to_words().record(told).state.said.statements == {}

    def test_a_long_text_survives(self):
        """100,000 bytes of any script are kept; one more is refused by the name of its field."""
        text = "断" * 33_333 + "."
        play = voiced().do(attrs.evolve(TOLD, text=text))
        assert play.state.said.statements["s1"].wording.text == text
        with pytest.raises(CommandRefused, match="text has 100,001 bytes"):
            play.do(attrs.evolve(TOLD, statement="s2", text=text + "."))

    def test_a_correction_of_the_entry_moves_the_time_only(self):
        """When it was published can be put right; what it said is corrected by another version."""
        play = published()
        entry = play.entry("StatementPublished")
        at = {"at": "2026-03-01T08:00:00.000000Z", "precision": "second"}
        play.do(c.Correct(entry=entry, changes={"occurred_at": at}, reason="clock"))
        assert play.state.said.statements["s1"].published.at == START
        drafted_by = c.Correct(entry=play.entry("StatementDrafted"), changes={"text": "x"}, reason="x")
        assert play.refused(drafted_by) == ["correction-invalid"]


class TestFourEyes:
    """Nobody approves his own words, where the plan asks for that."""

    @pytest.mark.parametrize("writer", ["a", "b"])
    def test_the_author_of_this_statement_is_barred(self, writer):
        """Who wrote this one does not approve it; who wrote another one does, whoever wrote last."""
        play = open_to_words_of_two()
        other = "b" if writer == "a" else "a"
        approve = ApproveStatement(statement=writer)
        with pytest.raises(CommandRefused, match=f"'{writer}' did draft_statement"):
            play.decide(approve, writer)
        assert play.decide(approve, other)

    def test_who_corrected_it_is_barred_too(self):
        """Both who wrote the first version and who wrote the last one are its authors."""
        play = open_to_words_of_two().do(attrs.evolve(CORRECTED, statement="a"), actor="c")
        for barred in ("a", "c"):
            with pytest.raises(CommandRefused, match="somebody else must do approve_statement"):
                play.decide(ApproveStatement(statement="a"), barred)
        assert play.decide(ApproveStatement(statement="a"), "b")

    def test_key_messages(self):
        """Who set the last version does not approve it."""
        play = open_to_words(plan=FOUR_EYES).do(MESSAGES, actor="wang.li")
        with pytest.raises(CommandRefused, match="did set_key_messages"):
            play.decide(ApproveKeyMessages(version=1), "wang.li")
        assert play.decide(ApproveKeyMessages(version=1), "li.na")


def open_to_words_of_two():
    """Return an incident in which a and b drafted a statement each, named after them."""
    play = open_to_words(plan=FOUR_EYES)
    for writer in ("a", "b"):
        play.do(attrs.evolve(INSIDE, statement=writer), actor=writer)
    return play


class TestNotices:
    """What people inside are told, and what is heard."""

    def test_who_held_the_role_was_told(self):
        """A notice to a role tells who held it then."""
        play = open_to_words().do(AssignRole(role="runner", person="wu.bo"))
        notice = Notify(text="Run.", channel="line", to_role="runner")
        assert play.decide(notice) == (NoticeGiven(text="Run.", channel="line", to_role="runner", people=("wu.bo",)),)

    def test_the_same_words_twice_are_two_notices(self):
        """Who tells the same every hour tells it every hour."""
        assert len(open_to_words().do(NOTICE).decide(NOTICE)) == 1

    def test_what_was_noted_by_mistake_is_taken_back(self):
        """A notice, feedback and an observation are facts that can be retracted; progress notes stay as they are."""
        play = open_to_words().do(c.Note(text="x"), NOTICE, ANSWER, POSTS)
        for name in ("NoticeGiven", "FeedbackReceived", "ObservationRecorded"):
            play.do(c.Retract(entry=play.entry(name), reason="a mistake"))
        assert (play.state.said.noted, play.state.notes) == ((), 1)

    def test_a_value_is_corrected(self):
        """The right figure must fit as the first one did."""
        play = open_to_words().do(POSTS, RecordFeedback(source="x", channel="y", text="z"))
        entry = play.entry("ObservationRecorded")
        assert play.refused(c.Correct(entry=entry, changes={"value": Decimal(13)}, reason="typo")) == []
        assert play.refused(c.Correct(entry=entry, changes={"metric": " "}, reason="typo")) == ["correction-invalid"]
        answer = play.entry("FeedbackReceived")
        assert play.refused(c.Correct(entry=answer, changes={"count": 0}, reason="typo")) == ["correction-invalid"]


def test_what_obligations_rest_on():
    """A statement and a notice are word to their audience, and an upward report to its recipient."""
    play = published().do(NOTICE, c.ReportUpward(kind="initial", recipient="HQ", summary="x"))
    play.do(Notify(text="Run.", channel="line", to_role="runner"), RecordObservation(**attrs.asdict(POSTS)))
    told = [one for one in facts_of(play.plan, play.history).done if one.at >= START + timedelta(minutes=8)]
    assert [(one.act, one.recipient, one.stage) for one in told if isinstance(one, Done)] == [
        ("publish_statement", "press", "first"),
        ("tell_audience", "press", None),
        ("tell_audience", "staff", None),
        ("report_upward", "HQ", None),
        ("tell_audience", "HQ", None),
    ]
