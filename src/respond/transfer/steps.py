"""Steps: which events the rows of one case amount to.  Pure; docs/reference/mapping.md tells the rules in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from respond.transfer.facts import Facts, Opening
from respond.transfer.mapping_parts import KEEP, OPEN, LogKind
from respond.workflow.definition import NEW
from respond.workflow.incident import events as e
from respond.workflow.incident import state as s
from respond.workflow.incident.state import Incident

Step = tuple[Any, bool]
"""The payload of an event, and whether the log merely implies it."""

_BEFORE_RESPONSE = (s.REPORTED, s.ASSESSED, s.LEVEL_ASSIGNED)
_OVER = (s.RESOLVED, s.REVIEWED, s.CANCELLED, s.MERGED)
_TYPED: dict[str, type] = {
    s.RESOLVED: e.IncidentResolved,
    s.REVIEWED: e.IncidentReviewed,
    s.CANCELLED: e.IncidentCancelled,
}
"""The event that enters a state from anywhere else and needs no more than that."""


def destination(target: str, status: str) -> str:
    """Return the state in which an incident at *status* stands after a row whose source state leads to *target*."""
    if target == KEEP:
        return status
    if target == OPEN:
        return status if status in s.OPEN else s.RESPONDING
    if target == s.RESPONDING and status == s.REPORTED_UPWARD:
        return status
    if target == s.ASSESSED and status != s.REPORTED:
        return status
    if target in _BEFORE_RESPONSE and status in _BEFORE_RESPONSE:
        return max(target, status, key=_BEFORE_RESPONSE.index)
    return target


def first_steps(facts: Facts, opening: Opening, kind: LogKind) -> Iterator[Step]:
    """Yield what the first row of a case amounts to."""
    told = facts.target == s.REPORTED
    report = e.IncidentReported(
        from_=NEW,
        to=s.REPORTED,
        category=opening.category,
        title=opening.title,
        team=facts.team,
        reference=opening.reference,
    )
    yield report, not told
    step_told = kind == "activities"
    assesses = facts.target == s.ASSESSED
    status = s.REPORTED
    for payload, _ in _judged(facts, None, Incident(), status, assesses=assesses):
        yield payload, not (step_told and assesses and type(payload) is e.IncidentAssessed)
        status = payload.to
    if assesses:
        return
    if facts.unknown or destination(facts.target, status) != status or (step_told and not told):
        yield _move(facts, status), not step_told


def next_steps(facts: Facts, before: Facts, incident: Incident, kind: LogKind) -> Iterator[Step]:
    """Yield what a row amounts to after the row *before*: its changes, and for an activity its step.

    A step that reopens the incident comes before the changes, any other after them: the row tells all at once, and this
    order breaks the fewest rules.
    """
    moves = kind == "activities" or facts.label != before.label
    assesses = moves and facts.target == s.ASSESSED
    reopens = moves and incident.status not in s.OPEN and destination(facts.target, incident.status) in s.OPEN
    status = incident.status
    if reopens:
        move = _move(facts, status)
        yield move, False
        status = move.to
    for payload, inferred in _judged(facts, before, incident, status, assesses=assesses):
        yield payload, inferred
        status = getattr(payload, "to", status)
    if facts.team not in (before.team, incident.team):
        yield e.TeamAssigned(from_team=incident.team, to_team=facts.team), False
    if facts.texts != before.texts:
        changed = _changed_texts(facts, before)
        if changed:
            yield e.ProgressNoted(fields=changed), False
    if moves and not (assesses or reopens):
        yield _move(facts, status), False


def late_steps(facts: Facts, before: Facts, incident: Incident, kind: LogKind) -> Iterator[Step]:
    """Yield what a row amounts to that belongs between *before* and rows that are in the log.

    It moves nothing any more: its source state is kept as a step, and what else it changes as a note.
    """
    if kind == "activities" or facts.label != before.label:
        yield e.StepRecorded(from_=incident.status, to=incident.status, step=facts.label), False
    yield from noted_steps(facts, before)


def noted_steps(facts: Facts, before: Facts) -> Iterator[Step]:
    """Yield a note of what differs from the row *before* beside the source state; an empty text is for none."""
    told: dict[str, str | int] = {}
    if facts.level is not None and facts.level != before.level:
        told["level"] = facts.level
    if facts.team != before.team:
        told["team"] = facts.team or ""
    for name in {**before.fields, **facts.fields}:
        if facts.fields.get(name) != before.fields.get(name):
            told[f"assessment.{name}"] = facts.fields.get(name, "")
    told |= _changed_texts(facts, before)
    if told:
        yield e.ProgressNoted(fields=told), False


def _changed_texts(facts: Facts, before: Facts) -> dict[str, str]:
    return {name: text for name, text in facts.texts.items() if before.texts.get(name) != text}


def _judged(facts: Facts, before: Facts | None, incident: Incident, status: str, *, assesses: bool) -> Iterator[Step]:
    """Yield the assessment, when the row *assesses* or its fields changed, and then the level, when it changed.

    The first level implies an assessment: it rests on one.
    """
    if assesses or facts.fields != (before.fields if before else {}):
        dest = destination(s.ASSESSED, status)
        yield e.IncidentAssessed(from_=status, to=dest, fields=facts.fields), False
        status = dest
    if facts.level in (None, incident.level) or (before is not None and facts.level == before.level):
        return
    if incident.level is not None:
        yield e.LevelChanged(from_level=incident.level, to_level=facts.level), False
        return
    if status == s.REPORTED:
        yield e.IncidentAssessed(from_=status, to=s.ASSESSED), True
        status = s.ASSESSED
    dest = s.LEVEL_ASSIGNED if status in _BEFORE_RESPONSE else status
    yield e.LevelAssigned(from_=status, to=dest, level=facts.level, basis=facts.level_label), False


def _move(facts: Facts, status: str) -> Any:
    """Return the event of the row's own step, an assessment excepted."""
    dest = destination(facts.target, status)
    if dest == status:
        return e.StepRecorded(from_=status, to=dest, step=facts.label)
    if dest == s.RESPONDING and status in _BEFORE_RESPONSE:
        return e.ResponseStarted(from_=status, to=dest)
    if dest == s.RESPONDING and status in _OVER:
        return e.IncidentReopened(from_=status, to=dest)
    typed = _TYPED.get(dest)
    return e.StepRecorded(from_=status, to=dest, step=facts.label) if typed is None else typed(from_=status, to=dest)
