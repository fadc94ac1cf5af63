"""Composite plans (应急预案体系): a special or an on-site plan, with what it takes from the general one above it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any

import attrs

from respond.errors import InvalidPlan
from respond.plan.plan import OTHER, Plan

_OWN = frozenset({"name", "version", "kind", "title", "titles", "covers", "activation", "language"})
SPECIAL = {"general": 0, "special": 1, "on_site": 2}
"""How special each kind of plan is."""


def composed(special: Plan, general: Plan) -> Plan:
    """Return the whole plan that *special* and *general* make.

    The parts of the general plan, with those of the special one added, or in place of the one that has the same id,
    number or name; what the special plan does not say is as in the general one.  The result keeps the special plan's
    name, version, kind and title, and is for the categories that the special plan covers or brings.  Raises
    `InvalidPlan` when they do not belong together.
    """
    if special.under != general.name:
        raise InvalidPlan(
            f"is {special.under!r}; the general plan that was given is {general.name!r}",
            place="under",
            value=special.under,
            flaw="general-plan-missing",
        )
    if special.language != general.language:
        raise InvalidPlan(
            f"is {special.language!r}, and {general.reference} is in {general.language!r}; write both in one language",
            place="language",
            value=special.language,
            flaw="language-differs",
        )
    covers = special.covers or tuple(category.id for category in special.categories if category.id != OTHER)
    return Plan(**{**_both(special, general), "covers": covers, "under": None})


def together(first: Plan, further: Plan) -> Plan:
    """Return *first* with what *further* adds to it, as when a second plan is activated.

    What both hold under one id is as in the more special plan, of two equally special ones as in *first*; the name,
    the version, the kind and the title are those of *first*.
    """
    above, below = (further, first) if SPECIAL[further.kind] > SPECIAL[first.kind] else (first, further)
    return Plan(**{**_both(above, below), **{name: getattr(first, name) for name in _OWN}, "under": None})


def all_together(plan: Plan, further: Iterable[Plan]) -> Plan:
    """Return *plan* with what each of *further* adds to it, in their order."""
    return reduce(together, further, plan)


def differences(first: Plan, further: Plan) -> tuple[str, ...]:
    """Return the parts that both plans hold under one id with different content, such as `roles commander`."""
    return tuple(
        f"{field.name} {identity(part)}"
        for field in attrs.fields(Plan)
        for part in _parts(getattr(first, field.name))
        if any(identity(one) == identity(part) and one != part for one in _parts(getattr(further, field.name)))
    )


def _both(above: Plan, below: Plan) -> dict[str, Any]:
    """Return the content of *below*, with that of *above* added or in its place."""
    content: dict[str, Any] = {}
    for field in attrs.fields(Plan):
        mine, theirs = getattr(above, field.name), getattr(below, field.name)
        if field.name in _OWN:
            content[field.name] = mine
        elif _parts(mine) or _parts(theirs):
            content[field.name] = _merged(mine, theirs)
        else:
            content[field.name] = mine or theirs
    return content


def _parts(value: object) -> tuple[Any, ...]:
    """Return the parts that *value* holds; none for what is no tuple of parts."""
    return tuple(part for part in value if attrs.has(type(part))) if isinstance(value, tuple) else ()


def identity(part: Any) -> object:
    """Return by what a plan knows *part*: its id, the number of a level, the name of a calendar."""
    for name in ("id", "number", "name"):
        if hasattr(part, name):
            return getattr(part, name)
    raise TypeError(f"{type(part).__name__} has nothing to be known by")


def _merged(mine: tuple[Any, ...], theirs: tuple[Any, ...]) -> tuple[Any, ...]:
    own = {identity(part): part for part in mine}
    kept = [own.pop(identity(part), part) for part in theirs]
    return (*kept, *own.values())
