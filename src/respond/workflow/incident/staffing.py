"""How well an incident is staffed: required roles that stand empty, who steps in, and who should be relieved."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import attrs

from respond.plan.calendars import EVERY_DAY
from respond.plan.organisation import Role
from respond.plan.plan import Plan
from respond.workflow.incident.state import Held, Incident


@attrs.frozen(kw_only=True)
class Concern:
    """Something about a holder of a role that people should look at; it bars nothing."""

    kind: Literal["shift-too-long", "untrained"]
    role: str
    person: str
    since: datetime
    """When the shift was over, or the role was taken on without training in force."""
    training: str | None = None


def vacancies(plan: Plan, incident: Incident) -> tuple[Role, ...]:
    """Return the roles that the plan requires at the level of *incident* and that nobody holds."""
    if incident.level is None:
        return ()
    level = incident.level
    return tuple(
        role
        for role in plan.roles
        if role.required_from is not None and level <= role.required_from and not incident.holders(role.id)
    )


def stand_ins(plan: Plan, incident: Incident, role_id: str) -> tuple[str, ...]:
    """Return who stands in for a role that stands empty: the holders of its first substitute that is filled."""
    role = plan.role(role_id)
    if role is None or incident.holders(role_id):
        return ()
    filled = (incident.holders(one) for one in role.substitutes)
    return next((holders for holders in filled if holders), ())


def concerns(plan: Plan, incident: Incident, now: datetime) -> tuple[Concern, ...]:
    """Return whose shift is too long, and whose training is not in force, at *now*."""
    return tuple(concern for held in incident.roles for concern in _concerns(plan, held, now))


def _concerns(plan: Plan, held: Held, now: datetime) -> list[Concern]:
    role = plan.role(held.role)
    if role is None:
        return []
    found = []
    if role.shift is not None:
        ends = EVERY_DAY.after(held.since, role.shift)
        if now >= ends:
            found.append(Concern(kind="shift-too-long", role=role.id, person=held.person, since=ends))
    for training in role.training:
        until = held.trained_until.get(training, "")
        if until < now.date().isoformat():
            found.append(
                Concern(kind="untrained", role=role.id, person=held.person, since=held.since, training=training)
            )
    return found
