"""Who does what: roles filled, released and handed over with a briefing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.moments import format_utc
from respond.domain.values import replace
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident.state import COMMANDER, OPEN, RESOLVED, Held, Incident

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class RoleAssigned:
    """Someone was given a role."""

    role: str
    person: str
    trained_until: Mapping[str, str] = attrs.field(factory=dict)
    """By the id of a training, the last day on which that of the person is in force, as ISO 8601."""


@event_type()
@attrs.frozen(kw_only=True)
class RoleReleased:
    """Someone gave a role up, or was relieved of it."""

    role: str
    person: str
    reason: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class RoleHandedOver:
    """One person took a role over from another, with a briefing."""

    role: str
    from_person: str
    to_person: str
    briefing: str
    trained_until: Mapping[str, str] = attrs.field(factory=dict)


_SAID = (RoleAssigned, RoleReleased, RoleHandedOver)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("assign_role")
@attrs.frozen(kw_only=True)
class AssignRole:
    """Give someone a role."""

    role: str
    person: str
    trained_until: Mapping[str, str] = attrs.field(factory=dict)


@command_type("release_role")
@attrs.frozen(kw_only=True)
class ReleaseRole:
    """Relieve someone of a role."""

    role: str
    person: str
    reason: str


@command_type("hand_over_role")
@attrs.frozen(kw_only=True)
class HandOverRole:
    """Hand a role over from one person to another."""

    role: str
    from_person: str
    to_person: str
    briefing: str
    trained_until: Mapping[str, str] = attrs.field(factory=dict)


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("role-not-in-plan")
def role_in_plan(situation: Situation) -> str | None:
    """Require a role of the plan, other than the commander's."""
    role = situation.command.role
    if role == COMMANDER:
        return "the commander takes command with take_command: there is one at any instant"
    if situation.plan.role(role) is not None:
        return None
    known = ", ".join(one.id for one in situation.plan.roles)
    return f"{role!r} is not a role of the plan {situation.plan.reference}; it has {known}"


@guard("person-missing")
def person_named(situation: Situation) -> str | None:
    """Require the id of a person."""
    command = situation.command
    person = command.to_person if isinstance(command, HandOverRole) else command.person
    return None if person.strip() else "name the person"


@guard("role-taken")
def role_free(situation: Situation) -> str | None:
    """Require that fewer people hold the role than the plan says may."""
    role = situation.plan.role(situation.command.role)
    if role is None or role.holders is None:
        return None
    holders = situation.state.holders(role.id)
    if len(holders) < role.holders:
        return None
    return f"{role.id!r} is held by {', '.join(holders)}; hand it over, or release it first"


@guard("role-not-held")
def role_held(situation: Situation) -> str | None:
    """Require that the person who gives the role up held it then."""
    command = situation.command
    person = command.from_person if isinstance(command, HandOverRole) else command.person
    held = situation.state.held(command.role, person)
    if held is None:
        holders = situation.state.holders(command.role)
        return f"{person!r} does not hold {command.role!r}; {', '.join(holders) or 'nobody'} does"
    if situation.at < held.since:
        return (
            f"{person!r} holds {command.role!r} since {format_utc(held.since)}, not at {format_utc(situation.at)} yet"
        )
    return None


@guard("successor-holds-it")
def successor_new(situation: Situation) -> str | None:
    """Require a successor who does not hold the role already."""
    command: HandOverRole = situation.command
    if command.to_person not in situation.state.holders(command.role):
        return None
    return f"{command.to_person!r} holds {command.role!r} already; release {command.from_person!r} instead"


@guard("briefing-missing")
def briefing_given(situation: Situation) -> str | None:
    """Require a briefing that is not blank."""
    return None if situation.command.briefing.strip() else "a hand-over needs a briefing: say how things stand"


@guard("training-day-invalid")
def training_days(situation: Situation) -> str | None:
    """Require a day for each training, as ISO 8601."""
    for training, day in situation.command.trained_until.items():
        if not _DAY.fullmatch(day):
            return f"{training!r} is in force until {day!r}; write a day such as 2026-03-12"
    return None


GUARDS = (role_in_plan, person_named, role_free, role_held, successor_new, briefing_given, training_days)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _assign(situation: Situation) -> Iterator[Any]:
    command: AssignRole = situation.command
    yield RoleAssigned(role=command.role, person=command.person, trained_until=command.trained_until)


def _release(situation: Situation) -> Iterator[Any]:
    command: ReleaseRole = situation.command
    yield RoleReleased(role=command.role, person=command.person, reason=command.reason)


def _hand_over(situation: Situation) -> Iterator[Any]:
    command: HandOverRole = situation.command
    yield RoleHandedOver(
        role=command.role,
        from_person=command.from_person,
        to_person=command.to_person,
        briefing=command.briefing,
        trained_until=command.trained_until,
    )


def _assigned_already(situation: Situation) -> bool:
    return situation.command.person in situation.state.holders(situation.command.role)


def _released_already(situation: Situation) -> bool:
    """Whether the last word on the role that tells of the person is this release."""
    command: ReleaseRole = situation.command
    last = next((data for data in _words(situation) if command.person in _told_of(data)), None)
    return isinstance(last, RoleReleased)


def _handed_over_already(situation: Situation) -> bool:
    """Whether the successor holds the role by this very hand-over, and the other one does not."""
    command: HandOverRole = situation.command
    last = next((data for data in _words(situation) if command.to_person in _told_of(data)), None)
    return (
        isinstance(last, RoleHandedOver)
        and (last.from_person, last.to_person) == (command.from_person, command.to_person)
        and command.from_person not in situation.state.holders(command.role)
    )


def _words(situation: Situation) -> Iterator[Any]:
    """Yield what was said of the role, the last word first."""
    for event in reversed(situation.history):
        if isinstance(event.data, _SAID) and event.data.role == situation.command.role:
            yield event.data


def _told_of(data: RoleAssigned | RoleReleased | RoleHandedOver) -> tuple[str, ...]:
    return (data.from_person, data.to_person) if isinstance(data, RoleHandedOver) else (data.person,)


HANDLERS = (
    Handler(command=AssignRole, decide=_assign, emits=(RoleAssigned,), done=_assigned_already),
    Handler(command=ReleaseRole, decide=_release, emits=(RoleReleased,), done=_released_already),
    Handler(command=HandOverRole, decide=_hand_over, emits=(RoleHandedOver,), done=_handed_over_already),
)
_ROLE = ("role-unknown", "role-not-in-plan")
TRANSITIONS = (
    Transition("assign_role", OPEN, None, guards=(*_ROLE, "person-missing", "role-taken", "training-day-invalid")),
    Transition(
        "release_role",
        (*OPEN, RESOLVED),
        None,
        guards=(*_ROLE, "role-not-held", "reason-missing"),
    ),
    Transition(
        "hand_over_role",
        OPEN,
        None,
        guards=(
            *_ROLE,
            "person-missing",
            "role-not-held",
            "successor-holds-it",
            "briefing-missing",
            "training-day-invalid",
        ),
    ),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _assigned(state: Incident, event: Event) -> Incident:
    rest = _without(state, event.data.role, event.data.person)
    return replace(state, roles=(*rest, _held(event, event.data.person)))


def _released(state: Incident, event: Event) -> Incident:
    return replace(state, roles=_without(state, event.data.role, event.data.person))


def _handed_over(state: Incident, event: Event) -> Incident:
    data: RoleHandedOver = event.data
    rest = _without(state, data.role, data.from_person, data.to_person)
    return replace(state, roles=(*rest, _held(event, data.to_person)))


def _held(event: Event, person: str) -> Held:
    return Held(
        role=event.data.role,
        person=person,
        since=event.happened_at,
        entry=event.id,
        recorded_at=event.recorded_at,
        trained_until=event.data.trained_until,
    )


def _without(state: Incident, role: str, *people: str) -> tuple[Held, ...]:
    return tuple(held for held in state.roles if held.role != role or held.person not in people)


EVOLVERS: Mapping[type, Evolve] = {
    RoleAssigned: _assigned,
    RoleReleased: _released,
    RoleHandedOver: _handed_over,
}
