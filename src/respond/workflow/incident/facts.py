"""What the events of an incident tell that its obligations rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from respond.domain.events import Event
from respond.domain.values import replace
from respond.plan.facts import Facts, LevelSet, Paused, Waived
from respond.plan.plan import Plan
from respond.workflow.incident import actions, measures, notices, parties, statements, unmerging
from respond.workflow.incident import events as e
from respond.workflow.incident.corrections import happened_at, reading, retracted_entries, told_at
from respond.workflow.incident.impact import assessed
from respond.workflow.incident.ledger import Ledger, Take
from respond.workflow.incident.people import RoleAssigned, RoleHandedOver, RoleReleased
from respond.workflow.incident.triage import IncidentAcknowledged, IncidentRecategorised

AMENDMENTS = (e.EntryCorrected, e.EntryRetracted)


def facts_of(plan: Plan, history: Sequence[Event]) -> Facts:
    """Return what *history* tells by its last word, in the order in which it happened."""
    ledger = Ledger(plan)
    for payload, at, entry in _readings(history):
        enter(ledger, payload, at, entry)
    return replace(ledger.facts, told=_told(history))


_DISCHARGING = frozenset({"occurred_at", "kind", "recipient"})
"""What a correction must change for an act to count otherwise."""


def _told(history: Sequence[Event]) -> dict[str, datetime]:
    """Return by entry when what it says by now of an act was told."""
    told = {event.id: told_at(event) for event in history}
    for event in history:
        if type(event.data) is e.EntryCorrected and not _DISCHARGING.isdisjoint(event.data.changes):
            told[event.data.entry] = told_at(event)
    return told


def _readings(history: Sequence[Event]) -> Iterable[tuple[Any, datetime, str]]:
    """Return each entry that holds as it reads now, when it happened, and its id, in the order of the world."""
    amended = any(type(event.data) in AMENDMENTS for event in history)
    if amended:
        gone = retracted_entries(history)
        corrections = tuple(event for event in history if type(event.data) is e.EntryCorrected)
        readings = [
            (reading(corrections, event), happened_at(corrections, event), event.id)
            for event in history
            if event.id not in gone and type(event.data) not in AMENDMENTS
        ]
    else:
        readings = [(event.data, event.happened_at, event.id) for event in history]
    return sorted(readings, key=lambda one: one[1])


def enter(ledger: Ledger, payload: Any, at: datetime, entry: str) -> None:
    """Take an entry on; what rests on nothing that obligations ask for changes nothing."""
    state = getattr(payload, "to", None)
    if state is not None:
        ledger.entered(state, at, entry)
    take = _TAKES.get(type(payload))
    if take is not None:
        take(ledger, payload, at, entry)


def _reported(ledger: Ledger, payload: e.IncidentReported, at: datetime, entry: str) -> None:
    ledger.happened("told", at, entry)
    discovered = payload.discovered_at.at if payload.discovered_at else None
    if discovered is not None:
        ledger.happened("discovered", discovered, entry)
    ledger.happened("aware", at if discovered is None else min(at, discovered), entry)
    ledger.began(payload, entry)
    ledger.of_category(payload.category, at, entry)


def _recategorised(ledger: Ledger, payload: IncidentRecategorised, at: datetime, entry: str) -> None:
    ledger.of_category(payload.to_category, at, entry)


def _acknowledged(ledger: Ledger, _: IncidentAcknowledged, at: datetime, entry: str) -> None:
    ledger.did("acknowledge", at, entry)


def _assessed(ledger: Ledger, payload: e.IncidentAssessed, at: datetime, entry: str) -> None:
    ledger.happened("assessed", at, entry)
    ledger.did("assess", at, entry)
    ledger.began(payload, entry)
    ledger.learnt(
        at,
        entry,
        facets=ledger.assessed_facets(payload.facets),
        **assessed(payload),
    )


def _level_assigned(ledger: Ledger, payload: e.LevelAssigned, at: datetime, entry: str) -> None:
    ledger.happened("level_assigned", at, entry)
    ledger.did("assign_level", at, entry)
    ledger.levels.append(LevelSet(at=at, entry=entry, level=payload.level))
    ledger.staffed(at, entry)


def _level_changed(ledger: Ledger, payload: e.LevelChanged, at: datetime, entry: str) -> None:
    ledger.happened("level_assigned", at, entry)
    ledger.levels.append(LevelSet(at=at, entry=entry, level=payload.to_level))
    ledger.staffed(at, entry)


def _started(ledger: Ledger, _: e.ResponseStarted, at: datetime, entry: str) -> None:
    ledger.happened("response_started", at, entry)
    ledger.did("start_response", at, entry)


def _commanded(ledger: Ledger, payload: e.CommandTransferred, at: datetime, entry: str) -> None:
    ledger.did("take_command", at, entry)
    ledger.commands(payload.to_commander, at, entry)


def _role_assigned(ledger: Ledger, payload: RoleAssigned, at: datetime, entry: str) -> None:
    ledger.holds(payload.role, at, entry, joins=payload.person)


def _role_released(ledger: Ledger, payload: RoleReleased, at: datetime, entry: str) -> None:
    ledger.holds(payload.role, at, entry, leaves=payload.person)


def _role_handed_over(ledger: Ledger, payload: RoleHandedOver, at: datetime, entry: str) -> None:
    ledger.holds(payload.role, at, entry, joins=payload.to_person, leaves=payload.from_person)


def _told_upward(ledger: Ledger, payload: e.UpwardReportSent, at: datetime, entry: str) -> None:
    ledger.did("report_upward", at, entry, report=payload.kind, recipient=payload.recipient)
    ledger.did("tell_audience", at, entry, recipient=payload.recipient)


def _noted(ledger: Ledger, payload: e.ProgressNoted, at: datetime, entry: str) -> None:
    ledger.did("note_progress", at, entry)
    ledger.began(payload, entry)


def _resolved(ledger: Ledger, _: e.IncidentResolved, at: datetime, entry: str) -> None:
    ledger.happened("response_ended", at, entry)
    ledger.did("resolve", at, entry)


def _reopened(ledger: Ledger, _: e.IncidentReopened, at: datetime, entry: str) -> None:
    ledger.happened("reopened", at, entry)


def _absorbed(ledger: Ledger, payload: e.IncidentAbsorbed, _at: datetime, _entry: str) -> None:
    parties.take_over(ledger, payload)
    actions.take_over(ledger, payload)


def _reviewed(ledger: Ledger, _: e.IncidentReviewed, at: datetime, entry: str) -> None:
    ledger.did("close_review", at, entry)


def _fulfilled(ledger: Ledger, payload: e.ObligationFulfilled, at: datetime, entry: str) -> None:
    ledger.did("fulfil", at, entry, obligation=payload.obligation)


def _waive(ledger: Ledger, payload: e.ObligationWaived, at: datetime, entry: str) -> None:
    ledger.waived.append(
        Waived(
            at=at,
            entry=entry,
            obligation=payload.obligation,
            occurrence=payload.occurrence,
            reason=payload.reason,
        )
    )


def _pause(ledger: Ledger, payload: e.ClockPaused, at: datetime, entry: str) -> None:
    ledger.paused.append(Paused(at=at, entry=entry, obligation=payload.obligation, reason=payload.reason))


def _resume(ledger: Ledger, payload: e.ClockResumed, at: datetime, _: str) -> None:
    ledger.paused = [
        replace(one, until=at) if one.obligation == payload.obligation and one.until is None else one
        for one in ledger.paused
    ]


_TAKES: Mapping[type, Take] = {
    e.IncidentReported: _reported,
    IncidentRecategorised: _recategorised,
    IncidentAcknowledged: _acknowledged,
    e.IncidentAssessed: _assessed,
    e.LevelAssigned: _level_assigned,
    e.LevelChanged: _level_changed,
    e.ResponseStarted: _started,
    e.CommandTransferred: _commanded,
    RoleAssigned: _role_assigned,
    RoleReleased: _role_released,
    RoleHandedOver: _role_handed_over,
    e.UpwardReportSent: _told_upward,
    e.ProgressNoted: _noted,
    e.IncidentResolved: _resolved,
    e.IncidentReopened: _reopened,
    e.IncidentReviewed: _reviewed,
    e.ObligationFulfilled: _fulfilled,
    e.ObligationWaived: _waive,
    e.ClockPaused: _pause,
    e.ClockResumed: _resume,
    **measures.TAKES,
    **parties.TAKES,
    **statements.TAKES,
    **notices.TAKES,
    **actions.TAKES,
    e.IncidentAbsorbed: _absorbed,
    **unmerging.TAKES,
}
