"""Findings: what a review says beside times: levels, upward reports, estimates, notes, amendments, deviations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import attrs

from respond.domain.events import Event
from respond.domain.payloads import to_data
from respond.domain.references import Reference
from respond.plan.plan import Plan
from respond.projections.document import Document, document
from respond.projections.entries import Citation, Entry
from respond.workflow.incident import events as e
from respond.workflow.incident.unmerging import absorptions
from respond.workflow.judge import Judges
from respond.workflow.table import Finding
from respond.workflow.versions import by_category
from respond.workflow.workflow import Workflow


@attrs.frozen(kw_only=True)
class LevelStep(Document):
    """A level that was given, raised or lowered to."""

    level: int
    previous: int | None
    at: datetime
    reason: str
    """The basis of the first level, the justification of a change."""
    actor: str | None
    citation: Citation


@attrs.frozen(kw_only=True)
class UpwardReport(Document):
    """An upward report that was sent."""

    kind: e.ReportKind
    recipient: str
    summary: str
    at: datetime
    citation: Citation


@attrs.frozen(kw_only=True)
class UpwardDuty(Document):
    """An upward report that a level owes."""

    level: int
    since: datetime
    """When the incident was at that level first, or absorbed one that had been."""
    because_of: Citation
    met_by: Citation | None
    """The first upward report that was sent, else the merge with an incident that had sent one; None when missing."""


@attrs.frozen(kw_only=True)
class Judged(Document):
    """One judgement of one kind of impact."""

    told: Any
    """As it was recorded."""
    now: Any
    """With the corrections since."""
    at: datetime
    citation: Citation
    corrected_by: tuple[Citation, ...]
    """The corrections of the entry, where it was told otherwise than it reads now."""


@attrs.frozen(kw_only=True)
class Estimate(Document):
    """What people judged of one kind of impact, over time."""

    name: str
    """A field of an assessment; a field of the plan's own behind `fields.`."""
    first: Any
    """As it was told first, whatever was corrected since."""
    first_citation: Citation
    final: Any
    """As it was judged last, corrected."""
    final_citation: Citation
    judged: tuple[Judged, ...]
    """Each judgement, in the order of what happened."""


@attrs.frozen(kw_only=True)
class NoteTaken(Document):
    """A note of progress."""

    text: str
    fields: Mapping[str, e.FieldValue]
    attachments: tuple[e.Attachment, ...]
    at: datetime
    actor: str | None
    citation: Citation


@attrs.frozen(kw_only=True)
class LateEntry(Document):
    """An entry that was recorded long after it happened."""

    type: str
    delay_seconds: int
    citation: Citation


@attrs.frozen(kw_only=True)
class Amendment(Document):
    """A correction or a retraction."""

    kind: Literal["correction", "retraction"]
    entry: str
    """The id of the entry that it speaks of."""
    position: int | None
    """The position of that entry; None when it is not among the events."""
    reason: str
    changes: Mapping[str, Any]
    """The right values by field; empty for a retraction."""
    original: Mapping[str, Any]
    """What those fields were when they were recorded; a field that was left out is missing here too."""
    citation: Citation


@attrs.frozen(kw_only=True)
class Deviation(Document):
    """A rule of the workflow that a step broke."""

    code: str
    text: str
    source: str
    dest: str
    citation: Citation


@attrs.frozen(kw_only=True)
class BrokenGlass(Document):
    """A step that someone took in need, without the role that the plan asks for."""

    type: str
    rule: str
    """The rule of authority that lets it pass."""
    reason: str
    actor: str | None
    role: str | None
    at: datetime
    citation: Citation


def level_steps(world: Iterable[Entry]) -> Iterator[LevelStep]:
    """Yield every level that was given."""
    for entry in world:
        match entry.reading:
            case e.LevelAssigned() as step:
                yield _level_step(entry, step.level, None, step.basis)
            case e.LevelChanged() as step:
                yield _level_step(entry, step.to_level, step.from_level, step.justification)


def upward_reports(world: Iterable[Entry]) -> Iterator[UpwardReport]:
    """Yield every upward report that was sent."""
    for entry in world:
        if isinstance(entry.reading, e.UpwardReportSent):
            report = entry.reading
            yield UpwardReport(
                kind=report.kind,
                recipient=report.recipient,
                summary=report.summary,
                at=entry.happened_at,
                citation=entry.citation,
            )


def absorbed_levels(world: Sequence[Entry]) -> Iterator[LevelStep]:
    """Yield the worst level of each incident that is merged into this one."""
    for entry in _absorptions(world):
        match entry.reading:
            case e.IncidentAbsorbed(worst_level=int(level), reason=reason):
                yield _level_step(entry, level, None, reason)


def told_by_absorbed(world: Sequence[Entry]) -> Iterator[Citation]:
    """Yield the merges with incidents of which an upward report was sent."""
    for entry in _absorptions(world):
        match entry.reading:
            case e.IncidentAbsorbed(reported_upward=True):
                yield entry.citation


def upward_duties(plan: Plan, steps: Iterable[LevelStep], told: Sequence[Citation]) -> Iterator[UpwardDuty]:
    """Yield what each level in *steps* owes by *plan*; the first entry in *told* meets it."""
    seen: set[int] = set()
    for step in steps:
        level = plan.level(step.level)
        if level is None or not level.owes_upward_report or step.level in seen:
            continue
        seen.add(step.level)
        met_by = told[0] if told else None
        yield UpwardDuty(level=step.level, since=step.at, because_of=step.citation, met_by=met_by)


def estimates(world: Iterable[Entry]) -> Iterator[Estimate]:
    """Yield what was judged of each kind of impact, by the assessments in *world*."""
    found: dict[str, list[Judged]] = {name: [] for name in _JUDGED}
    for entry in world:
        if isinstance(entry.reading, e.IncidentAssessed):
            told, now = _impact(entry.event.data), _impact(entry.reading)
            for name in dict.fromkeys((*told, *now)):
                found.setdefault(name, []).append(_judged(entry, told.get(name), now.get(name)))
    for name, judged in found.items():
        if judged:
            first = next((one for one in judged if one.told is not None), judged[0])
            final = next((one for one in reversed(judged) if one.now is not None), judged[-1])
            yield Estimate(
                name=name,
                first=first.now if first.told is None else first.told,
                first_citation=first.citation,
                final=final.now,
                final_citation=final.citation,
                judged=tuple(judged),
            )


_JUDGED = ("affected_customers", "injured", "dead", "loss", "spread", "sites", "critical_facility", "facets")


def _impact(assessment: e.IncidentAssessed) -> dict[str, Any]:
    """Return what *assessment* judges, by name."""
    told = {name: getattr(assessment, name) for name in _JUDGED}
    own = {f"fields.{name}": value for name, value in assessment.fields.items()}
    return {name: value for name, value in {**told, **own}.items() if value not in (None, ())}


def _judged(entry: Entry, told: Any, now: Any) -> Judged:
    return Judged(
        told=told,
        now=now,
        at=entry.happened_at,
        citation=entry.citation,
        corrected_by=() if told == now else entry.corrected_by,
    )


def notes(world: Iterable[Entry]) -> Iterator[NoteTaken]:
    """Yield every note."""
    for entry in world:
        if isinstance(entry.reading, e.ProgressNoted):
            note = entry.reading
            yield NoteTaken(
                text=note.text,
                fields=note.fields,
                attachments=note.attachments,
                at=entry.happened_at,
                actor=entry.event.actor,
                citation=entry.citation,
            )


def broken_glass(world: Iterable[Entry]) -> Iterator[BrokenGlass]:
    """Yield every step that broke the glass, one for each command."""
    seen: set[str | None] = set()
    for entry in world:
        authority = entry.event.body.get("authority") or {}
        command_id = entry.event.command_id
        if "break_glass" in authority and command_id not in seen:
            seen.add(command_id)
            yield BrokenGlass(
                type=entry.event.type,
                rule=authority["rule"],
                reason=authority["break_glass"],
                actor=entry.event.actor,
                role=entry.event.role,
                at=entry.happened_at,
                citation=entry.citation,
            )


def late_entries(entries: Iterable[Entry]) -> Iterator[LateEntry]:
    """Yield every entry that was recorded late."""
    for entry in entries:
        if entry.late and entry.delay is not None:
            seconds = int(entry.delay.total_seconds())
            yield LateEntry(type=entry.event.type, delay_seconds=seconds, citation=entry.citation)


def amendments(entries: Sequence[Entry]) -> Iterator[Amendment]:
    """Yield every correction and retraction, in log order."""
    by_id = {entry.event.body["id"]: entry for entry in entries}
    for entry in entries:
        if entry.amends:
            data = entry.event.data
            target = by_id.get(data.entry)
            changes = data.changes if isinstance(data, e.EntryCorrected) else {}
            yield Amendment(
                kind="correction" if isinstance(data, e.EntryCorrected) else "retraction",
                entry=data.entry,
                position=None if target is None else target.event.position,
                reason=data.reason,
                changes=changes,
                original={} if target is None else _original(target, changes),
                citation=entry.citation,
            )


def deviations(workflow: Workflow, plans: Iterable[Plan], events: Sequence[Event]) -> Iterator[Deviation]:
    """Yield every rule of *workflow* that a step in *events*, one stream in log order, broke.

    Each step is judged by those of *plans* that were in force at it.  A plan that was passed over at the report is told
    too, with the reason that was given.
    """
    judges, state = Judges(plans, by_category([workflow])), workflow.initial
    judge = judges.of(workflow.category, events[0])
    for event in events:
        broken = judge.findings(state, event)
        state = workflow.evolve(state, event)
        judge = judges.after(judge, event, state)
        for found in (*broken, *_passed_over(event)):
            yield Deviation(
                code=found.code,
                text=found.text,
                source=found.source,
                dest=found.dest,
                citation=Citation(event.position, event.id),
            )


def _passed_over(event: Event) -> Iterator[Finding]:
    """Yield what a report under another plan than its category, site and unit choose deviates from."""
    match event.data:
        case e.IncidentReported(passed_over=Reference() as choice, plan_reason=reason) as told:
            text = f"reported under {event.plan}, not under {choice}: {reason}"
            yield Finding("plan-passed-over", text, event.position, told.from_, told.to)


def _absorptions(world: Sequence[Entry]) -> Iterator[Entry]:
    holding = {event.id for event in absorptions(entry.event for entry in world)}
    return (entry for entry in world if entry.event.id in holding)


def _level_step(entry: Entry, level: int, previous: int | None, reason: str) -> LevelStep:
    return LevelStep(
        level=level,
        previous=previous,
        at=entry.happened_at,
        reason=reason,
        actor=entry.event.actor,
        citation=entry.citation,
    )


def _original(target: Entry, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    recorded = {**to_data(target.event.data), "occurred_at": document(target.event.occurred_at)}
    return {name: recorded[name] for name in changes if name in recorded}
