"""Taking an incident up, giving it another category, and setting how much is set in motion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident.events import ResponseLevelReached
from respond.workflow.incident.levels import suggest_response
from respond.workflow.incident.responses import reached
from respond.workflow.incident.state import OPEN, REPORTED, RESOLVED, Incident

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class IncidentAcknowledged:
    """Someone took the incident up."""


@event_type()
@attrs.frozen(kw_only=True)
class IncidentRecategorised:
    """It is of another kind than it seemed."""

    from_category: str
    to_category: str
    reason: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class ResponseLevelSet:
    """How much is set in motion was decided; apart from how bad the incident is."""

    from_response: str | None = None
    to_response: str
    basis: str = ""
    suggested: str | None = None
    """What the plan suggested at that time; None when nothing spoke for any."""
    because: tuple[str, ...] = ()
    """What spoke for the suggestion."""


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("acknowledge")
@attrs.frozen(kw_only=True)
class Acknowledge:
    """Take the incident up."""


@command_type("recategorise")
@attrs.frozen(kw_only=True)
class Recategorise:
    """Say that it is of another kind."""

    category: str
    reason: str


@command_type("set_response_level")
@attrs.frozen(kw_only=True)
class SetResponseLevel:
    """Decide how much is set in motion."""

    response: str
    basis: str


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("response-level-unknown")
def response_level_known(situation: Situation) -> str | None:
    """Require a response level of the plan."""
    known = [one.id for one in situation.plan.response_levels]
    response = situation.command.response
    if response in known:
        return None
    return f"{response!r} is not a response level of the plan; it has {', '.join(known) or 'none'}"


GUARDS = (response_level_known,)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _acknowledge(_: Situation) -> Iterator[Any]:
    yield IncidentAcknowledged()


def _recategorise(situation: Situation) -> Iterator[Any]:
    command: Recategorise = situation.command
    yield IncidentRecategorised(
        from_category=situation.state.category, to_category=command.category, reason=command.reason
    )
    if situation.state.status != REPORTED:
        yield from reached(situation, replace(situation.state, category=command.category))


def _set_response_level(situation: Situation) -> Iterator[Any]:
    command: SetResponseLevel = situation.command
    suggestion = suggest_response(situation.plan, situation.state)
    yield ResponseLevelSet(
        from_response=situation.state.response_level,
        to_response=command.response,
        basis=command.basis,
        suggested=suggestion.response,
        because=suggestion.because,
    )


HANDLERS = (
    Handler(
        command=Acknowledge,
        decide=_acknowledge,
        emits=(IncidentAcknowledged,),
        done=lambda situation: situation.state.acknowledged,
    ),
    Handler(
        command=Recategorise,
        decide=_recategorise,
        emits=(IncidentRecategorised, ResponseLevelReached),
        done=lambda situation: situation.state.category == situation.command.category,
    ),
    Handler(
        command=SetResponseLevel,
        decide=_set_response_level,
        emits=(ResponseLevelSet,),
        done=lambda situation: situation.state.response_level == situation.command.response,
    ),
)
TRANSITIONS = (
    Transition("acknowledge", OPEN, None, guards=("role-unknown",)),
    Transition(
        "recategorise",
        (*OPEN, RESOLVED),
        None,
        guards=("role-unknown", "category-unknown", "reason-missing", "earlier-than-last"),
    ),
    Transition(
        "set_response_level",
        tuple(state for state in OPEN if state != REPORTED),
        None,
        guards=("role-unknown", "response-level-unknown", "basis-missing", "earlier-than-last"),
    ),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _acknowledged(state: Incident, _: Event) -> Incident:
    return replace(state, acknowledged=True)


def _recategorised(state: Incident, event: Event) -> Incident:
    return replace(state, category=event.data.to_category)


def _response_level_set(state: Incident, event: Event) -> Incident:
    return replace(state, response_level=event.data.to_response)


EVOLVERS: Mapping[type, Evolve] = {
    IncidentAcknowledged: _acknowledged,
    IncidentRecategorised: _recategorised,
    ResponseLevelSet: _response_level_set,
}
