"""What may be asked of an incident."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from respond.domain.moments import Moment
from respond.domain.money import Money
from respond.domain.references import Reference
from respond.workflow.definition import command_type
from respond.workflow.incident.cases import Case
from respond.workflow.incident.events import Attachment, FieldValue, ReportKind
from respond.workflow.incident.followed import Followed


@command_type("report")
@attrs.frozen(kw_only=True)
class ReportIncident:
    """Tell that something happened."""

    category: str
    title: str
    narrative: str = ""
    discovered_at: Moment | None = None
    began_at: Moment | None = None
    site: str | None = None
    unit: str | None = None
    channel: str | None = None
    team: str | None = None
    reference: str | None = None
    warning: str | None = None
    passed_over: Reference | None = None
    plan_reason: str = ""


@command_type("assess")
@attrs.frozen(kw_only=True)
class Assess:
    """Judge the impact, for the first time or again."""

    affected_customers: int | None = None
    injured: int | None = None
    dead: int | None = None
    loss: Money | None = None
    spread: str | None = None
    sites: int | None = None
    critical_facility: bool | None = None
    facets: tuple[str, ...] = ()
    began_at: Moment | None = None
    findings: str = ""
    fields: Mapping[str, FieldValue] = attrs.field(factory=dict)


@command_type("assign_level")
@attrs.frozen(kw_only=True)
class AssignLevel:
    """Give the first level."""

    level: int
    basis: str


@command_type("change_level")
@attrs.frozen(kw_only=True)
class ChangeLevel:
    """Raise or lower the level."""

    level: int
    justification: str


@command_type("start_response")
@attrs.frozen(kw_only=True)
class StartResponse:
    """Begin to act."""


@command_type("take_command")
@attrs.frozen(kw_only=True)
class TakeCommand:
    """Take over command; the commander is the actor unless another one is named."""

    commander: str | None = None
    briefing: str = ""


@command_type("assign_team")
@attrs.frozen(kw_only=True)
class AssignTeam:
    """Hand the incident to a team."""

    team: str


@command_type("report_upward")
@attrs.frozen(kw_only=True)
class ReportUpward:
    """Tell a superior or an authority."""

    kind: ReportKind
    recipient: str
    summary: str


@command_type("note")
@attrs.frozen(kw_only=True)
class Note:
    """Note progress, with files and fields where there are any."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    fields: Mapping[str, FieldValue] = attrs.field(factory=dict)


@command_type("waive")
@attrs.frozen(kw_only=True)
class Waive:
    """Say that an obligation need not be discharged."""

    obligation: str
    reason: str
    occurrence: int = 1


@command_type("pause_clock")
@attrs.frozen(kw_only=True)
class PauseClock:
    """Let the clock of an obligation stand still."""

    obligation: str
    reason: str


@command_type("resume_clock")
@attrs.frozen(kw_only=True)
class ResumeClock:
    """Let the clock of an obligation run again."""

    obligation: str
    reason: str = ""


@command_type("fulfil")
@attrs.frozen(kw_only=True)
class Fulfil:
    """Say that a duty is done which no other command tells."""

    obligation: str
    note: str = ""


@command_type("record_receipt")
@attrs.frozen(kw_only=True)
class RecordReceipt:
    """Record that an upward report arrived."""

    report: str
    receipt: str
    received_by: str = ""


@command_type("raise_due")
@attrs.frozen(kw_only=True)
class RaiseDue:
    """Raise an obligation that falls due; a watcher asks for it."""

    obligation: str
    occurrence: int
    rung: int
    due_at: datetime
    tell: tuple[str, ...]


@command_type("resolve")
@attrs.frozen(kw_only=True)
class Resolve:
    """Say that service is restored."""

    resolution: str


@command_type("reopen")
@attrs.frozen(kw_only=True)
class Reopen:
    """Say that it is not over."""

    reason: str


@command_type("close_review")
@attrs.frozen(kw_only=True)
class CloseReview:
    """Close the review."""

    summary: str


@command_type("cancel")
@attrs.frozen(kw_only=True)
class Cancel:
    """Say that it was a false alarm."""

    reason: str


@command_type("merge")
@attrs.frozen(kw_only=True)
class Merge:
    """Say that it is the same incident as another, which goes on."""

    into: str
    reason: str
    at_version: int | None = None
    """The version of this incident of which the other half of the merge tells; None when that does not matter."""


@command_type("absorb")
@attrs.frozen(kw_only=True)
class Absorb:
    """The other half of a merge, on the incident that goes on."""

    source: str
    reason: str
    worst_level: int | None = None
    """The worst level that the merged incident ever had; None when it had none."""
    reported_upward: bool = False
    """Whether an upward report of it, or of one that was merged into it, was sent."""
    cases: tuple[Case, ...] = ()
    """The cases of its customers."""
    actions: tuple[Followed, ...] = ()
    """Its action items."""


@command_type("correct")
@attrs.frozen(kw_only=True)
class Correct:
    """Give an earlier entry its right values; the original stays."""

    entry: str
    changes: Mapping[str, Any]
    reason: str


@command_type("retract")
@attrs.frozen(kw_only=True)
class Retract:
    """Withdraw an earlier entry; the original stays."""

    entry: str
    reason: str
