"""State: where an incident stands, stood, or was thought to stand."""

from __future__ import annotations

import pytest

from incident_logs import IncidentLog, after
from respond.domain.moments import Moment
from respond.errors import InvalidMoment
from respond.projections.state import state
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e


@pytest.fixture
def log():
    """Return an incident that was reported at 0, assessed at 5, levelled at 10, resolved at 60."""
    log = IncidentLog()
    log.do(c.ReportIncident(category="other", title="Terminals down"))
    log.do(c.Assess(affected_customers=300), at=after(5))
    log.do(c.AssignLevel(level=3, basis="few"), at=after(10))
    log.do(c.StartResponse(), at=after(10))
    log.do(c.Resolve(resolution="restarted"), at=after(60))
    return log


def test_plain(log):
    """Without a time it is the fold, and rests on the last event."""
    answer = state(INCIDENT, log.events)
    assert answer.value == INCIDENT.fold(log.events)
    assert (answer.last_position, answer.clock_used) == (5, "log")


def test_nothing(log):
    """Before anything was known the incident is new, and the answer rests on nothing."""
    answer = state(INCIDENT, log.events, known_at=after(-1))
    assert (answer.value, answer.last_position) == (INCIDENT.initial, 0)


@pytest.mark.parametrize(
    ("minutes", "status"), [(-1, "new"), (0, "reported"), (9, "assessed"), (59, "responding"), (60, "resolved")]
)
def test_as_of(log, minutes, status):
    """`as_of` is where it stood in the world, by all that is known now."""
    answer = state(INCIDENT, log.events, as_of=after(minutes))
    assert (answer.value.status, answer.last_position) == (status, 5)


def test_a_naive_time_is_refused(log):
    """A time without a zone names no instant."""
    with pytest.raises(InvalidMoment, match="has no time zone"):
        state(INCIDENT, log.events, as_of=after(9).replace(tzinfo=None))


def test_both(log):
    """Both together: what had happened by one time as it was known at another."""
    log.do(c.Assess(affected_customers=900), at=after(90), occurred_at=after(8))
    known_early = state(INCIDENT, log.events, as_of=after(9), known_at=after(30))
    known_late = state(INCIDENT, log.events, as_of=after(9), known_at=after(90))
    assert (known_early.value.assessment.affected_customers, known_early.last_position) == (300, 4)
    assert (known_late.value.assessment.affected_customers, known_late.last_position) == (900, 6)
    assert (known_late.as_of, known_late.known_at) == (after(9), after(90))


def test_corrected_time_moves_an_entry(log):
    """A step whose time was corrected happened when the correction says."""
    changes = {"occurred_at": "2026-11-20T09:40:00Z"}
    log.do(c.Correct(entry=log.events[-1].id, changes=changes, reason="clock"), at=after(90))
    assert state(INCIDENT, log.events, as_of=after(45)).value.status == "resolved"
    assert state(INCIDENT, log.events, as_of=after(45), known_at=after(80)).value.status == "responding"


def test_corrections_go_with_their_entry(log):
    """What is asked of the past is answered with the right values, once they are known."""
    log.do(c.Correct(entry=log.events[1].id, changes={"affected_customers": 30}, reason="typo"), at=after(90))
    log.do(c.Correct(entry=log.events[0].id, changes={"title": "Power cut"}, reason="cause"), at=after(91))
    then = state(INCIDENT, log.events, as_of=after(5)).value
    assert (then.assessment.affected_customers, then.title) == (30, "Power cut")
    assert state(INCIDENT, log.events, as_of=after(5), known_at=after(89)).value.title == "Terminals down"


def test_retracted_facts_are_left_out(log):
    """A retracted assessment never was, though the step that it took stands."""
    log.do(c.Retract(entry=log.events[1].id, reason="another incident"), at=after(90))
    then = state(INCIDENT, log.events, as_of=after(6)).value
    assert (then.assessments, then.status) == ((), "assessed")
    assert len(state(INCIDENT, log.events, as_of=after(6), known_at=after(89)).value.assessments) == 1


def test_retracted_notes_are_left_out(log):
    """A retracted note is not counted, whenever it was retracted."""
    note = log.do(c.Note(text="x"), at=after(61))[0]
    log.do(c.Retract(entry=note.id, reason="wrong"), at=after(70))
    assert state(INCIDENT, log.events, as_of=after(65)).value.notes == 0
    assert state(INCIDENT, log.events, as_of=after(65), known_at=after(65)).value.notes == 1


def test_late_entry_moves_nothing(log):
    """A report that was sent before the end and recorded after it does not end the incident earlier."""
    log.do(c.ReportUpward(kind="initial", recipient="ministry", summary="x"), at=after(90), occurred_at=after(30))
    assert log.events[-1].data.to == "resolved"
    then = state(INCIDENT, log.events, as_of=after(40)).value
    assert (then.status, len(then.upward_reports)) == ("responding", 1)


def test_amendment_of_a_stranger(log):
    """A correction of an entry that is not there is folded where it stands."""
    log.record(e.EntryCorrected(entry="elsewhere", changes={"title": "x"}, reason="?"), at=after(61))
    assert state(INCIDENT, log.events, as_of=after(99)).value == INCIDENT.fold(log.events)


def test_unknown_time_counts_from_recording(log):
    """What happened at an unknown time counts from its recording on; an interval from its start."""
    log.do(c.Note(text="x"), at=after(70), occurred_at=None)
    log.do(c.Note(text="y"), at=after(80), occurred_at=Moment(at=after(62), until=after(75)))
    notes = [state(INCIDENT, log.events, as_of=after(minutes)).value.notes for minutes in (61, 62, 69, 70)]
    assert notes == [0, 1, 1, 2]


def test_source_clock(log):
    """By the source's clock an imported step was known when its source says."""
    claim = {"log": "desk", "recorded_at": "2026-11-20T10:05:00Z"}
    log.record(e.IncidentReviewed(from_="resolved", to="reviewed"), at=after(9000), source=claim)
    assert state(INCIDENT, log.events, known_at=after(65)).value.status == "resolved"
    answer = state(INCIDENT, log.events, known_at=after(65), clock="source")
    assert (answer.value.status, answer.last_position, answer.clock_used) == ("reviewed", 6, "mixed")
