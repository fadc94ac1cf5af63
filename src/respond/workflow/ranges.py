"""Ranges: the values that a field may hold, cut where comparisons change, with one value that stands for each range."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from respond.errors import InvalidWorkflow
from respond.workflow.comparison import Comparison

_STEPS: dict[type, Any] = {
    int: 1,
    date: timedelta(days=1),
    datetime: timedelta(microseconds=1),
    timedelta: timedelta(microseconds=1),
}
"""How far the next value is, where there is a next one."""
_ANY: dict[type, Any] = {
    int: 0,
    Decimal: Decimal(0),
    date: date(2000, 1, 1),
    datetime: datetime(2000, 1, 1, tzinfo=UTC),
    timedelta: timedelta(0),
}
"""A value that stands for all where nothing is compared with one."""
_EXACT = Context(prec=1000)


class FieldUnknown(Exception):
    """The class has no such field."""


class ConstantUnfit(Exception):
    """The field never holds a value of the constant's type."""


@attrs.frozen
class Values:
    """What a field may hold."""

    kind: type | None
    """Its type; None when it holds one of `choices` only."""
    choices: tuple[Any, ...] = ()
    optional: bool = False
    """Whether it may be None."""
    limits: tuple[Comparison, ...] = ()
    """What its validators let through."""

    def ranges(self, comparisons: Iterable[Comparison]) -> tuple[Any, ...]:
        """Return one value of each range in which every one of *comparisons* says the same.

        Raises `ConstantUnfit` when a comparison is with a value that the field never holds.
        """
        asked = tuple(comparisons)
        constants = {constant for one in asked for constant in one.constants if constant is not None}
        for constant in constants:
            if not self._fits(constant):
                raise ConstantUnfit(constant)
        if self.kind is None:
            found = self.choices
        else:
            limits = {constant for one in self.limits for constant in one.constants if self._fits(constant)}
            found = tuple(_cut(self.kind, constants | limits))
        kept = tuple(value for value in found if all(one.holds(value) for one in self.limits))
        return (*kept, None) if self.optional and None not in kept else kept

    def _fits(self, constant: object) -> bool:
        if self.kind is None:
            return constant in self.choices and type(constant) in map(type, self.choices)
        return type(constant) is self.kind or (self.kind is Decimal and type(constant) is int)


def values_of(owner: type, comparison: Comparison) -> Values | None:
    """Return what the field of *comparison* may hold in an *owner*, by its annotations; None when they do not tell.

    Raises `FieldUnknown`.
    """
    optional = False
    annotation: Any = owner
    limits: tuple[Comparison, ...] = ()
    for name in comparison.path:
        if not isinstance(annotation, type):
            return None
        limits = tuple(_limits(annotation, name, comparison.field))
        found = _annotation(annotation, name)
        if found is None:
            return None
        annotation, may_be_none = _without_none(found)
        optional = optional or may_be_none
    return _values(annotation, optional=optional, limits=limits)


def _annotation(owner: type, name: str) -> Any:
    """Return the type of the field *name*; None when it cannot be told, and `FieldUnknown` when there is none."""
    hints: dict[str, Any] = {}
    with suppress(Exception):  # a name that only type checkers see cannot be looked up
        hints = get_type_hints(owner)
    if name in hints:
        return hints[name]
    member = getattr(owner, name, None)
    if isinstance(member, property) and member.fget is not None:
        with suppress(Exception):
            return get_type_hints(member.fget).get("return")
        return None
    known = name in getattr(owner, "__annotations__", ()) or hasattr(owner, name)
    if not known and not any(name in getattr(base, "__annotations__", ()) for base in owner.__mro__):
        raise FieldUnknown(name)
    return None


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """Return the annotation without None, and whether it had it."""
    if get_origin(annotation) not in {Union, types.UnionType}:
        return annotation, False
    rest = [one for one in get_args(annotation) if one is not type(None)]
    told = rest[0] if len(rest) == 1 else object
    return told, len(rest) < len(get_args(annotation))


def _values(annotation: Any, *, optional: bool, limits: tuple[Comparison, ...]) -> Values | None:
    if get_origin(annotation) is Literal:
        return Values(None, get_args(annotation), optional, limits)
    if annotation is bool:
        return Values(None, (False, True), optional, limits)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Values(None, tuple(annotation), optional, limits)
    if annotation in {*_STEPS, Decimal, str}:
        return Values(annotation, (), optional, limits)
    return None


def _limits(owner: type, name: str, field: str) -> Iterator[Comparison]:
    """Yield what the validators of an attrs field let through, where that is a comparison."""
    if not attrs.has(owner) or (declared := getattr(attrs.fields(owner), name, None)) is None:
        return
    whole = getattr(declared.validator, "validator", declared.validator)  # what `optional` lets be None
    for validator in getattr(whole, "_validators", (whole,)):
        with suppress(InvalidWorkflow):  # a bound that cannot be compared exactly limits nothing
            if (bound := getattr(validator, "bound", None)) is not None:
                yield Comparison(field, validator.compare_op, bound)
            elif (options := getattr(validator, "options", None)) is not None:
                yield Comparison(field, "in", tuple(options))


def _cut(kind: type, constants: set[Any]) -> Iterator[Any]:
    """Yield the constants, and a value of each range before, between and after them."""
    if kind is str:
        yield from sorted(constants)
        yield "other" if "other" not in constants else max(constants, key=len) + "…"
        return
    ordered = sorted(constants or {_ANY[kind]})
    step = _STEPS.get(kind, Decimal(1))
    with suppress(OverflowError):
        yield ordered[0] - step
    for index, constant in enumerate(ordered):
        yield constant
        after = ordered[index + 1] if index + 1 < len(ordered) else None
        with suppress(OverflowError):
            if kind is Decimal:
                yield _EXACT.add(constant, step) if after is None else _between(constant, after)
            elif after is None or constant + step < after:
                yield constant + step


def _between(low: Decimal | int, high: Decimal | int) -> Decimal:
    return _EXACT.divide(_EXACT.add(Decimal(low), Decimal(high)), Decimal(2))
