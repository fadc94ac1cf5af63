"""Teams: formed by a template of the plan, whose members get their roles with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.plan.organisation import TeamTemplate
from respond.plan.plan import Plan
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident.people import RoleAssigned
from respond.workflow.incident.state import COMMANDER, OPEN, Incident

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class TeamFormed:
    """A team was formed by a template of the plan."""

    team: str
    """The id of the template."""
    members: Mapping[str, str]
    """Who is in it, by role."""


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("form_team")
@attrs.frozen(kw_only=True)
class FormTeam:
    """Form a team by a template of the plan; who is in it gets the role."""

    team: str
    members: Mapping[str, str]


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("team-unfit")
def team_fits(situation: Situation) -> str | None:
    """Require a team template of the plan that is for this category and level."""
    name = situation.command.team
    fitting = [one.id for one in teams(situation.plan, situation.state)]
    if name in fitting:
        return None
    return f"{name!r} is no team for this incident; by the plan it has {', '.join(fitting) or 'none'}"


@guard("member-unfit")
def members_fit(situation: Situation) -> str | None:
    """Require members, each named, in roles of the template that are free, the commander's only who commands."""
    command: FormTeam = situation.command
    template = next((one for one in situation.plan.teams if one.id == command.team), None)
    if template is None:
        return None
    reasons = [
        reason for role, person in command.members.items() if (reason := _unfit(situation, template, role, person))
    ]
    return "; ".join(reasons) or (None if command.members else f"name the members: {', '.join(template.roles)}")


def _unfit(situation: Situation, template: TeamTemplate, name: str, person: str) -> str | None:
    holders = situation.state.holders(name)
    if name not in template.roles:
        return f"{name!r} is no role of {template.id!r}, which has {', '.join(template.roles)}"
    if not person.strip():
        return f"name the person for {name!r}"
    if person in holders:
        return None
    if name == COMMANDER:
        return f"{person!r} does not command; the commander takes command with take_command"
    role = situation.plan.role(name)
    if role is not None and role.holders is not None and len(holders) >= role.holders:
        return f"{name!r} is held by {', '.join(holders)}; hand it over, or release it first"
    return None


GUARDS = (team_fits, members_fit)


def teams(plan: Plan, incident: Incident) -> tuple[TeamTemplate, ...]:
    """Return the team templates of *plan* that are for the category and the level of *incident*."""
    kinds = {incident.category, *plan.ancestors(incident.category)}
    return tuple(
        one
        for one in plan.teams
        if (not one.categories or not kinds.isdisjoint(one.categories))
        and (not one.levels or incident.level in one.levels)
    )


# -- deciding ----------------------------------------------------------------------------------------------------------


def _form(situation: Situation) -> Iterator[Any]:
    command: FormTeam = situation.command
    yield TeamFormed(team=command.team, members=command.members)
    for role, person in command.members.items():
        if person not in situation.state.holders(role):
            yield RoleAssigned(role=role, person=person)


def _formed_already(situation: Situation) -> bool:
    """Whether the last team was formed by this template, and its members hold their roles."""
    command: FormTeam = situation.command
    held = all(person in situation.state.holders(role) for role, person in command.members.items())
    return bool(command.members) and situation.state.course.team == command.team and held


HANDLERS = (Handler(command=FormTeam, decide=_form, emits=(TeamFormed, RoleAssigned), done=_formed_already),)
TRANSITIONS = (
    Transition("form_team", OPEN, None, guards=("role-unknown", "text-too-long", "team-unfit", "member-unfit")),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _formed(state: Incident, event: Event) -> Incident:
    return replace(state, course=replace(state.course, team=event.data.team))


EVOLVERS: Mapping[type, Evolve] = {TeamFormed: _formed}
