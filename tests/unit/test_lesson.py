"""Lessons: recorded of an incident or of a case from outside, revised and withdrawn."""

from __future__ import annotations

import attrs
import pytest

from play import START, Play
from respond import Engine, Plan
from respond.domain.streams import StreamId
from respond.errors import CommandRefused, NotFound
from respond.store.memory import MemoryEventStore
from respond.testing.clocks import ManualClock
from respond.workflow.lesson import LESSON, RecordLesson, ReviseLesson, WithdrawLesson

OUTSIDE = RecordLesson(text="Watch certificates", tags=("tls",), category="other", level=2, source="the Bank")
REVISED = ReviseLesson(text="Renew certificates", tags=("tls",), level=1, reason="clearer")
WITHDRAW = WithdrawLesson(reason="it was wrong")


def lesson(*commands: object) -> Play:
    """Return a lesson of which *commands* were asked."""
    return Play(LESSON, key="l-1").do(*commands)


@pytest.mark.parametrize(
    ("refused", "code", "text"),
    [
        (attrs.evolve(OUTSIDE, text=" "), "lesson-missing", "text must not be blank"),
        (attrs.evolve(OUTSIDE, source=""), "lesson-source-missing", "one of the two"),
        (attrs.evolve(OUTSIDE, incident="i-1"), "lesson-source-missing", "one of the two"),
        (attrs.evolve(OUTSIDE, tags=("a", "a")), "tag-invalid", "a tag must not be blank, nor be there twice"),
        (attrs.evolve(OUTSIDE, tags=("",)), "tag-invalid", "a tag must not be blank, nor be there twice"),
        (attrs.evolve(OUTSIDE, category="flood"), "lesson-category-unknown", "'flood' is not a category of the plan"),
        (attrs.evolve(OUTSIDE, level=9), "lesson-level-unknown", "9 is not a level of the plan"),
        (attrs.evolve(OUTSIDE, text="水" * 33_334), "text-too-long", "text has 100,002 bytes"),
    ],
)
def test_what_no_lesson_is(refused, code, text):
    """Each refusal has one code and says what to write instead; the lesson without the fault is recorded."""
    with pytest.raises(CommandRefused, match=text) as caught:
        lesson(refused)
    assert [one.code for one in caught.value.refusals] == [code]
    assert lesson(OUTSIDE).state.status == "recorded"


def test_a_life():
    """A lesson is recorded, revised with a reason and withdrawn; each a second time causes nothing."""
    play = lesson(OUTSIDE)
    assert (play.state.source, play.decide(OUTSIDE)) == ("the Bank", ())
    assert play.refused(attrs.evolve(REVISED, reason="")) == ["reason-missing"]
    play.do(REVISED)
    assert play.decide(attrs.evolve(REVISED, reason="other words")) == ()
    assert (play.state.text, play.state.level, play.state.category, play.state.revisions) == (
        "Renew certificates",
        1,
        None,
        1,
    )
    assert play.decide(OUTSIDE) == ()
    play.do(WITHDRAW)
    assert play.decide(WITHDRAW) == ()
    assert play.refused(attrs.evolve(REVISED, text="Again")) == ["not-enabled"]
    assert LESSON.fold(play.history) == play.state


def test_nothing_becomes_of_what_was_never_recorded():
    """A lesson that nobody recorded is neither revised nor withdrawn."""
    assert [Play(LESSON).refused(one) for one in (REVISED, WITHDRAW)] == [["not-enabled"], ["not-enabled"]]


@pytest.fixture
def engine():
    """Return an engine in memory."""
    clock = ManualClock(START)
    return Engine(MemoryEventStore(clock=clock), plans=[Plan.example()], clock=clock)


def resolved(engine):
    """Return an incident of level 2 at the north site that was resolved."""
    incident = engine.report(category="facility_failure", title="Terminals down", site="north", actor="wang.li")
    incident.assess(affected_customers=300)
    incident.assign_level(2, basis="regional")
    incident.start_response()
    incident.report_upward("initial", recipient="HQ", summary="14 shops")
    incident.resolve("New terminals")
    return incident


def test_a_lesson_of_an_incident(engine):
    """Lesson and incident know each other from one step; what nobody said is taken from the incident."""
    incident = resolved(engine)
    lesson = incident.record_lesson("Watch certificates", tags=("tls",), lesson="keys", command_id="c-1")
    assert incident.state().review.lessons == ("keys",)
    state = engine.lesson("keys").state()
    assert (state.incident, state.category, state.level, state.site) == (incident.id, "facility_failure", 2, "north")
    assert {event.subject for event in lesson.events()} == {incident.id}
    assert [entry.type for entry in incident.timeline().entries][-2:] == ["LessonRecorded", "LessonDrawn"]
    again = incident.record_lesson("Watch certificates", tags=("tls",), lesson="keys", command_id="c-1")
    assert again.outcome.replayed


def test_an_open_incident_teaches_nothing_yet(engine):
    """While people are at work nothing is recorded, neither there nor here."""
    incident = engine.report(category="facility_failure", title="Terminals down")
    with pytest.raises(CommandRefused, match="draw_lesson is enabled in resolved, reviewed"):
        incident.record_lesson("Watch certificates", lesson="keys")
    assert engine.store.read_stream(StreamId.of("lesson", "keys")) == []


def test_a_case_from_outside(engine):
    """It needs no incident, only who tells it; its key is made when none is given."""
    lesson = engine.record_lesson("Watch certificates", source="the Bank", actor="li.na")
    lesson.revise("Renew them", reason="clearer")
    assert engine.lesson(lesson.key).state().text == "Renew them"
    lesson.withdraw("it was wrong")
    assert lesson.state().status == "withdrawn"
    with pytest.raises(NotFound, match="no lesson 'nothing'"):
        engine.lesson("nothing")
