"""Order: of what there is one at any instant, what happened last is what is told last; corrections keep it so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from respond.domain.events import Event
from respond.domain.moments import Moment, format_utc
from respond.domain.payloads import from_input
from respond.errors import InvalidInput
from respond.workflow.definition import Situation, guard
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.corrections import entry_of, happened_at
from respond.workflow.incident.holds import PutOnHold, Resume, WorkHeld, WorkResumed
from respond.workflow.incident.triage import IncidentRecategorised, Recategorise, ResponseLevelSet, SetResponseLevel

_LEVELS = ((e.LevelAssigned, e.LevelChanged), "the level was set last")
_HOLDS = ((WorkHeld, WorkResumed), "work was put on hold or went on last")
_CLOCKS = ((e.ClockPaused, e.ClockResumed), "the clock was stopped or set going last")
_ENDS = (
    (e.IncidentResolved, e.IncidentReopened, e.IncidentReviewed, e.IncidentCancelled),
    "it was resolved, reopened, closed or cancelled last",
)
_IN_ORDER: Mapping[type, tuple[tuple[type, ...], str]] = {
    c.AssignLevel: _LEVELS,
    c.ChangeLevel: _LEVELS,
    c.TakeCommand: ((e.CommandTransferred,), "command was taken last"),
    SetResponseLevel: ((ResponseLevelSet, e.ResponseLevelReached), "the response level was set last"),
    Recategorise: ((IncidentRecategorised,), "the category was changed last"),
    c.PauseClock: _CLOCKS,
    c.ResumeClock: _CLOCKS,
    c.Resolve: _ENDS,
    c.Reopen: _ENDS,
    c.CloseReview: _ENDS,
    c.Cancel: _ENDS,
    PutOnHold: _HOLDS,
    Resume: _HOLDS,
}
"""Of what there is one at any instant: the events that set it.  What happened last must be what is told last."""


@guard("earlier-than-last")
def told_in_order(situation: Situation) -> str | None:
    """Require a time that is not before the last step of its kind: there is one at any instant."""
    command, history = situation.command, situation.history
    kinds, last_time = _IN_ORDER[type(command)]
    last = max((happened_at(history, event) for event in _steps(history, kinds, command)), default=None)
    if last is None or situation.at >= last:
        return None
    return (
        f"{format_utc(situation.at)} is before {format_utc(last)}, when {last_time}; "
        "tell what happened in its order, or correct the earlier entry first"
    )


@guard("correction-out-of-order")
def corrected_in_order(situation: Situation) -> str | None:
    """Require that a step stays between the one before and the one after it when its time is corrected."""
    history, event = situation.history, entry_of(situation.history, situation.command.entry)
    kinds = None if event is None else next((one for one, _ in _IN_ORDER.values() if isinstance(event.data, one)), None)
    if event is None or kinds is None:
        return None
    at = _corrected_time(event, situation.command.changes)
    if at is None:
        return None
    steps, known = _steps(history, kinds, event.data), happened_at(history, event)
    place = steps.index(event)
    for earlier in steps[:place][-1:]:
        limit = happened_at(history, earlier)
        if at < limit <= known:
            return f"{format_utc(at)} is before {format_utc(limit)}, when the step before it was; correct that first"
    for later in steps[place + 1 :][:1]:
        limit = happened_at(history, later)
        if at > limit >= known:
            return f"{format_utc(at)} is after {format_utc(limit)}, when the step after it was; correct that first"
    return None


def _steps(history: Sequence[Event], kinds: tuple[type, ...], like: object) -> list[Event]:
    """Return the steps of *kinds* in the order of the log; of clocks those of the one that *like* names."""
    clock = getattr(like, "obligation", None)
    return [one for one in history if isinstance(one.data, kinds) and getattr(one.data, "obligation", None) == clock]


def _corrected_time(event: Event, changes: Mapping[str, Any]) -> datetime | None:
    """Return when *event* happened by *changes*; None when they tell nothing of that, or nothing that can be read."""
    if "occurred_at" not in changes:
        return None
    if changes["occurred_at"] is None:
        return event.recorded_at
    try:
        return from_input(Moment, changes["occurred_at"], place="occurred_at").at
    except InvalidInput:
        return None


GUARDS = (told_in_order, corrected_in_order)
