"""The outline of a standing: the abstraction of a search that is given none.

It has the status, truth values, members of enumerations and of literal types, and integers up to 4; of every other
field whether it holds anything; and whether time passed since the last event.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs

from respond.errors import InvalidInput
from respond.testing.clocks import START
from respond.testing.standing import Standing

COUNTED = 4
"""Up to where an integer counts; a larger one is no other state."""


def outline(standing: Standing) -> Hashable:
    """Return the abstract state of *standing*; raises `InvalidInput` when its state is no attrs class."""
    state = standing.state
    kind: Any = type(state)
    seen = tuple(_seen(getattr(state, name), whole=whole) for name, whole in _named(kind))
    since = standing.log[-1].recorded_at if standing.log else START
    return (*seen, standing.now > since)


@lru_cache(maxsize=64)
def _named(kind: Any) -> tuple[tuple[str, bool], ...]:
    """Return the fields of a state, each with whether its value counts as it is."""
    if not attrs.has(kind):
        raise InvalidInput(f"cannot be made of {kind.__name__}, which is no attrs class; give one", place="abstraction")
    hints = get_type_hints(kind)
    return tuple((field.name, field.name == "status" or _literal(hints[field.name])) for field in attrs.fields(kind))


def _literal(hint: Any) -> bool:
    """Return whether values of this type are one of a few, or nothing."""
    members = [member for member in get_args(hint) if member is not type(None)]
    return get_origin(hint) is Literal or (bool(members) and all(get_origin(member) is Literal for member in members))


def _seen(value: Any, *, whole: bool) -> Any:
    if whole or isinstance(value, (bool, Enum)):
        return value
    if isinstance(value, int):
        return max(-1, min(value, COUNTED + 1))
    return value is not None and bool(value)
