"""Lint: measures and what they draw on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from respond.plan.conditions import Condition
from respond.plan.finding import Finding, found
from respond.plan.lint_dates import passed
from respond.plan.lint_organisation import reachable
from respond.plan.measures import Measure
from respond.plan.plan import Plan


def measures(plan: Plan) -> Iterator[Finding]:
    """Yield measures that nobody does, that no incident asks for, and orders that cannot be kept."""
    by_id = {measure.id: measure for measure in plan.measures}
    after = {measure.id: measure.after for measure in plan.measures}
    for index, measure in enumerate(plan.measures):
        place = f"measures[{index}]"
        if measure.role is None:
            yield found("measure-without-role", place, f'nobody does {measure.id!r}; write role = "…"')
        if measure.id in reachable(after, measure.id):
            yield found("measure-cycle", f"{place}.after", f"{measure.id!r} comes after itself; leave one `after` out")
        if (why := _unreachable(plan, measure)) is not None:
            yield found("measure-unreachable", place, f"no incident asks for {measure.id!r}: {why}")
        for number, name in enumerate(measure.after):
            before = by_id.get(name)
            if before is not None and not _together(plan, before, measure):
                yield found(
                    "measure-after-never",
                    f"{place}.after[{number}]",
                    f"{name!r} is never done where {measure.id!r} is; leave it out, or give both the same levels "
                    "and categories",
                )


def resources(plan: Plan, today: date | None) -> Iterator[Finding]:
    """Yield resources that should have been inspected, and partners whose agreement does not hold."""
    for index, resource in enumerate(plan.resources):
        every, last = resource.inspect_every, resource.inspected_on
        if every is not None and (last is None or passed(last, every, today)):
            when = "was never inspected" if last is None else f"was inspected last on {last}"
            yield found(
                "inspection-overdue",
                f"resources[{index}].inspected_on",
                f"{resource.id!r} {when}, and should be every {every}; inspect it and write the date",
            )
    for index, partner in enumerate(plan.partners):
        place, until = f"partners[{index}].agreement_until", partner.agreement_until
        if until is None or not partner.agreement:
            yield found(
                "agreement-undated",
                f"partners[{index}]",
                f"what {partner.id!r} rests on is not told; write agreement and agreement_until",
            )
        if until is not None and today is not None and until < today:
            yield found(
                "partner-expired", place, f"the agreement with {partner.id!r} ended on {until}; renew it or drop it"
            )


def _unreachable(plan: Plan, measure: Measure) -> str | None:
    """Return why no incident asks for *measure*; None when one may."""
    if measure.levels and all(plan.level(number) is None for number in measure.levels):
        return "the plan has none of its levels"
    known = [name for name in measure.categories if plan.category(name) is not None]
    if plan.covers and known and not _overlap(plan, tuple(known), plan.covers):
        return "the plan is not for any of its categories; write one that is in `covers`"
    if measure.when and not any(_possible(plan, one, measure) for one in measure.when):
        return "none of its conditions can hold for its categories; write others, or leave `when` out"
    return None


def _possible(plan: Plan, condition: Condition, measure: Measure) -> bool:
    facets = {facet.id for facet in plan.facets}
    return _overlap(plan, condition.categories, measure.categories) and (
        not condition.facets or not facets.isdisjoint(condition.facets)
    )


def _together(plan: Plan, one: Measure, other: Measure) -> bool:
    """Return whether an incident may ask for both."""
    levels = not one.levels or not other.levels or not set(one.levels).isdisjoint(other.levels)
    return levels and _unreachable(plan, one) is None and _overlap(plan, one.categories, other.categories)


def _overlap(plan: Plan, some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Return whether an incident may be of a category among both; all are meant when there are none."""
    if not some or not others:
        return True
    return any(_within(plan, one, other) or _within(plan, other, one) for one in some for other in others)


def _within(plan: Plan, category_id: str | None, above: str) -> bool:
    seen = set()
    while category_id is not None and category_id not in seen:
        if category_id == above:
            return True
        seen.add(category_id)
        category = plan.category(category_id)
        category_id = category.parent if category else None
    return False
