"""Rows: one line for each incident, and what it is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from typing import Any, Self

import attrs

from respond.domain.events import Event
from respond.domain.moments import Moment, from_microseconds
from respond.projections.document import Document
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident import events as e
from respond.workflow.incident.state import worse
from respond.workflow.incident.triage import IncidentRecategorised
from respond.workflow.incident.unmerging import AbsorptionUndone, MergeUndone
from respond.workflow.migration import DefinitionMigrated


@attrs.frozen(kw_only=True)
class Row(Document):
    """One incident of the list."""

    id: str
    number: str
    """`INC-` and the position of its report."""
    reference: str | None
    title: str
    category: str
    state: str
    level: int | None
    worst_level: int | None
    commander: str | None
    team: str | None
    reported_at: datetime
    """When it was reported, as now claimed."""
    updated_at: datetime
    """When its last event was recorded."""
    merged_into: str | None


@attrs.define(eq=False)
class Standing:
    """What the list remembers of one incident."""

    id: str
    position: int
    """Of the event that reported it."""
    entry: str
    """The id of that event."""
    reported_us: int
    """When that event was recorded."""
    occurred_at: Any
    """When that event happened, as a body holds it."""
    updated_us: int
    title: str
    category: str
    reference: str | None
    state: str
    team: str | None
    level: int | None = None
    worst_level: int | None = None
    commander: str | None = None
    merged_into: str | None = None

    def matches(self, state: str | None, level: int | None, category: str | None, text: str | None) -> bool:
        """Return whether the incident meets every filter that is not None; *text* is folded for comparison."""
        return (
            (state is None or self.state == state)
            and (level is None or self.level == level)
            and (category is None or self.category == category)
            and (text is None or text in self.searched())
        )

    def searched(self) -> str:
        """Return what a text is looked for in: number, reference and title, folded for comparison."""
        return f"{self.number}\n{self.reference or ''}\n{self.title}".casefold()

    @property
    def number(self) -> str:
        return f"INC-{self.position}"

    def row(self) -> Row:
        moment = None if self.occurred_at is None else Moment.from_json(self.occurred_at)
        return Row(
            id=self.id,
            number=self.number,
            reference=self.reference,
            title=self.title,
            category=self.category,
            state=self.state,
            level=self.level,
            worst_level=self.worst_level,
            commander=self.commander,
            team=self.team,
            reported_at=from_microseconds(self.reported_us) if moment is None else moment.at,
            updated_at=from_microseconds(self.updated_us),
            merged_into=self.merged_into,
        )

    @classmethod
    def of(cls, event: Event) -> Self:
        """Return what an `IncidentReported` tells."""
        data: e.IncidentReported = event.data
        return cls(
            id=event.body["subject"],
            position=event.position,
            entry=event.body["id"],
            reported_us=event.recorded_us,
            occurred_at=event.body.get("occurred_at"),
            updated_us=event.recorded_us,
            title=data.title,
            category=data.category,
            reference=data.reference,
            state=data.to,
            team=data.team,
        )

    def take(self, event: Event) -> None:
        """Take a later event of the incident on."""
        self.updated_us = event.recorded_us
        take = _TAKES.get(type(event.data))
        if take is not None:
            take(self, event.data)


def carry(standings: MutableMapping[str, Standing], event: Event) -> Standing | None:
    """Carry *standings*, given by stream, over *event*; return the one that it began or changed.

    None for an event of an incident that nobody reported.
    """
    stream = event.body["stream"]
    standing = standings.get(stream)
    if standing is not None:
        standing.take(event)
    elif begins(event):
        standing = standings[stream] = Standing.of(event)
    return standing


def begins(event: Event) -> bool:
    """Return whether *event* reports the incident whose stream it stands in."""
    return type(event.data) is e.IncidentReported and event.body["stream"].startswith(f"{INCIDENT_CATEGORY}-")


def _moved(standing: Standing, data: Any) -> None:
    standing.state = data.to


def _levelled(standing: Standing, level: int) -> None:
    standing.level = level
    standing.worst_level = worse(standing.worst_level, level)


def _level_assigned(standing: Standing, data: e.LevelAssigned) -> None:
    standing.state = data.to
    _levelled(standing, data.level)


def _absorbed(standing: Standing, data: e.IncidentAbsorbed) -> None:
    standing.worst_level = worse(standing.worst_level, data.worst_level)


def _level_changed(standing: Standing, data: e.LevelChanged) -> None:
    _levelled(standing, data.to_level)


def _command_transferred(standing: Standing, data: e.CommandTransferred) -> None:
    standing.commander = data.to_commander


def _team_assigned(standing: Standing, data: e.TeamAssigned) -> None:
    standing.team = data.to_team


def _recategorised(standing: Standing, data: IncidentRecategorised) -> None:
    standing.category = data.to_category


def _corrected(standing: Standing, data: e.EntryCorrected) -> None:
    if data.entry == standing.entry:
        for name in ("title", "category", "reference", "occurred_at"):
            if name in data.changes:
                setattr(standing, name, data.changes[name])


def _merged(standing: Standing, data: e.IncidentMerged) -> None:
    standing.state = data.to
    standing.merged_into = data.into


def _merge_undone(standing: Standing, data: MergeUndone) -> None:
    standing.state = data.to
    standing.merged_into = None


def _absorption_undone(standing: Standing, data: AbsorptionUndone) -> None:
    standing.worst_level = data.worst_level


_TAKES: Mapping[type, Callable[[Standing, Any], None]] = {
    e.IncidentAssessed: _moved,
    e.LevelAssigned: _level_assigned,
    e.LevelChanged: _level_changed,
    e.IncidentAbsorbed: _absorbed,
    e.ResponseStarted: _moved,
    e.CommandTransferred: _command_transferred,
    e.TeamAssigned: _team_assigned,
    e.UpwardReportSent: _moved,
    e.StepRecorded: _moved,
    e.IncidentResolved: _moved,
    e.IncidentReopened: _moved,
    e.IncidentReviewed: _moved,
    e.IncidentCancelled: _moved,
    e.IncidentMerged: _merged,
    e.EntryCorrected: _corrected,
    DefinitionMigrated: _moved,
    IncidentRecategorised: _recategorised,
    MergeUndone: _merge_undone,
    AbsorptionUndone: _absorption_undone,
}
