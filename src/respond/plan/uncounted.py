"""Working days where no calendar says which days those are: refused, for every day would count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from respond.errors import InvalidPlan
from respond.plan.spans import Span

_SPANS = (("levels", "dwell"), ("roles", "shift"), ("risks", "reassess_every"), ("drills", "every"))


def refuse_uncounted(plan: Any) -> None:
    """Raise `InvalidPlan` for the first span of *plan* in working days that belongs to no obligation."""
    for place, span in _spans(plan):
        if span.unit == "working_day":
            days = Span(span.count, "day")
            raise InvalidPlan(
                f"counts working days, and only obligations name a calendar; write days, such as {str(days)!r}",
                place=place,
                value=str(span),
                flaw="working-days-uncounted",
            )


def _spans(plan: Any) -> Iterator[tuple[str, Span]]:
    for section, key in _SPANS:
        for index, part in enumerate(getattr(plan, section)):
            span: Span | None = getattr(part, key)
            if span is not None:
                yield f"{section}[{index}].{key}", span
    if plan.revision is not None:
        yield "revision.every", plan.revision.every
        if plan.revision.report_every is not None:
            yield "revision.report_every", plan.revision.report_every
    if plan.follow_up is not None and plan.follow_up.near is not None:
        yield "follow_up.near", plan.follow_up.near
