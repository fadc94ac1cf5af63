"""The ladder: who is told of an obligation, and when, before and after its deadline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import attrs

from respond.plan.calendars import Calendar
from respond.plan.obligations import Rung
from respond.plan.owed import Owed

if TYPE_CHECKING:
    from respond.plan.plan import Plan

_INSTANT = timedelta(microseconds=1)


@attrs.frozen
class Climb:
    """A rung, at the moment at which it is to be climbed."""

    at: datetime
    number: int
    """The place of the rung on the ladder of the plan, from 1."""
    rung: Rung


def rungs(plan: Plan, owed: Owed, level: int | None) -> tuple[Climb, ...]:
    """Return the rungs that are climbed at *level*, the earliest first; none after it was done, waived or dropped."""
    return tuple(climb for climb in _climbs(plan, owed) if not climb.rung.levels or level in climb.rung.levels)


def next_moment(owed: Iterable[Owed], plan: Plan, after: datetime) -> datetime | None:
    """Return the first moment after *after* at which one of *owed* gets near, falls due or climbs a rung; None if none.

    Rungs of every level count, and so does the moment at which a schedule goes on: at some there is nothing to do.
    """
    moments = (moment for one in owed for moment in _moments(plan, one, after))
    return min((moment for moment in moments if moment > after), default=None)


def _moments(plan: Plan, owed: Owed, after: datetime) -> Iterator[datetime]:
    obligation = plan.obligation(owed.obligation)
    if obligation is None or owed.due_at is None:
        return
    if _open_at(owed, after):
        yield from (at for at in (owed.near_at, owed.due_at) if at is not None and _open_at(owed, at))
        yield from (climb.at for climb in _climbs(plan, owed))
    if obligation.recurs is not None and obligation.recurs.after == "schedule":
        yield owed.due_at + _INSTANT


def _climbs(plan: Plan, owed: Owed) -> list[Climb]:
    obligation = plan.obligation(owed.obligation)
    if obligation is None or owed.due_at is None or owed.since is None:
        return []
    calendar = plan.calendar_of(obligation)
    climbs = (
        Climb(max(owed.since, _at(rung, owed.due_at, calendar)), number, rung)
        for number, rung in enumerate(obligation.ladder, 1)
    )
    return sorted((climb for climb in climbs if _open_at(owed, climb.at)), key=lambda climb: (climb.at, climb.number))


def _at(rung: Rung, due_at: datetime, calendar: Calendar) -> datetime:
    if rung.before is not None:
        return calendar.before(due_at, rung.before)
    return due_at if rung.after is None else calendar.after(due_at, rung.after)


def _open_at(owed: Owed, at: datetime) -> bool:
    ends = (owed.done_at, owed.waived_at, owed.dropped_at)
    return all(end is None or at < end for end in ends)
