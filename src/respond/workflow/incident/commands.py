"""What may be asked of an incident."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from respond.domain.moments import Moment
from respond.domain.money import Money
from respond.workflow.definition import command_type
from respond.workflow.incident.events import Attachment, FieldValue, ReportKind


@command_type("report")
@attrs.frozen(kw_only=True)
class ReportIncident:
    """Tell that something happened."""

    category: str
    title: str
    narrative: str = ""
    discovered_at: Moment | None = None
    site: str | None = None
    channel: str | None = None
    team: str | None = None
    reference: str | None = None


@command_type("assess")
@attrs.frozen(kw_only=True)
class Assess:
    """Judge the impact, for the first time or again."""

    affected_customers: int | None = None
    injured: int | None = None
    loss: Money | None = None
    spread: str | None = None
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


IncidentCommand = (
    ReportIncident
    | Assess
    | AssignLevel
    | ChangeLevel
    | StartResponse
    | TakeCommand
    | AssignTeam
    | ReportUpward
    | Note
    | Resolve
    | Reopen
    | CloseReview
    | Cancel
    | Merge
    | Absorb
    | Correct
    | Retract
)
