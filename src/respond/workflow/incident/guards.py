"""What stands in the way of a step of an incident.  Each code is stable; the text is for people."""

from __future__ import annotations

import re

from respond.plan.plan import Plan
from respond.workflow.definition import Situation, guard, one_of
from respond.workflow.incident.events import REPORT_KINDS

MERGE_OUTDATED = "merge-outdated"
"""The source of a merge moved on since the other half was made; make it anew."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


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


@guard("team-missing")
def team_named(situation: Situation) -> str | None:
    """Require a team that is not blank."""
    return None if situation.command.team.strip() else "name the team"


report_kind_known = one_of(
    "report-kind-unknown", "kind", REPORT_KINDS, "Require a kind that is initial, follow_up or final."
)


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


@guard("upward-report-owed-again")
def upward_report_stands(situation: Situation) -> str | None:
    """Require that an upward report that was owed still stands when the review closes: it may have been retracted."""
    return upward_report_sent.check(situation)


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


GUARDS = (
    category_known,
    title_given,
    role_known,
    level_known,
    basis_given,
    level_assigned,
    level_unassigned,
    justification_given,
    commander_named,
    team_named,
    report_kind_known,
    recipient_named,
    initial_report_first,
    initial_report_once,
    upward_report_sent,
    upward_report_stands,
    absorbed_owes_nothing,
    other_half_current,
    note_says_something,
    attachments_valid,
    resolution_given,
    reason_given,
    summary_given,
    another_incident,
)
