"""Calendars: which days people work, and on which clock; versioned apart from the plans that name them."""

from __future__ import annotations

from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

import attrs

from respond.errors import InvalidPlan

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@attrs.frozen(kw_only=True)
class Calendar:
    """Days of work in one time zone."""

    name: str
    version: str
    zone: str
    """An IANA time zone, such as Asia/Shanghai."""
    working_week: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    holidays: tuple[date, ...] = ()
    """Days off that would be working days."""
    workdays: tuple[date, ...] = ()
    """Working days that would be off: days that make up for a holiday (调休)."""

    def __attrs_post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (ValueError, OSError, KeyError) as error:
            raise InvalidPlan(
                f"{self.zone!r} is not a time zone; write its IANA name, such as Asia/Shanghai",
                value=self.zone,
                flaw="zone-unknown",
            ) from error


@attrs.frozen(kw_only=True)
class CalendarName:
    """Names a calendar that lies in a file of its own, `NAME@VERSION.toml`."""

    name: str
    version: str


def later(at, span, calendar):
    from datetime import timedelta

    return at + timedelta(minutes=span.count)
