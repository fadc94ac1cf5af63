"""Statistics: figures over the whole log, kept up event by event.  Drills are never counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import attrs

from respond.domain.events import Event
from respond.domain.moments import parse_utc, to_microseconds
from respond.projections.document import Document
from respond.workflow.incident import INCIDENT, INCIDENT_CATEGORY
from respond.workflow.incident import events as e
from respond.workflow.incident.state import OPEN, RESOLVED, REVIEWED, worse

ACKNOWLEDGE = (
    "from the report to the first assessment, level, start of response or taking of command, those left out that "
    "a foreign log merely implies; at least 0"
)
RESOLVE = "from the report to the last resolution, of incidents that now stand resolved or reviewed; at least 0"
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


@attrs.define(eq=False)
class _Tally:
    """What the statistics remember of one incident."""

    entry: str
    """The id of the event that reported it."""
    category: str
    state: str
    recorded_us: int
    reported_us: int
    level: int | None = None
    worst_level: int | None = None
    reopened: bool = False
    acknowledged: dict[str, tuple[int, int]] = attrs.Factory(dict)
    """When each entry that acknowledges happened and was recorded, by event id."""
    resolved: dict[str, tuple[int, int]] = attrs.Factory(dict)
    """The same of each entry that resolves."""

    def acknowledge_us(self) -> int | None:
        """Return how long it took to acknowledge; None when nobody did."""
        if not self.acknowledged:
            return None
        return max(0, min(happened_us for happened_us, _ in self.acknowledged.values()) - self.reported_us)

    def resolve_us(self) -> int | None:
        """Return how long it took to resolve; None when it is not resolved now."""
        if not self.resolved or self.state not in (RESOLVED, REVIEWED):
            return None
        return max(0, max(happened_us for happened_us, _ in self.resolved.values()) - self.reported_us)


class Statistics:
    """Counts incidents; takes some hundred bytes for each."""

    name: ClassVar[str] = "statistics"
    version: ClassVar[int] = 1
    handles: ClassVar[frozenset[str] | None] = frozenset(declared.name for declared in INCIDENT.event_types)

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}
        self._events = 0
        self._last_position = 0
        self._reopened = 0
        self._raised = 0
        self._lowered = 0
        self._takes: Mapping[type, Callable[[_Tally, Event], None]] = {
            **dict.fromkeys((e.UpwardReportSent, e.StepRecorded), _move),
            **dict.fromkeys((e.IncidentReviewed, e.IncidentCancelled, e.IncidentMerged), _move),
            e.IncidentAssessed: _acknowledge,
            e.ResponseStarted: _acknowledge,
            e.LevelAssigned: _assign_level,
            e.CommandTransferred: _take_up,
            e.IncidentAbsorbed: _absorbed,
            e.LevelChanged: self._change_level,
            e.IncidentResolved: _resolve,
            e.IncidentReopened: self._reopen,
            e.EntryCorrected: _correct,
            e.EntryRetracted: _retract,
        }

    def apply(self, event: Event) -> None:
        """Take one event on; drills, and events of an incident that nobody reported, change nothing."""
        body = event.body
        if body["realm"] != "real":
            return
        kind = type(event.data)
        tally = self._tallies.get(body["stream"])
        if tally is None:
            if kind is not e.IncidentReported or not body["stream"].startswith(f"{INCIDENT_CATEGORY}-"):
                return
            self._tallies[body["stream"]] = _Tally(
                entry=body["id"],
                category=event.data.category,
                state=event.data.to,
                recorded_us=event.recorded_us,
                reported_us=_happened_us(event),
            )
        self._events += 1
        self._last_position = event.position
        take = self._takes.get(kind)
        if take is not None and tally is not None:
            take(tally, event)

    def figures(self) -> Figures:
        """Return the figures as of the last event that was taken on."""
        tallies = self._tallies.values()
        states = Counter(tally.state for tally in tallies)
        return Figures(
            last_position=self._last_position,
            events=self._events,
            incidents=len(tallies),
            open=sum(states[state] for state in OPEN),
            states=_sorted(states),
            levels=_sorted(Counter(tally.level for tally in tallies)),
            worst_levels=_sorted(Counter(tally.worst_level for tally in tallies)),
            categories=_sorted(Counter(tally.category for tally in tallies)),
            reopened=self._reopened,
            reopened_incidents=sum(tally.reopened for tally in tallies),
            raised=self._raised,
            lowered=self._lowered,
            acknowledge=_spread((tally.acknowledge_us() for tally in tallies), ACKNOWLEDGE),
            resolve=_spread((tally.resolve_us() for tally in tallies), RESOLVE),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON values with stable keys."""
        return self.figures().to_json()

    def _change_level(self, tally: _Tally, event: Event) -> None:
        data: e.LevelChanged = event.data
        if data.to_level < data.from_level:
            self._raised += 1
        elif data.to_level > data.from_level:
            self._lowered += 1
        _levelled(tally, data.to_level)

    def _reopen(self, tally: _Tally, event: Event) -> None:
        tally.state = event.data.to
        tally.reopened = True
        self._reopened += 1


def nearest_rank(ordered: list[int], percent: int) -> int | None:
    """Return the smallest of the *ordered* values that at least *percent* of them do not exceed; None for no values."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None


def _spread(spans_us: Iterable[int | None], definition: str) -> Spread:
    ordered = sorted(span_us // 1_000_000 for span_us in spans_us if span_us is not None)
    return Spread(
        count=len(ordered),
        median_seconds=nearest_rank(ordered, 50),
        percentile_90_seconds=nearest_rank(ordered, 90),
        definition=definition,
    )


def _sorted(counts: Counter[Any]) -> Mapping[Any, int]:
    """Return *counts* by key, with None, where nothing is known, last."""
    return {key: counts[key] for key in sorted(counts, key=lambda key: (key is None, key))}


def _happened_us(event: Event) -> int:
    return _moment_us(event.body.get("occurred_at"), event.recorded_us)


def _moment_us(claim: Any, recorded_us: int) -> int:
    """Return the microseconds of a moment as a body holds it; of the recording when nobody knows."""
    if claim is None:
        return recorded_us
    return to_microseconds(parse_utc(claim if type(claim) is str else claim["at"]))


def _move(tally: _Tally, event: Event) -> None:
    tally.state = event.data.to


def _acknowledge(tally: _Tally, event: Event) -> None:
    tally.state = event.data.to
    _take_up(tally, event)


def _take_up(tally: _Tally, event: Event) -> None:
    if not event.inferred:
        tally.acknowledged[event.body["id"]] = _happened_us(event), event.recorded_us


def _assign_level(tally: _Tally, event: Event) -> None:
    _acknowledge(tally, event)
    _levelled(tally, event.data.level)


def _levelled(tally: _Tally, level: int) -> None:
    tally.level = level
    tally.worst_level = worse(tally.worst_level, level)


def _absorbed(tally: _Tally, event: Event) -> None:
    tally.worst_level = worse(tally.worst_level, event.data.worst_level)


def _resolve(tally: _Tally, event: Event) -> None:
    tally.state = event.data.to
    tally.resolved[event.body["id"]] = _happened_us(event), event.recorded_us


def _correct(tally: _Tally, event: Event) -> None:
    entry, changes = event.data.entry, event.data.changes
    if entry == tally.entry:
        tally.category = changes.get("category", tally.category)
    if "occurred_at" not in changes:
        return
    claim = changes["occurred_at"]
    if entry == tally.entry:
        tally.reported_us = _moment_us(claim, tally.recorded_us)
    for times in (tally.acknowledged, tally.resolved):
        if entry in times:
            times[entry] = _moment_us(claim, times[entry][1]), times[entry][1]


def _retract(tally: _Tally, event: Event) -> None:
    tally.acknowledged.pop(event.data.entry, None)
