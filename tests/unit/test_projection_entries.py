"""Entries, and what was known when."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
import pytest

from incident_logs import IncidentLog, after
from respond.domain.moments import Moment
from respond.errors import InvalidInput, InvalidMoment
from respond.projections.entries import Citation, entries, in_world_order
from respond.projections.knowledge import known
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e


@pytest.fixture
def log():
    """Return a log with one reported incident."""
    log = IncidentLog()
    log.do(c.ReportIncident(category="other", title="Terminals down"))
    return log


def assessed(log, minutes=1, **values):
    """Record an assessment and return it."""
    return log.do(c.Assess(**values), at=after(minutes))[0]


def test_original_and_reading(log):
    """An entry keeps what was recorded, and reads with its corrections applied in log order."""
    entry = assessed(log, affected_customers=300, findings="many")
    first = log.do(c.Correct(entry=entry.id, changes={"affected_customers": 30}, reason="typo"), at=after(5))[0]
    changes = {"affected_customers": 31, "occurred_at": "2026-11-20T08:00:00Z"}
    second = log.do(c.Correct(entry=entry.id, changes=changes, reason="again"), at=after(6))[0]
    found = entries(log.events)[1]
    assert found.event.data.affected_customers == 300
    assert (found.reading.affected_customers, found.reading.findings) == (31, "many")
    assert found.corrected_by == (Citation(first.position, first.id), Citation(second.position, second.id))
    assert found.happened_at == after(-60)
    assert found.event.happened_at == after(1)


def test_corrected_time_only(log):
    """A correction of nothing but the time leaves the payload itself as it is."""
    log.do(c.Correct(entry=log.events[0].id, changes={"occurred_at": "2026-11-20T08:30:00Z"}, reason="clock"))
    found = entries(log.events)[0]
    assert found.reading is log.events[0].data
    assert found.occurred_at == Moment(after(-30))


def test_corrected_to_unknown(log):
    """A correction may say that nobody knows when it happened; then the time of recording orders it."""
    log.record(e.EntryCorrected(entry=log.events[0].id, changes={"occurred_at": None}, reason="guessed"))
    found = entries(log.events)[0]
    assert (found.occurred_at, found.happened_at, found.delay) == (None, after(0), None)


def test_retracted(log):
    """A retracted entry names what retracted it first."""
    note = log.do(c.Note(text="wrong incident"))[0]
    gone = log.do(c.Retract(entry=note.id, reason="not ours"))[0]
    log.record(e.EntryRetracted(entry=note.id, reason="once more"))
    assert [one.retracted_by for one in entries(log.events)] == [None, Citation(gone.position, gone.id), None, None]


def test_misfit_correction_is_refused(log):
    """A correction that does not fit its entry is an error that names the field."""
    log.record(e.EntryCorrected(entry=log.events[0].id, changes={"titel": "x"}, reason="?"))
    with pytest.raises(InvalidInput, match="titel"):
        entries(log.events)


@pytest.mark.parametrize(
    ("occurred_at", "late", "delay"),
    [
        (after(0), False, timedelta(minutes=15)),
        (after(0) - timedelta(microseconds=1), True, timedelta(minutes=15, microseconds=1)),
        (after(20), False, timedelta(0)),
        (None, False, None),
        (Moment(at=after(-60), until=after(14)), False, timedelta(minutes=1)),
        (Moment(at=after(-60), until=after(-1)), True, timedelta(minutes=16)),
        (Moment(at=after(-44), precision="hour"), False, timedelta(0)),
        (Moment(at=after(-60), precision="hour"), False, timedelta(minutes=15)),
        (Moment(at=after(-61), precision="hour"), True, timedelta(minutes=16)),
        (Moment(at=after(-1), precision="minute"), False, timedelta(minutes=15)),
    ],
)
def test_late(log, occurred_at, late, delay):
    """Late is what was recorded more than 15 minutes after the last instant at which it may have happened."""
    log.record(e.ProgressNoted(text="found"), at=after(15), occurred_at=occurred_at)
    found = entries(log.events)[-1]
    assert (found.late, found.delay) == (late, delay)


def test_late_threshold(log):
    """The threshold is an argument."""
    log.do(c.Note(text="found"), at=after(15), occurred_at=after(0))
    assert not entries(log.events)[-1].late
    assert entries(log.events, late_after=timedelta(minutes=14))[-1].late


def test_late_by_the_source(log):
    """An imported event was late by the clock of its source; without a claim nobody knows."""
    for claim in ({"recorded_at": "2026-11-20T09:20:00Z"}, {"recorded_at": "2026-11-20T09:00:00Z"}, {}):
        source = {"log": "desk", **claim}
        log.record(e.ProgressNoted(text="x"), at=after(10_000), occurred_at=after(0), source=source)
    found = entries(log.events)[1:]
    assert [one.delay for one in found] == [timedelta(minutes=20), timedelta(0), None]
    assert [one.late for one in found] == [True, False, False]


def test_moved(log):
    """An entry moved when it changed the status of its own stream."""
    assessed(log)
    assessed(log, affected_customers=1)
    log.do(c.ReportIncident(category="other", title="Another"), key="b")
    log.do(c.Note(text="x"))
    assert [one.moved for one in entries(log.events)] == [True, True, False, True, False]


def test_moved_needs_from_and_to():
    """An event that has a `to` of another meaning is no step."""

    @attrs.frozen
    class Sent:
        to: str

    log = IncidentLog()
    event = log.record(e.ProgressNoted(text="x"))
    assert not entries([event._replace(data=Sent("you"))])[0].moved


def test_world_order(log):
    """The world's order is by happening, then by position; `as_of` leaves out what came later."""
    log.do(c.Note(text="second"), at=after(30), occurred_at=after(20))
    log.do(c.Note(text="first"), at=after(40), occurred_at=after(10))
    log.do(c.Note(text="same"), at=after(50), occurred_at=after(10))
    ordered = in_world_order(entries(log.events))
    assert [one.event.position for one in ordered] == [1, 3, 4, 2]
    assert [one.event.position for one in in_world_order(ordered, as_of=after(10))] == [1, 3, 4]


def imported(log, *claims):
    """Import one note for each claim; None is an event that was born here, "" one whose source claims nothing."""
    for claim in claims:
        source = None if claim is None else {"log": "desk"} if claim == "" else {"log": "desk", "recorded_at": claim}
        log.record(e.ProgressNoted(text="x"), at=after(600), source=source)
    return log.events[1:]


def test_known_by_the_log(log):
    """By the log's clock an imported event was known when it was imported."""
    events = imported(log, "2026-11-20T09:05:00Z")
    assert known(events, at=after(10)).events == ()
    assert known(events, at=after(10)).last_position == 0
    assert known(events, at=after(600)).last_position == 2
    assert known(events, at=after(600)).clock_used == "log"


@pytest.mark.parametrize(
    ("claims", "positions", "used"),
    [
        (("2026-11-20T09:05:00Z", "2026-11-20T09:30:00+08:00"), [2, 3], "source"),
        (("2026-11-20T09:05:00Z", None, "", "2026-11-20T09:11:00Z"), [2], "mixed"),
        ((None, ""), [], "log"),
    ],
)
def test_known_by_the_source(log, claims, positions, used):
    """By the source's clock its claim counts where it made one, and the answer says which clock it used."""
    answer = known(imported(log, *claims), at=after(10), clock="source")
    assert [event.position for event in answer.events] == positions
    assert answer.clock_used == used


def test_known_without_time(log):
    """Without a time everything is known, and no clock was needed."""
    answer = known(imported(log, "2026-11-20T09:05:00Z"), clock="source")
    assert (len(answer.events), answer.clock_used) == (1, "log")


def test_known_refuses():
    """A clock that does not exist and a time without a zone are refused by name."""
    with pytest.raises(InvalidInput, match="'wall' is not a clock; write 'log' or 'source'"):
        known([], clock="wall")
    with pytest.raises(InvalidMoment, match="no time zone"):
        known([], at=datetime(2026, 11, 20))  # noqa: DTZ001
