"""Milestones: when an incident reached which point, and how long it took from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from respond.domain.moments import Moment
from respond.plan.measures import MeasureKind
from respond.projections.document import Document
from respond.projections.entries import Citation, Entry
from respond.projections.tenures import Tenure, seconds_within
from respond.workflow.incident import events as e
from respond.workflow.incident.effects import IncidentContained, ServiceRestored
from respond.workflow.incident.events import PlanActivated
from respond.workflow.incident.ledger import IMPACT_START, told_start
from respond.workflow.incident.measures import MeasureCompleted, MeasureSkipped, MeasureStarted
from respond.workflow.incident.triage import IncidentAcknowledged

ACKNOWLEDGES = (IncidentAcknowledged, e.IncidentAssessed, e.LevelAssigned, e.ResponseStarted, e.CommandTransferred)
"""The events that show that someone took the incident up, unless a foreign log merely implies them."""

_FIRSTS: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("reported", (e.IncidentReported,)),
    ("acknowledged", ACKNOWLEDGES),
    ("assessed", (e.IncidentAssessed,)),
    ("level_assigned", (e.LevelAssigned,)),
    ("response_started", (e.ResponseStarted,)),
    ("plan_activated", (PlanActivated,)),
    ("first_measure", (MeasureStarted,)),
    ("first_upward_report", (e.UpwardReportSent,)),
    ("resolved_first", (e.IncidentResolved,)),
)
_LASTS: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("resolved_last", (e.IncidentResolved,)),
    ("reviewed", (e.IncidentReviewed,)),
    ("cancelled", (e.IncidentCancelled,)),
    ("merged", (e.IncidentMerged,)),
)
_DURATIONS = (
    ("detect", IMPACT_START, "discovered"),
    ("report", "discovered", "reported"),
    ("acknowledge", "reported", "acknowledged"),
    ("assess", "reported", "assessed"),
    ("assign_level", "reported", "level_assigned"),
    ("start_response", "reported", "response_started"),
    ("first_measure", "reported", "first_measure"),
    ("contain", "reported", "contained"),
    ("restore", "reported", "restored"),
    ("report_upward", "reported", "first_upward_report"),
    ("resolve_first", "reported", "resolved_first"),
    ("resolve_last", "reported", "resolved_last"),
    ("review", "resolved_last", "reviewed"),
)
_EFFECTS: tuple[tuple[str, type, MeasureKind], ...] = (
    ("contained", IncidentContained, "contain"),
    ("restored", ServiceRestored, "restore"),
)
_MEASURES = (MeasureStarted, MeasureCompleted, MeasureSkipped)
_SECOND = timedelta(seconds=1)


@attrs.frozen(kw_only=True)
class Milestone(Document):
    """A point that the incident reached."""

    name: str
    ordinal: int = 1
    """Which time, where it was reached more than once."""
    at: datetime
    moment: Moment | None
    """The same as it was claimed, with precision, interval and offset; None when only the recording is known."""
    citation: Citation


@attrs.frozen(kw_only=True)
class Duration(Document):
    """How long it took from one milestone to another; below 0 when the clocks of the two disagree."""

    name: str
    since: str
    """The milestone that it begins with."""
    until: str
    seconds: int
    on_hold_seconds: int = 0
    """How much of that work was on hold."""
    citations: tuple[Citation, Citation]


def milestones(world: Sequence[Entry]) -> tuple[Milestone, ...]:
    """Return the milestones in *world*, entries that hold, in the order in which they happened."""
    found = [*_told(world), *_achieved(world)]
    for name, kinds in _FIRSTS:
        reaching = _taken_up(world) if kinds is ACKNOWLEDGES else _of(world, kinds)
        found += [_milestone(name, entry) for entry in reaching[:1]]
    reopened = _of(world, (e.IncidentReopened,))
    found += [_milestone("reopened", entry, ordinal) for ordinal, entry in enumerate(reopened, 1)]
    for name, kinds in _LASTS:
        found += [_milestone(name, entry) for entry in _of(world, kinds)[-1:]]
    return tuple(sorted(found, key=lambda one: one.at))


def durations(reached: Iterable[Milestone], held: Sequence[Tenure] = ()) -> tuple[Duration, ...]:
    """Return how long it took between the milestones that were *reached*, and how much of that was on hold."""
    known = {milestone.name: milestone for milestone in reached}
    return tuple(
        Duration(
            name=name,
            since=since,
            until=until,
            seconds=(known[until].at - known[since].at) // _SECOND,
            on_hold_seconds=seconds_within(held, known[since].at, known[until].at),
            citations=(known[since].citation, known[until].citation),
        )
        for name, since, until in _DURATIONS
        if since in known and until in known
    )


def _told(world: Sequence[Entry]) -> Iterable[Milestone]:
    """Yield the milestones that an entry tells of without being them: when impact began, and when it was discovered."""
    for entry in reversed(world):
        began = _impact_start(entry.reading)
        if began is not None:
            yield _told_by(IMPACT_START, began, entry)
            break
    for entry in _of(world, (e.IncidentReported,))[:1]:
        if entry.reading.discovered_at is not None:
            yield _told_by("discovered", entry.reading.discovered_at, entry)


def _achieved(world: Sequence[Entry]) -> Iterable[Milestone]:
    """Yield when it was contained and restored: as people say, else when the last measure begun for that was done."""
    for name, said, kind in _EFFECTS:
        told = _of(world, (said,))
        measures = [entry for entry in _of(world, _MEASURES) if getattr(entry.reading, "kind", kind) == kind]
        left: set[str] = set()
        for entry in measures:
            change = left.add if isinstance(entry.reading, MeasureStarted) else left.discard
            change(entry.reading.measure)
        done = [entry for entry in measures if isinstance(entry.reading, MeasureCompleted)]
        if told or (done and not left):
            yield _milestone(name, told[0] if told else done[-1])


def _impact_start(reading: Any) -> Moment | None:
    if not isinstance(reading, (e.IncidentReported, e.IncidentAssessed, e.ProgressNoted)):
        return None
    return told_start(reading)


def _of(world: Iterable[Entry], kinds: tuple[type, ...]) -> list[Entry]:
    return [entry for entry in world if isinstance(entry.reading, kinds)]


def _taken_up(world: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in _of(world, ACKNOWLEDGES) if not entry.event.inferred]


def _milestone(name: str, entry: Entry, ordinal: int = 1) -> Milestone:
    return Milestone(
        name=name, ordinal=ordinal, at=entry.happened_at, moment=entry.occurred_at, citation=entry.citation
    )


def _told_by(name: str, moment: Moment, entry: Entry) -> Milestone:
    return Milestone(name=name, at=moment.at, moment=moment, citation=entry.citation)
