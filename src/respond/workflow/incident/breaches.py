"""Breaches that stand: what was late or missing by now, and what must not undo it."""

from __future__ import annotations

from datetime import datetime

from respond.domain.moments import format_utc
from respond.plan.calendars import FIRST
from respond.plan.owed import verdict
from respond.workflow.definition import Situation, guard
from respond.workflow.incident.commands import PauseClock
from respond.workflow.incident.corrections import entry_of
from respond.workflow.incident.events import Breach, ClockPaused, ClockResumed
from respond.workflow.incident.obligations import obligations_of


def breaches(situation: Situation) -> tuple[Breach, ...]:
    """Return what is late or missing by now under the plan in force."""
    return tuple(
        Breach(
            obligation=one.obligation,
            occurrence=one.occurrence,
            due_at=one.due_at,
            verdict=said,
            missed_before=one.missed_before,
        )
        for one in obligations_of(situation)
        if (said := verdict(one, situation.now)) in ("late", "missing") and one.due_at is not None
    )


@guard("clock-run-out")
def not_moved_afterwards(situation: Situation) -> str | None:
    """Require that no clock which has run out by now is stopped, or set going, at another time before now."""
    command = situation.command
    if isinstance(command, PauseClock):
        return _run_out(situation, command.obligation, since=situation.at)
    event = entry_of(situation.history, command.entry)
    if event is None or "occurred_at" not in command.changes or type(event.data) not in (ClockPaused, ClockResumed):
        return None
    return _run_out(situation, event.data.obligation, since=FIRST)


GUARDS = (not_moved_afterwards,)


def _run_out(situation: Situation, obligation: str, *, since: datetime) -> str | None:
    """Return the reason against moving the deadlines of *obligation* that passed from *since* on."""
    for one in obligations_of(situation, obligation):
        breached = verdict(one, situation.now) in ("late", "missing")
        if breached and one.due_at is not None and since < one.due_at:
            return (
                f"the clock of {obligation!r} ran out at {format_utc(one.due_at)}, and nothing moves a deadline that "
                "has passed; stop it from now on, or have the obligation waived"
            )
    return None
