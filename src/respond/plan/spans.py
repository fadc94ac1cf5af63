"""Spans of time as plans write them: `30 min`, `2 h`, `3 days`, `5 working days`, `1 month`."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cached_property
from typing import Literal

import attrs

from respond.errors import InvalidPlan
from respond.plan.shown import shown

Unit = Literal["minute", "hour", "day", "working_day", "month", "year"]

_UNITS: dict[str, tuple[Unit, int]] = {
    "min": ("minute", 1),
    "minute": ("minute", 1),
    "h": ("hour", 1),
    "hour": ("hour", 1),
    "day": ("day", 1),
    "week": ("day", 7),
    "working day": ("working_day", 1),
    "month": ("month", 1),
    "year": ("year", 1),
}
_SPAN = re.compile(r"([0-9]{1,6}) ([a-z]+(?: [a-z]+)?)")
_SHORT: dict[Unit, str] = {"minute": "min", "hour": "h"}
_MOST: dict[Unit, int] = {
    "minute": 52_596_000,
    "hour": 876_600,
    "day": 36_525,
    "working_day": 36_525,
    "month": 1_200,
    "year": 100,
}
"""A hundred years of each: more is a slip, and nothing that a calendar should count."""


@attrs.frozen
class Span:
    """A number of units.

    Minutes and hours pass on every clock alike.  Days, working days, months and years are counted on a calendar: they
    end at the same time of the day as they began.
    """

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Span:
        """Return the span that *text* tells; raises `InvalidPlan`."""
        found = _SPAN.fullmatch(text)
        unit = _UNITS.get(found[2]) or _UNITS.get(found[2].removesuffix("s")) if found else None
        if found is None or unit is None:
            raise InvalidPlan(
                f"{shown(text)} is not a span of time; write 30 min, 2 h, 3 days, 5 working days, 1 month or 1 year",
                value=text,
            )
        return cls(int(found[1]) * unit[1], unit[0])

    def __attrs_post_init__(self) -> None:
        if self.count < 1:
            raise InvalidPlan(f"{self} is no time at all; write 1 or more", value=self.count, flaw="span-invalid")
        if self.count > _MOST[self.unit]:
            raise InvalidPlan(f"{self} is longer than 100 years", value=self.count, flaw="span-invalid")

    @cached_property
    def elapsed(self) -> timedelta | None:
        """How long it is on every clock; None when it is counted on a calendar."""
        minutes = {"minute": 1, "hour": 60}.get(self.unit)
        return None if minutes is None else timedelta(minutes=minutes * self.count)

    def __str__(self) -> str:
        unit = _SHORT.get(self.unit) or self.unit.replace("_", " ") + ("" if self.count == 1 else "s")
        return f"{self.count} {unit}"
