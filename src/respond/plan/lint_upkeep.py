"""Lint: risks, indicators, drills and revision."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from respond.plan.conditions import Range
from respond.plan.finding import Finding, found
from respond.plan.implied import REVIEW_DUTY
from respond.plan.lint_dates import YEAR, passed, rarer_than_yearly
from respond.plan.plan import Plan
from respond.plan.upkeep import Indicator

_SOON = timedelta(days=31)
_SCALE = range(1, 6)


def risks(plan: Plan, today: date | None) -> Iterator[Finding]:
    """Yield risks that were not assessed in time, or outside the scale."""
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


def indicators(plan: Plan) -> Iterator[Finding]:
    """Yield indicators that tell no value from another, and preparations that come no sooner than the warning."""
    for index, indicator in enumerate(plan.indicators):
        place = f"indicators[{index}]"
        for key, what in (("suggests", "suggests a warning"), ("prepares", "asks for its preparations")):
            if getattr(indicator, key) == Range():
                text = f"{indicator.id!r} {what} at every value; write from or below"
                yield found("indicator-always", f"{place}.{key}", text)
        if indicator.prepares is not None and not _sooner(indicator.prepares, indicator):
            text = f"{indicator.id!r} prepares nothing at {indicator.prepares} that it does not at {indicator.suggests}"
            yield found(
                "prepares-late", f"{place}.prepares", f"{text}; write a value that comes before, and what is made ready"
            )


def _sooner(prepares: Range, indicator: Indicator) -> bool:
    """Return whether *prepares* holds a value at which no warning is suggested, and something is to be made ready."""
    low, high = indicator.suggests.from_, indicator.suggests.below
    earlier = low is not None and (prepares.from_ is None or prepares.from_ < low)
    later = high is not None and (prepares.below is None or prepares.below > high)
    return bool(indicator.preparations) and (earlier or later)


def calendars(plan: Plan, today: date | None) -> Iterator[Finding]:
    """Yield calendars whose holidays are known no longer, or not for long."""
    for index, one in enumerate(plan.calendars):
        place = f"calendars[{index}]"
        if one.until is None or today is None:
            continue
        last = max(one.until, one.week_until or one.until)
        if last - today < _SOON:
            advice = f"the holidays of {one.name}@{one.version} are known until {one.until}; write a newer version"
            yield found("calendar-ended" if today > last else "calendar-ends", place, advice)


def review(plan: Plan) -> Iterator[Finding]:
    """Yield the review that nobody owes, or whose working days no calendar counts."""
    rules = plan.review
    if rules is None or rules.within is None or any(one.id == REVIEW_DUTY for one in plan.obligations):
        return
    if rules.role is None:
        yield found("obligation-without-role", "review", 'nobody owes the review; write role = "…"')
    if rules.within.unit == "working_day" and rules.calendar is None:
        advice = 'the review counts working days, and every day is one; write calendar = "…"'
        yield found("calendar-unnamed", "review", advice)


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
