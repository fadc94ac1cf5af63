"""Lint: risks, indicators, drills and revision."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from respond.plan.conditions import Bounds
from respond.plan.finding import Finding, found
from respond.plan.lint_dates import YEAR, passed, rarer_than_yearly
from respond.plan.plan import Plan

_SCALE = range(1, 6)


def risks(plan: Plan, today: date | None) -> Iterator[Finding]:
    """Yield risks that were not assessed in time, or outside the scale, and indicators that say nothing."""
    for index, risk in enumerate(plan.risks):
        place = f"risks[{index}]"
        for key in ("likelihood", "impact"):
            value = getattr(risk, key)
            if value not in _SCALE:
                yield found("risk-out-of-range", f"{place}.{key}", f"is {value}; write a number from 1 to 5")
        if risk.assessed_on is None or passed(risk.assessed_on, risk.reassess_every or YEAR, today):
            last = "never assessed" if risk.assessed_on is None else f"assessed last on {risk.assessed_on}"
            yield found(
                "risk-unassessed",
                f"{place}.assessed_on",
                f"{risk.id!r} was {last}, and should be every {risk.reassess_every or YEAR}; assess it, write the date",
            )
    for index, indicator in enumerate(plan.indicators):
        if indicator.suggests == Bounds():
            yield found(
                "indicator-always",
                f"indicators[{index}].suggests",
                f"{indicator.id!r} suggests a warning at every value; write from or below",
            )


def rhythm(plan: Plan) -> Iterator[Finding]:
    """Yield drills and revisions that come less than yearly."""
    for index, drill in enumerate(plan.drills):
        if rarer_than_yearly(drill.every):
            yield found(
                "drill-rare", f"drills[{index}].every", f"{drill.id!r} comes every {drill.every}; write 1 year or less"
            )
    if plan.revision is not None and rarer_than_yearly(plan.revision.every):
        yield found(
            "revision-rare", "revision.every", f"the plan is revised every {plan.revision.every}; write 1 year or less"
        )
