"""Rhythms: the times of a schedule, each found without those before it."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime

import attrs

from respond.plan.calendars import LAST, Calendar
from respond.plan.deadlines import shifted
from respond.plan.obligations import Shift
from respond.plan.spans import Span

_MONTH = Span(1, "month")
_MONTHS = {"month": 1, "year": 12}


@attrs.frozen(kw_only=True)
class Rhythm:
    """Comes first at the end of a span, and then so long after that, again and again."""

    calendar: Calendar
    begin: datetime
    """Where the first span begins."""
    first: Span
    end: datetime
    """Where the first span ends."""
    every: Span

    def time(self, number: int) -> datetime:
        """Return the time with this *number*, from 0, in UTC.

        Months and years after a span of months or years are counted from where that began, so that a rhythm of months
        that begins on the 31st keeps to the ends of months.
        """
        if number == 0:
            return self.end
        elapsed = self.every.elapsed
        if elapsed is not None:  # most rhythms, and each act asks
            try:
                return self.end + number * elapsed
            except OverflowError:
                return LAST
        if self.first.unit in _MONTHS and self.every.unit in _MONTHS:
            months = _months(self.first) + number * _months(self.every)
            return self.calendar.after(self.begin, _MONTH, months)
        return self.calendar.after(self.end, self.every, number)

    def first_due(self, number: int, limit: datetime, shift: Shift) -> int:
        """Return the first number after *number* whose time, shifted, is not before *limit*."""

        def is_due(one: int) -> bool:
            return shifted(self.time(one), shift, self.calendar) >= limit

        low, ahead = number + 1, 1
        while not is_due(low + ahead):
            low, ahead = low + ahead, 2 * ahead
        return low + bisect_left(range(low, low + ahead), True, key=is_due)


def _months(span: Span) -> int:
    return span.count * _MONTHS[span.unit]
