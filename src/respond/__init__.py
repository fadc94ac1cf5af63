"""An event-sourced incident workflow engine.

The names below are the public ones; each is loaded from its home when it is first used, so that `import respond` loads
no database, driver or test tool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from respond.public import public_names

if TYPE_CHECKING:
    from respond.domain.events import Event, event_type
    from respond.domain.moments import Moment
    from respond.domain.money import Money
    from respond.domain.references import Actor
    from respond.domain.streams import StreamId
    from respond.domain.values import replace
    from respond.engine.async_engine import AsyncEngine
    from respond.engine.circumstances import UNKNOWN
    from respond.engine.engine import Engine
    from respond.errors import CommandRefused, Refusal, RespondError
    from respond.plan.plan import Plan
    from respond.workflow.definition import NEW, Guard, Handler, Situation, Transition, command_type, compares, guard
    from respond.workflow.incident.due import due
    from respond.workflow.migration import MigrateDefinition
    from respond.workflow.workflow import Workflow

__all__ = [
    "NEW",
    "UNKNOWN",
    "Actor",
    "AsyncEngine",
    "CommandRefused",
    "Engine",
    "Event",
    "Guard",
    "Handler",
    "MigrateDefinition",
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
    "compares",
    "due",
    "event_type",
    "guard",
    "replace",
]

_HOMES = {
    "NEW": "respond.workflow.definition",
    "UNKNOWN": "respond.engine.circumstances",
    "Actor": "respond.domain.references",
    "AsyncEngine": "respond.engine.async_engine",
    "CommandRefused": "respond.errors",
    "Engine": "respond.engine.engine",
    "Event": "respond.domain.events",
    "Guard": "respond.workflow.definition",
    "Handler": "respond.workflow.definition",
    "MigrateDefinition": "respond.workflow.migration",
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
    "compares": "respond.workflow.definition",
    "due": "respond.workflow.incident.due",
    "event_type": "respond.domain.events",
    "guard": "respond.workflow.definition",
    "replace": "respond.domain.values",
}

__getattr__, __dir__ = public_names(globals(), _HOMES)
