"""Approvals: a second person agrees beforehand to a command that needs more than one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident.state import OPEN, RESOLVED, REVIEWED, Incident


@event_type()
@attrs.frozen(kw_only=True)
class ApprovalGiven:
    """Someone agreed that a command be carried out; it holds until that was done once."""

    command: str
    """The trigger."""
    note: str = ""


@command_type("approve")
@attrs.frozen(kw_only=True)
class Approve:
    """Agree that a command be carried out."""

    command: str
    note: str = ""


@guard("approval-unneeded")
def approval_needed(situation: Situation) -> str | None:
    """Require a command that needs the agreement of several."""
    command = situation.command.command
    if any(rule.n_of > 1 and rule.names(command) for rule in situation.plan.authority):
        return None
    return f"no rule of the plan asks for an approval of {command!r}"


@guard("approver-missing")
def approver_named(situation: Situation) -> str | None:
    """Require an actor."""
    return None if situation.actor else "say who approves: name the actor"


GUARDS = (approval_needed, approver_named)


def _approve(situation: Situation) -> Iterator[Any]:
    yield ApprovalGiven(command=situation.command.command, note=situation.command.note)


HANDLERS = (Handler(command=Approve, decide=_approve, emits=(ApprovalGiven,)),)
TRANSITIONS = (
    Transition(
        "approve",
        (*OPEN, RESOLVED, REVIEWED),
        None,
        guards=("role-unknown", "approval-unneeded", "approver-missing"),
    ),
)


def _approved(state: Incident, _: Event) -> Incident:
    return state


EVOLVERS: Mapping[type, Evolve] = {ApprovalGiven: _approved}
