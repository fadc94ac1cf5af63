"""Breaches that stood: nothing that is told later undoes one without a trace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from duties import clocks, every
from engines import REPORTED, engine_on
from play import PLAN
from respond.errors import CommandRefused
from respond.plan.obligations import Obligation
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock

CALL = Obligation(id="call", title="Call", act="fulfil", due=clocks("told 60 min"), pausable=True)
HEAD = Obligation(
    id="head", title="Tell HQ", act="report_upward", report="initial", recipient="HQ", due=clocks("told 60 min")
)
BRIEF = Obligation(
    id="brief", title="Brief", act="note_progress", due=clocks("told 60 min"), recurs=every("60 min", after="schedule")
)
STRICT = attrs.evolve(PLAN, name="strict", obligations=(CALL, HEAD))
LAX = attrs.evolve(PLAN, name="lax", obligations=(attrs.evolve(CALL, due=clocks("told 600 min")),))
EMPTY = attrs.evolve(PLAN, name="empty", obligations=())
BRIEFED = attrs.evolve(PLAN, name="briefed", obligations=(BRIEF,))


@pytest.fixture
def clock() -> ManualClock:
    """Return the time of the engine."""
    return ManualClock()


@pytest.fixture
def engine(clock):
    """Return an engine with a strict plan and laxer ones."""
    return engine_on(MemoryEventStore(clock=clock), clock, plans=[STRICT, LAX, EMPTY, BRIEFED])


@pytest.fixture
def incident(engine):
    """Return an incident under the strict plan."""
    return engine.report(**REPORTED, plan="strict", plan_reason="asked for")


def said(incident: Any) -> dict[str, tuple[str, int | None]]:
    """Return what became of each obligation, and how late it was told."""
    return {one.obligation: (verdict, one.told_late_seconds) for one, verdict in incident.verdicts()}


def codes(refused: pytest.ExceptionInfo[CommandRefused]) -> list[str]:
    """Return the codes of a refusal."""
    return [one.code for one in refused.value.refusals]


class TestToldLate:
    """What was done in time, and is told after the deadline."""

    def test_it_is_met_with_a_remark(self, incident, clock):
        """What discharges is judged by when it happened; that it was told late stays."""
        clock.move(minutes=180)
        told = clock() - timedelta(minutes=150)
        incident.report_upward("initial", recipient="HQ", summary="x", actor="wang.li", at=told)
        incident.fulfil("call", actor="wang.li", at=told)
        assert said(incident) == {"call": ("met", 7200), "head": ("met", 7200)}
        assert [(one.obligation, one.late_seconds) for one in incident.review().told_late] == [
            ("call", 7200),
            ("head", 7200),
        ]

    def test_what_is_told_by_the_deadline_has_none(self, incident, clock):
        """Told at the deadline, of whatever time before, it is in time; done late, it is late and no more."""
        clock.move(minutes=60)
        incident.fulfil("call", actor="wang.li", at=clock() - timedelta(minutes=30))
        clock.move(minutes=60)
        incident.report_upward("initial", recipient="HQ", summary="x", actor="wang.li")
        assert said(incident) == {"call": ("met", None), "head": ("late", None)}
        assert incident.review().told_late == ()

    def test_a_correction_is_told_when_it_is_made(self, incident, clock):
        """Corrected to have been done in time, an act was told late; a corrected note tells nothing anew."""
        clock.move(minutes=90)
        incident.fulfil("call", actor="wang.li")
        entry = incident.events()[-1].id
        right = (clock() - timedelta(minutes=60)).isoformat()
        incident.correct(entry, {"note": "called all"}, reason="typo", actor="wang.li")
        assert said(incident)["call"] == ("late", None)
        clock.move(minutes=10)
        incident.correct(entry, {"occurred_at": right}, reason="typo", actor="wang.li")
        assert said(incident)["call"] == ("met", 40 * 60)


class TestClocks:
    """Clocks that ran out are not stopped afterwards."""

    def test_a_clock_that_ran_out_is_not_stopped_before(self, incident, clock):
        """A pause that is dated back to before the deadline, once that has passed, is refused; the breach stands."""
        clock.move(minutes=90)
        with pytest.raises(CommandRefused, match=r"ran out at 2026") as refused:
            incident.pause_clock("call", reason="r", actor="wang.li", at=clock() - timedelta(minutes=40))
        assert codes(refused) == ["clock-run-out"]
        assert said(incident)["call"] == ("missing", None)
        incident.pause_clock("call", reason="r", actor="wang.li")
        assert said(incident)["call"] == ("missing", None)

    def test_a_clock_that_runs_is_stopped_as_of_before(self, incident, clock):
        """Before the deadline a pause may be told late."""
        clock.move(minutes=50)
        incident.pause_clock("call", reason="r", actor="wang.li", at=clock() - timedelta(minutes=40))
        assert said(incident)["call"] == ("paused", None)

    def test_a_clock_that_ran_out_is_stopped_from_its_deadline_on(self, incident, clock):
        """A pause that is dated back to the deadline itself moves nothing, and is taken; one just before it is not."""
        clock.move(minutes=90)
        due_at = clock() - timedelta(minutes=30)
        with pytest.raises(CommandRefused) as refused:
            incident.pause_clock("call", reason="r", actor="wang.li", at=due_at - timedelta(microseconds=1))
        assert codes(refused) == ["clock-run-out"]
        incident.pause_clock("call", reason="r", actor="wang.li", at=due_at)
        assert said(incident)["call"] == ("missing", None)

    def test_no_correction_moves_a_deadline_that_passed(self, incident, clock):
        """A pause that came after the deadline is not corrected to one before it."""
        clock.move(minutes=90)
        incident.pause_clock("call", reason="r", actor="wang.li")
        entry = incident.events()[-1].id
        right = (clock() - timedelta(minutes=60)).isoformat()
        with pytest.raises(CommandRefused) as refused:
            incident.correct(entry, {"occurred_at": right}, reason="typo", actor="wang.li")
        assert codes(refused) == ["clock-run-out"]
        incident.correct(entry, {"reason": "a storm"}, reason="typo", actor="wang.li")


class TestPlans:
    """Another plan undoes no breach."""

    @pytest.mark.parametrize("laxer", ["lax", "empty"])
    def test_a_rebase_keeps_what_was_missing(self, incident, clock, laxer):
        """What was missing under the plan in force until then stands in the event, the timeline and the review."""
        clock.move(minutes=50)
        incident.report_upward("initial", recipient="HQ", summary="x", actor="wang.li")
        clock.move(minutes=40)
        incident.rebase_plan(laxer, reason="a new version", actor="wang.li")
        [breach] = incident.events()[-1].data.breaches
        assert (breach.obligation, breach.occurrence, breach.verdict) == ("call", 1, "missing")
        [stood] = incident.review().stood_breaches
        assert (stood.obligation, stood.due_at) == ("call", breach.due_at)
        assert "(call missing by then)" in incident.timeline().entries[-1].text

    def test_an_activation_keeps_it_too(self, incident, clock):
        """A further plan may say otherwise under the same id."""
        clock.move(minutes=90)
        incident.activate_plan("lax", reason="a storm", actor="wang.li")
        assert [one.obligation for one in incident.events()[-1].data.breaches] == ["call", "head"]

    def test_what_is_not_due_is_no_breach(self, incident, clock):
        """Before the deadline nothing stands."""
        clock.move(minutes=60)
        incident.rebase_plan("empty", reason="a new version", actor="wang.li")
        assert incident.events()[-1].data.breaches == incident.review().stood_breaches == ()

    def test_what_is_not_listed_is_counted(self, engine, clock):
        """A schedule that was missed for weeks makes no event of thousands."""
        incident = engine.report(**REPORTED, plan="briefed", plan_reason="asked for")
        clock.move(minutes=60 * 1000 + 1)
        incident.rebase_plan("empty", reason="a new version", actor="wang.li")
        breaches = incident.events()[-1].data.breaches
        assert (len(breaches), len(breaches) + breaches[0].missed_before) == (100, 1000)
