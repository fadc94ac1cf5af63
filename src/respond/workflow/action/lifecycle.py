"""The lifecycle of an action item: opened, accepted or refused, done, verified; and how its incident learns of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from respond.domain.events import Event
from respond.domain.values import replace
from respond.workflow import approvals
from respond.workflow.action import commands as c
from respond.workflow.action import events as e
from respond.workflow.action import guards
from respond.workflow.action.state import (
    ACCEPTED,
    DONE,
    DROPPED,
    OPEN,
    OPENED,
    REFUSED,
    STATES,
    VERIFIED,
    ActionItem,
)
from respond.workflow.definition import NEW, Companion, Handler, Situation, Transition, stands
from respond.workflow.four_eyes import people_of
from respond.workflow.incident.actions import ActionWord, RecordActionStep
from respond.workflow.of_incident import INCIDENT, incident_of
from respond.workflow.workflow import Workflow

ACTION_CATEGORY = "action"
"""The category of the streams of action items."""
# -- deciding ----------------------------------------------------------------------------------------------------------


def _open(situation: Situation) -> Iterator[Any]:
    command: c.OpenAction = situation.command
    yield e.ActionOpened(
        **situation.step,
        incident=command.incident,
        kind=command.kind,
        text=command.text,
        owner=command.owner,
        due_at=command.due_at,
        because=command.because,
    )


def _opened_already(situation: Situation) -> bool:
    item: ActionItem = situation.state
    command: c.OpenAction = situation.command
    known = (item.incident, item.kind, item.text, item.owner, item.due_at, item.because)
    return known == (
        command.incident,
        command.kind,
        command.text,
        command.owner,
        command.due_at,
        command.because,
    )


def _accept(situation: Situation) -> Iterator[Any]:
    yield e.ActionAccepted(**situation.step)


def _refuse(situation: Situation) -> Iterator[Any]:
    yield e.ActionRefused(**situation.step, reason=situation.command.reason)


def _assign(situation: Situation) -> Iterator[Any]:
    command: c.AssignAction = situation.command
    yield e.ActionAssigned(**situation.step, owner=command.owner, previous=situation.state.owner, reason=command.reason)


def _reschedule(situation: Situation) -> Iterator[Any]:
    command: c.RescheduleAction = situation.command
    yield e.ActionRescheduled(due_at=command.due_at, previous_due_at=situation.state.due_at, reason=command.reason)


def _complete(situation: Situation) -> Iterator[Any]:
    yield e.ActionDone(**situation.step, evidence=situation.command.evidence)


def _verify(situation: Situation) -> Iterator[Any]:
    command: c.VerifyAction = situation.command
    yield e.ActionVerified(**situation.step, method=command.method, note=command.note)


def _reopen(situation: Situation) -> Iterator[Any]:
    command: c.ReopenAction = situation.command
    yield e.ActionReopened(**situation.step, reason=command.reason, due_at=command.due_at)


def _drop(situation: Situation) -> Iterator[Any]:
    yield e.ActionDropped(**situation.step, reason=situation.command.reason)


def _assigned_already(situation: Situation) -> bool:
    item: ActionItem = situation.state
    return item.status in (OPENED, ACCEPTED) and item.owner == situation.command.owner


def _tells(step: ActionWord) -> Callable[[str, Any], list[Companion]]:
    """Return what tells the incident of *step*: its plan judges the command, and it must know the action item."""

    def companions(key: str, command: Any) -> list[Companion]:
        told = {name: getattr(command, name) for name in ("owner", "due_at") if hasattr(command, name)}
        return [Companion(INCIDENT, command.incident, RecordActionStep(action=key, step=step, **told))]

    return companions


_HANDLERS = (
    Handler(
        command=c.OpenAction,
        decide=_open,
        emits=(e.ActionOpened,),
        done=_opened_already,
        companions=_tells("opened"),
    ),
    Handler(
        command=c.AcceptAction,
        decide=_accept,
        emits=(e.ActionAccepted,),
        done=stands(ACCEPTED),
        companions=_tells("other"),
    ),
    Handler(
        command=c.RefuseAction,
        decide=_refuse,
        emits=(e.ActionRefused,),
        done=stands(REFUSED, "reason"),
        companions=_tells("other"),
    ),
    Handler(
        command=c.AssignAction,
        decide=_assign,
        emits=(e.ActionAssigned,),
        done=_assigned_already,
        companions=_tells("assigned"),
    ),
    Handler(
        command=c.RescheduleAction,
        decide=_reschedule,
        emits=(e.ActionRescheduled,),
        done=lambda situation: situation.state.due_at == situation.command.due_at,
        companions=_tells("rescheduled"),
    ),
    Handler(
        command=c.CompleteAction,
        decide=_complete,
        emits=(e.ActionDone,),
        done=stands(DONE, "evidence"),
        companions=_tells("done"),
    ),
    Handler(
        command=c.VerifyAction,
        decide=_verify,
        emits=(e.ActionVerified,),
        done=stands(VERIFIED, "method"),
        companions=_tells("other"),
    ),
    Handler(
        command=c.ReopenAction,
        decide=_reopen,
        emits=(e.ActionReopened,),
        done=stands(ACCEPTED, "reason", "due_at"),
        companions=_tells("reopened"),
    ),
    Handler(
        command=c.DropAction,
        decide=_drop,
        emits=(e.ActionDropped,),
        done=stands(DROPPED, "reason"),
        companions=_tells("dropped"),
    ),
)

# -- folding -----------------------------------------------------------------------------------------------------------


def _opened(item: ActionItem, event: Event) -> ActionItem:
    data: e.ActionOpened = event.data
    return replace(
        item,
        status=data.to,
        incident=data.incident,
        kind=data.kind,
        text=data.text,
        owner=data.owner,
        due_at=data.due_at,
        because=data.because,
    )


def _accepted(item: ActionItem, event: Event) -> ActionItem:
    return replace(item, status=event.data.to)


def _refused(item: ActionItem, event: Event) -> ActionItem:
    data: e.ActionRefused = event.data
    refusals = (*item.refusals, (event.actor or item.owner, data.reason))
    return replace(item, status=data.to, reason=data.reason, refusals=refusals)


def _assigned(item: ActionItem, event: Event) -> ActionItem:
    data: e.ActionAssigned = event.data
    return replace(item, status=data.to, owner=data.owner, reason=data.reason)


def _rescheduled(item: ActionItem, event: Event) -> ActionItem:
    data: e.ActionRescheduled = event.data
    return replace(item, due_at=data.due_at, reason=data.reason, moved=item.moved + 1)


def _completed(item: ActionItem, event: Event) -> ActionItem:
    data: e.ActionDone = event.data
    return replace(
        item, status=data.to, evidence=data.evidence, done_by=tuple(sorted(people_of(event))), done_at=event.happened_at
    )


def _verified(item: ActionItem, event: Event) -> ActionItem:
    return replace(item, status=event.data.to, method=event.data.method, verified_by=event.actor)


def _reopened(item: ActionItem, event: Event) -> ActionItem:
    data: e.ActionReopened = event.data
    return replace(
        item,
        status=data.to,
        reason=data.reason,
        due_at=data.due_at,
        reopened=item.reopened + 1,
        done_at=None,
        method="",
        verified_by=None,
    )


def _dropped(item: ActionItem, event: Event) -> ActionItem:
    return replace(item, status=event.data.to, reason=event.data.reason)


# -- the workflow ------------------------------------------------------------------------------------------------------

_BOTH = ("role-unknown", "text-too-long")
_REASON = (*_BOTH, "reason-missing")
_REOPEN = (*_REASON, "due-not-ahead")


ACTION = Workflow(
    name="action",
    version=1,
    category=ACTION_CATEGORY,
    states=STATES,
    finals=(VERIFIED, DROPPED),
    transitions=(
        Transition(
            "open_action",
            NEW,
            OPENED,
            guards=(*_BOTH, "kind-unknown", "action-undescribed", "owner-missing", "due-not-ahead"),
        ),
        Transition("accept_action", (OPENED, REFUSED), ACCEPTED, guards=(*_BOTH, "not-the-owner")),
        Transition("refuse_action", (OPENED, ACCEPTED), REFUSED, guards=(*_REASON, "not-the-owner")),
        Transition("assign_action", OPEN, OPENED, guards=(*_REASON, "owner-missing")),
        Transition("reschedule_action", OPEN, None, guards=(*_REASON, "due-not-ahead")),
        Transition("complete_action", (OPENED, ACCEPTED), DONE, guards=(*_BOTH, "evidence-missing")),
        Transition("verify_action", DONE, VERIFIED, guards=(*_BOTH, "method-missing", "same-person")),
        Transition("reopen_action", DONE, ACCEPTED, guards=_REOPEN),
        Transition("reopen_action", (VERIFIED, DROPPED), ACCEPTED, guards=_REOPEN, reopens=True),
        Transition("drop_action", OPEN, DROPPED, guards=(*_REASON, "same-person")),
        approvals.approving((*OPEN, DONE, VERIFIED, DROPPED), "role-unknown"),
    ),
    guards=(*guards.GUARDS, *approvals.GUARDS),
    initial=ActionItem(),
    handlers=(*_HANDLERS, *approvals.HANDLERS),
    evolvers={
        e.ActionOpened: _opened,
        e.ActionAccepted: _accepted,
        e.ActionRefused: _refused,
        e.ActionAssigned: _assigned,
        e.ActionRescheduled: _rescheduled,
        e.ActionDone: _completed,
        e.ActionVerified: _verified,
        e.ActionReopened: _reopened,
        e.ActionDropped: _dropped,
        **approvals.EVOLVERS,
    },
    subject=incident_of,
)
