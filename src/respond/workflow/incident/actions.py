"""The action items that the review of an incident asked for: their dates, recorded beside each item."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.plan.facts import ActionStep
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident import events as e
from respond.workflow.incident.followed import Followed
from respond.workflow.incident.ledger import Ledger
from respond.workflow.incident.state import CANCELLED, OPEN, RESOLVED, REVIEWED, Incident

ActionWord = Literal["opened", "rescheduled", "done", "reopened", "dropped", "assigned", "other"]
"""A step of an action item: `other` is one on which nothing rests here."""

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class ActionStepRecorded:
    """An action item of the incident went on; what was said and done stands in its own stream."""

    action: str
    """The key of the action item."""
    step: Literal["opened", "rescheduled", "done", "reopened", "dropped", "assigned"]
    owner: str = ""
    """Who is asked to do it from then on; empty where the step does not say."""
    due_at: datetime | None = None
    """By when, of a step that sets the date."""


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("record_action_step")
@attrs.frozen(kw_only=True)
class RecordActionStep:
    """Take on that an action item went on; asked beside the command that says so."""

    action: str
    step: ActionWord
    owner: str = ""
    due_at: datetime | None = None


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("action-unknown")
def action_known(situation: Situation) -> str | None:
    """Require an action item of this incident, unless it is opened now."""
    command: RecordActionStep = situation.command
    if command.step == "opened" or command.action in situation.state.actions:
        return None
    return f"{command.action!r} is not among the action items of this incident; open it first"


@guard("incident-unresolved")
def in_review(situation: Situation) -> str | None:
    """Require that an action item is opened from the review."""
    if situation.command.step != "opened":
        return None
    return f"the incident is {situation.state.status}: an action item is opened from its review, once it is resolved"


GUARDS = (action_known, in_review)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _record(situation: Situation) -> Iterator[Any]:
    command: RecordActionStep = situation.command
    if command.step != "other":
        yield ActionStepRecorded(action=command.action, step=command.step, owner=command.owner, due_at=command.due_at)


def _recorded_already(situation: Situation) -> bool:
    """Whether the last word on the action item is this very step."""
    command: RecordActionStep = situation.command
    known: Followed | None = situation.state.actions.get(command.action)
    if known is None or command.step == "other":
        return False
    if command.step == "assigned":
        return known.owner == command.owner
    if command.step == "opened":
        return True
    if command.step == "rescheduled":
        return [one.due_at for one in known.steps if one.due_at][-1:] == [command.due_at]
    return [(one.step, one.due_at) for one in known.steps[-1:]] == [(command.step, command.due_at)]


HANDLERS = (
    Handler(
        command=RecordActionStep,
        decide=_record,
        emits=(ActionStepRecorded,),
        done=_recorded_already,
        accompanies=True,
        automatic=True,
    ),
)
TRANSITIONS = (
    Transition("record_action_step", (RESOLVED, REVIEWED), None, guards=("action-unknown",)),
    Transition("record_action_step", (*OPEN, CANCELLED), None, guards=("action-unknown", "incident-unresolved")),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _stepped(state: Incident, event: Event) -> Incident:
    data: ActionStepRecorded = event.data
    known = state.actions.get(data.action) or Followed(action=data.action)
    step = _step(data, event.happened_at, event.body["id"])
    followed = replace(known, owner=data.owner or known.owner, steps=(*known.steps, *step))
    return replace(state, actions={**state.actions, data.action: followed})


def _step(data: ActionStepRecorded, at: datetime, entry: str) -> tuple[ActionStep, ...]:
    """Return the step that the date of the action item rests on; none for one that moves nothing."""
    return (ActionStep(at=at, entry=entry, step=data.step, due_at=data.due_at),) if data.step != "assigned" else ()


EVOLVERS: Mapping[type, Evolve] = {ActionStepRecorded: _stepped}


# -- obligations -------------------------------------------------------------------------------------------------------


def _take(ledger: Ledger, payload: ActionStepRecorded, at: datetime, entry: str) -> None:
    for step in _step(payload, at, entry):
        ledger.followed(payload.action, step)


def take_over(ledger: Ledger, payload: e.IncidentAbsorbed) -> None:
    """Take on the action items of an incident that was merged into this one."""
    for followed in payload.actions:
        for step in followed.steps:
            ledger.followed(followed.action, step)


TAKES: Mapping[type, Callable[[Ledger, Any, datetime, str], None]] = {ActionStepRecorded: _take}
