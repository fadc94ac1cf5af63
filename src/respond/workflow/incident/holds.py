"""Holds: work on an incident rests for a reason, and goes on; the time between is told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident.marks import mark
from respond.workflow.incident.state import OPEN, Incident

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class WorkHeld:
    """Work on the incident was put on hold."""

    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class WorkResumed:
    """Work on the incident goes on."""

    note: str = ""


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("put_on_hold")
@attrs.frozen(kw_only=True)
class PutOnHold:
    """Let work on the incident rest."""

    reason: str


@command_type("resume")
@attrs.frozen(kw_only=True)
class Resume:
    """Go on with the work."""

    note: str = ""


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("not-on-hold")
def on_hold(situation: Situation) -> str | None:
    """Require that work is on hold."""
    return None if situation.state.course.held is not None else "work is not on hold"


GUARDS = (on_hold,)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _hold(situation: Situation) -> Iterator[Any]:
    yield WorkHeld(reason=situation.command.reason)


def _resume(situation: Situation) -> Iterator[Any]:
    yield WorkResumed(note=situation.command.note)


HANDLERS = (
    Handler(
        command=PutOnHold,
        decide=_hold,
        emits=(WorkHeld,),
        done=lambda situation: situation.state.course.held is not None,
    ),
    Handler(command=Resume, decide=_resume, emits=(WorkResumed,)),
)
_SAID = ("role-unknown", "text-too-long")
TRANSITIONS = (
    Transition("put_on_hold", OPEN, None, guards=(*_SAID, "reason-missing", "earlier-than-last")),
    Transition("resume", OPEN, None, guards=(*_SAID, "not-on-hold", "earlier-than-last")),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _held(state: Incident, event: Event) -> Incident:
    return replace(state, course=replace(state.course, held=mark(event, "reason")))


def _resumed(state: Incident, _: Event) -> Incident:
    return replace(state, course=replace(state.course, held=None))


EVOLVERS: Mapping[type, Evolve] = {WorkHeld: _held, WorkResumed: _resumed}
