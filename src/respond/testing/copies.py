"""Copies of what can be changed in place, however deep it lies."""

from __future__ import annotations

from functools import cache
from operator import is_
from typing import Any

import attrs

_PLAIN = {str, int, bool, type(None)}
"""What most of a state is, and holds nothing."""


def copied(value: Any) -> Any:
    """Return a value equal to *value* that no change in place of a list, a mapping or a set within reaches.

    It is *value* itself where there is nothing of the kind within; tuples and what attrs compares are looked into.
    """
    kind: type = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, dict):
        return {key: copied(one) for key, one in value.items()}
    if isinstance(value, list):
        return [copied(one) for one in value]
    if isinstance(value, set):
        return set(value)
    if isinstance(value, tuple):
        members = [copied(one) for one in value]
        return value if all(map(is_, members, value)) else tuple(members)
    names = _compared(kind)
    held = {name: copied(getattr(value, name)) for name in names}
    if all(one is getattr(value, name) for name, one in held.items()):
        return value
    return _with(value, held)


@cache
def _compared(kind: type) -> tuple[str, ...]:
    """Return the fields that make two values of *kind* equal; none where attrs does not compare them."""
    if not attrs.has(kind) or kind.__eq__ is object.__eq__:
        return ()
    return tuple(field.name for field in attrs.fields(kind) if field.eq)


def _with(value: Any, held: dict[str, Any]) -> Any:
    """Return a copy of *value* that holds *held*, made without its validators and converters."""
    other = object.__new__(type(value))
    for field in attrs.fields(type(value)):
        object.__setattr__(other, field.name, held.get(field.name, getattr(value, field.name)))
    return other
