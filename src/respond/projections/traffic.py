"""Traffic: how often the aggregates of one workflow went from state to state, and how long they had stood there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from statistics import median_low
from typing import ClassVar, Self

import attrs

from respond.domain.events import Event


@attrs.frozen(kw_only=True)
class Moves:
    """The moves from one state to another."""

    count: int
    median: timedelta | None
    """How long an aggregate had stood in the first state, half of the times; None for the first move of its life."""


class Traffic:
    """Counts the moves of the real aggregates of *category*; what was corrected or retracted counts as recorded.

    A step that enters the state that it leaves is a move too, after which the aggregate stands there as long as before.
    """

    name: ClassVar[str] = "traffic"
    version: ClassVar[int] = 1
    handles: ClassVar[frozenset[str] | None] = None

    def __init__(self, category: str) -> None:
        self._category = category
        self._since: dict[str, datetime] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._spans: dict[tuple[str, str], list[timedelta]] = {}

    def apply(self, event: Event) -> None:
        """Take one event on, given in log order; one that tells no step changes nothing."""
        source, dest = getattr(event.data, "from_", None), getattr(event.data, "to", None)
        stream = event.stream
        if source is None or dest is None or (stream.category, stream.realm) != (self._category, "real"):
            return
        move = (source, dest)
        self._counts[move] = self._counts.get(move, 0) + 1
        happened = event.happened_at
        entered = self._since.get(stream.name)
        if entered is not None:
            self._spans.setdefault(move, []).append(max(happened - entered, timedelta(0)))
        if source != dest:
            self._since[stream.name] = happened

    def take(self, events: Iterable[Event]) -> Self:
        """Take *events* on, given in log order."""
        for event in events:
            self.apply(event)
        return self

    def moves(self) -> Mapping[tuple[str, str], Moves]:
        """Return the moves by the state that was left and the one that was entered."""
        return {
            move: Moves(count=count, median=median_low(spans) if (spans := self._spans.get(move)) else None)
            for move, count in self._counts.items()
        }
