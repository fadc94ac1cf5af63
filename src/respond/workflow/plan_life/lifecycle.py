"""The life of a plan: drafted, approved, drilled, evaluated, revised, retired; and its risks, assessed again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from respond.domain.events import Event
from respond.domain.values import replace
from respond.workflow import approvals
from respond.workflow.definition import NEW, Handler, Situation, Transition
from respond.workflow.plan_life import commands as c
from respond.workflow.plan_life import events as e
from respond.workflow.plan_life import guards, proposals
from respond.workflow.plan_life.state import APPROVED, DRAFTED, RETIRED, STATES, PlanLife, RiskRating
from respond.workflow.workflow import Workflow

PLAN_CATEGORY = "plan"
"""The category of the streams of plans; the key is the plan's name."""


def _draft(situation: Situation) -> Iterator[Any]:
    yield e.PlanDrafted(**situation.step, draft=situation.command.draft)


def _approve(situation: Situation) -> Iterator[Any]:
    yield e.PlanApproved(**situation.step, approved=situation.command.approved, note=situation.command.note)


def _drill(situation: Situation) -> Iterator[Any]:
    command: c.RecordPlanDrill = situation.command
    yield e.PlanDrilled(
        drill=command.drill,
        objectives_met=command.objectives_met,
        objectives=command.objectives,
        findings=command.findings,
    )


def _evaluate(situation: Situation) -> Iterator[Any]:
    command: c.EvaluatePlan = situation.command
    yield e.PlanEvaluated(rating=command.rating, findings=command.findings, tasks_done=command.tasks_done)


def _revise(situation: Situation) -> Iterator[Any]:
    command: c.RevisePlan = situation.command
    yield e.PlanRevised(
        **situation.step,
        previous=situation.state.in_force,
        draft=command.draft,
        trigger=command.trigger,
        because=command.because,
        changes=command.changes,
    )


def _retire(situation: Situation) -> Iterator[Any]:
    yield e.PlanRetired(**situation.step, reason=situation.command.reason)


def _reassess(situation: Situation) -> Iterator[Any]:
    command: c.ReassessRisk = situation.command
    yield e.RiskReassessed(
        risk=command.risk,
        likelihood=command.likelihood,
        impact=command.impact,
        strategy=command.strategy,
        note=command.note,
    )


def _drafted(life: PlanLife, event: Event) -> PlanLife:
    return replace(life, status=event.data.to, draft=event.data.draft)


def _approved(life: PlanLife, event: Event) -> PlanLife:
    data: e.PlanApproved = event.data
    return replace(life, status=data.to, draft=None, in_force=data.approved, approved_at=event.happened_at)


def _drilled(life: PlanLife, event: Event) -> PlanLife:
    return replace(life, drills={**life.drills, event.data.drill: event.happened_at})


def _evaluated(life: PlanLife, event: Event) -> PlanLife:
    data: e.PlanEvaluated = event.data
    done = {task: event.happened_at for task in data.tasks_done if task not in life.tasks_done}
    tasks = {**life.tasks_done, **done}
    return replace(life, evaluated_at=event.happened_at, rating=data.rating, tasks_done=tasks)


def _retired(life: PlanLife, event: Event) -> PlanLife:
    return replace(life, status=event.data.to)


def _reassessed(life: PlanLife, event: Event) -> PlanLife:
    data: e.RiskReassessed = event.data
    rated = RiskRating(likelihood=data.likelihood, impact=data.impact, strategy=data.strategy, at=event.happened_at)
    return replace(life, risks={**life.risks, data.risk: rated})


PLAN_LIFE = Workflow(
    name="plan",
    version=3,
    category=PLAN_CATEGORY,
    states=STATES,
    finals=(RETIRED,),
    transitions=(
        Transition("draft_plan", NEW, DRAFTED),
        Transition("draft_plan", DRAFTED, None, guards=("draft-not-of-this-plan", "version-used")),
        Transition("approve_plan", DRAFTED, APPROVED, guards=("not-the-draft",)),
        Transition("record_plan_drill", (DRAFTED, APPROVED), None, guards=("drill-missing", "objectives-out-of-range")),
        Transition("evaluate_plan", (DRAFTED, APPROVED), None, guards=("rating-unknown", "task-unknown")),
        Transition(
            "revise_plan",
            APPROVED,
            DRAFTED,
            guards=("draft-not-of-this-plan", "version-used", "trigger-unknown"),
        ),
        Transition("retire_plan", (DRAFTED, APPROVED), RETIRED, guards=("reason-missing",)),
        Transition("reassess_risk", (DRAFTED, APPROVED), None, guards=("risk-unknown", "risk-out-of-range")),
        *proposals.TRANSITIONS,
        approvals.approving((DRAFTED, APPROVED)),
    ),
    guards=(*guards.GUARDS, *proposals.GUARDS, *approvals.GUARDS),
    initial=PlanLife(),
    handlers=(
        Handler(
            command=c.DraftPlan,
            decide=_draft,
            emits=(e.PlanDrafted,),
            done=lambda situation: situation.state.draft == situation.command.draft,
        ),
        Handler(
            command=c.ApprovePlan,
            decide=_approve,
            emits=(e.PlanApproved,),
            done=lambda situation: (
                situation.state.status == APPROVED and situation.state.in_force == situation.command.approved
            ),
        ),
        Handler(command=c.RecordPlanDrill, decide=_drill, emits=(e.PlanDrilled,)),
        Handler(command=c.EvaluatePlan, decide=_evaluate, emits=(e.PlanEvaluated,)),
        Handler(
            command=c.RevisePlan,
            decide=_revise,
            emits=(e.PlanRevised,),
            done=lambda situation: (
                situation.state.status == DRAFTED and situation.state.draft == situation.command.draft
            ),
        ),
        Handler(
            command=c.RetirePlan,
            decide=_retire,
            emits=(e.PlanRetired,),
            done=lambda situation: situation.state.status == RETIRED,
        ),
        Handler(command=c.ReassessRisk, decide=_reassess, emits=(e.RiskReassessed,)),
        *proposals.HANDLERS,
        *approvals.HANDLERS,
    ),
    evolvers={
        e.PlanDrafted: _drafted,
        e.PlanApproved: _approved,
        e.PlanDrilled: _drilled,
        e.PlanEvaluated: _evaluated,
        e.PlanRevised: _drafted,
        e.PlanRetired: _retired,
        e.RiskReassessed: _reassessed,
        **proposals.EVOLVERS,
        **approvals.EVOLVERS,
    },
)
