"""Decide what a command means for an incident.  Pure: no clock, no store, no log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from respond.domain.canonical import identical, plain
from respond.domain.values import replace
from respond.plan.plan import Plan
from respond.workflow.definition import Companion, Handler, Situation
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.corrections import retracted_entries
from respond.workflow.incident.levels import is_lowering, suggest
from respond.workflow.incident.responses import reached
from respond.workflow.incident.state import (
    ASSESSED,
    CANCELLED,
    MERGED,
    REPORTED,
    REPORTED_UPWARD,
    RESOLVED,
    RESPONDING,
    REVIEWED,
    Incident,
    Judged,
)
from respond.workflow.warning import WARNING_CATEGORY
from respond.workflow.warning.commands import ConvertWarning

_ASSESSMENT = (
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
)


def reporting(situation: Situation) -> Iterator[Any]:
    """Yield what a report tells."""
    command: c.ReportIncident = situation.command
    yield e.IncidentReported(
        **situation.step,
        category=command.category,
        title=command.title,
        narrative=command.narrative,
        discovered_at=command.discovered_at,
        began_at=command.began_at,
        site=command.site,
        unit=command.unit,
        channel=command.channel,
        team=command.team,
        reference=command.reference,
        warning=command.warning,
        passed_over=command.passed_over,
        plan_reason=command.plan_reason,
    )


def _converts_its_warning(key: str, command: c.ReportIncident) -> Iterator[Companion]:
    if command.warning is not None:
        yield Companion(WARNING_CATEGORY, command.warning, ConvertWarning(incident=key))


def _assess(situation: Situation) -> Iterator[Any]:
    command: c.Assess = situation.command
    told = e.IncidentAssessed(
        **situation.step,
        **{name: getattr(command, name) for name in (*_ASSESSMENT, "fields")},
    )
    yield told
    judged = Judged(entry="", assessment=told)
    yield from reached(situation, replace(situation.state, assessments=(*situation.state.assessments, judged)))


def _assess_done(situation: Situation) -> bool:
    """Whether the last assessment says just that; a first one after a reopening is a step all the same."""
    if situation.state.status == REPORTED:
        return False
    known, command = situation.state.assessment, situation.command
    if known is None or not identical(known.fields, command.fields):
        return False
    return all(getattr(known, name) == getattr(command, name) for name in _ASSESSMENT)


def _suggested(situation: Situation) -> dict[str, Any]:
    suggestion = suggest(situation.plan, situation.state)
    return {"suggested": suggestion.level, "because": suggestion.because}


def _assign_level(situation: Situation) -> Iterator[Any]:
    yield e.LevelAssigned(
        **situation.step, level=situation.command.level, basis=situation.command.basis, **_suggested(situation)
    )


def _assign_level_done(situation: Situation) -> bool:
    """Whether that level was assigned; after a false alarm is reopened, the level is assigned anew."""
    return situation.state.status not in (REPORTED, ASSESSED) and _has_level(situation)


def _change_level(situation: Situation) -> Iterator[Any]:
    yield e.LevelChanged(
        from_level=situation.state.level,
        to_level=situation.command.level,
        justification=situation.command.justification,
        **_suggested(situation),
    )


def _has_level(situation: Situation) -> bool:
    return bool(situation.state.level == situation.command.level)


def _start_response(situation: Situation) -> Iterator[Any]:
    yield e.ResponseStarted(**situation.step)


def _commander(situation: Situation) -> str | None:
    named: str | None = situation.command.commander
    return named or (situation.actor.id if situation.actor else None)


def _take_command(situation: Situation) -> Iterator[Any]:
    yield e.CommandTransferred(
        from_commander=situation.state.commander,
        to_commander=_commander(situation) or "",
        briefing=situation.command.briefing,
    )


def _assign_team(situation: Situation) -> Iterator[Any]:
    yield e.TeamAssigned(from_team=situation.state.team, to_team=situation.command.team)


def _report_upward(situation: Situation) -> Iterator[Any]:
    command: c.ReportUpward = situation.command
    yield e.UpwardReportSent(**situation.step, kind=command.kind, recipient=command.recipient, summary=command.summary)


def _report_upward_done(situation: Situation) -> bool:
    command: c.ReportUpward = situation.command
    return any(
        (told.report.kind, told.report.recipient, told.report.summary)
        == (command.kind, command.recipient, command.summary)
        for told in situation.state.upward_reports
    )


def _note(situation: Situation) -> Iterator[Any]:
    command: c.Note = situation.command
    yield e.ProgressNoted(text=command.text, attachments=command.attachments, fields=command.fields)


def _resolve(situation: Situation) -> Iterator[Any]:
    yield e.IncidentResolved(**situation.step, resolution=situation.command.resolution)


def _reopen(situation: Situation) -> Iterator[Any]:
    yield e.IncidentReopened(**situation.step, reason=situation.command.reason)


def _close_review(situation: Situation) -> Iterator[Any]:
    yield e.IncidentReviewed(**situation.step, summary=situation.command.summary)


def _cancel(situation: Situation) -> Iterator[Any]:
    yield e.IncidentCancelled(**situation.step, reason=situation.command.reason)


def _merge(situation: Situation) -> Iterator[Any]:
    yield e.IncidentMerged(**situation.step, into=situation.command.into, reason=situation.command.reason)


def _absorb(situation: Situation) -> Iterator[Any]:
    command: c.Absorb = situation.command
    yield e.IncidentAbsorbed(
        source=command.source,
        reason=command.reason,
        worst_level=_level_here(situation.plan, command.worst_level),
        reported_upward=command.reported_upward,
        cases=command.cases,
        actions=command.actions,
    )


def _level_here(plan: Plan, level: int | None) -> int | None:
    """Return *level*, which may be one of another plan, as one of *plan*: its mildest for one that is milder still."""
    return None if level is None else max(1, min(level, len(plan.levels)))


def absorbing(source: str, merged: Incident, reason: str) -> c.Absorb:
    """Return what the incident that goes on is told of *source*, which stands at *merged*: what its duties rest on."""
    return c.Absorb(
        source=source,
        reason=reason,
        worst_level=merged.worst_level,
        reported_upward=merged.reported_upward,
        cases=tuple(merged.cases.values()),
        actions=tuple(merged.actions.values()),
    )


def _correct(situation: Situation) -> Iterator[Any]:
    command: c.Correct = situation.command
    yield e.EntryCorrected(entry=command.entry, changes=plain(command.changes), reason=command.reason)


def _correct_done(situation: Situation) -> bool:
    """Whether the last word on the entry is this very correction."""
    command: c.Correct = situation.command
    last = [
        event.data
        for event in situation.history
        if type(event.data) is e.EntryCorrected and event.data.entry == command.entry
    ][-1:]
    return bool(last) and last[0].reason == command.reason and identical(last[0].changes, plain(command.changes))


def _retract(situation: Situation) -> Iterator[Any]:
    yield e.EntryRetracted(entry=situation.command.entry, reason=situation.command.reason)


HANDLERS = (
    Handler(command=c.ReportIncident, decide=reporting, emits=(e.IncidentReported,), companions=_converts_its_warning),
    Handler(command=c.Assess, decide=_assess, emits=(e.IncidentAssessed, e.ResponseLevelReached), done=_assess_done),
    Handler(command=c.AssignLevel, decide=_assign_level, emits=(e.LevelAssigned,), done=_assign_level_done),
    Handler(
        command=c.ChangeLevel,
        decide=_change_level,
        emits=(e.LevelChanged,),
        done=_has_level,
        variant=lambda situation: "lower" if is_lowering(situation) else "raise",
        told_variant=lambda changed: "lower" if changed.to_level > changed.from_level else "raise",
    ),
    Handler(
        command=c.StartResponse,
        decide=_start_response,
        emits=(e.ResponseStarted,),
        done=lambda situation: situation.state.status in (RESPONDING, REPORTED_UPWARD),
    ),
    Handler(
        command=c.TakeCommand,
        decide=_take_command,
        emits=(e.CommandTransferred,),
        done=lambda situation: (
            situation.state.commander is not None and situation.state.commander == _commander(situation)
        ),
    ),
    Handler(
        command=c.AssignTeam,
        decide=_assign_team,
        emits=(e.TeamAssigned,),
        done=lambda situation: situation.state.team == situation.command.team,
    ),
    Handler(command=c.ReportUpward, decide=_report_upward, emits=(e.UpwardReportSent,), done=_report_upward_done),
    Handler(command=c.Note, decide=_note, emits=(e.ProgressNoted,)),
    Handler(
        command=c.Resolve,
        decide=_resolve,
        emits=(e.IncidentResolved,),
        done=lambda situation: (
            situation.state.status == RESOLVED and situation.state.resolution == situation.command.resolution
        ),
    ),
    Handler(command=c.Reopen, decide=_reopen, emits=(e.IncidentReopened,)),
    Handler(
        command=c.CloseReview,
        decide=_close_review,
        emits=(e.IncidentReviewed,),
        done=lambda situation: (
            situation.state.status == REVIEWED and situation.state.review_summary == situation.command.summary
        ),
    ),
    Handler(
        command=c.Cancel,
        decide=_cancel,
        emits=(e.IncidentCancelled,),
        done=lambda situation: (
            situation.state.status == CANCELLED and situation.state.cancel_reason == situation.command.reason
        ),
    ),
    Handler(
        command=c.Merge,
        decide=_merge,
        emits=(e.IncidentMerged,),
        done=lambda situation: (
            situation.state.status == MERGED and situation.state.merged_into == situation.command.into
        ),
        accompanies=True,
    ),
    Handler(
        command=c.Absorb,
        decide=_absorb,
        emits=(e.IncidentAbsorbed,),
        done=lambda situation: situation.command.source in situation.state.absorbed,
        accompanies=True,
    ),
    Handler(command=c.Correct, decide=_correct, emits=(e.EntryCorrected,), done=_correct_done, about=("entry",)),
    Handler(
        command=c.Retract,
        decide=_retract,
        emits=(e.EntryRetracted,),
        about=("entry",),
        done=lambda situation: situation.command.entry in retracted_entries(situation.history),
    ),
)
