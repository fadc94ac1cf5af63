"""The agenda: the measures that are asked of an incident now, in their order, and how each of them stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import attrs

from respond.plan.measures import Measure
from respond.plan.plan import Plan
from respond.workflow.incident.impact import impact_of
from respond.workflow.incident.state import Incident

Standing = Literal["waiting", "ready", "started", "done", "skipped"]
"""`waiting`: one that comes before it is open.  `ready`: it may be begun."""


@attrs.frozen(kw_only=True)
class MeasureStanding:
    """How a measure that is asked stands."""

    measure: Measure
    planned: bool
    """Whether it is one of the plan."""
    standing: Standing
    waits_for: tuple[str, ...] = ()
    """The ids of the measures before it that are open."""
    out_of_order: bool = False
    """Whether it was begun or done while one before it is open."""
    due_at: datetime | None = None
    """By when it is to be begun."""
    overdue: bool = False
    """Whether it was not begun by then, nor skipped."""
    steps_open: tuple[int, ...] = ()
    """The steps of its checklist that are not done, from 1."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    """When it was done or skipped."""
    told: str = ""
    """The outcome, or why it was skipped."""


def asked(plan: Plan, incident: Incident) -> Mapping[str, Measure]:
    """Return the measures that are asked of *incident* now, by id, the most urgent first.

    Those are the measures of *plan* whose categories, levels and conditions fit, those that the action plan names, and
    those that were added or begun.  Of measures equally urgent the order of the plan counts.
    """
    impact = impact_of(plan, incident)
    kinds = {impact.category, *impact.ancestors}

    def fits(measure: Measure) -> bool:
        return (
            (not measure.categories or not kinds.isdisjoint(measure.categories))
            and (not measure.levels or incident.level in measure.levels)
            and (not measure.when or any(condition.holds(impact) for condition in measure.when))
        )

    named = {*incident.course.measures, *incident.measures}
    added = {name: taken.measure for name, taken in incident.measures.items() if taken.measure is not None}
    found = [one for one in plan.measures if one.id not in added and (one.id in named or fits(one))]
    return {one.id: one for one in sorted([*found, *added.values()], key=lambda one: one.priority)}


def open_before(plan: Plan, incident: Incident, measure: Measure) -> tuple[str, ...]:
    """Return the measures that come before *measure*, are asked too, and are neither done nor skipped."""
    mine = asked(plan, incident)
    return tuple(one for one in measure.after if one in mine and not settled(incident, one))


def unsettled(plan: Plan, incident: Incident) -> tuple[str, ...]:
    """Return the mandatory measures that are asked and neither done nor skipped."""
    mine = asked(plan, incident).values()
    return tuple(one.id for one in mine if one.mandatory and not settled(incident, one.id))


def agenda(
    plan: Plan, incident: Incident, *, now: datetime, due_at: Mapping[str, datetime] | None = None
) -> tuple[MeasureStanding, ...]:
    """Return how each measure that is asked stands at *now*; *due_at* tells by when each is to be begun."""
    deadlines = due_at or {}
    return tuple(_standing(plan, incident, one, now, deadlines.get(one.id)) for one in asked(plan, incident).values())


def settled(incident: Incident, name: str) -> bool:
    """Return whether the measure called *name* is done or skipped."""
    taken = incident.measures.get(name)
    return taken is not None and taken.status in {"done", "skipped"}


def _standing(
    plan: Plan, incident: Incident, measure: Measure, now: datetime, due_at: datetime | None
) -> MeasureStanding:
    taken = incident.measures.get(measure.id)
    waits_for = open_before(plan, incident, measure)
    status = "added" if taken is None else taken.status
    begun = status in {"started", "done"}
    standing: Standing = status if status != "added" else "waiting" if waits_for else "ready"
    ticked = taken.ticked if taken else ()
    started, ended = (taken.started, taken.ended) if taken else (None, None)
    return MeasureStanding(
        measure=measure,
        planned=taken is None or taken.measure is None,
        standing=standing,
        waits_for=() if status in {"done", "skipped"} else waits_for,
        out_of_order=begun and bool(waits_for),
        due_at=due_at,
        overdue=status == "added" and due_at is not None and due_at < now,
        steps_open=tuple(number for number in range(1, len(measure.steps) + 1) if number not in ticked),
        started_at=started.at if started else None,
        ended_at=ended.at if ended else None,
        told=ended.text if ended else "",
    )
