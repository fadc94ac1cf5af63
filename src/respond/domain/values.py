"""Frozen values that a fold changes a hundred thousand times a second."""

from __future__ import annotations

from typing import Any, TypeVar

import attrs

ValueT = TypeVar("ValueT")


def replace(value: ValueT, /, **changes: Any) -> ValueT:
    """Return a copy of *value* with *changes*; its class is `attrs.frozen(slots=False)`.

    Unlike `attrs.evolve` it runs no validator and no converter, and takes 0.4 µs where that takes 6: a fold only
    carries on what was validated when it was recorded.
    """
    copy = object.__new__(type(value))
    object.__setattr__(copy, "__dict__", value.__dict__ | changes)
    return copy


def fields_of(value: Any) -> dict[str, Any]:
    """Return the fields of *value*, of an attrs class, by name: an event often has those of its command."""
    return {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
