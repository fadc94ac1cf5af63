"""The parts of a mapping: what one column, or some together, mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, Literal, TypeVar

import attrs

TargetT = TypeVar("TargetT", str, int)

LogFormat = Literal["csv", "xes"]
LogKind = Literal["snapshots", "activities"]
OrderType = Literal["text", "number", "time"]
UnknownState = Literal["refuse", "record"]
UnknownLevel = Literal["refuse", "ignore"]

KEEP = "keep"
"""The target of a source state that moves nothing."""
OPEN = "open"
"""The target of a source state that moves nothing while the incident is open, and reopens it afterwards."""
SEPARATOR = "/"
"""Between the cells of a source state that stands in several columns."""


@attrs.frozen(kw_only=True)
class Lookup(Generic[TargetT]):
    """What the cells of one or more columns mean together."""

    columns: tuple[str, ...]
    targets: Mapping[tuple[str, ...], TargetT]


@attrs.frozen(kw_only=True)
class StateLookup(Lookup[str]):
    """The state of a row: a state of the workflow, `keep` or `open`."""

    unknown: UnknownState = "refuse"
    """What to do with cells that *targets* lacks: refuse the row, or record the step as it is and report it."""


@attrs.frozen(kw_only=True)
class LevelLookup(Lookup[int]):
    """The level of a row: one column, or a matrix such as impact and urgency."""

    unknown: UnknownLevel = "refuse"


@attrs.frozen(kw_only=True)
class CategoryColumn:
    """The category of a row in the words of the plan."""

    column: str
    targets: Mapping[str, str] = attrs.field(factory=dict)
    fallback: str = "other"
    """The category of what *targets* lacks and the plan does not know."""


@attrs.frozen(kw_only=True)
class OrderColumn:
    """A column by which rows are put in order."""

    column: str
    type: OrderType = "text"
