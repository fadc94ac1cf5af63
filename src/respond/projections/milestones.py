"""Milestones: when an incident reached which point, and how long it took from one to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

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
    ("report_upward", "reported", "first_upward_report"),
    ("resolve_last", "reported", "resolved_last"),
)
_START = "start"
_OF_A_STRETCH = (
    ("contain", _START, "contained"),
    ("restore", _START, "restored"),
    ("resolve_first", _START, "resolved_first"),
    ("review", "resolved_last", "reviewed"),
)
_EFFECTS: tuple[tuple[str, type, MeasureKind], ...] = (
    ("contained", IncidentContained, "contain"),
    ("restored", ServiceRestored, "restore"),
)
_MEASURES = (MeasureStarted, MeasureCompleted, MeasureSkipped)
_SECOND = timedelta(seconds=1)


def numbered(name: str, ordinal: int) -> str:
    """Return *name* as people read it, with its number from the second time on."""
    return name if ordinal == 1 else f"{name} ({ordinal})"


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
    ordinal: int = 1
    """Which time, where it was done more than once."""
    since: str
    """The milestone that it begins with; a repeat has both from its own stretch."""
    until: str
    seconds: int
    on_hold_seconds: int = 0
    """How much of that work was on hold."""
    citations: tuple[Citation, Citation]


_Numbered = TypeVar("_Numbered", Milestone, Duration)


def stretches(world: Iterable[Entry]) -> tuple[tuple[Entry, ...], ...]:
    """Return *world* cut into stretches: each reopening after a resolution begins another."""
    found: list[list[Entry]] = [[]]
    resolved = False
    for entry in world:
        if resolved and isinstance(entry.reading, e.IncidentReopened):
            found.append([])
            resolved = False
        resolved = resolved or isinstance(entry.reading, e.IncidentResolved)
        found[-1].append(entry)
    return tuple(map(tuple, found))


def milestones(world: Sequence[Entry]) -> tuple[Milestone, ...]:
    """Return the milestones in *world*, entries that hold, in the order in which they happened."""
    reached = (one for stretch in _achieved(stretches(world)) for one in stretch)
    return tuple(sorted((*_told(world), *_numbered(reached), *_points(world)), key=lambda one: one.at))


def durations(world: Sequence[Entry], held: Sequence[Tenure] = ()) -> tuple[Duration, ...]:
    """Return how long it took between the milestones in *world*, and how much of that was on hold."""
    known = {one.name: one for one in (*_told(world), *_points(world))}
    found = list(_between(_DURATIONS, known, held))
    parts = stretches(world)
    for place, (part, achieved) in enumerate(zip(parts, _achieved(parts), strict=True)):
        own = {one.name: one for one in (*_points(part), *achieved)}
        own[_START] = _milestone("reopened", part[0]) if place else known["reported"]
        found += _between(_OF_A_STRETCH, own, held)
    return tuple(_numbered(found))


def _between(
    asked: Iterable[tuple[str, str, str]], known: Mapping[str, Milestone], held: Sequence[Tenure]
) -> Iterator[Duration]:
    """Yield each duration that is *asked* for, between two of the *known* milestones."""
    for name, since, until in asked:
        if since in known and until in known:
            begun, ended = known[since], known[until]
            yield Duration(
                name=name,
                since=begun.name,
                until=until,
                seconds=(ended.at - begun.at) // _SECOND,
                on_hold_seconds=seconds_within(held, begun.at, ended.at),
                citations=(begun.citation, ended.citation),
            )


def _numbered(found: Iterable[_Numbered]) -> Iterator[_Numbered]:
    """Yield what was *found*, each with which of its name it is."""
    count: Counter[str] = Counter()
    for one in found:
        count[one.name] += 1
        yield attrs.evolve(one, ordinal=count[one.name])


def _points(world: Sequence[Entry]) -> Iterator[Milestone]:
    """Yield the milestones that an entry of *world* is, whichever stretch it is in."""
    for name, kinds in _FIRSTS:
        reaching = _taken_up(world) if kinds is ACKNOWLEDGES else _of(world, kinds)
        yield from (_milestone(name, entry) for entry in reaching[:1])
    yield from _numbered(_milestone("reopened", entry) for entry in _of(world, (e.IncidentReopened,)))
    for name, kinds in _LASTS:
        yield from (_milestone(name, entry) for entry in _of(world, kinds)[-1:])


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


def _achieved(parts: Iterable[Sequence[Entry]]) -> Iterator[tuple[Milestone, ...]]:
    """Yield for each of the stretches when it was contained, restored and reviewed."""
    left: dict[str, set[str]] = {name: set() for name, _, _ in _EFFECTS}
    for part in parts:
        reached = {name: _effect(part, said, kind, left[name]) for name, said, kind in _EFFECTS}
        reached["reviewed"] = _of(part, (e.IncidentReviewed,))[-1:]
        yield tuple(_milestone(name, entry) for name, found in reached.items() for entry in found)


def _effect(part: Iterable[Entry], said: type, kind: MeasureKind, left: set[str]) -> list[Entry]:
    """Return what achieved it, if anything did: the words of people, else the end of the last measure begun for that.

    *left* holds the measures that are open; those that a stretch leaves open hold up the next one.
    """
    told = _of(part, (said,))
    measures = [entry for entry in _of(part, _MEASURES) if getattr(entry.reading, "kind", kind) == kind]
    for entry in measures:
        change = left.add if isinstance(entry.reading, MeasureStarted) else left.discard
        change(entry.reading.measure)
    done = [entry for entry in measures if isinstance(entry.reading, MeasureCompleted)]
    return told[:1] or ([] if left else done[-1:])


def _impact_start(reading: Any) -> Moment | None:
    if not isinstance(reading, (e.IncidentReported, e.IncidentAssessed, e.ProgressNoted)):
        return None
    return told_start(reading)


def _of(world: Iterable[Entry], kinds: tuple[type, ...]) -> list[Entry]:
    return [entry for entry in world if isinstance(entry.reading, kinds)]


def _taken_up(world: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in _of(world, ACKNOWLEDGES) if not entry.event.inferred]


def _milestone(name: str, entry: Entry) -> Milestone:
    return Milestone(name=name, at=entry.happened_at, moment=entry.occurred_at, citation=entry.citation)


def _told_by(name: str, moment: Moment, entry: Entry) -> Milestone:
    return Milestone(name=name, at=moment.at, moment=moment, citation=entry.citation)
