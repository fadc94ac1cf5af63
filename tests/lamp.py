"""A small workflow for tests of the kernel: a lamp."""

from __future__ import annotations

from typing import Any

import attrs

from respond.domain.events import event_type
from respond.domain.values import replace
from respond.workflow.definition import NEW, Guard, Handler, Situation, Transition, command_type
from respond.workflow.workflow import Workflow


@attrs.frozen(kw_only=True, slots=False)
class Lamp:
    """A lamp."""

    status: str = NEW


@event_type()
@attrs.frozen(kw_only=True)
class Switched:
    """It was switched."""

    from_: str
    to: str


@event_type()
@attrs.frozen(kw_only=True)
class Dropped:
    """It was dropped."""


@event_type(name="Switched")
@attrs.frozen(kw_only=True)
class AlsoSwitched:
    """Another class with the same stored name."""


@event_type(schema_version=3)
@attrs.frozen(kw_only=True)
class Repaired:
    """It was repaired; versions 1 and 2 are old."""


@command_type("install")
@attrs.frozen(kw_only=True)
class Install:
    """Install it."""


@command_type("flip")
@attrs.frozen(kw_only=True)
class Flip:
    """Flip the switch."""


@command_type("_flip")
@attrs.frozen(kw_only=True)
class Hidden:
    """A command whose name the machine keeps for itself."""


def switch(situation: Situation) -> list[Any]:
    """Say what was switched."""
    return [Switched(from_=situation.state.status, to=situation.dest)]


def moved(state: Any, event: Any) -> Any:
    """Take the state that was recorded."""
    return replace(state, status=event.data.to)


def keep(state: Any, _: object) -> Any:
    """Leave the state alone."""
    return state


GOOD: dict[str, Any] = {
    "name": "lamp",
    "version": 1,
    "category": "lamp",
    "states": ("off", "on", "broken"),
    "finals": ("broken",),
    "transitions": (
        Transition("install", NEW, "off"),
        Transition("flip", "off", "on", guards=("power",)),
        Transition("flip", "on", "off"),
        Transition("flip", "off", "broken"),
    ),
    "guards": (Guard("power", lambda _: None),),
    "initial": Lamp(),
    "handlers": (
        Handler(command=Install, decide=switch, emits=(Switched,)),
        Handler(command=Flip, decide=switch, emits=(Switched,)),
    ),
    "evolvers": {Switched: moved},
}


def made(**changes: Any) -> Workflow:
    """Return the good workflow with *changes*."""
    return Workflow(**{**GOOD, **changes})
