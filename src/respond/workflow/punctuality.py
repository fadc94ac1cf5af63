"""Punctuality: a command tells what has happened, and nothing of the future.  Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from respond.domain.moments import format_utc
from respond.errors import Refusal
from respond.workflow.definition import Situation

IN_THE_FUTURE: Final = "in-the-future"
TOLERANCE: Final = timedelta(minutes=1)
"""How far the clock of whoever tells may be ahead of the clock of whoever decides."""


def untimely(situation: Situation) -> tuple[Refusal, ...]:
    """Return the reason against a command that tells of the future; none otherwise."""
    reason = told_of_the_future(situation.at, situation.now)
    return () if reason is None else (Refusal(IN_THE_FUTURE, reason),)


def told_of_the_future(at: datetime, now: datetime) -> str | None:
    """Return the reason against something that is told to have happened at *at*; None when that is not after *now*."""
    if at <= now + TOLERANCE:
        return None
    return f"{format_utc(at)} is after now, {format_utc(now)}; tell what has happened, with the time at which it did"
