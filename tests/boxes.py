"""A workflow for tests of the testing kit: a box that takes one value, of whatever type, and is sealed."""

from __future__ import annotations

from typing import Any

import attrs

from respond.domain.events import event_type
from respond.domain.values import replace
from respond.workflow.definition import NEW, Handler, Situation, Transition, command_type
from respond.workflow.workflow import Workflow


@attrs.frozen(kw_only=True, slots=False)
class Box:
    """A box, and what is in it."""

    status: str = NEW
    content: Any = None


def box_of(kind: Any, *, stored: Any = None, **field: Any) -> Workflow:
    """Return the workflow of a box for values of *kind*; its event holds *stored* where that is another type.

    *field* are the options of the field of the command.
    """
    told = {"content": attrs.field(type=kind, **field)}
    kept = {"from_": attrs.field(type=str), "to": attrs.field(type=str)}
    within = stored if isinstance(stored, type(attrs.field())) else attrs.field(type=kind if stored is None else stored)
    command = command_type("fill")(attrs.make_class("Fill", told, frozen=True, kw_only=True))
    event = event_type()(attrs.make_class("BoxFilled", {**kept, "content": within}, frozen=True, kw_only=True))
    sealing = command_type("seal")(attrs.make_class("Seal", {}, frozen=True, kw_only=True))
    sealed = event_type()(attrs.make_class("BoxSealed", kept, frozen=True, kw_only=True))

    def fill(situation: Situation) -> list[Any]:
        return [event(**situation.step, content=situation.command.content)]

    return Workflow(
        name="box",
        version=1,
        category="box",
        states=("filled", "sealed"),
        finals=("sealed",),
        transitions=(Transition("fill", NEW, "filled"), Transition("seal", "filled", "sealed")),
        guards=(),
        initial=Box(),
        handlers=(
            Handler(command=command, decide=fill, emits=(event,)),
            Handler(command=sealing, decide=lambda situation: [sealed(**situation.step)], emits=(sealed,)),
        ),
        evolvers={
            event: lambda box, event: replace(box, status=event.data.to, content=event.data.content),
            sealed: lambda box, event: replace(box, status=event.data.to),
        },
    )


def command_of(workflow: Workflow, trigger: str) -> type:
    """Return the command class of *trigger*."""
    return workflow.handler_for(trigger).command
