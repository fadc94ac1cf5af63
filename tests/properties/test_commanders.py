"""Whatever people tell of who took command, and when, and correct of it: one person commands at any instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from engines import REPORTED, engine_on
from plan_commands import PEOPLE
from respond.domain.moments import Moment
from respond.errors import CommandRefused
from respond.projections import tenures
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import INCIDENT, order
from respond.workflow.incident import events as e

CONTROL = settings(max_examples=2000, phases=[Phase.generate], database=None, derandomize=True)
TOLD = st.lists(
    st.tuples(
        st.sampled_from(("take", "take", "take", "correct", "cancel", "reopen")),
        st.sampled_from(PEOPLE),
        st.integers(0, 30),
        st.integers(0, 5),
    ),
    max_size=14,
)
"""What is told, of whom, how many minutes ago it was, and of which transfer."""


def commanded(told: list[tuple[str, str, int, int]]) -> Any:
    """Return an incident of which all this was told that was not refused, ten minutes apart."""
    clock = ManualClock()
    incident = engine_on(MemoryEventStore(clock=clock), clock).report(**REPORTED)
    for what, person, ago, which in told:
        clock.move(minutes=10)
        at = clock.now - timedelta(minutes=ago)
        taken = [event.id for event in incident.events() if event.type == "CommandTransferred"]
        try:
            if what == "take":
                incident.take_command(person, actor=person, at=at)
            elif what == "correct" and taken:
                changes = {"occurred_at": Moment(at).to_json()}
                incident.correct(taken[which % len(taken)], changes=changes, reason="typo", actor=person)
            elif what in {"cancel", "reopen"}:
                getattr(incident, what)("x", actor=person)
        except CommandRefused:
            pass
    return incident


def disputed(incident: Any) -> str | None:
    """Return when two command *incident*, or somebody else than the state says; None when nobody doubts who does."""
    found, state = incident.review().commanders, incident.state()
    for one, two in pairwise(found):
        if one.until is None or one.until > two.since:
            return f"{one.holder} and {two.holder} command at one time"
    told = [event.data.to_commander for event in incident.events() if event.type == "CommandTransferred"]
    last = told[-1] if told else None
    if (state.commander, state.holders("commander")) != (last, (last,) if last else ()):
        return f"the state says {state.commander}"
    if state.status != "cancelled" and told and (found[-1].holder, found[-1].until) != (last, None):
        return f"{found[-1].holder} commands at last, and {last} took command last"
    return None


@settings(max_examples=150)
@given(TOLD)
def test_one_person_commands_at_any_instant(told):
    """Once someone took command there is one commander as long as it is open: who took command last."""
    assert disputed(commanded(told)) is None


def disordered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let someone take command before the one from whom he takes it."""
    monkeypatch.setattr(order, "happened_at", lambda *_: datetime.min.replace(tzinfo=UTC))


def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever commands keep command."""
    take = INCIDENT.evolvers[e.CommandTransferred]
    monkeypatch.setitem(
        INCIDENT.evolvers, e.CommandTransferred, lambda state, event: state if state.commander else take(state, event)
    )


def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each tenure last until now."""
    tenures_of = tenures._tenures
    monkeypatch.setattr(
        tenures,
        "_tenures",
        lambda *told, now: tuple(attrs.evolve(one, until=None) for one in tenures_of(*told, now=now)),
    )


@pytest.mark.parametrize("plant", [disordered, kept, shared])
def test_a_second_commander_is_found(monkeypatch, plant):
    """The control: with any of these defects two command at one time, or it can be doubted who does."""
    plant(monkeypatch)
    find(TOLD, lambda told: disputed(commanded(told)) is not None, settings=CONTROL)
