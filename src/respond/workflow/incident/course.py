"""The course of action: an action plan and its revisions, and help from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard, not_blank
from respond.workflow.incident.marks import mark
from respond.workflow.incident.state import OPEN, RESOLVED, Incident
from respond.workflow.incident.taken import Help

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class ActionPlanSet:
    """It was decided what is to be achieved in this incident, and by which measures."""

    objectives: tuple[str, ...]
    measures: tuple[str, ...] = ()
    """Their ids."""


@event_type()
@attrs.frozen(kw_only=True)
class ActionPlanRevised:
    """Another course was taken."""

    objectives: tuple[str, ...]
    measures: tuple[str, ...] = ()
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class HelpRequested:
    """Somebody outside was asked for help."""

    help: str
    """Its key, in this incident."""
    source: str
    """Who was asked."""
    what: str


@event_type()
@attrs.frozen(kw_only=True)
class HelpArrived:
    """Help from outside is there."""

    help: str
    note: str = ""


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("set_action_plan")
@attrs.frozen(kw_only=True)
class SetActionPlan:
    """Decide what is to be achieved, and by which measures."""

    objectives: tuple[str, ...]
    measures: tuple[str, ...] = ()


@command_type("revise_action_plan")
@attrs.frozen(kw_only=True)
class ReviseActionPlan:
    """Take another course."""

    objectives: tuple[str, ...]
    measures: tuple[str, ...] = ()
    reason: str


@command_type("request_help")
@attrs.frozen(kw_only=True)
class RequestHelp:
    """Ask somebody outside for help."""

    help: str
    source: str
    what: str


@command_type("record_help_arrived")
@attrs.frozen(kw_only=True)
class RecordHelpArrived:
    """Tell that help from outside is there."""

    help: str
    note: str = ""


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("objective-missing")
def objectives_given(situation: Situation) -> str | None:
    """Require an objective at least, and none that is blank."""
    objectives = situation.command.objectives
    if objectives and all(one.strip() for one in objectives):
        return None
    return "an action plan needs an objective, and none may be blank"


@guard("action-plan-set")
def no_action_plan(situation: Situation) -> str | None:
    """Require that no action plan was set yet."""
    return None if situation.state.course.set_by is None else "there is an action plan; revise it, with a reason"


@guard("action-plan-missing")
def action_plan_there(situation: Situation) -> str | None:
    """Require an action plan that can be revised."""
    return None if situation.state.course.set_by is not None else "there is no action plan yet; set one"


@guard("planned-measure-unknown")
def planned_measures_known(situation: Situation) -> str | None:
    """Require measures of the plan, or such as were added."""
    known = [*(one.id for one in situation.plan.measures), *situation.state.measures]
    unknown = [one for one in situation.command.measures if one not in known]
    if not unknown:
        return None
    listed = ", ".join(dict.fromkeys(known)) or "none"
    return f"{', '.join(map(repr, unknown))} cannot be planned; there are {listed}; add another one with a reason"


@guard("help-known")
def help_new(situation: Situation) -> str | None:
    """Require a key that no help of the incident has."""
    name, known = situation.command.help, situation.state.course.help
    return f"{name!r} was asked of {known[name].source} already; take another key" if name in known else None


@guard("help-unknown")
def help_known(situation: Situation) -> str | None:
    """Require help that was asked for by then."""
    name, known = situation.command.help, situation.state.course.help
    if name not in known:
        return f"no help was asked for as {name!r}; there is {', '.join(known) or 'none'}"
    return None


help_told = not_blank("help-missing", "help", "source", "what")
GUARDS = (
    objectives_given,
    no_action_plan,
    action_plan_there,
    planned_measures_known,
    help_new,
    help_known,
    help_told,
)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _set_plan(situation: Situation) -> Iterator[Any]:
    yield ActionPlanSet(objectives=situation.command.objectives, measures=situation.command.measures)


def _revise(situation: Situation) -> Iterator[Any]:
    command: ReviseActionPlan = situation.command
    yield ActionPlanRevised(objectives=command.objectives, measures=command.measures, reason=command.reason)


def _request(situation: Situation) -> Iterator[Any]:
    command: RequestHelp = situation.command
    yield HelpRequested(help=command.help, source=command.source, what=command.what)


def _arrive(situation: Situation) -> Iterator[Any]:
    yield HelpArrived(help=situation.command.help, note=situation.command.note)


def _planned_already(situation: Situation) -> bool:
    """Whether the action plan in force says just that."""
    course, command = situation.state.course, situation.command
    told = (course.objectives, course.measures) == (command.objectives, command.measures)
    return course.set_by is not None and told


def _requested_already(situation: Situation) -> bool:
    command: RequestHelp = situation.command
    known: Help | None = situation.state.course.help.get(command.help)
    return known is not None and (known.source, known.requested.text) == (command.source, command.what)


def _arrived_already(situation: Situation) -> bool:
    known: Help | None = situation.state.course.help.get(situation.command.help)
    return known is not None and known.arrived is not None


HANDLERS = (
    Handler(command=SetActionPlan, decide=_set_plan, emits=(ActionPlanSet,), done=_planned_already),
    Handler(command=ReviseActionPlan, decide=_revise, emits=(ActionPlanRevised,), done=_planned_already),
    Handler(command=RequestHelp, decide=_request, emits=(HelpRequested,), done=_requested_already),
    Handler(command=RecordHelpArrived, decide=_arrive, emits=(HelpArrived,), done=_arrived_already),
)
_SAID = ("role-unknown", "text-too-long")
_PLANNED = (*_SAID, "objective-missing", "planned-measure-unknown")
TRANSITIONS = (
    Transition("set_action_plan", OPEN, None, guards=(*_PLANNED, "action-plan-set")),
    Transition("revise_action_plan", OPEN, None, guards=(*_PLANNED, "action-plan-missing", "reason-missing")),
    Transition("request_help", OPEN, None, guards=(*_SAID, "help-missing", "help-known")),
    Transition("record_help_arrived", (*OPEN, RESOLVED), None, guards=(*_SAID, "help-unknown")),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _with(state: Incident, **changes: Any) -> Incident:
    return replace(state, course=replace(state.course, **changes))


def _plan_set(state: Incident, event: Event) -> Incident:
    return _with(state, objectives=event.data.objectives, measures=event.data.measures, set_by=mark(event))


def _plan_revised(state: Incident, event: Event) -> Incident:
    data: ActionPlanRevised = event.data
    return _with(
        state,
        objectives=data.objectives,
        measures=data.measures,
        set_by=mark(event, "reason"),
        revisions=state.course.revisions + 1,
    )


def _requested(state: Incident, event: Event) -> Incident:
    asked = Help(source=event.data.source, requested=mark(event, "what"))
    return _with(state, help={**state.course.help, event.data.help: asked})


def _arrived(state: Incident, event: Event) -> Incident:
    known = state.course.help.get(event.data.help)
    if known is None:  # a foreign log may tell of help that it never asked for
        return state
    there = attrs.evolve(known, arrived=mark(event, "note"))
    return _with(state, help={**state.course.help, event.data.help: there})


EVOLVERS: Mapping[type, Evolve] = {
    ActionPlanSet: _plan_set,
    ActionPlanRevised: _plan_revised,
    HelpRequested: _requested,
    HelpArrived: _arrived,
}
