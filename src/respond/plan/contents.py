"""Everything that a plan holds, each thing with the path of its key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from respond.domain.money import Money
from respond.plan.spans import Span
from respond.plan.tables import fields_of


def contents(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every table inside *value*, which stands at *place*, with its path; the outer one first."""
    yield place, value
    kind: type = type(value)
    for key, field in fields_of(kind).items():
        one = getattr(value, field.name)
        where = f"{place}.{key}" if place else key
        if isinstance(one, tuple):
            for index, item in enumerate(one):
                if is_table(item):
                    yield from contents(item, f"{where}[{index}]")
        elif is_table(one):
            yield from contents(one, where)


def is_table(value: object) -> bool:
    """Return whether plans write *value* as a table."""
    return attrs.has(type(value)) and not isinstance(value, (Span, Money))
