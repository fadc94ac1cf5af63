"""Warning (预警): signals of what may happen, the warning that they suggest, and what is made ready meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.plan.plan import Plan
from respond.plan.upkeep import Indicator
from respond.workflow.definition import NEW, Guard, Handler, Situation, Transition, command_type, guard
from respond.workflow.workflow import Workflow

WARNING_CATEGORY = "warning"
"""The category of the streams of warnings."""

WATCHED = "watched"
RAISED = "raised"
CONFIRMED = "confirmed"
LIFTED = "lifted"
CONVERTED = "converted"

STANDING = (RAISED, CONFIRMED)
"""The states in which the warning stands."""
STATES = (WATCHED, *STANDING, LIFTED, CONVERTED)

Credibility = Literal["low", "medium", "high"]
CREDIBILITIES: tuple[Credibility, ...] = ("low", "medium", "high")


# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class SignalRecorded:
    """Something was observed that may announce an incident."""

    from_: str
    to: str
    source: str
    """Where it comes from: customers, a monitor, a newspaper, staff."""
    metric: str
    value: int
    credibility: Credibility = "medium"
    text: str = ""
    suggested: tuple[str, ...] = ()
    """The ids of the plan's indicators for which this value suggests a warning."""


@event_type()
@attrs.frozen(kw_only=True)
class WarningRaised:
    """Someone warned."""

    from_: str
    to: str
    category: str
    title: str
    basis: str
    suggested: tuple[str, ...] = ()
    """The ids of the indicators that suggested it at that time."""


@event_type()
@attrs.frozen(kw_only=True)
class WarningConfirmed:
    """Someone with authority holds the warning to be right."""

    from_: str
    to: str
    basis: str


@event_type()
@attrs.frozen(kw_only=True)
class PreparationMade:
    """Something was made ready."""

    preparation: str
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class WarningLifted:
    """The danger is over, or was none."""

    from_: str
    to: str
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class WarningConverted:
    """It happened: an incident was reported that goes back to this warning."""

    from_: str
    to: str
    incident: str
    """The id of the incident."""


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("record_signal")
@attrs.frozen(kw_only=True)
class RecordSignal:
    """Tell what was observed."""

    source: str
    metric: str
    value: int
    credibility: Credibility = "medium"
    text: str = ""


@command_type("raise_warning")
@attrs.frozen(kw_only=True)
class RaiseWarning:
    """Warn."""

    category: str
    title: str
    basis: str


@command_type("confirm_warning")
@attrs.frozen(kw_only=True)
class ConfirmWarning:
    """Hold the warning to be right."""

    basis: str


@command_type("prepare")
@attrs.frozen(kw_only=True)
class Prepare:
    """Tell that something was made ready."""

    preparation: str
    note: str = ""


@command_type("lift_warning")
@attrs.frozen(kw_only=True)
class LiftWarning:
    """Say that the danger is over."""

    reason: str


@command_type("convert_warning")
@attrs.frozen(kw_only=True)
class ConvertWarning:
    """Say which incident came of it."""

    incident: str


# -- the state ---------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Signal:
    """A signal, and the entry that records it."""

    entry: str
    source: str
    metric: str
    value: int
    credibility: Credibility


@attrs.frozen(kw_only=True, slots=False)
class Warned:
    """A warning, folded from its events."""

    status: str = NEW
    category: str = ""
    title: str = ""
    signals: tuple[Signal, ...] = ()
    prepared: tuple[str, ...] = ()
    incident: str | None = None
    """The id of the incident that came of it."""


def suggesting(plan: Plan, signal: RecordSignal | Signal) -> tuple[Indicator, ...]:
    """Return the indicators of *plan* for which *signal* suggests a warning."""
    return tuple(
        indicator
        for indicator in plan.indicators
        if indicator.metric == signal.metric
        and indicator.suggests.hold(signal.value)
        and CREDIBILITIES.index(signal.credibility) >= CREDIBILITIES.index(indicator.credibility_min)
    )


def suggested(plan: Plan, warned: Warned) -> tuple[Indicator, ...]:
    """Return the indicators that suggest a warning by the last signal of each metric and source."""
    last = {(signal.source, signal.metric): signal for signal in warned.signals}
    found = {indicator.id: indicator for signal in last.values() for indicator in suggesting(plan, signal)}
    return tuple(found.values())


def preparations(plan: Plan, warned: Warned) -> tuple[str, ...]:
    """Return what the plan wants made ready for what was signalled, and is not ready yet."""
    wanted = (one for indicator in suggested(plan, warned) for one in indicator.preparations)
    return tuple(dict.fromkeys(one for one in wanted if one not in warned.prepared))


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("category-unknown")
def _category_known(situation: Situation) -> str | None:
    """Require a category of the plan."""
    category = situation.command.category
    if situation.plan.category(category) is not None:
        return None
    return f"{category!r} is not a category of the plan {situation.plan.reference}"


@guard("credibility-unknown")
def _credibility_known(situation: Situation) -> str | None:
    """Require a credibility that is low, medium or high."""
    credibility = situation.command.credibility
    return None if credibility in CREDIBILITIES else f"{credibility!r} is not one of {', '.join(CREDIBILITIES)}"


def _given(code: str, *fields: str) -> Guard:
    def check(situation: Situation) -> str | None:
        empty = [field for field in fields if not getattr(situation.command, field).strip()]
        return f"{' and '.join(empty)} must not be blank" if empty else None

    check.__doc__ = f"Require {' and '.join(fields)} not to be blank."
    return Guard(code, check)


_GUARDS = (
    _category_known,
    _credibility_known,
    _given("signal-unnamed", "source", "metric"),
    _given("warning-unnamed", "title", "basis"),
    _given("basis-missing", "basis"),
    _given("reason-missing", "reason"),
    _given("preparation-missing", "preparation"),
    _given("incident-missing", "incident"),
)


# -- deciding and folding ----------------------------------------------------------------------------------------------


def _step(situation: Situation) -> dict[str, Any]:
    return {"from_": situation.state.status, "to": situation.dest}


def _record(situation: Situation) -> Iterator[Any]:
    command: RecordSignal = situation.command
    yield SignalRecorded(
        **_step(situation),
        source=command.source,
        metric=command.metric,
        value=command.value,
        credibility=command.credibility,
        text=command.text,
        suggested=tuple(indicator.id for indicator in suggesting(situation.plan, command)),
    )


def _raise(situation: Situation) -> Iterator[Any]:
    command: RaiseWarning = situation.command
    yield WarningRaised(
        **_step(situation),
        category=command.category,
        title=command.title,
        basis=command.basis,
        suggested=tuple(indicator.id for indicator in suggested(situation.plan, situation.state)),
    )


def _confirm(situation: Situation) -> Iterator[Any]:
    yield WarningConfirmed(**_step(situation), basis=situation.command.basis)


def _prepare(situation: Situation) -> Iterator[Any]:
    yield PreparationMade(preparation=situation.command.preparation, note=situation.command.note)


def _lift(situation: Situation) -> Iterator[Any]:
    yield WarningLifted(**_step(situation), reason=situation.command.reason)


def _convert(situation: Situation) -> Iterator[Any]:
    yield WarningConverted(**_step(situation), incident=situation.command.incident)


def _signalled(warned: Warned, event: Event) -> Warned:
    data: SignalRecorded = event.data
    signal = Signal(
        entry=event.id,
        source=data.source,
        metric=data.metric,
        value=data.value,
        credibility=data.credibility,
    )
    return replace(warned, status=data.to, signals=(*warned.signals, signal))


def _raised(warned: Warned, event: Event) -> Warned:
    return replace(warned, status=event.data.to, category=event.data.category, title=event.data.title)


def _moved(warned: Warned, event: Event) -> Warned:
    return replace(warned, status=event.data.to)


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
    ),
    guards=_GUARDS,
    initial=Warned(),
    handlers=(
        Handler(command=RecordSignal, decide=_record, emits=(SignalRecorded,)),
        Handler(
            command=RaiseWarning,
            decide=_raise,
            emits=(WarningRaised,),
            done=lambda situation: situation.state.status in STANDING,
        ),
        Handler(
            command=ConfirmWarning,
            decide=_confirm,
            emits=(WarningConfirmed,),
            done=lambda situation: situation.state.status == CONFIRMED,
        ),
        Handler(
            command=Prepare,
            decide=_prepare,
            emits=(PreparationMade,),
            done=lambda situation: situation.command.preparation in situation.state.prepared,
        ),
        Handler(
            command=LiftWarning,
            decide=_lift,
            emits=(WarningLifted,),
            done=lambda situation: situation.state.status == LIFTED,
        ),
        Handler(
            command=ConvertWarning,
            decide=_convert,
            emits=(WarningConverted,),
            done=lambda situation: (
                situation.state.status == CONVERTED and situation.state.incident == situation.command.incident
            ),
        ),
    ),
    evolvers={
        SignalRecorded: _signalled,
        WarningRaised: _raised,
        WarningConfirmed: _moved,
        PreparationMade: _prepared,
        WarningLifted: _moved,
        WarningConverted: _converted,
    },
)
