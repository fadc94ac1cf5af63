"""Warning (预警): signals of what may happen, the warning that they suggest, and what is made ready meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from respond.domain.events import Event
from respond.domain.values import replace
from respond.workflow import approvals
from respond.workflow.definition import NEW, Handler, Situation, Transition, guard, not_blank, one_of
from respond.workflow.warning import commands as c
from respond.workflow.warning import events as e
from respond.workflow.warning.events import CREDIBILITIES
from respond.workflow.warning.state import (
    CONFIRMED,
    CONVERTED,
    LIFTED,
    RAISED,
    STANDING,
    STATES,
    WATCHED,
    Signal,
    Warned,
    suggested,
    suggesting,
)
from respond.workflow.workflow import Workflow

WARNING_CATEGORY = "warning"
"""The category of the streams of warnings."""


@guard("category-unknown")
def _category_known(situation: Situation) -> str | None:
    """Require a category of the plan."""
    category = situation.command.category
    if situation.plan.category(category) is not None:
        return None
    return f"{category!r} is not a category of the plan {situation.plan.reference}"


_credibility_known = one_of(
    "credibility-unknown", "credibility", CREDIBILITIES, "Require a credibility that is low, medium or high."
)


_GUARDS = (
    _category_known,
    _credibility_known,
    not_blank("signal-unnamed", "source", "metric"),
    not_blank("warning-unnamed", "title", "basis"),
    not_blank("basis-missing", "basis"),
    not_blank("reason-missing", "reason"),
    not_blank("preparation-missing", "preparation"),
    not_blank("incident-missing", "incident"),
)


def _record(situation: Situation) -> Iterator[Any]:
    command: c.RecordSignal = situation.command
    yield e.SignalRecorded(
        **situation.step,
        source=command.source,
        metric=command.metric,
        value=command.value,
        credibility=command.credibility,
        text=command.text,
        suggested=tuple(indicator.id for indicator in suggesting(situation.plan, command)),
    )


def _raised_already(situation: Situation) -> bool:
    """Whether this very warning stands."""
    state, command = situation.state, situation.command
    return state.status in STANDING and (state.category, state.title) == (command.category, command.title)


def _raise(situation: Situation) -> Iterator[Any]:
    command: c.RaiseWarning = situation.command
    yield e.WarningRaised(
        **situation.step,
        category=command.category,
        title=command.title,
        basis=command.basis,
        suggested=tuple(indicator.id for indicator in suggested(situation.plan, situation.state)),
    )


def _confirm(situation: Situation) -> Iterator[Any]:
    yield e.WarningConfirmed(**situation.step, basis=situation.command.basis)


def _prepare(situation: Situation) -> Iterator[Any]:
    yield e.PreparationMade(preparation=situation.command.preparation, note=situation.command.note)


def _lift(situation: Situation) -> Iterator[Any]:
    yield e.WarningLifted(**situation.step, reason=situation.command.reason)


def _convert(situation: Situation) -> Iterator[Any]:
    yield e.WarningConverted(**situation.step, incident=situation.command.incident)


def _signalled(warned: Warned, event: Event) -> Warned:
    data: e.SignalRecorded = event.data
    signal = Signal(
        entry=event.id,
        at=event.happened_at,
        source=data.source,
        metric=data.metric,
        value=data.value,
        credibility=data.credibility,
    )
    return replace(warned, status=data.to, signals=(*warned.signals, signal))


def _raised(warned: Warned, event: Event) -> Warned:
    data: e.WarningRaised = event.data
    return replace(
        warned,
        status=data.to,
        category=data.category,
        title=data.title,
        prepared=() if data.from_ == LIFTED else warned.prepared,
    )


def _confirmed(warned: Warned, event: Event) -> Warned:
    return replace(warned, status=event.data.to, basis=event.data.basis)


def _lifted(warned: Warned, event: Event) -> Warned:
    return replace(warned, status=event.data.to, reason=event.data.reason)


def _prepared(warned: Warned, event: Event) -> Warned:
    return replace(warned, prepared=(*warned.prepared, event.data.preparation))


def _converted(warned: Warned, event: Event) -> Warned:
    return replace(warned, status=event.data.to, incident=event.data.incident)


_SIGNAL = ("signal-unnamed", "credibility-unknown")
_WARN = ("category-unknown", "warning-unnamed")

WARNING = Workflow(
    name="warning",
    version=1,
    category=WARNING_CATEGORY,
    states=STATES,
    finals=(LIFTED, CONVERTED),
    transitions=(
        Transition("record_signal", NEW, WATCHED, guards=_SIGNAL),
        Transition("record_signal", (WATCHED, *STANDING, LIFTED), None, guards=_SIGNAL),
        Transition("raise_warning", (NEW, WATCHED), RAISED, guards=_WARN),
        Transition("raise_warning", LIFTED, RAISED, guards=_WARN, reopens=True),
        Transition("confirm_warning", RAISED, CONFIRMED, guards=("basis-missing",)),
        Transition("prepare", (WATCHED, *STANDING), None, guards=("preparation-missing",)),
        Transition("lift_warning", (WATCHED, *STANDING), LIFTED, guards=("reason-missing",)),
        Transition("convert_warning", (WATCHED, *STANDING), CONVERTED, guards=("incident-missing",)),
        approvals.approving((WATCHED, *STANDING, LIFTED)),
    ),
    guards=(*_GUARDS, *approvals.GUARDS),
    initial=Warned(),
    handlers=(
        Handler(command=c.RecordSignal, decide=_record, emits=(e.SignalRecorded,)),
        Handler(
            command=c.RaiseWarning,
            decide=_raise,
            emits=(e.WarningRaised,),
            done=_raised_already,
        ),
        Handler(
            command=c.ConfirmWarning,
            decide=_confirm,
            emits=(e.WarningConfirmed,),
            done=lambda situation: (
                situation.state.status == CONFIRMED and situation.state.basis == situation.command.basis
            ),
        ),
        Handler(
            command=c.Prepare,
            decide=_prepare,
            emits=(e.PreparationMade,),
            done=lambda situation: situation.command.preparation in situation.state.prepared,
        ),
        Handler(
            command=c.LiftWarning,
            decide=_lift,
            emits=(e.WarningLifted,),
            done=lambda situation: (
                situation.state.status == LIFTED and situation.state.reason == situation.command.reason
            ),
        ),
        Handler(
            command=c.ConvertWarning,
            decide=_convert,
            emits=(e.WarningConverted,),
            done=lambda situation: (
                situation.state.status == CONVERTED and situation.state.incident == situation.command.incident
            ),
        ),
        *approvals.HANDLERS,
    ),
    evolvers={
        e.SignalRecorded: _signalled,
        e.WarningRaised: _raised,
        e.WarningConfirmed: _confirmed,
        e.PreparationMade: _prepared,
        e.WarningLifted: _lifted,
        e.WarningConverted: _converted,
        **approvals.EVOLVERS,
    },
)
