"""What every projection holds for every history that the decider can make."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from incident_logs import START, after
from respond.projections.state import state
from respond.projections.timeline import timeline
from respond.workflow.incident import INCIDENT
from strategies import histories

THE_END = START + timedelta(days=3650)


@given(histories(), st.data())
def test_state_of_prefix(events, data):
    """A fold that stops anywhere and goes on from there ends where the whole fold ends."""
    cut = data.draw(st.integers(0, len(events)))
    assert INCIDENT.fold(events[cut:], INCIDENT.fold(events[:cut])) == state(INCIDENT, events).value


@given(histories(), st.integers(-1, 400))
def test_known_at_is_prefix(events, minutes):
    """What was known at a time is the fold of the events recorded by then, and names the last of them."""
    known_at = after(minutes)
    prefix = [event for event in events if event.recorded_at <= known_at]
    answer = state(INCIDENT, events, known_at=known_at)
    assert answer.value == INCIDENT.fold(prefix)
    assert answer.last_position == (prefix[-1].position if prefix else 0)
    assert prefix == events[: len(prefix)]


@given(histories(punctual=True, retimed=False))
def test_as_of_end_is_plain(events):
    """When everything was recorded as it happened, all that ever happened is what the log says."""
    assert state(INCIDENT, events, as_of=THE_END).value == state(INCIDENT, events).value


@given(histories(punctual=True, amended=False), st.integers(-1, 400))
def test_as_of_is_known_at_when_punctual(events, minutes):
    """When everything was recorded as it happened, what had happened is what was known."""
    at = after(minutes)
    assert state(INCIDENT, events, as_of=at).value == state(INCIDENT, events, known_at=at).value


@given(histories())
def test_timeline_cites_every_event_once(events):
    """Whatever the order, each event stands in the timeline exactly once."""
    for order in ("world", "log"):
        shown = timeline(events, order=order).entries
        assert sorted(entry.position for entry in shown) == [event.position for event in events]
        assert {entry.id for entry in shown} == {event.id for event in events}
    assert [entry.position for entry in shown] == sorted(entry.position for entry in shown)
