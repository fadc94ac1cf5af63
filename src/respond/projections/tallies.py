"""Tallies: what the statistics remember of one incident, and the sums over many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Self

import attrs

from respond.domain.events import Event
from respond.domain.moments import parse_utc, to_microseconds
from respond.projections.rows import begins
from respond.workflow.incident import events as e
from respond.workflow.incident.state import RESOLVED, REVIEWED, worse
from respond.workflow.incident.triage import IncidentAcknowledged, IncidentRecategorised
from respond.workflow.incident.unmerging import AbsorptionUndone, MergeUndone
from respond.workflow.migration import DefinitionMigrated

_MICROSECONDS = 1_000_000

Times = dict[str, tuple[int, int]]
"""When entries happened and were recorded, by event id."""


@attrs.define(eq=False)
class Tally:
    """What the statistics remember of one incident; takes some hundred bytes."""

    entry: str
    """The id of the event that reported it."""
    category: str
    state: str
    recorded_us: int
    reported_us: int
    level: int | None = None
    worst_level: int | None = None
    reopened: int = 0
    """How often it was reopened."""
    raised: int = 0
    lowered: int = 0
    acknowledged: Times = attrs.Factory(dict)
    """The times of each entry that acknowledges."""
    resolved: Times = attrs.Factory(dict)
    """The same of each entry that resolves."""

    @classmethod
    def of(cls, event: Event) -> Self:
        """Return what an `IncidentReported` tells."""
        return cls(
            entry=event.body["id"],
            category=event.data.category,
            state=event.data.to,
            recorded_us=event.recorded_us,
            reported_us=_happened_us(event),
        )

    def take(self, event: Event) -> None:
        """Take a later event of the incident on."""
        take = _TAKES.get(type(event.data))
        if take is not None:
            take(self, event)

    def acknowledge_seconds(self) -> int | None:
        """Return how long it took to acknowledge; None when nobody did."""
        if not self.acknowledged:
            return None
        first_us = min(happened_us for happened_us, _ in self.acknowledged.values())
        return max(0, first_us - self.reported_us) // _MICROSECONDS

    def resolve_seconds(self) -> int | None:
        """Return how long it took to resolve; None when it is not resolved now."""
        if not self.resolved or self.state not in (RESOLVED, REVIEWED):
            return None
        last_us = max(happened_us for happened_us, _ in self.resolved.values())
        return max(0, last_us - self.reported_us) // _MICROSECONDS


def carry(tallies: MutableMapping[str, Tally], event: Event) -> Tally | None:
    """Carry *tallies*, given by stream, over *event*; return the one that it began or changed.

    None for an event of an incident that nobody reported.
    """
    stream = event.body["stream"]
    tally = tallies.get(stream)
    if tally is not None:
        tally.take(event)
    elif begins(event):
        tally = tallies[stream] = Tally.of(event)
    return tally


@attrs.define
class Sums:
    """The sums over tallies."""

    states: Counter[str] = attrs.Factory(Counter)
    levels: Counter[int | None] = attrs.Factory(Counter)
    worst_levels: Counter[int | None] = attrs.Factory(Counter)
    categories: Counter[str] = attrs.Factory(Counter)
    incidents: int = 0
    reopened: int = 0
    reopened_incidents: int = 0
    raised: int = 0
    lowered: int = 0
    events: int = 0
    """How many were taken on in all."""
    last_position: int = 0
    """Of the last of them."""

    def add(self, tally: Tally, times: int = 1) -> None:
        """Count *tally* in; with -1 *times*, out again."""
        self.states[tally.state] += times
        self.levels[tally.level] += times
        self.worst_levels[tally.worst_level] += times
        self.categories[tally.category] += times
        self.incidents += times
        self.reopened += times * tally.reopened
        self.reopened_incidents += times * bool(tally.reopened)
        self.raised += times * tally.raised
        self.lowered += times * tally.lowered


def _happened_us(event: Event) -> int:
    return _moment_us(event.body.get("occurred_at"), event.recorded_us)


def _moment_us(claim: Any, recorded_us: int) -> int:
    """Return the microseconds of a moment as a body holds it; of the recording when nobody knows."""
    if claim is None:
        return recorded_us
    return to_microseconds(parse_utc(claim if type(claim) is str else claim["at"]))


def _move(tally: Tally, event: Event) -> None:
    tally.state = event.data.to


def _acknowledge(tally: Tally, event: Event) -> None:
    tally.state = event.data.to
    _take_up(tally, event)


def _take_up(tally: Tally, event: Event) -> None:
    if not event.inferred:
        tally.acknowledged[event.body["id"]] = _happened_us(event), event.recorded_us


def _assign_level(tally: Tally, event: Event) -> None:
    _acknowledge(tally, event)
    _levelled(tally, event.data.level)


def _change_level(tally: Tally, event: Event) -> None:
    data: e.LevelChanged = event.data
    tally.raised += data.to_level < data.from_level
    tally.lowered += data.to_level > data.from_level
    _levelled(tally, data.to_level)


def _levelled(tally: Tally, level: int) -> None:
    tally.level = level
    tally.worst_level = worse(tally.worst_level, level)


def _absorbed(tally: Tally, event: Event) -> None:
    tally.worst_level = worse(tally.worst_level, event.data.worst_level)


def _absorption_undone(tally: Tally, event: Event) -> None:
    tally.worst_level = event.data.worst_level


def _resolve(tally: Tally, event: Event) -> None:
    tally.state = event.data.to
    tally.resolved[event.body["id"]] = _happened_us(event), event.recorded_us


def _reopen(tally: Tally, event: Event) -> None:
    tally.state = event.data.to
    tally.reopened += 1


def _recategorise(tally: Tally, event: Event) -> None:
    tally.category = event.data.to_category


def _correct(tally: Tally, event: Event) -> None:
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


def _retract(tally: Tally, event: Event) -> None:
    tally.acknowledged.pop(event.data.entry, None)


_TAKES: Mapping[type, Callable[[Tally, Event], None]] = {
    **dict.fromkeys((e.UpwardReportSent, e.StepRecorded), _move),
    **dict.fromkeys((e.IncidentReviewed, e.IncidentCancelled, e.IncidentMerged, MergeUndone), _move),
    DefinitionMigrated: _move,
    e.IncidentAssessed: _acknowledge,
    e.ResponseStarted: _acknowledge,
    e.LevelAssigned: _assign_level,
    e.CommandTransferred: _take_up,
    IncidentAcknowledged: _take_up,
    IncidentRecategorised: _recategorise,
    e.IncidentAbsorbed: _absorbed,
    AbsorptionUndone: _absorption_undone,
    e.LevelChanged: _change_level,
    e.IncidentResolved: _resolve,
    e.IncidentReopened: _reopen,
    e.EntryCorrected: _correct,
    e.EntryRetracted: _retract,
}
