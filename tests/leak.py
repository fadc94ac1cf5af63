"""A small workflow of a user, for tests of the kit: a leak that a crew repairs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.workflow.definition import NEW, Guard, Handler, Situation, Transition, command_type, guard
from respond.workflow.workflow import Workflow

DRYING = timedelta(hours=2)
"""How long a repaired place dries before the case is closed."""


@attrs.frozen(kw_only=True, slots=False)
class Leak:
    """A leak."""

    status: str = NEW
    severity: int = 0
    inspected: bool = False
    repaired_at: datetime | None = None


@event_type()
@attrs.frozen(kw_only=True)
class LeakFound:
    """Water runs."""

    from_: str
    to: str
    severity: int


@event_type()
@attrs.frozen(kw_only=True)
class CrewSent:
    """A crew is under way."""

    from_: str
    to: str


@event_type()
@attrs.frozen(kw_only=True)
class LeakRepaired:
    """No more water runs."""

    from_: str
    to: str


@event_type()
@attrs.frozen(kw_only=True)
class RepairInspected:
    """Somebody looked at the repair."""


@event_type()
@attrs.frozen(kw_only=True)
class LeakClosed:
    """The case is closed."""

    from_: str
    to: str


@event_type()
@attrs.frozen(kw_only=True)
class LeakReopened:
    """It leaks again."""

    from_: str
    to: str


@command_type("find")
@attrs.frozen(kw_only=True)
class Find:
    """Tell of a leak; 1 drips, 3 floods."""

    severity: int


@command_type("send_crew")
@attrs.frozen(kw_only=True)
class SendCrew:
    """Send a crew."""


@command_type("repair")
@attrs.frozen(kw_only=True)
class Repair:
    """Say that it is repaired."""


@command_type("inspect")
@attrs.frozen(kw_only=True)
class Inspect:
    """Say that the repair was inspected."""


@command_type("close")
@attrs.frozen(kw_only=True)
class Close:
    """Close the case."""


@command_type("reopen")
@attrs.frozen(kw_only=True)
class Reopen:
    """Say that it leaks again."""


@guard("severity-unknown")
def severity_known(situation: Situation) -> str | None:
    """Require a severity from 1 to 3."""
    severity = situation.command.severity
    return None if severity in {1, 2, 3} else f"{severity} is not a severity from 1 to 3"


@guard("inspection-missing", reads="state")
def inspected(situation: Situation) -> str | None:
    """Require that a flood was inspected."""
    severe = situation.state.severity == 3
    return "a flood is closed after an inspection" if severe and not situation.state.inspected else None


@guard("still-wet")
def dry(situation: Situation) -> str | None:
    """Require that the place had time to dry."""
    repaired = situation.state.repaired_at
    return None if repaired is not None and situation.at - repaired >= DRYING else "it still dries"


GUARDS: tuple[Guard, ...] = (severity_known, inspected, dry)


def _step(kind: type) -> Any:
    return lambda situation: [kind(**situation.step)]


def _find(situation: Situation) -> list[Any]:
    return [LeakFound(**situation.step, severity=situation.command.severity)]


def _moved(leak: Leak, event: Event) -> Leak:
    return replace(leak, status=event.data.to)


def _found(leak: Leak, event: Event) -> Leak:
    return replace(leak, status=event.data.to, severity=event.data.severity)


def _repaired(leak: Leak, event: Event) -> Leak:
    return replace(leak, status=event.data.to, repaired_at=event.happened_at)


def _inspected(leak: Leak, _: Event) -> Leak:
    return replace(leak, inspected=True)


def _reopened(leak: Leak, event: Event) -> Leak:
    return replace(leak, status=event.data.to, inspected=False, repaired_at=None)


PARTS: dict[str, Any] = {
    "name": "leak",
    "version": 1,
    "category": "leak",
    "states": ("found", "attended", "repaired", "closed"),
    "finals": ("closed",),
    "transitions": (
        Transition("find", NEW, "found", guards=("severity-unknown",)),
        Transition("send_crew", "found", "attended"),
        Transition("repair", "attended", "repaired"),
        Transition("inspect", "repaired", None),
        Transition("close", "repaired", "closed", guards=("inspection-missing", "still-wet")),
        Transition("reopen", "closed", "found", reopens=True),
    ),
    "guards": GUARDS,
    "initial": Leak(),
    "handlers": (
        Handler(command=Find, decide=_find, emits=(LeakFound,)),
        Handler(command=SendCrew, decide=_step(CrewSent), emits=(CrewSent,)),
        Handler(command=Repair, decide=_step(LeakRepaired), emits=(LeakRepaired,)),
        Handler(
            command=Inspect,
            decide=lambda _: [RepairInspected()],
            emits=(RepairInspected,),
            done=lambda situation: situation.state.inspected,
        ),
        Handler(command=Close, decide=_step(LeakClosed), emits=(LeakClosed,)),
        Handler(command=Reopen, decide=_step(LeakReopened), emits=(LeakReopened,)),
    ),
    "evolvers": {
        LeakFound: _found,
        CrewSent: _moved,
        LeakRepaired: _repaired,
        RepairInspected: _inspected,
        LeakClosed: _moved,
        LeakReopened: _reopened,
    },
}


def made(**changes: Any) -> Workflow:
    """Return the workflow with *changes*."""
    return Workflow(**{**PARTS, **changes})


LEAK = made()
PAYLOADS: dict[Any, Any] = {
    Find: [Find(severity=severity) for severity in (0, 1, 3)],
    SendCrew: [SendCrew()],
    Repair: [Repair()],
    Inspect: [Inspect()],
    Close: [Close()],
    Reopen: [Reopen()],
}
