"""How well an incident is staffed: required roles that stand empty, who steps in, and who should be relieved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import attrs

from respond.plan.calendars import EVERY_DAY
from respond.plan.organisation import Role
from respond.plan.plan import Plan
from respond.workflow.incident.state import COMMANDER, Held, Incident


@attrs.frozen(kw_only=True)
class Concern:
    """Something about a holder of a role that people should look at; it bars nothing."""

    kind: Literal["shift-too-long", "untrained"]
    role: str
    person: str
    since: datetime
    """When the shift was over, or the role was taken on without training in force."""
    training: str | None = None


def required(plan: Plan, level: int | None) -> tuple[Role, ...]:
    """Return the roles that *plan* requires at *level*; none before there is one."""
    if level is None:
        return ()
    return tuple(role for role in plan.roles if role.required_from is not None and level <= role.required_from)


def vacancies(plan: Plan, incident: Incident) -> tuple[Role, ...]:
    """Return the roles that the plan requires at the level of *incident* and that nobody holds."""
    return tuple(role for role in required(plan, incident.level) if not incident.holders(role.id))


def stand_ins(plan: Plan, incident: Incident, role_id: str) -> tuple[str, ...]:
    """Return who stands in for a role that stands empty: the holders of its first substitute that is filled."""
    role = plan.role(role_id)
    if role is None or incident.holders(role_id):
        return ()
    filled = (incident.holders(one) for one in role.substitutes)
    return next((holders for holders in filled if holders), ())


def concerns(plan: Plan, incident: Incident, now: datetime) -> tuple[Concern, ...]:
    """Return whose shift is too long, and whose training is not in force, at *now*."""
    found: list[Concern] = []
    if incident.commander is not None and incident.commands_since is not None:
        found += _tired(plan, COMMANDER, incident.commander, incident.commands_since, now)
    for held in incident.roles:
        found += [*_tired(plan, held.role, held.person, held.since, now), *_untrained(plan, held, now)]
    return tuple(found)


def _tired(plan: Plan, role_id: str, person: str, since: datetime, now: datetime) -> Iterator[Concern]:
    role = plan.role(role_id)
    if role is not None and role.shift is not None:
        ends = EVERY_DAY.after(since, role.shift)
        if now >= ends:
            yield Concern(kind="shift-too-long", role=role_id, person=person, since=ends)


def _untrained(plan: Plan, held: Held, now: datetime) -> Iterator[Concern]:
    role = plan.role(held.role)
    for training in role.training if role else ():
        if held.trained_until.get(training, "") < now.date().isoformat():
            yield Concern(kind="untrained", role=held.role, person=held.person, since=held.since, training=training)
