"""Measures: what is done to end the incident: begun, ticked off, completed, or skipped with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.moments import format_utc
from respond.domain.values import replace
from respond.plan.measures import Measure, MeasureKind
from respond.workflow.definition import (
    Evolve,
    Handler,
    Situation,
    Transition,
    command_type,
    guard,
    text_within,
)
from respond.workflow.incident.agenda import asked, open_before, unsettled
from respond.workflow.incident.ledger import Ledger, Take
from respond.workflow.incident.marks import mark
from respond.workflow.incident.state import OPEN, RESOLVED, Incident
from respond.workflow.incident.taken import MeasureTaken

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class MeasureStarted:
    """Someone began a measure."""

    measure: str
    kind: MeasureKind = "other"


@event_type()
@attrs.frozen(kw_only=True)
class MeasureStepTicked:
    """A step of a measure's checklist was done."""

    measure: str
    step: int
    """From 1."""
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class MeasureCompleted:
    """A measure was done."""

    measure: str
    kind: MeasureKind = "other"
    outcome: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class MeasureSkipped:
    """It was decided not to do a measure, or not to go on with it."""

    measure: str
    reason: str


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("start_measure")
@attrs.frozen(kw_only=True)
class StartMeasure:
    """Begin a measure."""

    measure: str


@command_type("tick_step")
@attrs.frozen(kw_only=True)
class TickStep:
    """Tick a step off the checklist of a measure."""

    measure: str
    step: int
    note: str = ""


@command_type("complete_measure")
@attrs.frozen(kw_only=True)
class CompleteMeasure:
    """Say that a measure is done."""

    measure: str
    outcome: str = ""


@command_type("skip_measure")
@attrs.frozen(kw_only=True)
class SkipMeasure:
    """Decide not to do a measure."""

    measure: str
    reason: str


# -- guards ------------------------------------------------------------------------------------------------------------


def _asked(situation: Situation) -> Measure | None:
    return asked(situation.plan, situation.state).get(situation.command.measure)


@guard("measure-not-asked")
def measure_asked(situation: Situation) -> str | None:
    """Require a measure that the plan asks of this incident now, or one that was added or begun."""
    name = situation.command.measure
    if _asked(situation) is not None:
        return None
    known = ", ".join(asked(situation.plan, situation.state)) or "none"
    return f"{name!r} is not asked of this incident; it is asked {known}; add another one with a reason"


@guard("measure-out-of-order")
def in_order(situation: Situation) -> str | None:
    """Require that the measures that come before it are done or skipped."""
    measure = _asked(situation)
    left = () if measure is None else open_before(situation.plan, situation.state, measure)
    if not left:
        return None
    return f"{situation.command.measure!r} comes after {', '.join(left)}; complete that first, or skip it with a reason"


@guard("measure-not-started")
def begun(situation: Situation) -> str | None:
    """Require a measure that was begun by then, and is neither done nor skipped."""
    name = situation.command.measure
    taken = situation.state.measures.get(name)
    if taken is None or taken.status != "started" or taken.started is None:
        stands = "not begun" if taken is None or taken.status == "added" else taken.status
        return f"{name!r} is {stands}; begin it first"
    since = taken.started.at
    return None if situation.at >= since else f"{name!r} was begun at {format_utc(since)}, after that"


@guard("measure-done")
def not_done(situation: Situation) -> str | None:
    """Require a measure that is not done yet."""
    taken = situation.state.measures.get(situation.command.measure)
    if taken is None or taken.status != "done":
        return None
    return f"{situation.command.measure!r} is done; add it again under another id if it must be done again"


@guard("measure-step-unknown")
def step_known(situation: Situation) -> str | None:
    """Require a step of the measure's checklist, by its number from 1."""
    measure = _asked(situation)
    count = len(measure.steps) if measure else 0
    if measure is None or 1 <= situation.command.step <= count:
        return None
    return f"{situation.command.measure!r} has {count} steps; {situation.command.step} is none of them"


@guard("mandatory-measure-open", reads="state")
def mandatory_settled(situation: Situation) -> str | None:
    """Require that each mandatory measure that the incident asks for is done, or skipped with a reason."""
    if not situation.history:  # a judge of foreign steps knows no measures
        return None
    left = unsettled(situation.plan, situation.state)
    if not left:
        return None
    return f"still to be done: {', '.join(left)}; complete each, or skip it with a reason"


GUARDS = (
    measure_asked,
    in_order,
    begun,
    not_done,
    step_known,
    mandatory_settled,
    text_within,
)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _start(situation: Situation) -> Iterator[Any]:
    measure = _asked(situation)
    yield MeasureStarted(measure=situation.command.measure, kind=measure.kind if measure else "other")


def _tick(situation: Situation) -> Iterator[Any]:
    command: TickStep = situation.command
    yield MeasureStepTicked(measure=command.measure, step=command.step, note=command.note)


def _complete(situation: Situation) -> Iterator[Any]:
    command, measure = situation.command, _asked(situation)
    kind = measure.kind if measure else "other"
    yield MeasureCompleted(measure=command.measure, kind=kind, outcome=command.outcome)


def _skip(situation: Situation) -> Iterator[Any]:
    yield MeasureSkipped(measure=situation.command.measure, reason=situation.command.reason)


def _is(situation: Situation, *statuses: str) -> bool:
    taken = situation.state.measures.get(situation.command.measure)
    return taken is not None and taken.status in statuses


def _ticked_already(situation: Situation) -> bool:
    taken = situation.state.measures.get(situation.command.measure)
    return taken is not None and situation.command.step in taken.ticked


_handler = partial(Handler, about=("measure",))
HANDLERS = (
    _handler(
        command=StartMeasure,
        decide=_start,
        emits=(MeasureStarted,),
        done=lambda situation: _is(situation, "started", "done"),
    ),
    _handler(command=TickStep, decide=_tick, emits=(MeasureStepTicked,), done=_ticked_already),
    _handler(
        command=CompleteMeasure,
        decide=_complete,
        emits=(MeasureCompleted,),
        done=lambda situation: _is(situation, "done"),
    ),
    _handler(
        command=SkipMeasure, decide=_skip, emits=(MeasureSkipped,), done=lambda situation: _is(situation, "skipped")
    ),
)
_AT_WORK = (*OPEN, RESOLVED)
_KNOWN = ("role-unknown", "text-too-long")
TRANSITIONS = (
    Transition("start_measure", _AT_WORK, None, guards=(*_KNOWN, "measure-not-asked", "measure-out-of-order")),
    Transition(
        "tick_step",
        _AT_WORK,
        None,
        guards=(*_KNOWN, "measure-not-asked", "measure-not-started", "measure-step-unknown"),
    ),
    Transition("complete_measure", _AT_WORK, None, guards=(*_KNOWN, "measure-not-asked", "measure-not-started")),
    Transition("skip_measure", _AT_WORK, None, guards=(*_KNOWN, "measure-not-asked", "measure-done", "reason-missing")),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def with_measure(state: Incident, name: str, **changes: Any) -> Incident:
    """Return *state* with *changes* of what became of the measure called *name*."""
    taken = state.measures.get(name) or MeasureTaken()
    return replace(state, measures={**state.measures, name: replace(taken, **changes)})


def _started(state: Incident, event: Event) -> Incident:
    return with_measure(state, event.data.measure, status="started", started=mark(event), ended=None)


def _ticked(state: Incident, event: Event) -> Incident:
    taken = state.measures.get(event.data.measure) or MeasureTaken()
    return with_measure(state, event.data.measure, ticked=(*taken.ticked, event.data.step))


def _completed(state: Incident, event: Event) -> Incident:
    return with_measure(state, event.data.measure, status="done", ended=mark(event, "outcome"))


def _skipped(state: Incident, event: Event) -> Incident:
    return with_measure(state, event.data.measure, status="skipped", ended=mark(event, "reason"))


# -- what obligations rest on ------------------------------------------------------------------------------------------


def _began(ledger: Ledger, payload: MeasureStarted | MeasureSkipped, at: datetime, entry: str) -> None:
    ledger.did("start_measure", at, entry, measure=payload.measure)


TAKES: Mapping[type, Take] = {MeasureStarted: _began, MeasureSkipped: _began}
EVOLVERS: Mapping[type, Evolve] = {
    MeasureStarted: _started,
    MeasureStepTicked: _ticked,
    MeasureCompleted: _completed,
    MeasureSkipped: _skipped,
}
