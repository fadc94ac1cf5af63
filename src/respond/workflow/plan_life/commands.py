"""What may be asked of a plan."""

from __future__ import annotations

import attrs

from respond.domain.references import Reference
from respond.plan.upkeep import RevisionTrigger, Strategy
from respond.workflow.definition import command_type
from respond.workflow.plan_life.events import Rating


@command_type("draft_plan")
@attrs.frozen(kw_only=True)
class DraftPlan:
    """Tell that a version was written."""

    draft: Reference


@command_type("approve_plan")
@attrs.frozen(kw_only=True)
class ApprovePlan:
    """Let the draft come into force."""

    approved: Reference
    note: str = ""


@command_type("record_plan_drill")
@attrs.frozen(kw_only=True)
class RecordPlanDrill:
    """Tell that the plan was rehearsed."""

    drill: str
    objectives_met: int = 0
    objectives: int = 0
    findings: str = ""


@command_type("evaluate_plan")
@attrs.frozen(kw_only=True)
class EvaluatePlan:
    """Judge whether the plan fits and works, and tell how its execution goes."""

    rating: Rating
    findings: str = ""
    tasks_done: tuple[str, ...] = ()
    """The ids of the tasks of the plan that are done."""


@command_type("revise_plan")
@attrs.frozen(kw_only=True)
class RevisePlan:
    """Tell that another version was drafted, and why."""

    draft: Reference
    trigger: RevisionTrigger
    because: str = ""
    changes: tuple[str, ...] = ()


@command_type("retire_plan")
@attrs.frozen(kw_only=True)
class RetirePlan:
    """Put the plan out of force."""

    reason: str


@command_type("reassess_risk")
@attrs.frozen(kw_only=True)
class ReassessRisk:
    """Look at a risk again."""

    risk: str
    likelihood: int
    impact: int
    strategy: Strategy
    note: str = ""
