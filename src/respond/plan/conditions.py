"""Conditions that a machine can judge: what is known of an incident's impact, against what a plan asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from operator import itemgetter

import attrs

from respond.domain.money import Money
from respond.errors import InvalidPlan

FieldValue = str | int | bool | Decimal
COUNTS = ("affected_customers", "injured", "dead", "sites")
"""What is counted in an impact."""


@attrs.frozen(kw_only=True, slots=False)
class Impact:
    """What is known of an incident when a condition is judged; None is unknown."""

    category: str = ""
    ancestors: tuple[str, ...] = ()
    """The categories that *category* refines, the nearest first."""
    facets: tuple[str, ...] = ()
    affected_customers: int | None = None
    injured: int | None = None
    dead: int | None = None
    loss: Money | None = None
    spread: str | None = None
    sites: int | None = None
    critical_facility: bool | None = None
    fields: Mapping[str, FieldValue] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Range:
    """A range of numbers, exact to the last digit: from the first, below the second."""

    from_: int | Decimal | None = None
    below: int | Decimal | None = None

    def __attrs_post_init__(self) -> None:
        if self.from_ is not None and self.below is not None and self.from_ >= self.below:
            raise _impossible(self.from_, self.below)

    def hold(self, value: int | Decimal) -> bool:
        """Return whether *value* lies in the range."""
        return (self.from_ is None or value >= self.from_) and (self.below is None or value < self.below)

    def __str__(self) -> str:
        return _range(self.from_, self.below)


@attrs.frozen(kw_only=True)
class Bounds(Range):
    """A range of whole numbers: from the first, below the second."""

    from_: int | None = None
    below: int | None = None


@attrs.frozen(kw_only=True)
class MoneyBounds:
    """A range of amounts in one currency: from the first, below the second."""

    from_: Money | None = None
    below: Money | None = None

    def __attrs_post_init__(self) -> None:
        if self.below is not None and self.below.amount <= 0:
            raise InvalidPlan(
                f"no loss is below {self.below}; write an amount above 0, or leave `below` out",
                place="below",
                flaw="condition-impossible",
            )
        if self.from_ is None or self.below is None:
            return
        if self.from_.currency != self.below.currency:
            raise InvalidPlan(
                f"no amount can be both from {self.from_} and below {self.below}; write both in one currency",
                flaw="condition-impossible",
            )
        if self.from_.amount >= self.below.amount:
            raise _impossible(self.from_, self.below)

    def hold(self, value: Money) -> bool:
        """Return whether *value* lies in the range; an amount in another currency does not."""
        ends = [end for end in (self.from_, self.below) if end is not None]
        return (
            all(end.currency == value.currency for end in ends)
            and (self.from_ is None or value.amount >= self.from_.amount)
            and (self.below is None or value.amount < self.below.amount)
        )

    def __str__(self) -> str:
        return _range(self.from_, self.below)


@attrs.frozen(kw_only=True)
class Condition:
    """Holds when all that it names holds; what is unknown does not."""

    affected_customers: Bounds | None = None
    injured: Bounds | None = None
    dead: Bounds | None = None
    sites: Bounds | None = None
    loss: MoneyBounds | None = None
    spread: tuple[str, ...] = ()
    """One of these."""
    critical_facility: bool | None = None
    categories: tuple[str, ...] = ()
    """One of these, or one that refines it."""
    facets: tuple[str, ...] = ()
    """One of these at least."""
    fields: Mapping[str, FieldValue] = attrs.field(factory=dict)
    """Extension fields and the values that they must have."""

    def __attrs_post_init__(self) -> None:
        for name in COUNTS:
            bounds: Bounds | None = getattr(self, name)
            if bounds is not None and bounds.below is not None and bounds.below <= 0:
                raise InvalidPlan(
                    f"{name} is never below {bounds.below}; write a number from 1 on, or leave `below` out",
                    place=f"{name}.below",
                    flaw="condition-impossible",
                )

    def holds(self, impact: Impact) -> bool:
        """Return whether everything that it names is known of *impact* and fits."""
        return all(map(itemgetter(0), self._judged(impact)))

    def grounds(self, impact: Impact) -> tuple[str, ...]:
        """Return what it names and *impact* fits, in words: `affected_customers 300 (from 100, below 1000)`."""
        return tuple(words.format(*values) for held, words, *values in self._judged(impact) if held)

    @cached_property
    def _bounds(self) -> tuple[tuple[str, Bounds | MoneyBounds], ...]:
        named = ((name, getattr(self, name)) for name in (*COUNTS, "loss"))
        return tuple((name, bounds) for name, bounds in named if bounds is not None)

    def _judged(self, impact: Impact) -> Iterator[tuple[bool, str, *tuple[object, ...]]]:
        """Yield whether each thing that it names held, and the words and values that say so: few are ever read."""
        for name, bounds in self._bounds:
            known = getattr(impact, name)
            yield known is not None and bounds.hold(known), "{} {} ({})", name, known, bounds
        if self.spread:
            yield impact.spread in self.spread, "spread {}", impact.spread
        if self.critical_facility is not None:
            words = "critical facility" if self.critical_facility else "no critical facility"
            yield impact.critical_facility is self.critical_facility, words
        if self.categories:
            known = {impact.category, *impact.ancestors}
            yield not known.isdisjoint(self.categories), "category {}", impact.category
        if self.facets:
            common = [facet for facet in self.facets if facet in impact.facets]
            yield bool(common), "facet {}", ", ".join(common)
        for name, value in self.fields.items():
            known = impact.fields.get(name)
            yield type(known) is type(value) and known == value, "{} {}", name, known


def _impossible(start: object, below: object) -> InvalidPlan:
    return InvalidPlan(
        f"no value can be both from {start} and below {below}; `from` must be the smaller one",
        flaw="condition-impossible",
    )


def _range(start: object, below: object) -> str:
    ends = [f"from {start}"] if start is not None else []
    return ", ".join([*ends, f"below {below}"] if below is not None else ends)
