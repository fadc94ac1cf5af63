"""Calendars: which days people work, and on which clock; versioned apart from the plans that name them."""

from __future__ import annotations

import calendar
from bisect import bisect_right
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

import attrs

from respond.errors import InvalidPlan
from respond.plan.shown import shown
from respond.plan.spans import Span, Unit

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

FIRST = datetime(MINYEAR, 1, 3, tzinfo=UTC)
LAST = datetime(MAXYEAR, 12, 29, tzinfo=UTC)
"""What would lie later is here: every clock of the world can show it."""

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_SECOND = timedelta(seconds=1)


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
    until: date | None = None
    """The last day whose holidays are known; behind it only the week decides.  None when there is no such day."""
    week_until: date | None = None
    """The last day to which a plan makes do with the week where holidays are not known: lint is content until then."""

    def __attrs_post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (ValueError, OSError, KeyError) as error:
            raise InvalidPlan(
                f"{shown(self.zone)} is not a time zone; write its IANA name, such as Asia/Shanghai",
                place="zone",
                value=self.zone,
                flaw="zone-unknown",
            ) from error
        if not self.working_week:
            raise InvalidPlan("must hold a day at least; write mon, tue …", place="working_week", flaw="value-empty")
        for name in ("working_week", "holidays", "workdays"):
            _refuse_twice(name, getattr(self, name))
        both = sorted(self._off & self._on)
        if both:
            place = f"workdays[{self.workdays.index(both[0])}]"
            raise InvalidPlan(f"{both[0]} is a holiday and a workday; write it once", place=place, value=both[0])

    @cached_property
    def _clock(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def _off(self) -> frozenset[date]:
        return frozenset(self.holidays)

    @cached_property
    def _on(self) -> frozenset[date]:
        return frozenset(self.workdays)

    @cached_property
    def _listed(self) -> list[date]:
        return sorted(self._off | self._on)

    @cached_property
    def _week(self) -> tuple[bool, ...]:
        return tuple(day in self.working_week for day in WEEK)

    def is_working(self, day: date) -> bool:
        """Return whether people work on *day*; on dates that the calendar does not list, the week decides."""
        return day in self._on or (self._week[day.weekday()] and day not in self._off)

    def local(self, at: datetime) -> datetime:
        """Return what the calendar's clock shows at *at*, without a zone."""
        return at.astimezone(self._clock).replace(tzinfo=None, fold=0)

    def instant(self, local: datetime) -> datetime:
        """Return when the calendar's clock shows the naive time *local*, in UTC.

        The earlier when it shows it twice; the first instant after the gap when it skips it.
        """
        earlier = local.replace(tzinfo=self._clock, fold=0)
        at = earlier.astimezone(UTC)
        if earlier.utcoffset() == earlier.replace(fold=1).utcoffset() or self.local(at) == local:
            return at
        return self._end_of_gap(local)

    def after(self, at: datetime, span: Span, times: int = 1) -> datetime:
        """Return the end of so many *times* a *span* that begins at *at*, in UTC; `LAST` when that is later.

        Many are counted from *at*: months that begin on the 31st end on the 28th of February and the 31st of March.
        """
        try:
            return self._moved(at, span, times)
        except OverflowError:
            return LAST

    def before(self, at: datetime, span: Span) -> datetime:
        """Return where *span* begins when it ends at *at*, in UTC; `FIRST` when that is earlier."""
        try:
            return self._moved(at, span, -1)
        except OverflowError:
            return FIRST

    def next_working_day(self, day: date) -> date:
        """Return the first day after *day* on which people work."""
        day += _DAY
        while not self.is_working(day):
            day += _DAY
        return day

    def end_of(self, day: date) -> datetime:
        """Return the last microsecond of *day*, in UTC."""
        return self.instant(datetime.combine(day + _DAY, time())) - timedelta.resolution

    def _moved(self, at: datetime, span: Span, times: int) -> datetime:
        if span.elapsed is not None:
            return at.astimezone(UTC) + times * span.elapsed
        local = self.local(at)
        return self.instant(datetime.combine(self._counted(local.date(), span.unit, times * span.count), local.time()))

    def _counted(self, day: date, unit: Unit, count: int) -> date:
        match unit:
            case "working_day":
                return self._working_day(day, count)
            case "month":
                return _months_later(day, count)
            case "year":
                return _months_later(day, 12 * count)
            case _:
                return day + count * _DAY

    def _working_day(self, day: date, count: int) -> date:
        step = _DAY if count > 0 else -_DAY
        left = abs(count)
        while left:
            weeks = self._plain_weeks(day, left) if step is _DAY else 0
            day += weeks * _WEEK
            left -= weeks * len(self.working_week)
            day += step
            left -= self.is_working(day)
        return day

    def _plain_weeks(self, day: date, count: int) -> int:
        """Return how many weeks after *day* hold less than *count* working days, and no date that is listed."""
        weeks = (count - 1) // len(self.working_week)
        if not weeks:
            return 0
        place = bisect_right(self._listed, day)
        if place == len(self._listed):
            return weeks
        return min(weeks, ((self._listed[place] - day).days - 1) // _WEEK.days)

    def _end_of_gap(self, local: datetime) -> datetime:
        """Return the instant at which the clock springs over *local*, found between one before and one after it."""
        whole = local.replace(tzinfo=self._clock, microsecond=0)
        before, after = whole.replace(fold=1).astimezone(UTC), whole.replace(fold=0).astimezone(UTC)
        offset = after.astimezone(self._clock).utcoffset()
        while after - before > _SECOND:
            middle = before + (after - before) // 2 // _SECOND * _SECOND
            if middle.astimezone(self._clock).utcoffset() == offset:
                after = middle
            else:
                before = middle
        return after


@attrs.frozen(kw_only=True)
class CalendarName:
    """Names a calendar that lies in a file of its own, `NAME@VERSION.toml`."""

    name: str
    version: str
    week_until: date | None = None


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        raise OverflowError(year)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _refuse_twice(name: str, days: tuple[date | Weekday, ...]) -> None:
    seen: set[date | Weekday] = set()
    for index, day in enumerate(days):
        if day in seen:
            raise InvalidPlan(f"holds {day} twice; write it once", place=f"{name}[{index}]", value=day)
        seen.add(day)


EVERY_DAY = Calendar(name="every-day", version="1", zone="UTC", working_week=WEEK)
"""What counts where no calendar is named: days of 24 hours in UTC, each a working day."""
