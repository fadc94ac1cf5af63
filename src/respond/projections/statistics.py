"""Statistics: figures over the whole log, kept up event by event.  Drills are never counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import attrs

from respond.domain.events import Event
from respond.projections.document import Document
from respond.projections.tallies import Sums, Tally, carry
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.state import OPEN

ACKNOWLEDGE = (
    "from the report to the first acknowledgement, assessment, level, start of response or taking of command, those "
    "left out that a foreign log merely implies; at least 0"
)
RESOLVE = "from the report to the last resolution, of incidents that now stand resolved or reviewed; at least 0"
PERCENTS = (50, 90)
"""The median, and the other percentile that a spread names."""
RANK = "nearest rank: the smallest value that at least that share of the values does not exceed"


@attrs.frozen(kw_only=True)
class Spread(Document):
    """How long something took."""

    count: int
    """How many incidents it was measured at."""
    median_seconds: int | None
    percentile_90_seconds: int | None
    definition: str
    """From what to what."""
    rank: str = RANK
    """How the median and the percentile are taken."""


@attrs.frozen(kw_only=True)
class Figures(Document):
    """The figures at one position of the log."""

    last_position: int
    """The last real event of an incident that was counted."""
    events: int
    incidents: int
    open: int
    """How many of them people are at work on."""
    states: Mapping[str, int]
    levels: Mapping[int | None, int]
    """By current level; None where none was assigned."""
    worst_levels: Mapping[int | None, int]
    """By the worst level so far."""
    categories: Mapping[str, int]
    reopened: int
    """How often incidents were reopened."""
    reopened_incidents: int
    """How many incidents were, at least once."""
    raised: int
    """How often a level was raised: to a smaller number."""
    lowered: int
    acknowledge: Spread
    resolve: Spread
    unreadable: int = 0
    """How many events of incidents could not be read, and are in none of the figures above."""


def figures_of(sums: Sums, *, acknowledge: Spread, resolve: Spread, unreadable: int = 0) -> Figures:
    """Return *sums*, and what does not add up, as figures."""
    return Figures(
        last_position=sums.last_position,
        events=sums.events,
        incidents=sums.incidents,
        open=sum(sums.states[state] for state in OPEN),
        states=_sorted(sums.states),
        levels=_sorted(sums.levels),
        worst_levels=_sorted(sums.worst_levels),
        categories=_sorted(sums.categories),
        reopened=sums.reopened,
        reopened_incidents=sums.reopened_incidents,
        raised=sums.raised,
        lowered=sums.lowered,
        acknowledge=acknowledge,
        resolve=resolve,
        unreadable=unreadable,
    )


class Statistics:
    """Counts incidents; takes some hundred bytes for each."""

    name: ClassVar[str] = "statistics"
    version: ClassVar[int] = 1
    handles: ClassVar[frozenset[str] | None] = frozenset(declared.name for declared in INCIDENT.stream_types)

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}
        self._events = 0
        self._last_position = 0

    def apply(self, event: Event) -> None:
        """Take one event on; drills, and events of an incident that nobody reported, change nothing."""
        if event.body["realm"] == "real" and carry(self._tallies, event) is not None:
            self._events += 1
            self._last_position = event.position

    def sums(self) -> Sums:
        """Return the sums as of the last event that was taken on."""
        sums = Sums(events=self._events, last_position=self._last_position)
        for tally in self._tallies.values():
            sums.add(tally)
        return sums

    def figures(self) -> Figures:
        """Return the figures as of the last event that was taken on."""
        tallies = self._tallies.values()
        return figures_of(
            self.sums(),
            acknowledge=spread((tally.acknowledge_seconds() for tally in tallies), ACKNOWLEDGE),
            resolve=spread((tally.resolve_seconds() for tally in tallies), RESOLVE),
        )

    def tallies(self) -> Mapping[str, Tally]:
        """Return what is remembered of each incident, by the name of its stream."""
        return self._tallies

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON values with stable keys."""
        return self.figures().to_json()


def rank_of(count: int, percent: int) -> int:
    """Return the rank, from 1, of the smallest of *count* values that at least *percent* of them do not exceed."""
    return -(-count * percent // 100)


def nearest_rank(ordered: list[int], percent: int) -> int | None:
    """Return the smallest of the *ordered* values that at least *percent* of them do not exceed; None for no values."""
    return ordered[rank_of(len(ordered), percent) - 1] if ordered else None


def spread(spans: Iterable[int | None], definition: str) -> Spread:
    """Return how *spans*, in seconds, spread; None is no span."""
    ordered = sorted(seconds for seconds in spans if seconds is not None)
    median, percentile_90 = (nearest_rank(ordered, percent) for percent in PERCENTS)
    return Spread(count=len(ordered), median_seconds=median, percentile_90_seconds=percentile_90, definition=definition)


def _sorted(counts: Counter[Any]) -> Mapping[Any, int]:
    """Return *counts* by key, with None, where nothing is known, last."""
    there = [key for key, count in counts.items() if count]
    return {key: counts[key] for key in sorted(there, key=lambda key: (key is None, key))}
