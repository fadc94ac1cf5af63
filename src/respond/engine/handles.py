"""The handles that an engine lends of what is not an incident."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import attrs

from respond.domain.references import Reference
from respond.engine.action import Actions
from respond.engine.lesson import Lessons
from respond.engine.party import Parties
from respond.engine.pool import PoolHandle
from respond.projections.stock import Stock, stock
from respond.workflow.plan_life import PLAN_CATEGORY, PLAN_LIFE
from respond.workflow.plan_life.state import Upkeep, overdue
from respond.workflow.pool import POOL_CATEGORY

if TYPE_CHECKING:
    from respond.engine.desk import Desk


@attrs.frozen(kw_only=True)
class PlanUpkeep:
    """Where the life of a plan stands, and what it owes itself."""

    plan: Reference
    state: str
    """`new` when it was never drafted; `retired` when it was put out of force, and is given all the same."""
    in_force: Reference | None
    """The version that was approved last; None when none ever was."""
    overdue: tuple[Upkeep, ...]


class Handles(Parties, Actions, Lessons):
    """The part of an `Engine` that leads to other aggregates."""

    def pool(self, key: str) -> PoolHandle:
        """Return the handle of the pool called *key*, the id of the plan's resource; it need not be open yet."""
        return PoolHandle(cast("Desk", self), key)

    def upkeep(self) -> tuple[PlanUpkeep, ...]:
        """Return of every plan that was given where its own life stands, and what it owes itself now."""
        engine = cast("Desk", self)
        lives = engine.states(PLAN_CATEGORY, dict.fromkeys(plan.name for plan in engine.plans.given))
        now = engine.clock()
        return tuple(
            PlanUpkeep(plan=plan.reference, state=life.status, in_force=life.in_force, overdue=overdue(plan, life, now))
            for plan in engine.plans.given
            for life in (lives.get(plan.name, PLAN_LIFE.initial),)
        )

    def pools(self) -> tuple[Stock, ...]:
        """Return what the pools hold and what to see to: those that are called like a resource and were opened."""
        engine = cast("Desk", self)
        keys = dict.fromkeys(resource.id for plan in engine.plans for resource in plan.resources)
        pools = engine.states(POOL_CATEGORY, keys)
        today = engine.clock().date()
        return tuple(stock(key, pools[key], engine.plans, today) for key in keys if key in pools)
