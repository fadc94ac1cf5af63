"""What was known at a time: the events that the log, or their source, had taken by then."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Literal, get_args

import attrs

from respond.domain.events import Event
from respond.domain.moments import parse_utc, to_microseconds
from respond.errors import InvalidInput

Clock = Literal["log", "source"]
"""Whose word counts: the log's time of recording, or what a foreign log claims in `source.recorded_at`."""
ClockUsed = Literal["log", "source", "mixed"]


@attrs.frozen(kw_only=True)
class Known:
    """The events that were known, in log order."""

    events: tuple[Event, ...]
    clock_used: ClockUsed = "log"
    """`source` when a claim stood for every event that was asked, `mixed` when it did for some."""

    @property
    def last_position(self) -> int:
        """The last position that an answer from these events rests on; 0 when there is none."""
        return self.events[-1].position if self.events else 0


def claimed_us(event: Event) -> int | None:
    """Return when the source of an imported *event* says it recorded it, in microseconds; None without a claim."""
    claim = event.source.get("recorded_at")
    return None if claim is None else to_microseconds(parse_utc(claim))


def known(events: Iterable[Event], *, at: datetime | None = None, clock: Clock = "log") -> Known:
    """Return those of *events*, given in log order, that were known at *at*; all of them when it is None.

    By the log's clock that is a prefix of the log.  By the source's clock an event counts from its claim on, and one
    without a claim from its recording on.  Raises `InvalidInput` for another clock and a naive *at*.
    """
    if clock not in get_args(Clock):
        raise InvalidInput(f"{clock!r} is not a clock; write 'log' or 'source'", place="clock", value=clock)
    events = tuple(events)
    if at is None:
        return Known(events=events)
    limit_us = to_microseconds(at)
    if clock == "log":
        return Known(events=tuple(event for event in events if event.recorded_us <= limit_us))
    claims = [claimed_us(event) for event in events]
    taken = [event.recorded_us if claim is None else claim for event, claim in zip(events, claims, strict=True)]
    return Known(
        events=tuple(event for event, taken_us in zip(events, taken, strict=True) if taken_us <= limit_us),
        clock_used=_clock_used(claims),
    )


def held(events: Sequence[Event], at: datetime) -> int:
    """Return how many of *events*, given in log order, the log held at *at*: the first ones."""
    return bisect_right(events, to_microseconds(at), key=attrgetter("recorded_us"))


def _clock_used(claims: list[int | None]) -> ClockUsed:
    missing = claims.count(None)
    if missing == len(claims):
        return "log"
    return "mixed" if missing else "source"
