"""What is approved: where a command is about one of several things, an approval lets only that one pass."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from play import DUTIES, Play
from respond.domain.ids import event_id
from respond.plan.authority import AuthorityRule
from respond.plan.measures import Measure
from respond.workflow.approvals import Approve
from respond.workflow.definition import trigger_of
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident.measures import SkipMeasure
from respond.workflow.incident.messages import ApproveKeyMessages, SetKeyMessages
from respond.workflow.incident.statements import ApproveStatement, CorrectStatement, PublishStatement
from respond.workflow.party import PARTY
from respond.workflow.party import commands as p
from spoken import INSIDE, MESSAGES, SPOKEN, open_to_words

OF = {"incident": "i-1"}
WAIVABLE = (DUTIES.obligations[0], attrs.evolve(DUTIES.obligations[0], id="call"))
MEASURES = attrs.evolve(
    DUTIES, measures=(*DUTIES.measures, Measure(id="tell_shops", title="Tell the shops", kind="inform"))
)


def ruled(plan: Any, workflow: Any, *commands: str) -> Any:
    """Return *plan* under which two people must agree to *commands*, and all else is free."""
    others = tuple(one for one in workflow.triggers if one not in (*commands, "approve"))
    two = AuthorityRule(id="two", commands=commands, roles=("anyone",), n_of=2)
    return attrs.evolve(plan, authority=(two, AuthorityRule(id="free", commands=others, roles=("anyone",))))


def two_statements(command: str) -> Play:
    """Return an incident with two drafts to the staff, in which *command* asks for two people."""
    play = open_to_words(plan=ruled(SPOKEN, INCIDENT, command))
    return play.do(INSIDE, attrs.evolve(INSIDE, statement="second", text="Take cards again."))


def two_approved() -> Play:
    """Return one in which both drafts were approved, and their publication asks for two people."""
    return two_statements("publish_statement").do(
        ApproveStatement(statement="in"), ApproveStatement(statement="second")
    )


def two_offers() -> Play:
    """Return a case with two offers that the party accepted, in which paying asks for two people."""
    play = Play(PARTY, plan=ruled(DUTIES, PARTY, "pay_compensation"))
    play.do(p.RegisterAffected(**OF), p.ContactParty(**OF, channel="telephone"))
    for number, text in ((1, "a coffee"), (2, "a cake")):
        gift = p.OfferCompensation(**OF, form="extra_service", text=text)
        play.do(gift, p.AcceptCompensation(**OF, offer=number), actor="wang.li")
    return play


def open_to_measures(*commands: str, plan: Any = MEASURES) -> Play:
    """Return an incident that people respond to, in which *commands* ask for two people."""
    report = c.ReportIncident(category="facility_failure", title="Card terminals down")
    play = Play(plan=ruled(plan, INCIDENT, *commands)).do(report)
    return play.do(c.Assess(affected_customers=300), c.AssignLevel(level=2, basis="x"))


NOTES = (c.Note(text="A shop"), c.Note(text="A second shop"))
NOTED = tuple(str(event_id("play", version)) for version in (4, 5))
"""The ids of their entries."""
CASES: dict[str, tuple[Any, str, Any, Any]] = {
    "approve a statement": (
        lambda: two_statements("approve_statement"),
        "in",
        ApproveStatement(statement="in"),
        ApproveStatement(statement="second"),
    ),
    "publish a statement": (
        two_approved,
        "in",
        PublishStatement(statement="in"),
        PublishStatement(statement="second"),
    ),
    "pay an offer": (
        two_offers,
        "1",
        p.PayCompensation(**OF, offer=1, reference="B-1"),
        p.PayCompensation(**OF, offer=2, reference="B-2"),
    ),
    "waive an obligation": (
        lambda: open_to_measures("waive", plan=attrs.evolve(DUTIES, obligations=WAIVABLE)),
        "visit 1",
        c.Waive(obligation="visit", reason="x"),
        c.Waive(obligation="call", reason="x"),
    ),
    "skip a measure": (
        lambda: open_to_measures("skip_measure"),
        "patch",
        SkipMeasure(measure="patch", reason="x"),
        SkipMeasure(measure="tell_shops", reason="x"),
    ),
    "correct an entry": (
        lambda: open_to_measures("correct").do(*NOTES),
        NOTED[0],
        c.Correct(entry=NOTED[0], changes={"text": "One shop"}, reason="x"),
        c.Correct(entry=NOTED[1], changes={"text": "Two shops"}, reason="x"),
    ),
    "retract an entry": (
        lambda: open_to_measures("retract").do(*NOTES),
        NOTED[0],
        c.Retract(entry=NOTED[0], reason="x"),
        c.Retract(entry=NOTED[1], reason="x"),
    ),
}
"""By what is done: an aggregate, what is approved, a command about that, and one about another one."""


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> tuple[Play, str, Any, Any]:
    """Return a case with its aggregate made."""
    make, about, first, second = CASES[request.param]
    return make(), about, first, second


def codes(play: Play, command: Any, actor: str = "chen.yu") -> list[str]:
    """Return the code of every reason against *command*."""
    return [one.code for one in play.explain(trigger_of(type(command)), command, actor).refusals]


def test_an_approval_of_one_lets_no_other_one_pass(case):
    """What was approved passes once; what was not, does not, before that and after it."""
    play, about, first, second = case
    trigger = trigger_of(type(first))
    assert codes(play, first) == codes(play, second) == ["approvals-missing"]
    play.do(Approve(command=trigger, about=about), actor="li.na")
    assert codes(play, second) == ["approvals-missing"]
    play.do(first, actor="chen.yu")
    assert codes(play, second) == ["approvals-missing"]


def test_what_another_one_was_spent_for_is_not_spent(case):
    """An approval stands while the same is done to another one."""
    play, about, first, second = case
    trigger = trigger_of(type(first))
    play.do(Approve(command=trigger, about=about), actor="li.na")
    other = " ".join(str(getattr(second, field)) for field in play.workflow.handler(second).about)
    play.do(Approve(command=trigger, about=other), actor="li.na").do(second, actor="chen.yu")
    play.do(first, actor="chen.yu")


def test_an_approval_says_which(case):
    """One that names nothing is refused, with whatever else speaks against it."""
    play, _, first, _ = case
    trigger = trigger_of(type(first))
    assert codes(play, Approve(command=trigger), "li.na") == ["approval-unclear"]
    (reason,) = play.explain("approve", Approve(command=trigger), "li.na").refusals
    assert reason.text.endswith("say which")


def test_what_is_one_has_no_name():
    """An approval that names one of several where there are none is refused."""
    play = open_to_measures("resolve")
    assert codes(play, Approve(command="resolve", about="s-1"), "li.na") == ["approval-unclear"]
    assert codes(play, Approve(command="resolve", about="s-1")) == ["approval-unclear"]
    assert codes(play, Approve(command="resolve"), "li.na") == []


def test_a_corrected_statement_is_approved_anew():
    """Who agreed to one text did not agree to another one."""
    play = two_statements("approve_statement")
    approve = Approve(command="approve_statement", about="in")
    play.do(approve, actor="li.na")
    play.do(CorrectStatement(statement="in", reason="typing", text="Take cash only."), actor="wang.li")
    assert codes(play, ApproveStatement(statement="in")) == ["approvals-missing"]
    play.do(approve, actor="li.na").do(ApproveStatement(statement="in"), actor="chen.yu")


def test_key_messages_are_approved_by_version():
    """Who agreed to one version of the key messages did not agree to the next."""
    play = open_to_words(plan=ruled(SPOKEN, INCIDENT, "approve_key_messages")).do(MESSAGES)
    play.do(Approve(command="approve_key_messages", about="1"), actor="li.na")
    play.do(SetKeyMessages(messages=("It is over.",), stage="resolved"))
    assert codes(play, ApproveKeyMessages(version=2)) == ["approvals-missing"]
    play.do(Approve(command="approve_key_messages", about="2"), actor="li.na")
    play.do(ApproveKeyMessages(version=2), actor="chen.yu")


def test_a_correction_of_another_statement_unsettles_nothing():
    """An approval stands while another statement is corrected."""
    play = two_statements("approve_statement").do(Approve(command="approve_statement", about="in"), actor="li.na")
    play.do(CorrectStatement(statement="second", reason="typing", text="Soon."), actor="wang.li")
    play.do(ApproveStatement(statement="in"), actor="chen.yu")


def test_an_approval_that_was_retracted_lets_nothing_pass():
    """Who approved and took it back has not approved."""
    play, command = open_to_measures("waive"), c.Waive(obligation="visit", reason="x")
    play.do(Approve(command="waive", about="visit 1"), actor="li.na")
    assert codes(play, command) == []
    play.do(c.Retract(entry=play.entry("ApprovalGiven"), reason="second thoughts"), actor="li.na")
    assert codes(play, command) == ["approvals-missing"]
