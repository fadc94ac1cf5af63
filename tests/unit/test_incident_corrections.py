"""Corrections: moments that people write, and those that a log holds."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from engines import REPORTED, engine_on
from respond.domain.moments import Moment
from respond.domain.payloads import from_input
from respond.domain.streams import StreamId
from respond.errors import CommandRefused, InvalidInput
from respond.store.memory import MemoryEventStore
from respond.store.records import NewEvent, Write
from respond.testing.conformance.samples import START, ManualClock
from respond.workflow.incident import commands as c
from respond.workflow.incident.corrections import CORRECTABLE

MISSPELT = {"at": "2026-03-01T07:00:00Z", "untill": "2026-03-01T08:00:00Z"}
SPELT = {"at": "2026-03-01T07:00:00Z", "until": "2026-03-01T08:00:00Z"}


@pytest.fixture
def clock():
    """A clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture
def engine(clock):
    """An engine on an empty log in memory."""
    return engine_on(MemoryEventStore(clock=clock), clock)


@pytest.fixture
def incident(engine):
    """An incident that was just reported."""
    return engine.report(**REPORTED)


@pytest.mark.parametrize("field", ["occurred_at", "discovered_at"])
def test_a_moment_with_an_unknown_key_is_refused(incident, field):
    """A misspelt key of a moment is refused by name, and not passed over; the right one is taken."""
    entry = incident.events()[0].id
    with pytest.raises(CommandRefused, match="untill is not a key of a moment; write at, offset_minutes, precision, u"):
        incident.correct(entry, {field: MISSPELT}, reason="clock")
    assert incident.correct(entry, {field: SPELT}, reason="clock").events


def test_a_moment_of_a_command_is_as_strict():
    """What people write for a command is judged alike."""
    told = {"category": "other", "title": "x"}
    assert from_input(c.ReportIncident, {**told, "discovered_at": SPELT}).discovered_at == Moment.from_json(SPELT)
    with pytest.raises(InvalidInput, match="untill is not a key of a moment"):
        from_input(c.ReportIncident, {**told, "discovered_at": MISSPELT})


@pytest.mark.parametrize("field", ["occurred_at", "discovered_at"])
def test_a_moment_with_an_unknown_key_in_a_log_is_read(engine, incident, field):
    """A correction that another release took is read, its unknown key left aside, and can be corrected again."""
    entry = incident.events()[0].id
    data = {"entry": entry, "changes": {field: MISSPELT}, "reason": "clock"}
    event = NewEvent(id="01936a5e-0000-7000-8000-000000000001", type="EntryCorrected", data=data)
    engine.store.append(Write(StreamId.of("incident", incident.id), [event]))
    assert incident.state().status == "reported"
    shown = incident.timeline().entries[0]
    assert Moment.from_json({"at": MISSPELT["at"]}) in (shown.occurred_at, incident.state().discovered_at)
    assert incident.correct(entry, {"site": "Shop 3"}, reason="forgotten").events


def test_that_nobody_knows_is_a_correction(engine, incident, clock):
    """A time that was a guess is corrected to unknown: the entry stands where it was recorded, and nothing is late."""
    clock.move(minutes=30)
    incident.assess(injured=0, at=START + timedelta(minutes=10))
    entry = incident.events()[1].id
    assert (len(incident.review().late_entries), engine.statistics().acknowledge.median_seconds) == (1, 600)
    incident.correct(entry, {"occurred_at": None}, reason="guessed")
    assert not incident.correct(entry, {"occurred_at": None}, reason="guessed").events
    shown = next(one for one in incident.timeline().entries if one.id == entry)
    assert (shown.occurred_at, shown.recorded_at) == (None, START + timedelta(minutes=30))
    assert (incident.review().late_entries, engine.statistics().acknowledge.median_seconds) == ((), 1800)
    assert incident.state(as_of=START + timedelta(minutes=29)).assessment is None
    assert incident.state(as_of=START + timedelta(minutes=30)).assessment.injured == 0


def test_what_may_be_corrected_is_there():
    """Every name that a correction may give is one of the fields of the entry, or when it happened."""
    fields = {kind: {"occurred_at", *(one.name for one in attrs.fields(kind))} for kind in CORRECTABLE}
    strange = {kind.__name__: names - fields[kind] for kind, names in CORRECTABLE.items()}
    assert {name: names for name, names in strange.items() if names} == {}
