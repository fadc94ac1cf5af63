"""The life of a plan: drafted, approved, drilled, evaluated, revised, retired; and its risks, assessed again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, get_args

import attrs

from respond.domain.events import Event, event_type
from respond.domain.references import Reference
from respond.domain.values import replace
from respond.plan.calendars import EVERY_DAY
from respond.plan.plan import Plan
from respond.plan.upkeep import RevisionTrigger, Strategy
from respond.workflow.definition import NEW, Guard, Handler, Situation, Transition, command_type, guard
from respond.workflow.workflow import Workflow

PLAN_CATEGORY = "plan"
"""The category of the streams of plans; the key is the plan's name."""

DRAFTED = "drafted"
APPROVED = "approved"
RETIRED = "retired"
STATES = (DRAFTED, APPROVED, RETIRED)

Rating = Literal["adequate", "needs_revision", "inadequate"]
RISK_MAX = 5
"""Likelihood and impact go from 1 to this."""


# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class PlanDrafted:
    """A version of the plan was written."""

    from_: str
    to: str
    draft: Reference


@event_type()
@attrs.frozen(kw_only=True)
class PlanApproved:
    """The draft came into force."""

    from_: str
    to: str
    approved: Reference
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class PlanDrilled:
    """The plan was rehearsed."""

    drill: str
    """The id of the plan's drill rule, or of the drill."""
    objectives_met: int = 0
    objectives: int = 0
    findings: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class PlanEvaluated:
    """Someone judged whether the plan fits and works."""

    rating: Rating
    findings: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class PlanRevised:
    """Another version was drafted, for a reason that is kept."""

    from_: str
    to: str
    previous: Reference
    draft: Reference
    trigger: RevisionTrigger
    because: str = ""
    """What called for it: the id of an incident or a drill, the name of a law."""
    changes: tuple[str, ...] = ()
    """In sentences."""


@event_type()
@attrs.frozen(kw_only=True)
class PlanRetired:
    """The plan is out of force."""

    from_: str
    to: str
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class RiskReassessed:
    """A risk of the plan was looked at again."""

    risk: str
    likelihood: int
    impact: int
    strategy: Strategy
    note: str = ""


# -- commands ----------------------------------------------------------------------------------------------------------


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
    """Judge whether the plan fits and works."""

    rating: Rating
    findings: str = ""


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


# -- the state ---------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class RiskRating:
    """How a risk was judged last."""

    likelihood: int
    impact: int
    strategy: Strategy
    at: datetime

    @property
    def score(self) -> int:
        """Likelihood times impact: 1 to 25."""
        return self.likelihood * self.impact


@attrs.frozen(kw_only=True, slots=False)
class PlanLife:
    """A plan's life, folded from its events."""

    status: str = NEW
    draft: Reference | None = None
    """The version that waits for approval."""
    in_force: Reference | None = None
    approved_at: datetime | None = None
    drills: Mapping[str, datetime] = attrs.field(factory=dict)
    """When each drill was held last."""
    evaluated_at: datetime | None = None
    rating: Rating | None = None
    risks: Mapping[str, RiskRating] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Upkeep:
    """Something that a plan owes itself."""

    what: Literal["revision", "drill", "risk"]
    of: str
    """The plan's name, the id of the drill rule, or that of the risk."""
    due_at: datetime | None
    """None when it was never done."""


def overdue(plan: Plan, life: PlanLife, now: datetime) -> tuple[Upkeep, ...]:
    """Return what of *plan* should have been revised, rehearsed or assessed again before *now*."""
    found: list[Upkeep] = []
    if plan.revision is not None and life.approved_at is not None:
        found.append(
            Upkeep(what="revision", of=plan.name, due_at=EVERY_DAY.after(life.approved_at, plan.revision.every))
        )
    for drill in plan.drills:
        last = life.drills.get(drill.id, life.approved_at)
        found.append(
            Upkeep(what="drill", of=drill.id, due_at=None if last is None else EVERY_DAY.after(last, drill.every))
        )
    for risk in plan.risks:
        rated = life.risks.get(risk.id)
        if risk.reassess_every is not None:
            due = None if rated is None else EVERY_DAY.after(rated.at, risk.reassess_every)
            found.append(Upkeep(what="risk", of=risk.id, due_at=due))
    return tuple(one for one in found if one.due_at is None or one.due_at <= now)


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("draft-not-of-this-plan")
def _own_draft(situation: Situation) -> str | None:
    """Require a draft of the same plan."""
    known = situation.state.draft or situation.state.in_force
    name = situation.command.draft.name
    return None if known is None or known.name == name else f"{name!r} is another plan than {known.name!r}"


@guard("version-used")
def _new_version(situation: Situation) -> str | None:
    """Require another version than the one in force."""
    known, draft = situation.state.in_force, situation.command.draft
    return f"{draft} is in force already; raise the version" if known and known.version == draft.version else None


@guard("not-the-draft")
def _the_draft(situation: Situation) -> str | None:
    """Require the very draft that was written: name, version and content."""
    draft, approved = situation.state.draft, situation.command.approved
    if draft == approved:
        return None
    return f"{approved} with digest {approved.digest[:12]} is not the draft; that is {draft}" if draft else "no draft"


@guard("trigger-unknown")
def _trigger_known(situation: Situation) -> str | None:
    """Require a trigger of revision."""
    trigger = situation.command.trigger
    known = get_args(RevisionTrigger)
    return None if trigger in known else f"{trigger!r} is not one of {', '.join(known)}"


@guard("rating-unknown")
def _rating_known(situation: Situation) -> str | None:
    """Require a rating that is adequate, needs_revision or inadequate."""
    rating = situation.command.rating
    return None if rating in get_args(Rating) else f"{rating!r} is not one of {', '.join(get_args(Rating))}"


@guard("risk-unknown")
def _risk_known(situation: Situation) -> str | None:
    """Require a risk of the plan."""
    known = [risk.id for risk in situation.plan.risks]
    risk = situation.command.risk
    return None if risk in known else f"{risk!r} is not a risk of the plan; it has {', '.join(known) or 'none'}"


@guard("risk-out-of-range")
def _risk_in_range(situation: Situation) -> str | None:
    """Require a likelihood and an impact of 1 to 5, and a strategy."""
    command: ReassessRisk = situation.command
    if not (1 <= command.likelihood <= RISK_MAX and 1 <= command.impact <= RISK_MAX):
        return f"likelihood {command.likelihood} and impact {command.impact} must be 1 to {RISK_MAX}"
    known = get_args(Strategy)
    return None if command.strategy in known else f"{command.strategy!r} is not one of {', '.join(known)}"


@guard("objectives-out-of-range")
def _objectives_in_range(situation: Situation) -> str | None:
    """Require that no more objectives were met than there were."""
    command: RecordPlanDrill = situation.command
    if 0 <= command.objectives_met <= command.objectives:
        return None
    return f"{command.objectives_met} of {command.objectives} objectives cannot be"


def _given(code: str, field: str) -> Guard:
    def check(situation: Situation) -> str | None:
        return None if getattr(situation.command, field).strip() else f"{field} must not be blank"

    check.__doc__ = f"Require a {field} that is not blank."
    return Guard(code, check)


_GUARDS = (
    _own_draft,
    _new_version,
    _the_draft,
    _trigger_known,
    _rating_known,
    _risk_known,
    _risk_in_range,
    _objectives_in_range,
    _given("drill-missing", "drill"),
    _given("reason-missing", "reason"),
)


# -- deciding and folding ----------------------------------------------------------------------------------------------


def _step(situation: Situation) -> dict[str, Any]:
    return {"from_": situation.state.status, "to": situation.dest}


def _draft(situation: Situation) -> Iterator[Any]:
    yield PlanDrafted(**_step(situation), draft=situation.command.draft)


def _approve(situation: Situation) -> Iterator[Any]:
    yield PlanApproved(**_step(situation), approved=situation.command.approved, note=situation.command.note)


def _drill(situation: Situation) -> Iterator[Any]:
    command: RecordPlanDrill = situation.command
    yield PlanDrilled(
        drill=command.drill,
        objectives_met=command.objectives_met,
        objectives=command.objectives,
        findings=command.findings,
    )


def _evaluate(situation: Situation) -> Iterator[Any]:
    yield PlanEvaluated(rating=situation.command.rating, findings=situation.command.findings)


def _revise(situation: Situation) -> Iterator[Any]:
    command: RevisePlan = situation.command
    yield PlanRevised(
        **_step(situation),
        previous=situation.state.in_force,
        draft=command.draft,
        trigger=command.trigger,
        because=command.because,
        changes=command.changes,
    )


def _retire(situation: Situation) -> Iterator[Any]:
    yield PlanRetired(**_step(situation), reason=situation.command.reason)


def _reassess(situation: Situation) -> Iterator[Any]:
    command: ReassessRisk = situation.command
    yield RiskReassessed(
        risk=command.risk,
        likelihood=command.likelihood,
        impact=command.impact,
        strategy=command.strategy,
        note=command.note,
    )


def _drafted(life: PlanLife, event: Event) -> PlanLife:
    return replace(life, status=event.data.to, draft=event.data.draft)


def _approved(life: PlanLife, event: Event) -> PlanLife:
    data: PlanApproved = event.data
    return replace(life, status=data.to, draft=None, in_force=data.approved, approved_at=event.happened_at)


def _drilled(life: PlanLife, event: Event) -> PlanLife:
    return replace(life, drills={**life.drills, event.data.drill: event.happened_at})


def _evaluated(life: PlanLife, event: Event) -> PlanLife:
    return replace(life, evaluated_at=event.happened_at, rating=event.data.rating)


def _retired(life: PlanLife, event: Event) -> PlanLife:
    return replace(life, status=event.data.to)


def _reassessed(life: PlanLife, event: Event) -> PlanLife:
    data: RiskReassessed = event.data
    rated = RiskRating(likelihood=data.likelihood, impact=data.impact, strategy=data.strategy, at=event.happened_at)
    return replace(life, risks={**life.risks, data.risk: rated})


PLAN_LIFE = Workflow(
    name="plan",
    version=1,
    category=PLAN_CATEGORY,
    states=STATES,
    finals=(RETIRED,),
    transitions=(
        Transition("draft_plan", NEW, DRAFTED),
        Transition("draft_plan", DRAFTED, None, guards=("draft-not-of-this-plan", "version-used")),
        Transition("approve_plan", DRAFTED, APPROVED, guards=("not-the-draft",)),
        Transition("record_plan_drill", (DRAFTED, APPROVED), None, guards=("drill-missing", "objectives-out-of-range")),
        Transition("evaluate_plan", (DRAFTED, APPROVED), None, guards=("rating-unknown",)),
        Transition(
            "revise_plan",
            APPROVED,
            DRAFTED,
            guards=("draft-not-of-this-plan", "version-used", "trigger-unknown"),
        ),
        Transition("retire_plan", (DRAFTED, APPROVED), RETIRED, guards=("reason-missing",)),
        Transition("reassess_risk", (DRAFTED, APPROVED), None, guards=("risk-unknown", "risk-out-of-range")),
    ),
    guards=_GUARDS,
    initial=PlanLife(),
    handlers=(
        Handler(
            command=DraftPlan,
            decide=_draft,
            emits=(PlanDrafted,),
            done=lambda situation: situation.state.draft == situation.command.draft,
        ),
        Handler(
            command=ApprovePlan,
            decide=_approve,
            emits=(PlanApproved,),
            done=lambda situation: (
                situation.state.status == APPROVED and situation.state.in_force == situation.command.approved
            ),
        ),
        Handler(command=RecordPlanDrill, decide=_drill, emits=(PlanDrilled,)),
        Handler(command=EvaluatePlan, decide=_evaluate, emits=(PlanEvaluated,)),
        Handler(
            command=RevisePlan,
            decide=_revise,
            emits=(PlanRevised,),
            done=lambda situation: (
                situation.state.status == DRAFTED and situation.state.draft == situation.command.draft
            ),
        ),
        Handler(
            command=RetirePlan,
            decide=_retire,
            emits=(PlanRetired,),
            done=lambda situation: situation.state.status == RETIRED,
        ),
        Handler(command=ReassessRisk, decide=_reassess, emits=(RiskReassessed,)),
    ),
    evolvers={
        PlanDrafted: _drafted,
        PlanApproved: _approved,
        PlanDrilled: _drilled,
        PlanEvaluated: _evaluated,
        PlanRevised: _drafted,
        PlanRetired: _retired,
        RiskReassessed: _reassessed,
    },
)
