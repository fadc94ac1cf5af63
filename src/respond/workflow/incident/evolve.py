"""Carry an incident over each event.  Takes `to` as it was recorded: reality that broke the rules folds too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.moments import Moment
from respond.domain.values import replace
from respond.workflow.approvals import ApprovalGiven
from respond.workflow.definition import Evolve
from respond.workflow.incident import events as e
from respond.workflow.incident.corrections import applied
from respond.workflow.incident.drawn import Spent
from respond.workflow.incident.marks import amended
from respond.workflow.incident.reviewed import Reviewing
from respond.workflow.incident.state import Incident, Judged, Told, worse


def _reported(state: Incident, event: Event) -> Incident:
    data: e.IncidentReported = event.data
    return replace(
        state,
        id=event.body["subject"],
        status=data.to,
        category=data.category,
        title=data.title,
        narrative=data.narrative,
        discovered_at=data.discovered_at,
        began_at=data.began_at,
        site=data.site,
        unit=data.unit,
        channel=data.channel,
        team=data.team,
        reference=data.reference,
        warning=data.warning,
        reporter=event.actor,
        report_entry=event.body["id"],
        plan=event.plan,
        definition=event.definition,
    )


def _assessed(state: Incident, event: Event) -> Incident:
    judged = Judged(entry=event.body["id"], assessment=event.data)
    return replace(state, status=event.data.to, assessments=(*state.assessments, judged))


def _level_assigned(state: Incident, event: Event) -> Incident:
    data: e.LevelAssigned = event.data
    return replace(state, status=data.to, level=data.level, worst_level=worse(state.worst_level, data.level))


def _level_changed(state: Incident, event: Event) -> Incident:
    level: int = event.data.to_level
    return replace(state, level=level, worst_level=worse(state.worst_level, level))


def _moved(state: Incident, event: Event) -> Incident:
    return replace(state, status=event.data.to)


def _command_transferred(state: Incident, event: Event) -> Incident:
    return replace(
        state,
        commander=event.data.to_commander,
        commands_since=event.happened_at,
        command_entry=event.body["id"],
        command_recorded_at=event.recorded_at,
    )


def _team_assigned(state: Incident, event: Event) -> Incident:
    return replace(state, team=event.data.to_team)


def _upward_report_sent(state: Incident, event: Event) -> Incident:
    told = Told(entry=event.body["id"], report=event.data)
    return replace(state, status=event.data.to, upward_reports=(*state.upward_reports, told))


def _noted(state: Incident, _: Event) -> Incident:
    return replace(state, notes=state.notes + 1)


def _approved(state: Incident, event: Event) -> Incident:
    return replace(state, approvals=(*state.approvals, event.id))


def _step_recorded(state: Incident, event: Event) -> Incident:
    return replace(state, status=event.data.to, step=event.data.step)


def _resolved(state: Incident, event: Event) -> Incident:
    return replace(state, status=event.data.to, resolution=event.data.resolution, resolution_entry=event.body["id"])


def _reopened(state: Incident, event: Event) -> Incident:
    return replace(
        state,
        status=event.data.to,
        resolution="",
        resolution_entry="",
        acknowledged=False,
        reopened=state.reopened + 1,
        effects=replace(state.effects, contained=None, restored=None),
        course=replace(state.course, held=None),
        review=replace(state.review, sitting=None, signatures={}),
    )


def _reviewed(state: Incident, event: Event) -> Incident:
    return replace(state, status=event.data.to, review_summary=event.data.summary, review_entry=event.body["id"])


def _cancelled(state: Incident, event: Event) -> Incident:
    return replace(state, status=event.data.to, cancel_reason=event.data.reason, cancel_entry=event.body["id"])


def _merged(state: Incident, event: Event) -> Incident:
    return replace(state, status=event.data.to, merged_into=event.data.into, merged_from=event.data.from_)


def _absorbed(state: Incident, event: Event) -> Incident:
    data: e.IncidentAbsorbed = event.data
    return replace(
        state,
        absorbed=(*state.absorbed, data.source),
        worst_level=worse(state.worst_level, data.worst_level),
        told_by_absorbed=state.told_by_absorbed or data.reported_upward,
        cases={**state.cases, **{case.party: case for case in data.cases}},
        actions={**state.actions, **{followed.action: followed for followed in data.actions}},
    )


_LAST_WORDS = (
    ("resolution", "resolution_entry", "resolution"),
    ("review_summary", "review_entry", "summary"),
    ("cancel_reason", "cancel_entry", "reason"),
)
"""For what a step said last: the field of the state, the field with the id of its entry, and the field of the entry."""

_MARKED = ("measures", "effects", "hypotheses", "information", "decisions", "course", "said", "pins")
"""The fields of the state that hold marks."""
_STATED = ("findings", "evaluations", "fixes")
"""The fields of the review that hold whole payloads, each with its entry."""
_TOLD = ("fulfilled", "approvals", "recognised")
"""The fields of the state that hold entries by their ids."""
_UNCORRECTABLE = {"from_", "to", "team", "warning", "passed_over", "plan_reason"}
_REPORTED_FIELDS = frozenset(field.name for field in attrs.fields(e.IncidentReported)) - _UNCORRECTABLE


def _entry_corrected(state: Incident, event: Event) -> Incident:
    entry, changes = event.data.entry, event.data.changes
    return replace(
        _retimed(_header_corrected(state, entry, changes), entry, changes),
        assessments=tuple(
            Judged(entry=one.entry, assessment=applied(one.assessment, changes)) if one.entry == entry else one
            for one in state.assessments
        ),
        upward_reports=tuple(
            Told(entry=one.entry, report=applied(one.report, changes)) if one.entry == entry else one
            for one in state.upward_reports
        ),
        **{name: amended(getattr(state, name), entry, changes) for name in _MARKED},
        expenses=tuple(
            Spent(entry=one.entry, expense=applied(one.expense, changes)) if one.entry == entry else one
            for one in state.expenses
        ),
        review=_restated(amended(state.review, entry, changes), entry, changes),
    )


def _restated(review: Reviewing, entry: str, changes: Mapping[str, Any]) -> Reviewing:
    """Apply *changes* to what *entry* tells in the review."""
    told: dict[str, Any] = {
        name: tuple(
            attrs.evolve(one, told=applied(one.told, changes)) if one.entry == entry else one
            for one in getattr(review, name)
        )
        for name in _STATED
    }
    return attrs.evolve(review, **told)


def _retimed(state: Incident, entry: str, changes: Mapping[str, Any]) -> Incident:
    """Apply *changes* to the time from which someone commands or holds a role, and to what he was trained in."""
    if entry == state.command_entry:
        return replace(state, commands_since=_since(changes, state.commands_since, state.command_recorded_at))
    roles = tuple(
        attrs.evolve(
            one,
            since=_since(changes, one.since, one.recorded_at),
            trained_until=changes.get("trained_until", one.trained_until),
        )
        if one.entry == entry
        else one
        for one in state.roles
    )
    return replace(state, roles=roles)


def _since(changes: Mapping[str, Any], before: Any, recorded_at: Any) -> Any:
    """Return when an entry happened by *changes*; when nobody knows after all, when it was recorded."""
    if "occurred_at" not in changes:
        return before
    told = changes["occurred_at"]
    return recorded_at if told is None else Moment.from_json(told).at


def _header_corrected(state: Incident, entry: str, changes: Mapping[str, Any]) -> Incident:
    """Apply *changes* to what the report or a last word told, when *entry* is one of them."""
    if entry == state.report_entry:
        report = applied(
            e.IncidentReported(from_="", to="", **{name: getattr(state, name) for name in _REPORTED_FIELDS}), changes
        )
        return replace(state, **{name: getattr(report, name) for name in _REPORTED_FIELDS})
    for field, at, name in _LAST_WORDS:
        if entry == getattr(state, at) and name in changes:
            return replace(state, **{field: changes[name]})
    return state


def _entry_retracted(state: Incident, event: Event) -> Incident:
    entry: str = event.data.entry
    assessments = tuple(one for one in state.assessments if one.entry != entry)
    upward_reports = tuple(one for one in state.upward_reports if one.entry != entry)
    expenses = tuple(one for one in state.expenses if one.entry != entry)
    pins = tuple(one for one in state.pins if one.since.entry != entry)
    noted = tuple(one for one in state.said.noted if one != entry)
    stated: dict[str, Any] = {
        name: tuple(one for one in getattr(state.review, name) if one.entry != entry) for name in _STATED
    }
    review = replace(state.review, **stated)
    told = {name: tuple(one for one in getattr(state, name) if one != entry) for name in _TOLD}
    kept = (assessments, upward_reports, expenses, pins, review, noted, *told.values())
    before = (state.assessments, state.upward_reports, state.expenses, state.pins, state.review, state.said.noted)
    return replace(
        state,
        assessments=assessments,
        upward_reports=upward_reports,
        **told,
        expenses=expenses,
        pins=pins,
        said=replace(state.said, noted=noted),
        review=review,
        notes=state.notes - 1 if kept == (*before, *(getattr(state, name) for name in _TOLD)) else state.notes,
    )


EVOLVERS: Mapping[type, Evolve] = {
    e.IncidentReported: _reported,
    e.IncidentAssessed: _assessed,
    e.LevelAssigned: _level_assigned,
    e.LevelChanged: _level_changed,
    e.ResponseStarted: _moved,
    e.CommandTransferred: _command_transferred,
    e.TeamAssigned: _team_assigned,
    e.UpwardReportSent: _upward_report_sent,
    e.ProgressNoted: _noted,
    ApprovalGiven: _approved,
    e.StepRecorded: _step_recorded,
    e.IncidentResolved: _resolved,
    e.IncidentReopened: _reopened,
    e.IncidentReviewed: _reviewed,
    e.IncidentCancelled: _cancelled,
    e.IncidentMerged: _merged,
    e.IncidentAbsorbed: _absorbed,
    e.EntryCorrected: _entry_corrected,
    e.EntryRetracted: _entry_retracted,
}
