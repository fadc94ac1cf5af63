"""Where an action item stands."""

from __future__ import annotations

from datetime import datetime

import attrs

from respond.workflow.action.events import ActionKind
from respond.workflow.definition import NEW

OPENED = "opened"
ACCEPTED = "accepted"
REFUSED = "refused"
DONE = "done"
VERIFIED = "verified"
DROPPED = "dropped"

OPEN = (OPENED, ACCEPTED, REFUSED)
"""The states in which it is to be done."""
STATES = (*OPEN, DONE, VERIFIED, DROPPED)


@attrs.frozen(kw_only=True, slots=False)
class ActionItem:
    """An action item, folded from its events."""

    status: str = NEW
    incident: str = ""
    """The id of the incident whose review asked for it."""
    kind: ActionKind = "prevent"
    text: str = ""
    owner: str = ""
    due_at: datetime | None = None
    because: tuple[str, ...] = ()
    """What it rests on."""
    refusals: tuple[tuple[str, str], ...] = ()
    """Who refused it, and why."""
    reason: str = ""
    """Why it was refused, assigned, moved, reopened or dropped last."""
    moved: int = 0
    """How often its date was moved."""
    evidence: str = ""
    """What shows that it was done."""
    done_by: tuple[str, ...] = ()
    """Who told that it was done, and on whose behalf."""
    done_at: datetime | None = None
    method: str = ""
    """How it was verified."""
    verified_by: str | None = None
    reopened: int = 0
    """How often it turned out not to be done."""

    def overdue(self, now: datetime) -> bool:
        """Return whether it is still to be done, and its date is past."""
        return self.status in OPEN and self.due_at is not None and self.due_at < now
