"""What may be asked of an action item.  Each command names the incident that it belongs to now."""

from __future__ import annotations

from datetime import datetime

import attrs

from respond.workflow.action.events import ActionKind
from respond.workflow.definition import command_type
from respond.workflow.of_incident import OfIncident


@command_type("open_action")
@attrs.frozen(kw_only=True)
class OpenAction(OfIncident):
    """Ask someone to do something."""

    kind: ActionKind
    text: str
    owner: str
    due_at: datetime
    because: tuple[str, ...] = ()


@command_type("accept_action")
@attrs.frozen(kw_only=True)
class AcceptAction(OfIncident):
    """Take it on."""


@command_type("refuse_action")
@attrs.frozen(kw_only=True)
class RefuseAction(OfIncident):
    """Say why one does not take it on."""

    reason: str


@command_type("assign_action")
@attrs.frozen(kw_only=True)
class AssignAction(OfIncident):
    """Ask somebody else."""

    owner: str
    reason: str


@command_type("reschedule_action")
@attrs.frozen(kw_only=True)
class RescheduleAction(OfIncident):
    """Set another date."""

    due_at: datetime
    reason: str


@command_type("complete_action")
@attrs.frozen(kw_only=True)
class CompleteAction(OfIncident):
    """Tell that it was done, and what shows it."""

    evidence: str


@command_type("verify_action")
@attrs.frozen(kw_only=True)
class VerifyAction(OfIncident):
    """Tell that it was done and works, and how that was found."""

    method: str
    note: str = ""


@command_type("reopen_action")
@attrs.frozen(kw_only=True)
class ReopenAction(OfIncident):
    """Say that it is not done, or does not work, and by when it is to be."""

    reason: str
    due_at: datetime


@command_type("drop_action")
@attrs.frozen(kw_only=True)
class DropAction(OfIncident):
    """Say that nobody is to do it any more."""

    reason: str
