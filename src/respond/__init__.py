"""An event-sourced incident workflow engine.

The names below are the public ones; each is loaded from its home when it is first used, so that `import respond` loads
no database, driver or test tool.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from respond.domain.events import Event, event_type
    from respond.domain.moments import Moment
    from respond.domain.money import Money
    from respond.domain.references import Actor
    from respond.domain.streams import ANY, NO_STREAM, STREAM_EXISTS, StreamId, exactly
    from respond.domain.values import replace
    from respond.engine.engine import UNKNOWN, Engine
    from respond.errors import CommandRefused, Refusal, RespondError
    from respond.plan.plan import Plan
    from respond.workflow.definition import NEW, Guard, Handler, Situation, Transition, command_type, guard
    from respond.workflow.workflow import Workflow

__all__ = [
    "ANY",
    "NEW",
    "NO_STREAM",
    "STREAM_EXISTS",
    "UNKNOWN",
    "Actor",
    "CommandRefused",
    "Engine",
    "Event",
    "Guard",
    "Handler",
    "Moment",
    "Money",
    "Plan",
    "Refusal",
    "RespondError",
    "Situation",
    "StreamId",
    "Transition",
    "Workflow",
    "command_type",
    "event_type",
    "exactly",
    "guard",
    "replace",
]

_HOMES = {
    "ANY": "respond.domain.streams",
    "NEW": "respond.workflow.definition",
    "NO_STREAM": "respond.domain.streams",
    "STREAM_EXISTS": "respond.domain.streams",
    "UNKNOWN": "respond.engine.engine",
    "Actor": "respond.domain.references",
    "CommandRefused": "respond.errors",
    "Engine": "respond.engine.engine",
    "Event": "respond.domain.events",
    "Guard": "respond.workflow.definition",
    "Handler": "respond.workflow.definition",
    "Moment": "respond.domain.moments",
    "Money": "respond.domain.money",
    "Plan": "respond.plan.plan",
    "Refusal": "respond.errors",
    "RespondError": "respond.errors",
    "Situation": "respond.workflow.definition",
    "StreamId": "respond.domain.streams",
    "Transition": "respond.workflow.definition",
    "Workflow": "respond.workflow.workflow",
    "command_type": "respond.workflow.definition",
    "event_type": "respond.domain.events",
    "exactly": "respond.domain.streams",
    "guard": "respond.workflow.definition",
    "replace": "respond.domain.values",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its home; raises `AttributeError` for any other."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'respond' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names beside those of the module itself."""
    return sorted({*globals(), *__all__})
