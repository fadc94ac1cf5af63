"""Deadlines: where a clock that began runs out, on a calendar, with shifts and pauses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

from respond.plan.calendars import LAST, Calendar
from respond.plan.facts import Paused
from respond.plan.obligations import Shift

_NOON = time(12)


def shifted(at: datetime, shift: Shift, calendar: Calendar) -> datetime:
    """Return where *shift* moves a deadline; `end_of_day` is the last microsecond of its day."""
    if shift == "none":
        return at
    if at >= LAST:
        return LAST
    local = calendar.local(at)
    if shift == "end_of_day":
        return calendar.end_of(local.date())
    if calendar.is_working(local.date()):
        return at
    day = calendar.next_working_day(local.date())
    return calendar.instant(datetime.combine(day, _NOON if shift == "noon_next_working_day" else local.time()))


def deadline(
    end: datetime, *, since: datetime, shift: Shift, calendar: Calendar, pauses: Sequence[Paused]
) -> datetime | None:
    """Return the deadline of a clock that began at *since* and would run out at *end*; None while it stands still.

    Each pause that begins before the deadline, in the order of *pauses*, adds the time that stood still after *since*:
    to the span while it runs, and to the deadline when the pause begins in the grace that the shift gives.
    """
    due = shifted(end, shift, calendar)
    running = since
    for pause in pauses:
        if pause.at >= due:
            break
        if pause.until is None:
            return None
        begin = max(pause.at, running)
        if pause.until > begin:
            end = (end if begin < end else due) + (pause.until - begin)
            due = shifted(end, shift, calendar)
            running = pause.until
    return due
