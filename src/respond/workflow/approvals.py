"""Approvals: somebody else agrees beforehand to a command that needs more than one person.  For any workflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.plan.authority import AuthorityRule
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard


@event_type()
@attrs.frozen(kw_only=True)
class ApprovalGiven:
    """Someone agreed that a command be carried out; it holds until that was done once, or it is retracted."""

    command: str
    """The trigger; `change_level:lower` names one direction."""
    note: str = ""
    about: str = ""
    """Which one of several things it is about, such as the key of a statement; empty when there is one only."""


@command_type("approve")
@attrs.frozen(kw_only=True)
class Approve:
    """Agree that a command be carried out."""

    command: str
    note: str = ""
    about: str = ""


def asks_approval(rule: AuthorityRule, command: str) -> bool:
    """Return whether *rule* asks others to approve *command*, a trigger with or without a direction."""
    trigger, _, variant = command.partition(":")
    directed = not variant and any(one.startswith(f"{trigger}:") for one in rule.commands)
    return rule.n_of > 1 and (directed or rule.names(trigger, variant))


@guard("approval-unneeded")
def approval_needed(situation: Situation) -> str | None:
    """Require a command that needs the agreement of several."""
    command = situation.command.command
    if any(asks_approval(rule, command) for rule in situation.plan.authority):
        return None
    return f"no rule of the plan asks for an approval of {command!r}"


@guard("approver-missing")
def approver_named(situation: Situation) -> str | None:
    """Require an actor."""
    return None if situation.actor else "say who approves: name the actor"


GUARDS = (approval_needed, approver_named)


def _approve(situation: Situation) -> Iterator[Any]:
    command: Approve = situation.command
    yield ApprovalGiven(command=command.command, note=command.note, about=command.about)


HANDLERS = (Handler(command=Approve, decide=_approve, emits=(ApprovalGiven,)),)


def approving(states: tuple[str, ...], *guards: str) -> Transition:
    """Return the transition that lets people approve in *states*, after *guards* of the workflow's own."""
    return Transition("approve", states, None, guards=(*guards, *(one.code for one in GUARDS)))


def _approved(state: Any, _: Event) -> Any:
    return state


EVOLVERS: Mapping[type, Evolve] = {ApprovalGiven: _approved}
