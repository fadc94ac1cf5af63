"""The handle of one action item: its commands and its answers, by name."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from respond.domain.moments import parse_utc
from respond.engine.belonging import Belonging
from respond.engine.handler import Outcome
from respond.errors import NotFound
from respond.workflow.action import ACTION_CATEGORY
from respond.workflow.action import commands as c
from respond.workflow.action.state import ActionItem

if TYPE_CHECKING:
    from respond.engine.desk import Desk

Date = datetime | str
"""An aware datetime, or RFC 3339 text."""


def date_of(value: Date) -> datetime:
    """Return *value* as a datetime; raises `InvalidMoment` for text that is none."""
    return parse_utc(value) if isinstance(value, str) else value


class ActionHandle(Belonging):
    """One action item of an engine."""

    category = ACTION_CATEGORY

    def accept_action(self, /, **circumstances: Any) -> Outcome:
        """Take it on; its owner does."""
        return self.execute(c.AcceptAction(incident=self.incident()), **circumstances)

    def refuse_action(self, /, reason: str, **circumstances: Any) -> Outcome:
        """Say why its owner does not take it on; its date stands."""
        return self.execute(c.RefuseAction(incident=self.incident(), reason=reason), **circumstances)

    def assign_action(self, /, owner: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Ask somebody else to do it."""
        return self.execute(c.AssignAction(incident=self.incident(), owner=owner, reason=reason), **circumstances)

    def reschedule_action(self, /, due_at: Date, *, reason: str, **circumstances: Any) -> Outcome:
        """Set another date; one that was missed already stays missed."""
        command = c.RescheduleAction(incident=self.incident(), due_at=date_of(due_at), reason=reason)
        return self.execute(command, **circumstances)

    def complete_action(self, /, evidence: str, **circumstances: Any) -> Outcome:
        """Tell that it was done, and what shows it."""
        return self.execute(c.CompleteAction(incident=self.incident(), evidence=evidence), **circumstances)

    def verify_action(self, /, method: str, *, note: str = "", **circumstances: Any) -> Outcome:
        """Tell how it was found that it was done and works; neither the owner nor whoever did it may."""
        command = c.VerifyAction(incident=self.incident(), method=method, note=note)
        return self.execute(command, **circumstances)

    def reopen_action(self, /, reason: str, *, due_at: Date, **circumstances: Any) -> Outcome:
        """Say that it is not done, or does not work, and by when it is to be."""
        command = c.ReopenAction(incident=self.incident(), reason=reason, due_at=date_of(due_at))
        return self.execute(command, **circumstances)

    def drop_action(self, /, reason: str, **circumstances: Any) -> Outcome:
        """Say that nobody is to do it any more; its owner may not."""
        return self.execute(c.DropAction(incident=self.incident(), reason=reason), **circumstances)

    def state(self, /, **when: Any) -> ActionItem:
        """Return where it stands, or stood; *when* as for `Engine.state`.  Raises `NotFound`."""
        state: ActionItem = self.engine.state(ACTION_CATEGORY, self.key, **when)
        return state


class Actions:
    """Finds action items."""

    def action(self, key: str) -> ActionHandle:
        """Return the handle of the action item with this key; raises `NotFound` when nobody opened it."""
        engine = cast("Desk", self)
        if key not in engine.states(ACTION_CATEGORY, [key]):
            raise NotFound(f"there is no action item {key!r}; open it from the review of its incident first")
        return ActionHandle(engine, key)
