"""Lint: levels, categories, facets, and the conditions that tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from respond.plan.classification import Category, Level
from respond.plan.conditions import COUNTS, Condition
from respond.plan.contents import contents
from respond.plan.finding import Finding, found
from respond.plan.lint_names import used_names
from respond.plan.plan import OTHER, Plan


@attrs.frozen
class _Range:
    """The values of one quantity that suggest a level: from the first, below the second; None is without end."""

    place: str
    level: int
    start: Any
    below: Any

    def __str__(self) -> str:
        ends = [f"from {self.start}"] if self.start is not None else []
        return ", ".join([*ends, *([f"below {self.below}"] if self.below is not None else [])])


def levels(plan: Plan) -> Iterator[Finding]:
    """Yield levels that are never suggested, and ranges that overlap or leave a gap."""
    for index, level in enumerate(plan.levels):
        if not level.when:
            yield found(
                "level-without-condition",
                f"levels[{index}]",
                f"level {level.number} is never suggested; write [[levels.when]] with what it takes",
            )
    for quantity in (*COUNTS, "loss"):
        ranges = [
            one for index, level in enumerate(plan.levels) for one in _ranges(level, f"levels[{index}]", quantity)
        ]
        currencies = {_currency(end) for one in ranges for end in (one.start, one.below) if end is not None}
        if len(currencies) == 1:
            yield from _compared(quantity.replace("_", " "), [_bare(one) for one in ranges])


def conditions(plan: Plan) -> Iterator[Finding]:
    """Yield conditions that name nothing, and those on extension fields that are not declared."""
    declared = {field.id for field in plan.extension_fields}
    for place, part in contents(plan):
        if not isinstance(part, Condition):
            continue
        if part == Condition():
            yield found(
                "condition-empty", place, "names nothing, so it always holds; write what it asks, or leave it out"
            )
        for name in part.fields:
            if name not in declared:
                advice = f"{name!r} is not declared; add [[extension_fields]] with id = {name!r}"
                yield found("field-unknown", f"{place}.fields.{name}", advice)
    for index, field in enumerate(plan.extension_fields):
        if field.choices and field.kind != "text":
            yield found(
                "field-choices",
                f"extension_fields[{index}].choices",
                f'{field.id!r} is of the kind {field.kind}; leave `choices` out, or write kind = "text"',
            )


def categories(plan: Plan) -> Iterator[Finding]:
    """Yield categories that nothing names, that the plan is not for, or that lie too deep; and unused facets."""
    by_id = {category.id: category for category in plan.categories}
    used = used_names(plan, "categories")
    above = {one.id: _line(by_id, one) for one in plan.categories}
    reached = {name for used_id in used for name in above.get(used_id, ())}
    for index, category in enumerate(plan.categories):
        place, line = f"categories[{index}]", above[category.id]
        if category.id == OTHER:
            continue
        if used and category.id not in reached and used.isdisjoint(line):
            yield found(
                "category-unused",
                place,
                f"nothing names {category.id!r}; give it measures, obligations or a risk, or leave it out",
            )
        if (
            plan.kind == "general"
            and plan.covers
            and not set(line) & set(plan.covers)
            and not any(category.id in above[c] for c in _known(plan))
        ):
            yield found(
                "category-uncovered", place, f"the plan is not for {category.id!r}; add it to `covers`, or leave it out"
            )
        if len(line) > 2:  # noqa: PLR2004 - a kind and what refines it
            yield found(
                "category-deep", f"{place}.parent", f"{category.id!r} lies {len(line)} deep; write two levels at most"
            )
    facets, responses = used_names(plan, "facets"), used_names(plan, "response_levels")
    for index, facet in enumerate(plan.facets):
        if facet.id not in facets:
            yield found(
                "facet-unused",
                f"facets[{index}]",
                f"nothing names the facet {facet.id!r}; give it to a category, or leave it out",
            )
    for index, response in enumerate(plan.response_levels):
        if response.id not in responses and not response.automatic:
            yield found(
                "response-level-unused",
                f"response_levels[{index}]",
                f"no level leads to {response.id!r}; write response = {response.id!r} in one, or leave it out",
            )


def _known(plan: Plan) -> list[str]:
    return [name for name in plan.covers if plan.category(name) is not None]


def _line(by_id: dict[str, Category], category: Category) -> tuple[str, ...]:
    """Return the ids of *category* and of those that it refines."""
    line = [category.id]
    while (parent := by_id[line[-1]].parent) is not None and parent in by_id and parent not in line:
        line.append(parent)
    return tuple(line)


def _ranges(level: Level, place: str, quantity: str) -> Iterator[_Range]:
    """Yield the ranges of conditions of *level* that name this quantity alone."""
    for index, condition in enumerate(level.when):
        bounds = getattr(condition, quantity)
        if bounds is not None and _alone(condition, quantity):
            yield _Range(f"{place}.when[{index}].{quantity}", level.number, bounds.from_, bounds.below)


def _alone(condition: Condition, quantity: str) -> bool:
    nothing = Condition()
    return all(
        getattr(condition, field.name) == getattr(nothing, field.name)
        for field in attrs.fields(Condition)
        if field.name != quantity
    )


def _currency(end: Any) -> str:
    return getattr(end, "currency", "")


def _bare(one: _Range) -> _Range:
    """Return a range of plain numbers."""
    start, below = (getattr(end, "amount", end) for end in (one.start, one.below))
    return attrs.evolve(one, start=start, below=below)


def _compared(quantity: str, ranges: list[_Range]) -> Iterator[Finding]:
    """Yield what is wrong with the ranges in which one quantity suggests levels."""
    ordered = sorted(ranges, key=lambda one: (one.start is not None, one.start or 0))
    for milder in ordered:
        for worse in ordered:
            if worse.level >= milder.level:
                continue
            if _starts_before(worse, milder) and _ends_after(worse, milder):
                yield found(
                    "level-never-suggested",
                    milder.place,
                    f"level {worse.level} takes every {quantity} of it ({worse}); "
                    f"write a range of its own for level {milder.level}",
                )
            elif milder.below is not None and _meet(worse, milder):
                yield found(
                    "level-overlap",
                    milder.place,
                    f"{quantity} {milder} of level {milder.level} and {worse} of level {worse.level} overlap; "
                    f"write below = {worse.start}",
                )
    reached: Any = ordered[0].below if ordered else None
    for one in ordered[1:]:
        if reached is None:
            break
        if one.start is not None and one.start > reached:
            yield found(
                "level-range-gap",
                one.place,
                f"no level is suggested for {quantity} from {reached}, below {one.start}; write from = {reached}",
            )
        reached = None if one.below is None else max(reached, one.below)


def _starts_before(one: _Range, other: _Range) -> bool:
    return one.start is None or (other.start is not None and one.start <= other.start)


def _ends_after(one: _Range, other: _Range) -> bool:
    return one.below is None or (other.below is not None and one.below >= other.below)


def _meet(one: _Range, other: _Range) -> bool:
    return (one.below is None or other.start is None or other.start < one.below) and (
        other.below is None or one.start is None or one.start < other.below
    )
