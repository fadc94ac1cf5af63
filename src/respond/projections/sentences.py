"""Sentences: what each event says, in one line for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from respond.domain.events import type_of
from respond.domain.moments import format_utc
from respond.domain.payloads import to_data
from respond.projections import (
    action_sentences,
    case_sentences,
    drill_sentences,
    link_sentences,
    resource_sentences,
    review_sentences,
    word_sentences,
)
from respond.projections.phrases import followed_by
from respond.projections.response_sentences import RESPONSE
from respond.workflow.approvals import ApprovalGiven
from respond.workflow.incident import events as e
from respond.workflow.incident.people import RoleAssigned, RoleHandedOver, RoleReleased
from respond.workflow.incident.pins import EntryPinned, EntryUnpinned
from respond.workflow.incident.triage import IncidentAcknowledged, IncidentRecategorised, ResponseLevelSet
from respond.workflow.migration import DefinitionMigrated

Cite = Callable[[str], str]
"""Name an entry, given its event id, for people."""
_Sentence = Callable[[Any], str]


def sentence(payload: Any, cite: Cite) -> str:
    """Return *payload* as one line; an event of a user's own workflow reads `Type: field=value, ...`."""
    match payload:
        case e.EntryCorrected():
            return f"Corrected {cite(payload.entry)}: {_listed(payload.changes)} ({payload.reason})"
        case e.EntryRetracted():
            return f"Retracted {cite(payload.entry)} ({payload.reason})"
        case EntryPinned():
            return followed_by(f"Pinned {cite(payload.entry)}", payload.note)
        case EntryUnpinned():
            return followed_by(f"Unpinned {cite(payload.entry)}", payload.reason)
        case e.UpwardReportReceived():
            by = f" by {payload.received_by}" if payload.received_by else ""
            return f"Receipt of {cite(payload.report)}{by}: {payload.receipt}"
    return _SENTENCES.get(type(payload), _fields_of)(payload)


def _fields_of(payload: Any) -> str:
    name = type_of(type(payload)).name
    told = _listed(to_data(payload))
    return f"{name}: {told}" if told else name


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_shown(value)}" for name, value in values.items())


def _shown(value: Any) -> str:
    match value:
        case {"$dec": text} | {"$big": text} if len(value) == 1:
            return str(text)
        case {"amount": amount, "currency": currency} if len(value) == 2:  # noqa: PLR2004  amount and currency
            return f"{_shown(amount)} {currency}"
        case Mapping():
            return "{" + _listed(value) + "}"
        case list():
            return "[" + ", ".join(map(_shown, value)) + "]"
        case _:
            return str(value)


def _reported(data: e.IncidentReported) -> str:
    place = "".join(f", {value}" for value in (data.site, data.channel) if value)
    return f"Reported: {data.title} ({data.category}{place})"


def _assessed(data: e.IncidentAssessed) -> str:
    values = {name: value for name, value in to_data(data).items() if name not in {"from", "to", "findings"}}
    head = "Assessed" if not values else f"Assessed ({_listed(values)})"
    return followed_by(head, data.findings)


def _level_changed(data: e.LevelChanged) -> str:
    verb = "raised" if data.to_level < data.from_level else "lowered"
    return followed_by(f"Level {verb} from {data.from_level} to {data.to_level}", data.justification)


def _command_transferred(data: e.CommandTransferred) -> str:
    source = f" from {data.from_commander}" if data.from_commander else ""
    return followed_by(f"{data.to_commander} took over command{source}", data.briefing)


def _team_assigned(data: e.TeamAssigned) -> str:
    source = f" from {data.from_team}" if data.from_team else ""
    return f"Handed{source} to {data.to_team}" if data.to_team else f"Taken{source}; no team has it"


def _role_assigned(data: RoleAssigned) -> str:
    return f"{data.person} was given the role {data.role}"


def _role_handed_over(data: RoleHandedOver) -> str:
    return followed_by(f"{data.to_person} took the role {data.role} over from {data.from_person}", data.briefing)


def _obligation_waived(data: e.ObligationWaived) -> str:
    return followed_by(f"Obligation {data.obligation}{_which(data.occurrence)} waived", data.reason)


def _obligation_raised(data: e.ObligationRaised) -> str:
    told = ", ".join(data.tell)
    missed = f"; {data.missed_before} before it missed" if data.missed_before else ""
    return f"{told} told that {data.obligation}{_which(data.occurrence)} is due at {format_utc(data.due_at)}{missed}"


def _which(occurrence: int) -> str:
    return "" if occurrence == 1 else f", occurrence {occurrence},"


def _stood(breaches: tuple[e.Breach, ...]) -> str:
    told = ", ".join(f"{one.obligation} {one.verdict}" for one in breaches)
    return f" ({told} by then)" if told else ""


def _upward_report_sent(data: e.UpwardReportSent) -> str:
    kind = {"initial": "Initial", "follow_up": "Follow-up", "final": "Final"}[data.kind]
    return followed_by(f"{kind} report sent to {data.recipient}", data.summary)


def _noted(data: e.ProgressNoted) -> str:
    files = [f"{one.name} ({one.media_type}, {one.size} bytes)" for one in data.attachments]
    fields = _listed(to_data(data).get("fields", {}))
    return "Noted: " + "; ".join(part for part in (data.text, fields, *files) if part)


_SENTENCES: Mapping[type, _Sentence] = {
    e.IncidentReported: _reported,
    e.IncidentAssessed: _assessed,
    e.LevelAssigned: lambda data: followed_by(f"Level {data.level} assigned", data.basis),
    e.LevelChanged: _level_changed,
    e.ResponseStarted: lambda _: "Response started",
    e.CommandTransferred: _command_transferred,
    e.TeamAssigned: _team_assigned,
    e.UpwardReportSent: _upward_report_sent,
    e.ProgressNoted: _noted,
    e.StepRecorded: lambda data: f"Step {data.step!r}: {data.from_} to {data.to}",
    e.IncidentResolved: lambda data: followed_by("Resolved", data.resolution),
    e.IncidentReopened: lambda data: followed_by("Reopened", data.reason),
    e.IncidentReviewed: lambda data: followed_by("Review closed", data.summary),
    e.IncidentCancelled: lambda data: followed_by("Cancelled", data.reason),
    IncidentAcknowledged: lambda _: "Acknowledged",
    IncidentRecategorised: lambda data: followed_by(
        f"Category changed from {data.from_category} to {data.to_category}", data.reason
    ),
    ResponseLevelSet: lambda data: followed_by(f"Response level {data.to_response} set", data.basis),
    RoleAssigned: _role_assigned,
    RoleReleased: lambda data: followed_by(f"{data.person} gave up the role {data.role}", data.reason),
    RoleHandedOver: _role_handed_over,
    e.PlanActivated: lambda data: followed_by(f"Plan {data.plan} activated{_stood(data.breaches)}", data.reason),
    e.PlanRebased: lambda data: followed_by(
        f"Plan {data.plan} in the place of {data.previous}{_stood(data.breaches)}", data.reason
    ),
    DefinitionMigrated: lambda data: followed_by(f"{data.definition} decides from now on, in {data.to}", data.reason),
    ApprovalGiven: lambda data: followed_by(
        f"Approved {data.command}{f' of {data.about}' if data.about else ''}", data.note
    ),
    e.ObligationWaived: _obligation_waived,
    e.ClockPaused: lambda data: followed_by(f"Clock of {data.obligation} stopped", data.reason),
    e.ClockResumed: lambda data: followed_by(f"Clock of {data.obligation} runs again", data.reason),
    e.ObligationFulfilled: lambda data: followed_by(f"Obligation {data.obligation} fulfilled", data.note),
    e.ObligationRaised: _obligation_raised,
    e.ResponseLevelReached: lambda data: followed_by(
        f"Response {data.to_response} began by itself", ", ".join(data.because)
    ),
    **RESPONSE,
    **drill_sentences.SENTENCES,
    **link_sentences.SENTENCES,
    **case_sentences.SENTENCES,
    **action_sentences.SENTENCES,
    **resource_sentences.SENTENCES,
    **word_sentences.SENTENCES,
    **review_sentences.SENTENCES,
}
