"""What is done: measures, in the order and under the conditions that the plan asks."""

from __future__ import annotations

from typing import Literal

import attrs

from respond.plan.conditions import Condition
from respond.plan.spans import Span
from respond.plan.titles import Part

MeasureKind = Literal["contain", "restore", "eliminate_cause", "evacuate", "continue_service", "staff_care", "other"]


@attrs.frozen(kw_only=True)
class Measure(Part):
    """Something that is done in a response."""

    kind: MeasureKind = "other"
    instructions: str = ""
    steps: tuple[str, ...] = ()
    """A checklist."""
    role: str | None = None
    """The id of the role that does it."""
    categories: tuple[str, ...] = ()
    """The kinds of incident that it is for; all when empty."""
    levels: tuple[int, ...] = ()
    """The levels at which it is done; all when empty."""
    when: tuple[Condition, ...] = ()
    """It is asked when one of these holds; always when empty."""
    after: tuple[str, ...] = ()
    """The ids of the measures that come before it."""
    priority: int = 100
    """The smallest comes first, among those that may be begun."""
    mandatory: bool = False
    """Whether an incident is resolved only when it was done, or skipped with a reason."""
    within: Span | None = None
    """How soon after the response starts it is to be begun."""
    resources: tuple[str, ...] = ()
    """The ids of the resources that it needs."""
