"""Tenures: who or what held something from when to when; half-open, in order, never two at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import attrs

from respond.plan.plan import Plan
from respond.projections.document import Document
from respond.projections.entries import Citation, Entry
from respond.workflow.incident import events as e
from respond.workflow.incident.holds import WorkHeld, WorkResumed
from respond.workflow.incident.people import RoleAssigned, RoleHandedOver, RoleReleased
from respond.workflow.incident.staffing import required
from respond.workflow.incident.state import CANCELLED, COMMANDER, MERGED, RESOLVED, REVIEWED
from respond.workflow.incident.triage import ResponseLevelSet

CLOSED = (RESOLVED, REVIEWED, CANCELLED, MERGED)
"""The states in which nobody commands; any other one, a foreign log's too, is open."""

ON_HOLD = "on_hold"
_SECOND = timedelta(seconds=1)


@attrs.frozen
class Change:
    """From this entry on, another one holds."""

    holder: str | int | None
    """None when nobody does."""
    entry: Entry


@attrs.frozen(kw_only=True)
class Tenure(Document):
    """One holder's time: `since` belongs to it, `until` does not."""

    holder: str | int
    since: datetime
    until: datetime | None
    """None while it lasts."""
    seconds: int
    """How long it lasted, or has lasted when the review was made."""
    began_by: Citation
    """The entry that began it: the change itself, or what reopened the incident."""
    ended_by: Citation | None


def statuses(world: Iterable[Entry], *, now: datetime) -> tuple[Tenure, ...]:
    """Return the status of an incident over time; *world* is in the order of what happened."""
    return _tenures([Change(entry.reading.to, entry) for entry in world if entry.moved], now=now)


def commanders(world: Iterable[Entry], closed: Sequence[Tenure], *, now: datetime) -> tuple[Tenure, ...]:
    """Return who commanded when: until the next one took over or the incident closed, and again once it reopened."""
    changes = [
        Change(entry.reading.to_commander, entry) for entry in world if isinstance(entry.reading, e.CommandTransferred)
    ]
    return _outside(_tenures(changes, now=now), closed, now=now)


def teams(world: Iterable[Entry], closed: Sequence[Tenure], *, now: datetime) -> tuple[Tenure, ...]:
    """Return which team had the incident when."""
    changes = []
    for entry in world:
        match entry.reading:
            case e.IncidentReported(team=team) | e.TeamAssigned(to_team=team):
                changes.append(Change(team, entry))
    return _outside(_tenures(changes, now=now), closed, now=now)


def levels(world: Iterable[Entry], closed: Sequence[Tenure], *, now: datetime) -> tuple[Tenure, ...]:
    """Return which level the incident had when, while it was open."""
    changes = []
    for entry in world:
        match entry.reading:
            case e.LevelAssigned(level=level) | e.LevelChanged(to_level=level):
                changes.append(Change(level, entry))
    return _outside(_tenures(changes, now=now), closed, now=now)


def holds(world: Iterable[Entry], closed: Sequence[Tenure], *, now: datetime) -> tuple[Tenure, ...]:
    """Return when work on the incident rested: until it went on, the incident closed, or was reopened."""
    changes = []
    for entry in world:
        match entry.reading:
            case WorkHeld():
                changes.append(Change(ON_HOLD, entry))
            case WorkResumed() | e.IncidentReopened():
                changes.append(Change(None, entry))
    return _outside(_tenures(changes, now=now), closed, now=now)


@attrs.frozen(kw_only=True)
class RoleTenure(Document):
    """How long somebody held a role."""

    role: str
    held: Tenure
    """With the person as its holder."""
    briefing: str
    """What was told when it was taken over."""


def roles(world: Iterable[Entry], closed: Sequence[Tenure], *, now: datetime) -> tuple[RoleTenure, ...]:
    """Return who held which role when, but for the commander's, in the order in which they began."""
    changes: dict[tuple[str, str], list[Change]] = {}
    briefings: dict[str, str] = {}
    for entry in world:
        match entry.reading:
            case RoleAssigned(role=role, person=person):
                changes.setdefault((role, person), []).append(Change(person, entry))
            case RoleReleased(role=role, person=person):
                changes.setdefault((role, person), []).append(Change(None, entry))
            case RoleHandedOver(role=role, from_person=before, to_person=after, briefing=briefing):
                changes.setdefault((role, before), []).append(Change(None, entry))
                changes.setdefault((role, after), []).append(Change(after, entry))
                briefings[entry.event.id] = briefing
    found = [
        RoleTenure(role=role, held=tenure, briefing=briefings.get(tenure.began_by.id, ""))
        for (role, _), told in changes.items()
        for tenure in _outside(_tenures(told, now=now), closed, now=now)
    ]
    return tuple(sorted(found, key=lambda one: (one.held.since, one.held.began_by.position)))


def mismatches(world: Iterable[Entry], plan: Plan, closed: Sequence[Tenure], *, now: datetime) -> tuple[Tenure, ...]:
    """Return when the response level was another one than that to which the level leads by *plan*, which names it."""
    level: int | None = None
    response: str | None = None
    changes = []
    for entry in world:
        match entry.reading:
            case e.LevelAssigned(level=int(level)) | e.LevelChanged(to_level=int(level)):
                pass
            case ResponseLevelSet(to_response=str(response)) | e.ResponseLevelReached(to_response=str(response)):
                pass
            case _:
                continue
        known = plan.level(level)
        wanted = None if known is None else known.response
        apart = None not in (wanted, response) and wanted != response
        changes.append(Change(f"{response}, not {wanted}" if apart else None, entry))
    return _outside(_tenures(changes, now=now), closed, now=now)


def vacancies(world: Iterable[Entry], plan: Plan, closed: Sequence[Tenure], *, now: datetime) -> tuple[Tenure, ...]:
    """Return when a role, the holder, stood empty that *plan* requires at the level of then."""
    level: int | None = None
    people: dict[str, frozenset[str]] = {}
    changes: dict[str, list[Change]] = {}
    for entry in world:
        match entry.reading:
            case e.LevelAssigned(level=int(level)) | e.LevelChanged(to_level=int(level)):
                pass
            case told if moved := list(_moved(told)):
                for role, leaves, joins in moved:
                    people[role] = (people.get(role, frozenset()) - leaves) | joins
            case _:
                continue
        empty = {role.id for role in required(plan, level) if not people.get(role.id)}
        for role in {*changes, *empty}:
            known = changes.setdefault(role, [])
            holder = role if role in empty else None
            if holder != (known[-1].holder if known else None):
                known.append(Change(holder, entry))
    found = [one for told in changes.values() for one in _outside(_tenures(told, now=now), closed, now=now)]
    lasting = (one for one in found if one.until != one.since)
    return tuple(sorted(lasting, key=lambda one: (one.since, one.holder)))


def _moved(told: object) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    """Yield the role, who leaves and who joins those who hold it."""
    match told:
        case RoleAssigned(role=role, person=person):
            yield role, frozenset(), frozenset({person})
        case RoleReleased(role=role, person=person):
            yield role, frozenset({person}), frozenset()
        case RoleHandedOver(role=role, from_person=before, to_person=after):
            yield role, frozenset({before}), frozenset({after})
        case e.CommandTransferred(from_commander=before, to_commander=after):
            yield COMMANDER, frozenset({before} if before else ()), frozenset({after})


def total_seconds(tenures: Iterable[Tenure]) -> int:
    """Return how long *tenures* lasted together."""
    return sum(tenure.seconds for tenure in tenures)


def seconds_within(tenures: Iterable[Tenure], since: datetime, until: datetime) -> int:
    """Return how many seconds of *tenures* lie between two moments."""
    spans = (min(one.until or until, until) - max(one.since, since) for one in tenures)
    return sum(span // _SECOND for span in spans if span > timedelta())


def _tenures(changes: Sequence[Change], *, now: datetime) -> tuple[Tenure, ...]:
    found = []
    for change, following in zip(changes, (*changes[1:], None), strict=False):  # of no changes there are no pairs
        if change.holder is not None:
            since, until = change.entry.happened_at, None if following is None else following.entry.happened_at
            tenure = Tenure(
                holder=change.holder,
                since=since,
                until=until,
                seconds=_seconds(since, until, now),
                began_by=change.entry.citation,
                ended_by=None if following is None else following.entry.citation,
            )
            found.append(tenure)
    return tuple(found)


def _outside(tenures: Iterable[Tenure], closed: Sequence[Tenure], *, now: datetime) -> tuple[Tenure, ...]:
    """Return *tenures* without the times in *closed*: they end with the incident, and go on when it is reopened."""
    return tuple(part for tenure in tenures for part in _parts(tenure, closed, now))


def _parts(tenure: Tenure, closed: Sequence[Tenure], now: datetime) -> Iterator[Tenure]:
    since, began_by = tenure.since, tenure.began_by
    for pause in closed:
        if tenure.until is not None and tenure.until <= pause.since:
            break
        if pause.until is not None and pause.until <= since:
            continue
        if since < pause.since or since == tenure.since == pause.since:
            yield attrs.evolve(
                tenure,
                since=since,
                until=pause.since,
                seconds=_seconds(since, pause.since, now),
                began_by=began_by,
                ended_by=pause.began_by,
            )
        if pause.until is None or pause.ended_by is None:
            return
        since, began_by = pause.until, pause.ended_by
    if tenure.until is None or since < tenure.until or since == tenure.since:
        seconds = _seconds(since, tenure.until, now)
        yield attrs.evolve(tenure, since=since, seconds=seconds, began_by=began_by)


def _seconds(since: datetime, until: datetime | None, now: datetime) -> int:
    end = now if until is None else min(until, now)
    return max(0, (end - since) // _SECOND)
