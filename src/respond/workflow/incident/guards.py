"""What stands in the way of a step of an incident.  Each code is stable; the text is for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from respond.domain.moments import Moment, format_utc
from respond.domain.payloads import from_input, to_data
from respond.errors import InvalidInput
from respond.plan.plan import Plan
from respond.workflow.definition import Guard, Situation, guard
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.corrections import (
    CORRECTABLE,
    RETRACTABLE,
    applied,
    entry_of,
    happened_at,
    reading,
    retracted_entries,
)
from respond.workflow.incident.events import REPORT_KINDS
from respond.workflow.incident.extension import fields_complete, fields_known, fields_valid
from respond.workflow.incident.people import (
    RoleAssigned,
    RoleHandedOver,
    RoleReleased,
    briefing_given,
    training_days,
)
from respond.workflow.incident.plans import PlanActivated, PlanRebased
from respond.workflow.incident.triage import IncidentRecategorised, Recategorise, ResponseLevelSet, SetResponseLevel

MERGE_OUTDATED = "merge-outdated"
"""The source of a merge moved on since the other half was made; make it anew."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LEVELS = ((e.LevelAssigned, e.LevelChanged), "the level was set last")
_CLOCKS = ((e.ClockPaused, e.ClockResumed), "the clock was stopped or set going last")
_IN_ORDER: Mapping[type, tuple[tuple[type, ...], str]] = {
    c.AssignLevel: _LEVELS,
    c.ChangeLevel: _LEVELS,
    c.TakeCommand: ((e.CommandTransferred,), "command was taken last"),
    SetResponseLevel: ((ResponseLevelSet,), "the response level was set last"),
    Recategorise: ((IncidentRecategorised,), "the category was changed last"),
    c.PauseClock: _CLOCKS,
    c.ResumeClock: _CLOCKS,
}
"""Of what there is one at any instant: the events that set it.  What happened last must be what is told last."""


@guard("category-unknown")
def category_known(situation: Situation) -> str | None:
    """Require a category of the plan."""
    if situation.plan.category(situation.command.category) is not None:
        return None
    known = ", ".join(category.id for category in situation.plan.categories)
    return f"{situation.command.category!r} is not a category of the plan {situation.plan.reference}; it has {known}"


@guard("title-missing")
def title_given(situation: Situation) -> str | None:
    """Require a title that is not blank."""
    return None if situation.command.title.strip() else "an incident needs a title"


@guard("role-unknown")
def role_known(situation: Situation) -> str | None:
    """Require a role of the plan, when the actor names one."""
    role = situation.actor.role if situation.actor else None
    if role is None or situation.plan.role(role) is not None:
        return None
    known = ", ".join(one.id for one in situation.plan.roles)
    return f"{role!r} is not a role of the plan {situation.plan.reference}; it has {known}"


@guard("estimate-negative")
def estimate_plausible(situation: Situation) -> str | None:
    """Require estimates of 0 or more."""
    for name in ("affected_customers", "injured", "dead", "sites"):
        value = getattr(situation.command, name)
        if value is not None and value < 0:
            return f"{name} is {value}; it must be 0 or more"
    return None


@guard("level-unknown")
def level_known(situation: Situation) -> str | None:
    """Require a level of the plan."""
    if situation.plan.level(situation.command.level) is not None:
        return None
    return (
        f"{situation.command.level!r} is not a level of the plan; it has 1 (the worst) to {len(situation.plan.levels)}"
    )


@guard("basis-missing")
def basis_given(situation: Situation) -> str | None:
    """Require a basis that is not blank."""
    return None if situation.command.basis.strip() else "a level needs a basis: say what it rests on"


@guard("level-unassigned", reads="state")
def level_assigned(situation: Situation) -> str | None:
    """Require that a level was assigned."""
    return None if situation.state.level is not None else "no level was assigned yet; assign one first"


@guard("level-assigned-already", reads="state")
def level_unassigned(situation: Situation) -> str | None:
    """Require that no level was assigned yet."""
    level = situation.state.level
    return None if level is None else f"level {level} was assigned already; change it instead"


@guard("justification-missing")
def justification_given(situation: Situation) -> str | None:
    """Require a justification that is not blank."""
    return None if situation.command.justification.strip() else "a change of level needs a justification"


@guard("commander-missing")
def commander_named(situation: Situation) -> str | None:
    """Require a commander, or an actor who takes command."""
    named = situation.command.commander or (situation.actor and situation.actor.id)
    return None if named else "name the commander, or the actor who takes command"


@guard("earlier-than-last")
def told_in_order(situation: Situation) -> str | None:
    """Require a time that is not before the last step of its kind: there is one at any instant."""
    command, history = situation.command, situation.history
    kinds, last_time = _IN_ORDER[type(command)]
    clock = getattr(command, "obligation", None)
    steps = [one for one in history if isinstance(one.data, kinds) and getattr(one.data, "obligation", None) == clock]
    last = max((happened_at(history, event) for event in steps), default=None)
    if last is None or situation.at >= last:
        return None
    return (
        f"{format_utc(situation.at)} is before {format_utc(last)}, when {last_time}; "
        "tell what happened in its order, or correct the earlier entry first"
    )


@guard("team-missing")
def team_named(situation: Situation) -> str | None:
    """Require a team that is not blank."""
    return None if situation.command.team.strip() else "name the team"


@guard("report-kind-unknown")
def report_kind_known(situation: Situation) -> str | None:
    """Require a kind that is initial, follow_up or final."""
    kind = situation.command.kind
    return None if kind in REPORT_KINDS else f"{kind!r} is not one of {', '.join(REPORT_KINDS)}"


@guard("recipient-missing")
def recipient_named(situation: Situation) -> str | None:
    """Require a recipient that is not blank."""
    return None if situation.command.recipient.strip() else "an upward report needs a recipient"


@guard("initial-report-missing")
def initial_report_first(situation: Situation) -> str | None:
    """Require that the recipient got the initial report before any other."""
    kind, recipient = situation.command.kind, situation.command.recipient
    if kind == "initial" or situation.state.told("initial", recipient):
        return None
    return f"{recipient!r} got no initial report yet; send that first"


@guard("initial-report-sent")
def initial_report_once(situation: Situation) -> str | None:
    """Require that the recipient got no initial report before this one."""
    kind, recipient = situation.command.kind, situation.command.recipient
    if kind != "initial" or not situation.state.told("initial", recipient):
        return None
    return f"{recipient!r} got the initial report already; send a follow_up"


@guard("upward-report-owed", reads="state")
def upward_report_sent(situation: Situation) -> str | None:
    """Require that an upward report was sent, if the worst level so far owes one, here or before a merge."""
    worst_level = situation.state.worst_level
    if situation.state.reported_upward or not _owes(situation.plan, worst_level):
        return None
    return f"level {worst_level} owes an upward report, and none was sent"


@guard("absorbed-report-owed")
def absorbed_owes_nothing(situation: Situation) -> str | None:
    """Require that no upward report is owed that this incident, which is resolved, would not ask for any more."""
    command = situation.command
    told = command.reported_upward or situation.state.reported_upward
    if told or not _owes(situation.plan, command.worst_level):
        return None
    return (
        f"{command.source!r} owes an upward report at level {command.worst_level}, and none was sent; "
        "send one first, or reopen this incident"
    )


def _owes(plan: Plan, number: int | None) -> bool:
    level = None if number is None else plan.level(number)
    return level is not None and level.owes_upward_report


@guard(MERGE_OUTDATED)
def other_half_current(situation: Situation) -> str | None:
    """Require that the other half of the merge tells of this incident as it stands."""
    told, version = situation.command.at_version, situation.history[-1].version
    if told in (None, version):
        return None
    return f"this incident stands at version {version}, and what the other one is told of it is that of version {told}"


@guard("note-empty")
def note_says_something(situation: Situation) -> str | None:
    """Require text, an attachment or a field."""
    command = situation.command
    if command.text.strip() or command.attachments or command.fields:
        return None
    return "a note needs text, an attachment or a field"


@guard("attachment-invalid")
def attachments_valid(situation: Situation) -> str | None:
    """Require a name, a media type, a URI, a size and a SHA-256 of each attachment."""
    for one in situation.command.attachments:
        if not _SHA256.fullmatch(one.sha256):
            return f"{one.name!r}: the SHA-256 must be 64 lower-case hexadecimal digits"
        if one.size < 0 or not (one.name and one.uri and one.media_type):
            return f"{one.name!r}: an attachment needs a name, a media type, a URI, and a size of 0 or more"
    return None


@guard("resolution-missing")
def resolution_given(situation: Situation) -> str | None:
    """Require a resolution that is not blank."""
    return None if situation.command.resolution.strip() else "say how it was resolved"


@guard("reason-missing")
def reason_given(situation: Situation) -> str | None:
    """Require a reason that is not blank."""
    return None if situation.command.reason.strip() else "give the reason"


@guard("summary-missing")
def summary_given(situation: Situation) -> str | None:
    """Require a summary that is not blank."""
    return None if situation.command.summary.strip() else "give a summary"


@guard("merge-into-itself")
def another_incident(situation: Situation) -> str | None:
    """Require another incident than this one."""
    command = situation.command
    other = command.into if hasattr(command, "into") else command.source
    return None if other and other != situation.state.id else "an incident merges into another one"


@guard("entry-unknown")
def entry_known(situation: Situation) -> str | None:
    """Require an entry that is an event of this incident."""
    entry = situation.command.entry
    return None if entry_of(situation.history, entry) else f"{entry!r} is not an entry of this incident"


@guard("entry-retracted")
def entry_holds(situation: Situation) -> str | None:
    """Require an entry that was not retracted."""
    entry = situation.command.entry
    return f"{entry!r} was retracted already" if entry in retracted_entries(situation.history) else None


@guard("entry-not-correctable")
def entry_correctable(situation: Situation) -> str | None:
    """Require an entry of a kind that can be corrected."""
    event = entry_of(situation.history, situation.command.entry)
    if event is None or type(event.data) in CORRECTABLE:
        return None
    return f"a {event.type} cannot be corrected"


@guard("entry-not-retractable")
def entry_retractable(situation: Situation) -> str | None:
    """Require an entry that tells a fact: an assessment, an upward report, a note, or that a duty is done."""
    event = entry_of(situation.history, situation.command.entry)
    if event is None or isinstance(event.data, RETRACTABLE):
        return None
    return f"a {event.type} is a step and cannot be retracted; correct it, or take the next step"


@guard("correction-invalid")
def correction_valid(situation: Situation) -> str | None:
    """Require changes of correctable fields that fit the entry and break no rule that it kept."""
    command = situation.command
    if not command.changes:
        return "name at least one field with its right value"
    event = entry_of(situation.history, command.entry)
    if event is None or type(event.data) not in CORRECTABLE:
        return None
    foreign = sorted(set(command.changes) - CORRECTABLE[type(event.data)])
    if foreign:
        allowed = ", ".join(sorted(CORRECTABLE[type(event.data)]))
        return f"{', '.join(foreign)} cannot be corrected in a {event.type}; these can: {allowed}"
    if "category" in command.changes and any(type(one.data) is IncidentRecategorised for one in situation.history):
        return "the category was changed since; recategorise the incident instead"
    try:
        if command.changes.get("occurred_at") is not None:  # None says that nobody knows after all
            from_input(Moment, command.changes["occurred_at"], place="occurred_at")
        known = reading(situation.history, event)
        right = applied(known, command.changes, strict=True)
        to_data(right)  # what cannot be written, such as NaN, no timeline could show
        return _new_reason(situation, known, right)
    except InvalidInput as error:
        return f"the correction does not fit: {error}"


def _new_reason(situation: Situation, known: Any, right: Any) -> str | None:
    """Return the reason that *right* gives a guard of its command and *known* does not."""
    for one in _CONTENT.get(type(known), ()):
        reason = one.check(attrs.evolve(situation, command=right))
        if reason is not None and reason != one.check(attrs.evolve(situation, command=known)):
            return reason
    return None


_CONTENT: Mapping[type, tuple[Guard, ...]] = {
    e.IncidentReported: (category_known, title_given),
    e.IncidentAssessed: (estimate_plausible, fields_known, fields_valid, fields_complete),
    e.LevelAssigned: (basis_given,),
    e.LevelChanged: (justification_given,),
    e.UpwardReportSent: (recipient_named,),
    e.ProgressNoted: (note_says_something, fields_known, fields_valid),
    e.IncidentResolved: (resolution_given,),
    e.IncidentReopened: (reason_given,),
    e.IncidentReviewed: (summary_given,),
    e.IncidentCancelled: (reason_given,),
    e.IncidentMerged: (reason_given,),
    IncidentRecategorised: (reason_given,),
    ResponseLevelSet: (basis_given,),
    RoleAssigned: (training_days,),
    RoleReleased: (reason_given,),
    RoleHandedOver: (briefing_given, training_days),
    PlanActivated: (reason_given,),
    PlanRebased: (reason_given,),
    e.ObligationWaived: (reason_given,),
    e.ClockPaused: (reason_given,),
}
"""The guards of a command that look at nothing but what its event tells too: a correction must not get round them."""

GUARDS = (
    category_known,
    title_given,
    role_known,
    estimate_plausible,
    level_known,
    basis_given,
    level_assigned,
    level_unassigned,
    justification_given,
    commander_named,
    told_in_order,
    team_named,
    report_kind_known,
    recipient_named,
    initial_report_first,
    initial_report_once,
    upward_report_sent,
    absorbed_owes_nothing,
    other_half_current,
    note_says_something,
    attachments_valid,
    resolution_given,
    reason_given,
    summary_given,
    another_incident,
    entry_known,
    entry_holds,
    entry_correctable,
    entry_retractable,
    correction_valid,
)
