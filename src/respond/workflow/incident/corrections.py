"""Which entries may be corrected or retracted, and what an entry reads once corrections are applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from respond.domain.events import Event
from respond.domain.moments import Moment, parse_utc
from respond.domain.payloads import corrected
from respond.workflow.approvals import ApprovalGiven
from respond.workflow.incident import events as e
from respond.workflow.incident.course import ActionPlanRevised, ActionPlanSet, HelpArrived, HelpRequested
from respond.workflow.incident.decisions import DecisionRecorded
from respond.workflow.incident.drawn import ExpenseRecorded
from respond.workflow.incident.effects import HeadsCounted, IncidentContained, ServiceRestored
from respond.workflow.incident.holds import WorkHeld, WorkResumed
from respond.workflow.incident.links import IncidentLinked, IncidentUnlinked
from respond.workflow.incident.measures import (
    MeasureCompleted,
    MeasureSkipped,
    MeasureStarted,
    MeasureStepTicked,
)
from respond.workflow.incident.messages import KeyMessagesApproved, KeyMessagesSet
from respond.workflow.incident.notices import (
    CommunicationEvaluated,
    FeedbackReceived,
    NoticeGiven,
    ObservationRecorded,
)
from respond.workflow.incident.people import RoleAssigned, RoleHandedOver, RoleReleased
from respond.workflow.incident.pins import EntryPinned, EntryUnpinned
from respond.workflow.incident.recognition import RecognitionRecorded
from respond.workflow.incident.reviewed import (
    FindingRecorded,
    FixRecorded,
    ResponseEvaluated,
    ReviewOpened,
    ReviewPublished,
    ReviewSigned,
)
from respond.workflow.incident.situation import (
    HypothesisConfirmed,
    HypothesisRaised,
    HypothesisRejected,
    InformationConfirmed,
    InformationReceived,
    InformationRefuted,
)
from respond.workflow.incident.statements import (
    StatementApproved,
    StatementCorrected,
    StatementDrafted,
    StatementPublished,
    StatementRetracted,
)
from respond.workflow.incident.teams import TeamFormed
from respond.workflow.incident.triage import IncidentAcknowledged, IncidentRecategorised, ResponseLevelSet
from respond.workflow.incident.unmerging import MergeUndone
from respond.workflow.incident.unplanned import MeasureAdded

CORRECTABLE: Mapping[type, frozenset[str]] = {
    e.IncidentReported: frozenset(
        {
            "category",
            "title",
            "narrative",
            "discovered_at",
            "began_at",
            "site",
            "unit",
            "channel",
            "reference",
            "occurred_at",
        }
    ),
    e.IncidentAssessed: frozenset(
        {
            "affected_customers",
            "injured",
            "dead",
            "loss",
            "spread",
            "sites",
            "critical_facility",
            "facets",
            "began_at",
            "findings",
            "fields",
            "occurred_at",
        }
    ),
    e.LevelAssigned: frozenset({"basis", "occurred_at"}),
    e.LevelChanged: frozenset({"justification", "occurred_at"}),
    e.ResponseStarted: frozenset({"occurred_at"}),
    e.CommandTransferred: frozenset({"briefing", "occurred_at"}),
    e.TeamAssigned: frozenset({"occurred_at"}),
    e.UpwardReportSent: frozenset({"kind", "recipient", "summary", "occurred_at"}),
    e.ProgressNoted: frozenset({"text", "fields", "occurred_at"}),
    e.StepRecorded: frozenset({"occurred_at"}),
    e.IncidentResolved: frozenset({"resolution", "occurred_at"}),
    e.IncidentReopened: frozenset({"reason", "occurred_at"}),
    e.IncidentReviewed: frozenset({"summary", "occurred_at"}),
    e.IncidentCancelled: frozenset({"reason", "occurred_at"}),
    e.IncidentMerged: frozenset({"reason", "occurred_at"}),
    MergeUndone: frozenset({"reason", "occurred_at"}),
    IncidentLinked: frozenset({"reason", "occurred_at"}),
    IncidentUnlinked: frozenset({"reason", "occurred_at"}),
    IncidentAcknowledged: frozenset({"occurred_at"}),
    IncidentRecategorised: frozenset({"reason", "occurred_at"}),
    ResponseLevelSet: frozenset({"basis", "occurred_at"}),
    RoleAssigned: frozenset({"trained_until", "occurred_at"}),
    RoleReleased: frozenset({"reason", "occurred_at"}),
    RoleHandedOver: frozenset({"briefing", "trained_until", "occurred_at"}),
    e.PlanActivated: frozenset({"reason", "occurred_at"}),
    e.PlanRebased: frozenset({"reason", "occurred_at"}),
    ApprovalGiven: frozenset({"note", "occurred_at"}),
    e.ObligationWaived: frozenset({"reason", "occurred_at"}),
    e.ClockPaused: frozenset({"reason", "occurred_at"}),
    e.ClockResumed: frozenset({"reason", "occurred_at"}),
    e.ObligationFulfilled: frozenset({"note", "occurred_at"}),
    e.UpwardReportReceived: frozenset({"received_by", "occurred_at"}),
    MeasureStarted: frozenset({"occurred_at"}),
    MeasureStepTicked: frozenset({"note", "occurred_at"}),
    MeasureCompleted: frozenset({"outcome", "occurred_at"}),
    MeasureSkipped: frozenset({"reason", "occurred_at"}),
    MeasureAdded: frozenset({"reason", "occurred_at"}),
    IncidentContained: frozenset({"note", "occurred_at"}),
    ServiceRestored: frozenset({"note", "occurred_at"}),
    HeadsCounted: frozenset({"note", "occurred_at"}),
    HypothesisRaised: frozenset({"cause", "occurred_at"}),
    HypothesisConfirmed: frozenset({"evidence", "occurred_at"}),
    HypothesisRejected: frozenset({"evidence", "occurred_at"}),
    InformationReceived: frozenset({"text", "occurred_at"}),
    InformationConfirmed: frozenset({"evidence", "occurred_at"}),
    InformationRefuted: frozenset({"evidence", "occurred_at"}),
    DecisionRecorded: frozenset({"decision", "rationale", "occurred_at"}),
    ActionPlanSet: frozenset({"occurred_at"}),
    ActionPlanRevised: frozenset({"reason", "occurred_at"}),
    TeamFormed: frozenset({"occurred_at"}),
    HelpRequested: frozenset({"what", "occurred_at"}),
    HelpArrived: frozenset({"note", "occurred_at"}),
    WorkHeld: frozenset({"reason", "occurred_at"}),
    WorkResumed: frozenset({"note", "occurred_at"}),
    ExpenseRecorded: frozenset({"amount", "purpose", "occurred_at"}),
    KeyMessagesSet: frozenset({"occurred_at"}),
    KeyMessagesApproved: frozenset({"occurred_at"}),
    StatementDrafted: frozenset({"occurred_at"}),
    StatementCorrected: frozenset({"reason", "occurred_at"}),
    StatementApproved: frozenset({"occurred_at"}),
    StatementPublished: frozenset({"occurred_at"}),
    StatementRetracted: frozenset({"reason", "occurred_at"}),
    NoticeGiven: frozenset({"text", "channel", "people", "occurred_at"}),
    FeedbackReceived: frozenset({"source", "channel", "text", "count", "occurred_at"}),
    ObservationRecorded: frozenset({"metric", "value", "source", "occurred_at"}),
    CommunicationEvaluated: frozenset({"rating", "text", "occurred_at"}),
    ReviewOpened: frozenset({"occurred_at"}),
    FindingRecorded: frozenset({"kind", "text", "evidence", "confidence", "occurred_at"}),
    ResponseEvaluated: frozenset({"followed", "adequate", "effectiveness", "text", "occurred_at"}),
    FixRecorded: frozenset({"text", "occurred_at"}),
    ReviewSigned: frozenset({"note", "occurred_at"}),
    ReviewPublished: frozenset({"place", "occurred_at"}),
    EntryPinned: frozenset({"note", "occurred_at"}),
    EntryUnpinned: frozenset({"reason", "occurred_at"}),
}
"""The fields of each entry that may be corrected, by the names in which they are stored."""

RETRACTABLE = (
    e.IncidentAssessed,
    e.UpwardReportSent,
    e.ProgressNoted,
    e.ObligationFulfilled,
    ExpenseRecorded,
    ApprovalGiven,
    NoticeGiven,
    FeedbackReceived,
    ObservationRecorded,
    CommunicationEvaluated,
    RecognitionRecorded,
    FindingRecorded,
    ResponseEvaluated,
    FixRecorded,
    EntryPinned,
)
"""Entries that tell facts, approvals, pins.  A step of the lifecycle is undone by the next, not by taking it back."""


def entry_of(history: Sequence[Event], entry: str) -> Event | None:
    """Return the event with the id *entry*."""
    return next((event for event in history if event.body["id"] == entry), None)


def reading(history: Iterable[Event], event: Event) -> Any:
    """Return the payload of *event* as it reads once every correction in *history* is applied, one after the other.

    Raises `InvalidInput` when one of them does not fit.
    """
    payload = event.data
    for later in history:
        if type(later.data) is e.EntryCorrected and later.data.entry == event.body["id"]:
            payload = applied(payload, later.data.changes)
    return payload


def applied(payload: Any, changes: Mapping[str, Any], *, strict: bool = False) -> Any:
    """Return *payload* with the *changes* of one correction; `occurred_at` belongs to the event and not to its payload.

    *strict* is for changes that are not in a log yet.  Raises `InvalidInput` when they do not fit.
    """
    fields = {name: value for name, value in changes.items() if name != "occurred_at"}
    return corrected(payload, fields, strict=strict) if fields else payload


def happened_at(history: Iterable[Event], event: Event) -> datetime:
    """Return when *event* happened by the last word on it, or when it was recorded if nobody knows."""
    corrections = [one.data for one in history if type(one.data) is e.EntryCorrected]
    claims = [
        one.changes["occurred_at"] for one in corrections if one.entry == event.id and "occurred_at" in one.changes
    ]
    if not claims:
        return event.happened_at
    return event.recorded_at if claims[-1] is None else Moment.from_json(claims[-1]).at


def told_at(event: Event) -> datetime:
    """Return when *event* was recorded: by its source's word when it was imported, else by the log.

    An imported event of which the source says nothing was told when it happened.
    """
    if not event.source:
        return event.recorded_at
    claim = event.source.get("recorded_at")
    return event.happened_at if claim is None else parse_utc(claim)


def retracted_entries(history: Iterable[Event]) -> frozenset[str]:
    """Return the ids of the entries that were retracted."""
    return frozenset(event.data.entry for event in history if type(event.data) is e.EntryRetracted)
