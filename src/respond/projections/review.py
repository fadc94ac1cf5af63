"""Review: what happened, computed from the log, every fact citing its event, and the blanks that wait for people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.moments import format_utc, to_microseconds
from respond.domain.references import Reference
from respond.errors import IncidentNotFound
from respond.plan.plan import Plan
from respond.projections import findings as f
from respond.projections import tenures as t
from respond.projections.document import Document
from respond.projections.entries import LATE_AFTER, Citation, Entry, entries, in_world_order
from respond.projections.knowledge import Clock, ClockUsed, known
from respond.projections.milestones import Duration, Milestone, durations, milestones
from respond.projections.state import state
from respond.projections.tenures import Tenure
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.facts import IMPACT_START
from respond.workflow.incident.state import RESOLVED, Incident
from respond.workflow.workflow import Workflow


@attrs.frozen
class Blank:
    """Something that no event can tell: people fill it in."""

    name: str
    question: str


_ALWAYS_BLANK = (
    Blank("trigger", "What set it off?"),
    Blank("root_causes", "Which causes lie behind it, and what shows it?"),
    Blank("went_well", "What went well?"),
    Blank("went_badly", "What went badly?"),
    Blank("lucky", "Where were we lucky?"),
    Blank("lessons", "What was learned?"),
    Blank("action_items", "What will be done about it, by whom, until when?"),
    Blank("plan_adequacy", "Was the plan followed, and was it good enough?"),
)


@attrs.frozen(kw_only=True)
class LevelTime:
    """How long an open incident was at one level."""

    level: int
    seconds: int


@attrs.frozen(kw_only=True)
class Review(Document):
    """The review of one incident."""

    id: str
    number: str
    reference: str | None
    realm: str
    title: str
    category: str
    narrative: str
    reporter: str | None
    plan: Reference | None
    definition: Reference | None
    status: str
    level: int | None
    merged_into: str | None
    absorbed: tuple[str, ...]
    resolution: str
    summary: str
    """What the review was closed with; empty while it is open."""

    milestones: tuple[Milestone, ...]
    durations: tuple[Duration, ...]
    statuses: tuple[Tenure, ...]
    open_seconds: int
    """How long people were at work on it."""
    resolved_seconds: int
    """How long it was resolved and not yet reviewed."""
    levels: tuple[f.LevelStep, ...]
    peak_level: f.LevelStep | None
    """The step to the worst level, or the merge that brought it; the first one where there were several."""
    level_tenures: tuple[Tenure, ...]
    level_times: tuple[LevelTime, ...]
    commanders: tuple[Tenure, ...]
    teams: tuple[Tenure, ...]
    upward_duties: tuple[f.UpwardDuty, ...]
    upward_reports: tuple[f.UpwardReport, ...]
    upward_reports_missing: tuple[f.UpwardDuty, ...]
    """The duties that no upward report met."""
    estimates: tuple[f.Estimate, ...]
    notes: tuple[f.NoteTaken, ...]
    broken_glass: tuple[f.BrokenGlass, ...]
    """The steps that were taken in need without the role that the plan asks for."""
    late_entries: tuple[f.LateEntry, ...]
    amendments: tuple[f.Amendment, ...]
    deviations: tuple[f.Deviation, ...]
    blanks: tuple[Blank, ...]

    first_event: Citation
    last_position: int
    """The last position that was known."""
    measured_until: datetime
    """The time up to which what still lasts was measured."""
    as_of: datetime | None
    known_at: datetime | None
    clock_used: ClockUsed


def review(
    events: Iterable[Event],
    *,
    plan: Plan,
    workflow: Workflow = INCIDENT,
    now: datetime | None = None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    clock: Clock = "log",
    late_after: timedelta = LATE_AFTER,
) -> Review:
    """Return the review of *events*, the stream of one incident in log order, under the *plan* that it pins.

    What still lasts is measured up to *now*, *as_of* or *known_at*, whichever is first; without any of them up to the
    last recording.  With *as_of* only what had happened by then is told; a correction or a retraction goes with its
    entry, whenever it was made.  Raises `IncidentNotFound` when nothing was known by then or it had not been reported
    yet, and `InvalidInput`.
    """
    for at in (now, as_of):
        if at is not None:
            to_microseconds(at)  # a naive one can be compared with none of the others
    seen = known(events, at=known_at, clock=clock)
    if not seen.events:
        raise IncidentNotFound("nothing of the incident was known then; ask for a later time")
    until = min((at for at in (now, as_of, known_at) if at is not None), default=seen.events[-1].recorded_at)
    all_entries = entries(seen.events, late_after=late_after)
    standing: Incident = state(workflow, seen.events, as_of=as_of).value
    if as_of is not None and standing.status == workflow.initial.status:
        raise IncidentNotFound(f"the incident had not been reported yet at {format_utc(as_of)}; ask for a later time")
    world = in_world_order(all_entries, as_of=as_of)
    happened = {entry.event.body["id"] for entry in world}
    return Review(
        number=f"INC-{seen.events[0].position}",
        realm=seen.events[0].body["realm"],
        first_event=all_entries[0].citation,
        last_position=seen.last_position,
        measured_until=until,
        as_of=as_of,
        known_at=known_at,
        clock_used=seen.clock_used,
        deviations=tuple(one for one in f.deviations(workflow, plan, seen.events) if one.citation.id in happened),
        late_entries=tuple(f.late_entries(world)),
        amendments=tuple(one for one in f.amendments(all_entries) if one.position is None or one.entry in happened),
        **_head(standing, seen.events[0]),
        **_body(world, standing, plan, until),
    )


def _head(standing: Incident, first: Event) -> dict[str, Any]:
    """Return what the state already says."""
    names = ("reference", "title", "category", "narrative", "reporter", "plan", "definition", "status", "level")
    told = {name: getattr(standing, name) for name in (*names, "merged_into", "absorbed", "resolution")}
    return {**told, "id": first.subject, "summary": standing.review_summary}


def _body(world: tuple[Entry, ...], standing: Incident, plan: Plan, until: datetime) -> dict[str, Any]:
    """Return what is computed from the entries; of one that was retracted only the step stands."""
    holding = [entry for entry in world if entry.retracted_by is None]
    reached = milestones(holding)
    statuses = t.statuses(world, now=until)
    closed = [tenure for tenure in statuses if tenure.holder in t.CLOSED]
    steps = tuple(f.level_steps(holding))
    sent = tuple(f.upward_reports(holding))
    had = (*steps, *f.absorbed_levels(holding))
    told = (*(report.citation for report in sent), *f.told_by_absorbed(holding))
    duties = tuple(f.upward_duties(plan, had, told))
    level_tenures = t.levels(holding, closed, now=until)
    glass = tuple(f.broken_glass(world))
    return {
        "milestones": reached,
        "durations": durations(reached),
        "statuses": statuses,
        "open_seconds": t.total_seconds(tenure for tenure in statuses if tenure.holder not in t.CLOSED),
        "resolved_seconds": t.total_seconds(tenure for tenure in statuses if tenure.holder == RESOLVED),
        "levels": steps,
        "peak_level": min(had, key=lambda step: step.level, default=None),
        "level_tenures": level_tenures,
        "level_times": _level_times(level_tenures),
        "commanders": t.commanders(holding, closed, now=until),
        "teams": t.teams(holding, closed, now=until),
        "upward_duties": duties,
        "upward_reports": sent,
        "upward_reports_missing": tuple(duty for duty in duties if duty.met_by is None),
        "estimates": tuple(f.estimates(holding)),
        "notes": tuple(f.notes(holding)),
        "broken_glass": glass,
        "blanks": _blanks(reached, standing, glass),
    }


def _level_times(tenures: Iterable[Tenure]) -> tuple[LevelTime, ...]:
    seconds: dict[int, int] = {}
    for tenure in tenures:
        level = int(tenure.holder)
        seconds[level] = seconds.get(level, 0) + tenure.seconds
    return tuple(LevelTime(level=level, seconds=seconds[level]) for level in sorted(seconds))


def _blanks(reached: Iterable[Milestone], standing: Incident, glass: tuple[f.BrokenGlass, ...]) -> tuple[Blank, ...]:
    blanks = list(_ALWAYS_BLANK)
    if all(milestone.name != IMPACT_START for milestone in reached):
        blanks.insert(0, Blank(IMPACT_START, "When did customers begin to feel it?"))
    if glass:
        blanks.append(Blank("broken_glass", "Was it right to act without the role, and who says so afterwards?"))
    if not standing.review_summary:
        blanks.append(Blank("summary", "What happened, in one paragraph?"))
    return tuple(blanks)
