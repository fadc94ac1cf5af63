"""What the handle of an incident does with what follows its review."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from respond.domain.ids import derived_id, uuid7
from respond.engine.action import ActionHandle, Date, date_of
from respond.engine.handler import Outcome
from respond.workflow.action import ACTION_CATEGORY
from respond.workflow.action.commands import OpenAction
from respond.workflow.action.events import ActionKind
from respond.workflow.action.state import ActionItem
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.recognition import RecordRecognition
from respond.workflow.plan_life import PLAN_CATEGORY
from respond.workflow.plan_life.proposals import ProposePlanChange

if TYPE_CHECKING:
    from respond.engine.desk import Desk


class FollowUpCommands:
    """Opens action items and finds them, proposes changes of plans, recognises people."""

    engine: Desk
    id: str
    execute: Callable[..., Outcome]

    def open_action(
        self,
        /,
        text: str,
        *,
        kind: ActionKind,
        owner: str,
        due_at: Date,
        because: tuple[str, ...] = (),
        action: str | None = None,
        command_id: str | None = None,
        **circumstances: Any,
    ) -> ActionHandle:
        """Ask *owner*, a person or a role, to do something by a date, and return the handle of the action item.

        *because* names the events that it rests on: findings, lessons.  *action* is its key, used once in the log; made
        from the command id when it is None.
        """
        command_id = command_id or str(uuid7(self.engine.clock(), self.engine.random(10)))
        key = action or str(derived_id(command_id, "action"))
        handle = ActionHandle(self.engine, key, self.id)
        command = OpenAction(
            incident=handle.incident(), kind=kind, text=text, owner=owner, due_at=date_of(due_at), because=because
        )
        outcome = handle.execute(command, command_id=command_id, **circumstances)
        return ActionHandle(self.engine, key, self.id, outcome)

    def record_recognition(self, /, person: str, text: str, **circumstances: Any) -> Outcome:
        """Say who did outstandingly well, and what for; not oneself."""
        return self.execute(RecordRecognition(person=person, text=text), **circumstances)

    def propose_plan_change(
        self,
        /,
        text: str,
        *,
        plan: str | None = None,
        proposal: str | None = None,
        because: tuple[str, ...] = (),
        command_id: str | None = None,
        **circumstances: Any,
    ) -> str:
        """Propose to change a plan, by default the one in force, and return the key of the proposal in its life.

        The life of the plan must have begun: `draft_plan`.  *because* names what it rests on: the ids of events, the
        keys of action items.  *proposal* is its key; made from the command id when it is None.
        """
        command_id = command_id or str(uuid7(self.engine.clock(), self.engine.random(10)))
        key = proposal or str(derived_id(command_id, "proposal"))
        name = plan or self.engine.plans.in_force(self.engine.events(INCIDENT_CATEGORY, self.id)).name
        command = ProposePlanChange(proposal=key, text=text, incident=self.id, because=because)
        self.engine.execute(PLAN_CATEGORY, name, command, command_id=command_id, **circumstances)
        return key

    def action(self, /, key: str) -> ActionHandle:
        """Return the handle of an action item of this incident; a command for one that is not there is refused."""
        return ActionHandle(self.engine, key, self.id)

    def actions(self) -> Mapping[str, ActionItem]:
        """Return where each action item stands, by its key; with those of incidents merged into it."""
        state = self.engine.state(INCIDENT_CATEGORY, self.id)
        return self.engine.states(ACTION_CATEGORY, state.actions)
