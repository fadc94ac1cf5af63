"""Spans of time as plans write them: `30 min`, `2 h`, `3 days`, `5 working days`, `1 month`."""

from __future__ import annotations

import re
from typing import Literal

import attrs

from respond.errors import InvalidPlan

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
                f"{text!r} is not a span of time; write 30 min, 2 h, 3 days, 5 working days, 1 month or 1 year",
                value=text,
            )
        count = int(found[1]) * unit[1]
        if count == 0:
            raise InvalidPlan(f"{text!r} is no time at all; write 1 or more", value=text)
        return cls(count, unit[0])

    @property
    def calendrical(self) -> bool:
        """Whether it is counted on a calendar."""
        return self.unit not in _SHORT

    def __str__(self) -> str:
        unit = _SHORT.get(self.unit) or self.unit.replace("_", " ") + ("" if self.count == 1 else "s")
        return f"{self.count} {unit}"
