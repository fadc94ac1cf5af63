"""What stands in the way of a step of a plan.  Each code is stable; the text is for people."""

from __future__ import annotations

from typing import get_args

from respond.plan.upkeep import RevisionTrigger, Strategy
from respond.workflow.definition import Situation, guard, not_blank, one_of
from respond.workflow.plan_life.commands import ReassessRisk, RecordPlanDrill
from respond.workflow.plan_life.events import Rating

RISK_MAX = 5
"""Likelihood and impact go from 1 to this."""


@guard("draft-not-of-this-plan")
def own_draft(situation: Situation) -> str | None:
    """Require a draft of the same plan."""
    known = situation.state.draft or situation.state.in_force
    name = situation.command.draft.name
    return None if known is None or known.name == name else f"{name!r} is another plan than {known.name!r}"


@guard("version-used")
def new_version(situation: Situation) -> str | None:
    """Require another version than the one in force."""
    known, draft = situation.state.in_force, situation.command.draft
    return f"{draft} is in force already; raise the version" if known and known.version == draft.version else None


@guard("not-the-draft")
def the_draft(situation: Situation) -> str | None:
    """Require the very draft that was written: name, version and content."""
    draft, approved = situation.state.draft, situation.command.approved
    if draft == approved:
        return None
    return f"{approved} with digest {approved.digest[:12]} is not the draft; that is {draft}" if draft else "no draft"


@guard("trigger-unknown")
def trigger_known(situation: Situation) -> str | None:
    """Require a trigger of revision."""
    trigger = situation.command.trigger
    known = get_args(RevisionTrigger)
    return None if trigger in known else f"{trigger!r} is not one of {', '.join(known)}"


rating_known = one_of(
    "rating-unknown", "rating", get_args(Rating), "Require a rating that is adequate, needs_revision or inadequate."
)


@guard("risk-unknown")
def risk_known(situation: Situation) -> str | None:
    """Require a risk of the plan."""
    known = [risk.id for risk in situation.plan.risks]
    risk = situation.command.risk
    return None if risk in known else f"{risk!r} is not a risk of the plan; it has {', '.join(known) or 'none'}"


@guard("task-unknown")
def tasks_known(situation: Situation) -> str | None:
    """Require tasks of the plan."""
    known = [task.id for task in situation.plan.tasks]
    unknown = [one for one in situation.command.tasks_done if one not in known]
    if not unknown:
        return None
    return f"{', '.join(map(repr, unknown))} is no task of the plan; it has {', '.join(known) or 'none'}"


@guard("risk-out-of-range")
def risk_in_range(situation: Situation) -> str | None:
    """Require a likelihood and an impact of 1 to 5, and a strategy."""
    command: ReassessRisk = situation.command
    if not (1 <= command.likelihood <= RISK_MAX and 1 <= command.impact <= RISK_MAX):
        return f"likelihood {command.likelihood} and impact {command.impact} must be 1 to {RISK_MAX}"
    known = get_args(Strategy)
    return None if command.strategy in known else f"{command.strategy!r} is not one of {', '.join(known)}"


@guard("objectives-out-of-range")
def objectives_in_range(situation: Situation) -> str | None:
    """Require that no more objectives were met than there were."""
    command: RecordPlanDrill = situation.command
    if 0 <= command.objectives_met <= command.objectives:
        return None
    return f"{command.objectives_met} of {command.objectives} objectives cannot be"


GUARDS = (
    own_draft,
    new_version,
    the_draft,
    trigger_known,
    rating_known,
    tasks_known,
    risk_known,
    risk_in_range,
    objectives_in_range,
    not_blank("drill-missing", "drill"),
    not_blank("reason-missing", "reason"),
)
