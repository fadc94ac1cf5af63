"""Unplanned measures: what the plan does not ask for and someone decides to do, with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import fields_of
from respond.plan.measures import Measure, MeasureKind
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard, not_blank
from respond.workflow.incident.agenda import asked
from respond.workflow.incident.marks import mark
from respond.workflow.incident.measures import with_measure
from respond.workflow.incident.state import OPEN, RESOLVED, Incident
from respond.workflow.incident.taken import MeasureTaken

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class MeasureAdded:
    """A measure that the plan does not ask for is to be done."""

    measure: str
    """Its id, in this incident."""
    title: str
    reason: str
    kind: MeasureKind = "other"
    role: str | None = None
    steps: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    """The ids of the measures that come before it."""
    priority: int = 100
    mandatory: bool = False


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("add_measure")
@attrs.frozen(kw_only=True)
class AddMeasure:
    """Decide to do a measure that the plan does not ask for."""

    measure: str
    title: str
    reason: str
    kind: MeasureKind = "other"
    role: str | None = None
    steps: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    priority: int = 100
    mandatory: bool = False


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("measure-known")
def measure_new(situation: Situation) -> str | None:
    """Require an id that no measure has that is asked of this incident."""
    measure = asked(situation.plan, situation.state).get(situation.command.measure)
    return (
        None if measure is None else f"{measure.id!r} is asked already: {measure.title}; begin it, or take another id"
    )


@guard("measure-unknown")
def measures_known(situation: Situation) -> str | None:
    """Require that the measures that come before it are those of the plan, or were added."""
    known = [*(one.id for one in situation.plan.measures), *situation.state.measures]
    unknown = [one for one in situation.command.after if one not in known or one == situation.command.measure]
    if not unknown:
        return None
    return (
        f"it cannot come after {', '.join(map(repr, unknown))}; there are {', '.join(dict.fromkeys(known)) or 'none'}"
    )


@guard("measure-role-unknown")
def role_of_measure_known(situation: Situation) -> str | None:
    """Require a role of the plan, when one is to do the measure."""
    role = situation.command.role
    if role is None or situation.plan.role(role) is not None:
        return None
    known = ", ".join(one.id for one in situation.plan.roles)
    return f"{role!r} is not a role of the plan {situation.plan.reference}; it has {known}"


measure_named = not_blank("measure-missing", "measure", "title")
GUARDS = (measure_new, measures_known, role_of_measure_known, measure_named)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _add(situation: Situation) -> Iterator[Any]:
    command: AddMeasure = situation.command
    yield MeasureAdded(**fields_of(command))


def _added_already(situation: Situation) -> bool:
    """Whether a measure with this id was added in these very words."""
    command: AddMeasure = situation.command
    taken: MeasureTaken | None = situation.state.measures.get(command.measure)
    if taken is None or taken.added is None or taken.measure is None or taken.added.text != command.reason:
        return False
    return taken.measure == _as_measure(command)


def _as_measure(told: MeasureAdded | AddMeasure) -> Measure:
    return Measure(
        id=told.measure,
        title=told.title,
        kind=told.kind,
        role=told.role,
        steps=told.steps,
        after=told.after,
        priority=told.priority,
        mandatory=told.mandatory,
    )


HANDLERS = (Handler(command=AddMeasure, decide=_add, emits=(MeasureAdded,), done=_added_already),)
TRANSITIONS = (
    Transition(
        "add_measure",
        (*OPEN, RESOLVED),
        None,
        guards=(
            "role-unknown",
            "text-too-long",
            "measure-missing",
            "measure-known",
            "measure-unknown",
            "measure-role-unknown",
            "reason-missing",
        ),
    ),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _added(state: Incident, event: Event) -> Incident:
    measure = _as_measure(event.data)
    return with_measure(state, measure.id, status="added", measure=measure, added=mark(event, "reason"))


EVOLVERS: Mapping[type, Evolve] = {MeasureAdded: _added}
