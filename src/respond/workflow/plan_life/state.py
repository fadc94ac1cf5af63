"""Where a plan stands in its life, and what it owes itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Literal

import attrs

from respond.domain.references import Reference
from respond.plan.calendars import EVERY_DAY
from respond.plan.plan import Plan
from respond.plan.upkeep import Risk, Strategy
from respond.workflow.definition import NEW
from respond.workflow.plan_life.events import Rating

DRAFTED = "drafted"
APPROVED = "approved"
RETIRED = "retired"
STATES = (DRAFTED, APPROVED, RETIRED)


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


@attrs.frozen(kw_only=True)
class Proposal:
    """A proposal to change the plan, and what became of it."""

    entry: str
    """The id of the event that made it."""
    text: str
    incident: str | None
    """The id of the incident that it came of."""
    because: tuple[str, ...]
    """What it rests on."""
    by: str | None
    at: datetime
    in_force: Reference | None
    """The version that was in force then."""
    status: Literal["proposed", "accepted", "rejected"] = "proposed"
    revision: Reference | None = None
    """The version into which it was accepted."""
    reason: str = ""
    """Why it was rejected."""


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
    tasks_done: Mapping[str, datetime] = attrs.field(factory=dict)
    """When each task was first told to be done."""
    risks: Mapping[str, RiskRating] = attrs.field(factory=dict)
    proposals: Mapping[str, Proposal] = attrs.field(factory=dict)
    """The proposals to change it, by key."""


@attrs.frozen(kw_only=True)
class Upkeep:
    """Something that a plan owes itself."""

    what: Literal["approval", "revision", "report", "task", "drill", "risk"]
    of: str
    """The plan's name, the id of the task, of the drill rule, or of the risk."""
    due_at: datetime | None
    """None when it was never done."""


def overdue(plan: Plan, life: PlanLife, now: datetime) -> tuple[Upkeep, ...]:
    """Return what of *plan* should have been approved, done, revised, rehearsed or assessed again before *now*."""
    if life.status == RETIRED:
        return ()
    found = [] if life.in_force is not None else [Upkeep(what="approval", of=plan.name, due_at=None)]
    if plan.revision is not None and life.approved_at is not None:
        found.append(
            Upkeep(what="revision", of=plan.name, due_at=EVERY_DAY.after(life.approved_at, plan.revision.every))
        )
        if plan.revision.report_every is not None:
            told_at = max(filter(None, (life.evaluated_at, life.approved_at)))
            found.append(
                Upkeep(what="report", of=plan.name, due_at=EVERY_DAY.after(told_at, plan.revision.report_every))
            )
    for task in plan.tasks:
        if task.id not in life.tasks_done:
            ends = datetime.combine(task.due_on + timedelta(days=1), time.min, UTC)
            found.append(Upkeep(what="task", of=task.id, due_at=ends))
    for drill in plan.drills:
        last = life.drills.get(drill.id, life.approved_at)
        found.append(
            Upkeep(what="drill", of=drill.id, due_at=None if last is None else EVERY_DAY.after(last, drill.every))
        )
    for risk in plan.risks:
        if risk.reassess_every is not None:
            last = _assessed(risk, life)
            due = None if last is None else EVERY_DAY.after(last, risk.reassess_every)
            found.append(Upkeep(what="risk", of=risk.id, due_at=due))
    return tuple(one for one in found if one.due_at is None or one.due_at <= now)


def _assessed(risk: Risk, life: PlanLife) -> datetime | None:
    """Return when *risk* was looked at last: again, or by whoever wrote the plan."""
    rated = life.risks.get(risk.id)
    if rated is not None:
        return rated.at
    return None if risk.assessed_on is None else datetime.combine(risk.assessed_on, time.min, UTC)
