"""Punctuality: no command of any workflow tells of the future."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engines import REPORTED, engine_on, responding
from lamp import Install, made
from play import PLAN, Play
from respond.errors import CommandRefused
from respond.plan.spans import Span
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.decider import decide, explain
from respond.workflow.incident import commands as c
from respond.workflow.punctuality import IN_THE_FUTURE, TOLERANCE

DWELLING = attrs.evolve(PLAN, levels=tuple(attrs.evolve(one, dwell=Span(2, "day")) for one in PLAN.levels))
"""The example, in which an incident stays two days at each level."""


def codes(refused: pytest.ExceptionInfo[CommandRefused]) -> list[str]:
    """Return the codes of a refusal."""
    return [one.code for one in refused.value.refusals]


@given(ahead=st.timedeltas(timedelta(days=-400), timedelta(days=20_000)))
@example(ahead=timedelta(minutes=1))
@example(ahead=timedelta(minutes=1) + timedelta.resolution)
def test_what_is_told_of_the_future_is_refused(ahead):
    """A command of any workflow is refused when it tells of a time after now, but for a minute; and says so first."""
    lamp = made()
    situation = Play(lamp).situation(Install())
    situation = attrs.evolve(situation, at=situation.now + ahead)
    told = explain(lamp, "install", situation)
    assert (IN_THE_FUTURE in [one.code for one in told.refusals]) is (ahead > timedelta(minutes=1))
    if ahead > timedelta(minutes=1):
        with pytest.raises(CommandRefused, match="is after now"):
            decide(lamp, situation)
    else:
        assert decide(lamp, situation)


@pytest.fixture
def clock() -> ManualClock:
    """Return the time of the engine."""
    return ManualClock()


@pytest.fixture
def engine(clock):
    """Return an engine with a plan that lets levels dwell."""
    return engine_on(MemoryEventStore(clock=clock), clock, plans=[DWELLING])


class TestIncidents:
    """What a date in the future would get round."""

    def test_a_level_is_not_lowered_by_a_date_in_the_future(self, engine, clock):
        """The dwell is not got round, and the log stays as it was."""
        incident = responding(engine)
        before = incident.events()
        with pytest.raises(CommandRefused) as refused:
            incident.change_level(4, justification="over", actor="wang.li", at=clock() + timedelta(days=2))
        assert codes(refused) == [IN_THE_FUTURE, "level-too-young"]
        assert incident.events() == before

    def test_a_level_that_is_dated_back_dwells_from_when_it_was_told(self, engine, clock):
        """The dwell counts from the later of when the level was given and when that was told."""
        incident = engine.report(**REPORTED, at=clock() - timedelta(days=4))
        incident.assess(injured=0, actor="wang.li", at=clock() - timedelta(days=4))
        incident.assign_level(2, basis="b", actor="wang.li", at=clock() - timedelta(days=3))
        with pytest.raises(CommandRefused) as refused:
            incident.change_level(3, justification="over", actor="wang.li")
        assert codes(refused) == ["level-too-young"]
        clock.move(minutes=2 * 24 * 60)
        incident.change_level(3, justification="over", actor="wang.li")

    def test_nobody_takes_command_in_the_future(self, engine, clock):
        """A date in the future would keep everybody else from taking command."""
        incident = responding(engine)
        with pytest.raises(CommandRefused) as refused:
            incident.take_command(actor="ann", at=clock() + timedelta(days=365))
        assert codes(refused) == [IN_THE_FUTURE]
        incident.take_command(actor="bob")
        assert incident.state().commander == "bob"

    def test_nothing_is_reported_of_the_future(self, engine, clock):
        """Neither the report, nor the beginning of the impact, nor its discovery lies ahead."""
        for name in ("at", "discovered_at", "began_at"):
            with pytest.raises(CommandRefused) as refused:
                engine.report(**REPORTED, **{name: clock() + timedelta(hours=1)})
            assert codes(refused) == [IN_THE_FUTURE]

    def test_no_entry_is_corrected_into_the_future(self, engine, clock):
        """The way round by a correction is closed too."""
        incident = engine.report(**REPORTED)
        entry = incident.events()[0].id
        later = (clock() + timedelta(hours=1)).isoformat()
        for name in ("occurred_at", "began_at"):
            with pytest.raises(CommandRefused, match=f"{name}: .* is after now") as refused:
                incident.correct(entry, {name: later}, reason="typo", actor="wang.li")
            assert codes(refused) == ["correction-invalid"]

    def test_a_retry_finds_what_was_told(self, engine, clock):
        """Sent again with the same id, a command that tells of the tolerated minute finds its outcome."""
        incident = responding(engine)
        told = {"actor": "ann", "at": clock() + TOLERANCE, "command_id": "take-1"}
        first = incident.execute(c.TakeCommand(), **told)
        assert incident.execute(c.TakeCommand(), **told).events == first.events
