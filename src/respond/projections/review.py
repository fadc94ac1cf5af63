"""Review: what happened, computed from the log, every fact citing its event, and the blanks that wait for people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.moments import format_utc, to_microseconds
from respond.domain.references import Reference
from respond.errors import IncidentNotFound
from respond.plan.owed import Owed, owed
from respond.plan.plan import Plan
from respond.projections import breaches as b
from respond.projections import findings as f
from respond.projections import follow_up as u
from respond.projections import tenures as t
from respond.projections.account import Account, account
from respond.projections.blanks import Blank, Draft, blanks
from respond.projections.communication import Communication, communication
from respond.projections.customers import PartyCared, Told
from respond.projections.document import Document
from respond.projections.entries import LATE_AFTER, Citation, Entry, entries, in_world_order
from respond.projections.ground import Ground, ground
from respond.projections.knowledge import Clock, ClockUsed, known
from respond.projections.learnt import Learnt, learnt
from respond.projections.milestones import Duration, Milestone, durations, milestones
from respond.projections.response import Response, response
from respond.projections.state import state
from respond.projections.tenures import Tenure
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.state import RESOLVED, Incident, Link
from respond.workflow.workflow import Workflow


@attrs.frozen(kw_only=True)
class LevelTime:
    """How long an open incident was at one level."""

    level: int
    seconds: int
    citations: tuple[Citation, ...]
    """What began each time."""


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
    links: tuple[Link, ...]
    """What other incidents are to it."""
    resolution: str
    resolution_citation: Citation | None
    """None while there is no resolution."""
    summary: str
    """What the review was closed with; empty while it is open."""
    summary_citation: Citation | None

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
    response: Response
    """Measures, what was held true, decisions and what was known at each, time on hold."""
    broken_glass: tuple[f.BrokenGlass, ...]
    """The steps that were taken in need without the role that the plan asks for."""
    stood_breaches: tuple[b.StoodBreach, ...]
    """What was late or missing when another plan came into force, which has no say in it."""
    told_late: tuple[b.ToldLate, ...]
    """What was done in time, as was told after the deadline."""
    late_entries: tuple[f.LateEntry, ...]
    amendments: tuple[f.Amendment, ...]
    deviations: tuple[f.Deviation, ...]
    communication: Communication
    """Key messages, statements, who was told what, silences, feedback, observations."""
    customers: tuple[PartyCared, ...]
    """What was done for each party that it hurt."""
    actions: tuple[u.ActionReviewed, ...]
    """What became of each action item that it asked for."""
    proposals: tuple[u.ProposalTold, ...]
    """What became of each proposal to change a plan."""
    recognitions: tuple[u.Recognised, ...]
    account: Account
    """How it was noticed and dealt with besides measures: kinds, plans, roles, duties, resources."""
    learnt: Learnt
    """Who reviewed, what they found and how they judge the response, and the lessons."""
    blanks: tuple[Blank, ...]
    """What still waits for people."""

    events: int
    """How many events of the incident were known."""
    first_event: Citation
    last_position: int
    """The last position that was known."""
    ground: Ground
    """The events that all this rests on; `Engine.stands_on` compares it with the log."""
    altered: tuple[int, ...] | None
    """The positions among them at which the log does not hold what was recorded; None when nobody looked."""
    measured_until: datetime
    """The time up to which what still lasts was measured."""
    as_of: datetime | None
    known_at: datetime | None
    clock_used: ClockUsed


def review(
    events: Iterable[Event],
    *,
    plan: Plan,
    plans: Iterable[Plan] = (),
    parties: Iterable[Event] = (),
    actions: Mapping[str, Sequence[Event]] | None = None,
    lessons: Iterable[Event] = (),
    altered: Iterable[int] | None = None,
    workflow: Workflow = INCIDENT,
    now: datetime | None = None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    clock: Clock = "log",
    late_after: timedelta = LATE_AFTER,
) -> Review:
    """Return the review of *events*, the stream of one incident in log order, under the *plan* that is in force.

    *plans* are those that were in force before or are parts of it: steps are judged by what was in force at them.
    *parties* are the events of the affected parties and *lessons* those of its lessons, stream by stream, *actions*
    those of the action items by key; *altered* are the positions at which a verifier found the log changed. What still
    lasts is measured up to *now*, *as_of* or *known_at*, whichever is first; without any of them up to the last
    recording. With *as_of* only what had happened by then is told; a correction or a retraction goes with its entry,
    whenever it was made. Raises `IncidentNotFound` when nothing was known by then or it had not been reported yet, and
    `InvalidInput`.
    """
    _refuse_naive(now, as_of)
    events, parties, actions, lessons = tuple(events), tuple(parties), actions or {}, tuple(lessons)
    seen = known(events, at=known_at, clock=clock)
    if not seen.events:
        raise IncidentNotFound("nothing of the incident was known then; ask for a later time")
    until = min(filter(None, (now, as_of, known_at)), default=seen.events[-1].recorded_at)
    all_entries = entries(seen.events, late_after=late_after)
    standing: Incident = state(workflow, seen.events, as_of=as_of).value
    if as_of is not None and standing.status == workflow.initial.status:
        raise IncidentNotFound(f"the incident had not been reported yet at {format_utc(as_of)}; ask for a later time")
    world = in_world_order(all_entries, as_of=as_of)
    happened = {entry.event.body["id"] for entry in world}
    owes = owed(plan, facts_of(plan, seen.events), until=until)
    when = {"until": until, "as_of": as_of, "known_at": known_at, "clock": clock}
    return Review(
        number=f"INC-{seen.events[0].position}",
        realm=seen.events[0].body["realm"],
        first_event=all_entries[0].citation,
        last_position=seen.last_position,
        measured_until=until,
        as_of=as_of,
        known_at=known_at,
        clock_used=seen.clock_used,
        deviations=tuple(_happened(f.deviations(workflow, (*plans, plan), seen.events), happened)),
        late_entries=tuple(f.late_entries(world)),
        amendments=tuple(one for one in f.amendments(all_entries) if one.position is None or one.entry in happened),
        **_stood_on(chain(events, parties, *actions.values(), lessons), altered, at=known_at, clock=clock),
        **_belonging(plan, owes, parties, actions, **when),
        **_head(standing, all_entries),
        **_body(world, standing, plan, until, known(lessons, at=known_at, clock=clock).events),
        **_course(world, seen.events, standing, plan, owes, until),
    )


def _stood_on(events: Iterable[Event], altered: Iterable[int] | None, **when: Any) -> dict[str, Any]:
    """Return what the review rests on, and which of it was *altered*."""
    seen = known(events, **when).events
    found = None if altered is None else tuple(sorted({one.position for one in seen}.intersection(altered)))
    return {"ground": ground(seen), "altered": found}


def _refuse_naive(*times: datetime | None) -> None:
    """Raise `InvalidMoment` for a naive one of *times*: it can be compared with none of the others."""
    for at in filter(None, times):
        to_microseconds(at)


def _happened(deviations: Iterable[f.Deviation], entries: Collection[str]) -> Iterator[f.Deviation]:
    """Yield those of *deviations* that *entries* made."""
    return (one for one in deviations if one.citation.id in entries)


def _belonging(
    plan: Plan, owes: Sequence[Owed], parties: Iterable[Event], actions: Mapping[str, Sequence[Event]], **when: Any
) -> dict[str, Any]:
    """Return what became of the aggregates that belong to the incident that *owes* this."""
    cared = Told(owes, parties, **when).cared()
    return {"customers": tuple(cared), "actions": tuple(u.reviewed(plan, owes, actions, **when))}


def _head(standing: Incident, entries: Sequence[Entry]) -> dict[str, Any]:
    """Return what the state already says, and which of *entries* say how it ended."""
    cited = {entry.event.id: entry.citation for entry in entries}
    names = ("reference", "title", "category", "narrative", "reporter", "plan", "definition", "status", "level")
    told = {name: getattr(standing, name) for name in (*names, "merged_into", "absorbed", "links", "resolution")}
    return {
        **told,
        "id": entries[0].event.subject,
        "resolution_citation": cited.get(standing.resolution_entry) if standing.resolution else None,
        "summary": standing.review_summary,
        "summary_citation": cited.get(standing.review_entry) if standing.review_summary else None,
    }


def _course(
    world: tuple[Entry, ...],
    events: tuple[Event, ...],
    standing: Incident,
    plan: Plan,
    owes: Sequence[Owed],
    until: datetime,
) -> dict[str, Any]:
    """Return what was done and said, by the entries and by the whole log."""
    return {
        "events": len(events),
        "response": response(world, events, standing, plan, until),
        "communication": communication(world, plan, owes, until),
        "account": account(world, standing, plan, owes, until),
        "stood_breaches": tuple(b.stood(world)),
        "told_late": tuple(b.told_late(owes, world)),
    }


def _body(
    world: tuple[Entry, ...], standing: Incident, plan: Plan, until: datetime, lessons: Iterable[Event]
) -> dict[str, Any]:
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
    found = learnt(holding, {entry.event.id: entry.citation for entry in world}, standing, lessons)
    return {
        "milestones": reached,
        "durations": durations(holding, t.holds(holding, closed, now=until)),
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
        "proposals": tuple(u.proposals(holding)),
        "recognitions": tuple(u.recognitions(holding)),
        "learnt": found,
        "blanks": tuple(blanks(Draft(milestones=reached, standing=standing, learnt=found, broken_glass=glass))),
    }


def _level_times(tenures: Iterable[Tenure]) -> tuple[LevelTime, ...]:
    found: dict[int, list[Tenure]] = {}
    for tenure in tenures:
        found.setdefault(int(tenure.holder), []).append(tenure)
    return tuple(
        LevelTime(level=level, seconds=t.total_seconds(held), citations=tuple(one.began_by for one in held))
        for level, held in sorted(found.items())
    )
