"""What may be recorded about a plan.  Stored format: change a class only with an upcaster and a golden file."""

from __future__ import annotations

from typing import Literal

import attrs

from respond.domain.events import event_type
from respond.domain.references import Reference
from respond.plan.upkeep import RevisionTrigger, Strategy

Rating = Literal["adequate", "needs_revision", "inadequate"]


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
    tasks_done: tuple[str, ...] = ()
    """The ids of the tasks of the plan that were found done."""


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
