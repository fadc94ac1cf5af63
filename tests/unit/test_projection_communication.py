"""Communication in a review: who wrote, approved and said what, who was told, and how long nobody spoke."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from engines import engine_on
from respond.engine.incident import IncidentHandle
from respond.plan.implied import implied, silence_duty
from respond.plan.obligations import Clock, Obligation
from respond.plan.owed import owed, verdict
from respond.plan.spans import Span
from respond.projections.communication import Communication
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.messages import ApproveKeyMessages, SetKeyMessages
from respond.workflow.incident.statements import ApproveStatement, DraftStatement, PublishStatement
from spoken import INSIDE, SPOKEN, open_to_words

LINE = {"audience": "staff", "channel": "line"}


@pytest.fixture
def incident():
    """Return an incident that people respond to, on an engine whose clock the test moves."""
    clock = ManualClock()
    with engine_on(MemoryEventStore(clock=clock), clock, plans=[SPOKEN]) as engine:
        incident = engine.report(category="facility_failure", title="Terminals down", actor="wang.li")
        incident.assess(affected_customers=300)
        incident.assign_level(3, basis="x")
        incident.start_response()
        yield incident


def passes(incident: IncidentHandle, minutes: int) -> None:
    """Let time pass."""
    incident.engine.clock.move(minutes=minutes)


def found(incident: IncidentHandle) -> Communication:
    """Return the words of the incident as of now."""
    return incident.review(now=incident.engine.clock()).communication


def silences(incident: IncidentHandle) -> dict[str, tuple[int, int, bool]]:
    """Return the minutes of the longest silence by audience, the breaches, and whether it lasts."""
    return {
        one.audience: (one.longest_seconds // 60, one.breaches, one.until is None) for one in found(incident).silences
    }


def test_each_version_has_its_people(incident):
    """Who wrote, approved and published each version is told with the times and the events."""
    drafted = incident.draft_statement("s", text="Take cash", **LINE, actor="a")
    passes(incident, 3)
    approved = incident.approve_statement("s", actor="b")
    corrected = incident.correct_statement("s", text="Take coins", reason="better", actor="c")
    published = [incident.approve_statement("s", actor="b"), incident.publish_statement("s", actor="d")]
    (told,) = found(incident).statements
    first, second = told.versions
    assert (first.written_by, first.approved_by, first.published_by) == ("a", "b", None)
    assert first.approved_at - first.written_at == timedelta(minutes=3)
    assert (second.written_by, second.reason, second.published_by, told.status) == ("c", "better", "d", "published")
    assert [one.id for one in first.citations] == [drafted.events[0], approved.events[0]]
    assert [one.id for one in second.citations] == [one.events[0] for one in (corrected, *published)]
    assert found(incident).told[0].text == "Take coins"


def test_what_was_retracted_was_never_told(incident):
    """An entry that was taken back is in no answer, and the silence goes on."""
    told = incident.notify("Take cash", **LINE)
    assert silences(incident)["staff"][0] == 0
    passes(incident, 90)
    assert silences(incident)["staff"] == (90, 1, True)
    incident.notify("Take coins", **LINE)
    incident.retract(told.events[0], reason="nobody picked up")
    assert [one.text for one in incident.told()] == ["Take coins"]
    assert silences(incident)["staff"] == (90, 1, False)


def test_silence_ends_with_the_incident(incident):
    """While it is resolved nobody waits for word; once it is reopened they do."""
    passes(incident, 20)
    incident.resolve("x")
    passes(incident, 500)
    assert silences(incident)["staff"] == (20, 0, False)
    incident.reopen("x")
    passes(incident, 40)
    assert silences(incident)["staff"] == (40, 0, True)


def test_a_silence_cites_what_it_lies_between(incident):
    """It cites the step, or the word, with which it began, and what ended it; nothing while it lasts."""

    def between() -> list[str]:
        types = {event.id: event.type for event in incident.events()}
        staff = next(one for one in found(incident).silences if one.audience == "staff")
        return [types[one.id] for one in staff.citations]

    passes(incident, 20)
    assert between() == ["IncidentReported"]
    incident.notify("Take cash", **LINE)
    assert between() == ["IncidentReported", "NoticeGiven"]
    passes(incident, 30)
    assert between() == ["NoticeGiven"]
    incident.resolve("x")
    assert between() == ["NoticeGiven", "IncidentResolved"]


def test_silence_counts_from_the_level_that_names_the_audience(incident):
    """An audience of the worse levels is left alone at a milder one, and owed word from the change on."""
    passes(incident, 300)
    assert "press" not in silences(incident)
    incident.change_level(2, justification="more shops")
    passes(incident, 110)
    assert {one.obligation: verdict(one, incident.engine.clock()) for one in incident.obligations()}[
        "silence:press"
    ] == "open"
    passes(incident, 20)
    assert silences(incident)["press"][1] == 1


def test_an_upward_report_is_word_too(incident):
    """Who gets a report is not left without word."""
    incident.report_upward("initial", recipient="staff", summary="14 shops")
    passes(incident, 50)
    assert silences(incident)["staff"] == (50, 0, True)
    assert [(one.by_way_of, one.channel) for one in incident.told()] == [("upward_report", None)]


def test_a_watcher_raises_it(incident):
    """Once it was too long, those who speak are told, once."""
    clock = incident.engine.clock
    duty = {one.id: one for one in implied(SPOKEN)}["silence:press"]
    assert (duty.role, duty.ladder[0].tell, duty.titled("zh")) == ("spokesperson", ("spokesperson",), "向Press通报")
    incident.change_level(2, justification="more shops")
    clock.move(minutes=121)
    incident.engine.watch().round()
    raised = [event.data.obligation for event in incident.events() if event.type == "ObligationRaised"]
    assert raised == ["silence:press"]


def test_an_obligation_of_the_plan_stands_in_its_place():
    """An obligation with the same id is the plan's own word on the silence."""
    own = Obligation(
        id=silence_duty("press"), title="x", act="fulfil", due=(Clock(from_="told", within=Span(1, "hour")),)
    )
    ids = [one.id for one in implied(attrs.evolve(SPOKEN, obligations=(own,)))]
    assert ids == ["silence:callers", "silence:staff"]


def test_a_final_statement_is_owed():
    """A statement discharges what asks for one to this audience on key messages of this stage, and no other does."""
    last = Obligation(
        id="account",
        title="Open account",
        act="publish_statement",
        recipient="staff",
        stage="final",
        due=(Clock(from_="response_started", within=Span(1, "hour")),),
    )
    play = open_to_words(plan=attrs.evolve(SPOKEN, obligations=(last,)))
    approve, publish = ApproveStatement(statement="in"), PublishStatement(statement="in")
    play.do(SetKeyMessages(messages=("x",), stage="first"), ApproveKeyMessages(version=1), INSIDE, approve, publish)

    def done() -> bool:
        (one,) = owed(play.plan, facts_of(play.plan, play.history), only={"account"})
        return one.done_at is not None

    assert not done()
    play.do(SetKeyMessages(messages=("y",), stage="final"), ApproveKeyMessages(version=2))
    final = DraftStatement(statement="out", text="All is told", **LINE)
    play.do(final, ApproveStatement(statement="out"), PublishStatement(statement="out"))
    assert done()
