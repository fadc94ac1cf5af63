"""Spans of time that a test waits: those at which the duties of a plan fall due, and the everyday ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from respond.plan.plan import Plan
from respond.plan.spans import Span

EDGE = timedelta(microseconds=1)
"""The smallest step of a clock: just before, just after."""
EVERYDAY = (
    timedelta(minutes=1),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=8),
    timedelta(days=1),
    timedelta(days=7),
    timedelta(days=30),
)
_DAYS = {"day": 1, "working_day": 1, "month": 30, "year": 365}


def spans_of(plan: Plan) -> tuple[timedelta, ...]:
    """Return the everyday spans, and each span of the obligations of *plan* with what lies just before and after it."""
    found: dict[timedelta, None] = dict.fromkeys(EVERYDAY)
    for span in _named(plan):
        length = span.elapsed or timedelta(days=_DAYS[span.unit] * span.count)
        found |= dict.fromkeys((length, length - EDGE, length + EDGE))
    return tuple(found)


def _named(plan: Plan) -> Iterator[Span]:
    for obligation in plan.obligations:
        yield from (clock.within for clock in obligation.due)
        if obligation.recurs is not None:
            yield obligation.recurs.every
        for rung in obligation.ladder:
            yield from (one for one in (rung.after, rung.before) if one is not None)
