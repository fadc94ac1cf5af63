"""What may be recorded about an incident.  Stored format: change a class only with an upcaster and a golden file."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import attrs

from respond.domain.events import event_type
from respond.domain.moments import Moment
from respond.domain.money import Money

FieldValue = str | int | bool | Decimal
"""What an extension field may hold; the type survives storage."""

ReportKind = Literal["initial", "follow_up", "final"]
REPORT_KINDS: tuple[ReportKind, ...] = ("initial", "follow_up", "final")


@attrs.frozen(kw_only=True)
class Attachment:
    """A file that belongs to a note; its bytes stay outside the log."""

    name: str
    media_type: str
    size: int
    """Bytes."""
    sha256: str
    """Of the bytes, in lower-case hexadecimal."""
    uri: str


@event_type()
@attrs.frozen(kw_only=True)
class IncidentReported:
    """Someone reported an incident."""

    from_: str
    to: str
    category: str
    title: str
    narrative: str = ""
    discovered_at: Moment | None = None
    site: str | None = None
    channel: str | None = None
    """The service channel that is hit: shop, website, telephone …"""
    team: str | None = None
    reference: str | None = None
    """What another system calls the incident."""


@event_type(schema_version=2)
@attrs.frozen(kw_only=True)
class IncidentAssessed:
    """Someone judged the impact; every assessment is kept, the last one counts."""

    from_: str
    to: str
    affected_customers: int | None = None
    injured: int | None = None
    loss: Money | None = None
    spread: str | None = None
    findings: str = ""
    fields: Mapping[str, FieldValue] = attrs.field(factory=dict)


@event_type()
@attrs.frozen(kw_only=True)
class LevelAssigned:
    """The incident got its first level; 1 is the worst."""

    from_: str
    to: str
    level: int
    basis: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class LevelChanged:
    """The level was raised or lowered."""

    from_level: int
    to_level: int
    justification: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class ResponseStarted:
    """People began to act."""

    from_: str
    to: str


@event_type()
@attrs.frozen(kw_only=True)
class CommandTransferred:
    """One person took over command from whoever held it: there is one commander at any instant."""

    from_commander: str | None = None
    to_commander: str
    briefing: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class TeamAssigned:
    """Another team took the incident on."""

    from_team: str | None = None
    to_team: str | None = None


@event_type(schema_version=2)
@attrs.frozen(kw_only=True)
class UpwardReportSent:
    """A superior or an authority was told."""

    from_: str
    to: str
    kind: ReportKind
    recipient: str
    summary: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class ProgressNoted:
    """Something worth keeping was noted."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    fields: Mapping[str, FieldValue] = attrs.field(factory=dict)


@event_type()
@attrs.frozen(kw_only=True)
class StepRecorded:
    """A foreign log tells a step that is no event of this workflow; recorded as it is."""

    from_: str
    to: str
    step: str


@event_type()
@attrs.frozen(kw_only=True)
class IncidentResolved:
    """Service is restored."""

    from_: str
    to: str
    resolution: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class IncidentReopened:
    """It was not over."""

    from_: str
    to: str
    reason: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class IncidentReviewed:
    """The review is closed."""

    from_: str
    to: str
    summary: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class IncidentCancelled:
    """It was a false alarm."""

    from_: str
    to: str
    reason: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class IncidentMerged:
    """It is the same incident as another, which goes on; this id still answers."""

    from_: str
    to: str
    into: str
    """The id of the incident that goes on."""
    reason: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class IncidentAbsorbed:
    """Another incident was merged into this one."""

    source: str
    """The id of the incident that was merged."""
    reason: str = ""
    worst_level: int | None = None
    """The worst level that the merged incident ever had; None when it had none."""
    reported_upward: bool = False
    """Whether an upward report of it, or of one that was merged into it, was sent."""


@event_type()
@attrs.frozen(kw_only=True)
class EntryCorrected:
    """An earlier entry was wrong; the original stays, and both can be read."""

    entry: str
    """The id of the event that is corrected."""
    changes: Mapping[str, Any]
    """New values by field name, as they stand in the stored data; `occurred_at` may be among them."""
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class EntryRetracted:
    """An earlier entry does not hold; the original stays."""

    entry: str
    """The id of the event that is retracted."""
    reason: str


def assessed_from_1(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 called the number of affected customers `customers`, and the findings `note`."""
    renamed = {"customers": "affected_customers", "note": "findings"}
    return {renamed.get(name, name): value for name, value in data.items()}


def upward_report_from_1(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 numbered the stages of a report: 1 initial, 2 follow-up, 3 final."""
    kinds = {1: "initial", 2: "follow_up", 3: "final"}
    return {**{name: value for name, value in data.items() if name != "stage"}, "kind": kinds[data["stage"]]}


UPCASTERS = {
    ("IncidentAssessed", 1): assessed_from_1,
    ("UpwardReportSent", 1): upward_report_from_1,
}
