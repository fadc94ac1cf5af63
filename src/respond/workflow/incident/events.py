"""What may be recorded about an incident.  Stored format: change a class only with an upcaster and a golden file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import attrs

from respond.domain.events import event_type
from respond.domain.moments import Moment
from respond.domain.money import Money
from respond.domain.references import Reference
from respond.workflow.incident.cases import Case
from respond.workflow.incident.followed import Followed

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
    began_at: Moment | None = None
    """When its impact began, as far as the reporter knew."""
    site: str | None = None
    unit: str | None = None
    """The part of the organisation that is hit."""
    channel: str | None = None
    """The service channel that is hit: shop, website, telephone …"""
    team: str | None = None
    reference: str | None = None
    """What another system calls the incident."""
    warning: str | None = None
    """The key of the warning that it came of."""
    passed_over: Reference | None = None
    """The plan that its category, site and unit choose, when it runs under another one."""
    plan_reason: str = ""
    """Why it runs under another plan."""


@event_type(schema_version=2)
@attrs.frozen(kw_only=True)
class IncidentAssessed:
    """Someone judged the impact; every assessment is kept, the last one counts."""

    from_: str
    to: str
    affected_customers: int | None = None
    injured: int | None = None
    dead: int | None = None
    loss: Money | None = None
    spread: str | None = None
    sites: int | None = None
    """How many sites are hit."""
    critical_facility: bool | None = None
    facets: tuple[str, ...] = ()
    began_at: Moment | None = None
    """When the impact began, as far as it is known now."""
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
    suggested: int | None = None
    """What the plan suggested at that time; None when nothing spoke for any level."""
    because: tuple[str, ...] = ()
    """What spoke for the suggestion."""


@event_type()
@attrs.frozen(kw_only=True)
class LevelChanged:
    """The level was raised or lowered."""

    from_level: int
    to_level: int
    justification: str = ""
    suggested: int | None = None
    because: tuple[str, ...] = ()


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
    cases: tuple[Case, ...] = ()
    """The cases of its customers, which go over."""
    actions: tuple[Followed, ...] = ()
    """Its action items, which go over."""


@event_type()
@attrs.frozen(kw_only=True)
class ObligationWaived:
    """Someone with authority decided that an occurrence of an obligation need not be discharged."""

    obligation: str
    occurrence: int = 1
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class ClockPaused:
    """The clock of an obligation stands still."""

    obligation: str
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class ClockResumed:
    """The clock of an obligation runs again."""

    obligation: str
    reason: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class ObligationFulfilled:
    """Someone says that a duty is done which no other event tells."""

    obligation: str
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class UpwardReportReceived:
    """The recipient of an upward report confirmed that it arrived."""

    report: str
    """The id of the event that records the report."""
    receipt: str
    """What the recipient calls it."""
    received_by: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class ObligationRaised:
    """Somebody is to be told that an obligation falls due: one rung of its ladder.  It records notice, not breach."""

    obligation: str
    occurrence: int
    rung: int
    """From 1."""
    due_at: datetime
    tell: tuple[str, ...]
    """The ids of the roles."""
    missed_before: int = 0
    """How many earlier occurrences were missed: not done, and neither waived nor dropped."""


@attrs.frozen(kw_only=True)
class Breach:
    """An occurrence of an obligation that was late or missing under the plan in force until then."""

    obligation: str
    occurrence: int
    due_at: datetime
    verdict: Literal["late", "missing"]
    missed_before: int = 0
    """How many occurrences right before it were missed as well."""


@event_type()
@attrs.frozen(kw_only=True)
class PlanActivated:
    """A further plan came into force for the incident."""

    plan: Reference
    reason: str = ""
    differences: tuple[str, ...] = ()
    """What the plan in force held otherwise under the same id; the more special plan counts, else the first one."""
    breaches: tuple[Breach, ...] = ()
    """What stood by then: another plan does not undo it."""


@event_type()
@attrs.frozen(kw_only=True)
class PlanRebased:
    """Another version of the plan, or another plan, is in force from now on; what was decided stays."""

    previous: Reference
    plan: Reference
    reason: str = ""
    breaches: tuple[Breach, ...] = ()
    """What stood by then: another plan does not undo it."""


@event_type()
@attrs.frozen(kw_only=True)
class ResponseLevelReached:
    """A response began by itself, in the step that told what the plan makes a condition for it; nobody decided it."""

    from_response: str | None = None
    to_response: str
    because: tuple[str, ...] = ()
    """What met the condition."""


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
