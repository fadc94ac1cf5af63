"""How well an incident is staffed: required roles that stand empty, who steps in, and who should be relieved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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


@attrs.frozen(kw_only=True)
class Candidate:
    """A member of the roster who may fill a role."""

    person: str
    skills: tuple[str, ...]
    untrained: tuple[str, ...]
    """The trainings that the role asks for and that are not in force; they bar nothing."""
    holds: tuple[str, ...]
    """The roles that the person holds in the incident already."""


def candidates(
    plan: Plan, incident: Incident, role_id: str, now: datetime, *, skills: Iterable[str] = ()
) -> tuple[Candidate, ...]:
    """Return who of the roster may fill a role, has all of *skills*, and does not hold it yet.

    Those who lack no training come first, and of those alike those who hold no other role.
    """
    role, wanted = plan.role(role_id), set(skills)
    found = [
        Candidate(
            person=member.id,
            skills=member.skills,
            untrained=_lacking(role.training if role else (), _trainings(plan, member.id), now),
            holds=tuple(one.role for one in incident.roles if one.person == member.id),
        )
        for member in plan.roster
        if role_id in member.roles and wanted <= set(member.skills) and member.id not in incident.holders(role_id)
    ]
    return tuple(sorted(found, key=lambda one: (len(one.untrained), len(one.holds))))


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
    trained = {**_trainings(plan, held.person), **held.trained_until}
    for training in _lacking(role.training if role else (), trained, now):
        yield Concern(kind="untrained", role=held.role, person=held.person, since=held.since, training=training)


def _trainings(plan: Plan, person: str) -> dict[str, str]:
    """Return the last days of the trainings that the roster tells of *person*."""
    members = (member for member in plan.roster if member.id == person)
    return {one.training: one.until.isoformat() for member in members for one in member.trained}


def _lacking(trainings: Iterable[str], trained_until: Mapping[str, str], now: datetime) -> tuple[str, ...]:
    today = now.date().isoformat()
    return tuple(one for one in trainings if trained_until.get(one, "") < today)
