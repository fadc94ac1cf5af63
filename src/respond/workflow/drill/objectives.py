"""Measure what a drill achieved, from what its incident recorded.  Pure: no clock, no store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from respond.domain.events import Event
from respond.plan.calendars import EVERY_DAY
from respond.plan.owed import owed, verdict
from respond.plan.plan import Plan
from respond.plan.scenario import Objective, Scenario
from respond.workflow.drill.events import Result
from respond.workflow.drill.state import Drill
from respond.workflow.incident.events import CommandTransferred
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.measures import MeasureCompleted, MeasureStarted
from respond.workflow.incident.people import RoleAssigned, RoleHandedOver
from respond.workflow.incident.state import COMMANDER

Found = tuple[bool, str, datetime | None, str | None]
"""Whether it is met, what was measured, when that happened, and the event that tells it."""


def results(drill: Drill, plan: Plan, history: Sequence[Event], until: datetime) -> tuple[Result, ...]:
    """Return what became of each objective of *drill*, whose incident has this *history* under *plan*, by *until*."""
    scenario = drill.scenario
    if scenario is None:
        return ()
    return tuple(_result(one, drill, scenario, plan, history, until) for one in scenario.objectives)


def _result(
    objective: Objective, drill: Drill, scenario: Scenario, plan: Plan, history: Sequence[Event], until: datetime
) -> Result:
    since = drill.given.get(objective.since or scenario.injects[0].id)
    if objective.obligation is not None:
        met, text, at, entry = _obligation(objective.obligation, plan, history, until)
    elif objective.measure is not None:
        met, text, at, entry = _order(objective.measure, objective.before or "", history)
    else:
        happened = _acts(objective.act or "", plan, history) if objective.act else _holders(objective, history)
        met, text, at, entry = _in_time(objective, since, happened)
    seconds = None if at is None or since is None else int((at - since).total_seconds())
    return Result(
        objective=objective.id,
        met=met,
        points=objective.points if met else 0,
        text=text,
        seconds=seconds,
        entry=entry,
    )


def _acts(act: str, plan: Plan, history: Sequence[Event]) -> list[tuple[datetime, str]]:
    done = facts_of(plan, history).done if history else ()
    return [(one.at, one.entry) for one in done if one.act == act]


def _holders(objective: Objective, history: Iterable[Event]) -> list[tuple[datetime, str]]:
    """Return when somebody was given the role of *objective*."""
    if objective.role == COMMANDER:
        return [(one.happened_at, one.id) for one in history if type(one.data) is CommandTransferred]
    kinds = (RoleAssigned, RoleHandedOver)
    return [(one.happened_at, one.id) for one in history if type(one.data) in kinds and one.data.role == objective.role]


def _in_time(objective: Objective, since: datetime | None, happened: Iterable[tuple[datetime, str]]) -> Found:
    what = objective.act or f"{objective.role} filled"
    span = objective.within.elapsed if objective.within is not None else None
    if since is None or span is None:
        return False, f"{what}: the inject that it counts from was not given", None, None
    first = min(((at, entry) for at, entry in happened if at >= since), default=None)
    if first is None:
        return False, f"{what}: never, {objective.within} were given", None, None
    at, entry = first
    return at - since <= span, f"{what}: after {_minutes(at - since)}, {objective.within} were given", at, entry


def _minutes(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds // 60} min {seconds % 60} s"


def _obligation(name: str, plan: Plan, history: Sequence[Event], until: datetime) -> Found:
    found = owed(plan, facts_of(plan, history), until=until, only={name}) if history else ()
    verdicts = {one: verdict(one, until) for one in found}
    done = [one for one, said in verdicts.items() if said in {"met", "near_miss"}]
    broken = [(one, said) for one, said in verdicts.items() if said in {"late", "missing", "open", "near", "paused"}]
    told = ", ".join(f"{name} {one.occurrence} {said}" for one, said in verdicts.items()) or f"{name} was never owed"
    last = done[-1] if done else None
    return bool(done) and not broken, told, last.done_at if last else None, last.done_by if last else None


def _order(measure: str, before: str, history: Sequence[Event]) -> Found:
    """Return whether *measure* was finished, and *before* not begun by then."""
    finished = _first(history, lambda data: type(data) is MeasureCompleted and data.measure == measure)
    begun = _first(history, lambda data: type(data) is MeasureStarted and data.measure == before)
    if finished is None:
        return False, f"{measure} was not finished", None, None
    met = begun is None or finished.happened_at <= begun.happened_at
    said = "not begun" if begun is None else "begun after it" if met else "begun before it"
    return met, f"{measure} was finished, {before} {said}", finished.happened_at, finished.id


def _first(history: Iterable[Event], is_it: Callable[[object], bool]) -> Event | None:
    return min((one for one in history if is_it(one.data)), key=lambda one: one.happened_at, default=None)


def trained_until(drill: Drill, plan: Plan, held_at: datetime) -> Mapping[str, Mapping[str, str]]:
    """Return by person and training the last day on which what was scored in *drill* counts; `assign_role` takes it."""
    valid = {one.id: one.valid for one in plan.trainings}
    found: dict[str, dict[str, str]] = {}
    for one in drill.scores:
        if one.training in valid:
            until = EVERY_DAY.after(held_at, valid[one.training])
            found.setdefault(one.person, {})[one.training] = until.date().isoformat()
    return found
