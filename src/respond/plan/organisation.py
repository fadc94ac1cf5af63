"""Who commands, who acts, and who steps in: bodies, departments, roles and their duties."""

from __future__ import annotations

from datetime import date
from typing import Literal

import attrs

from respond.plan.spans import Span
from respond.plan.titles import Part

Phase = Literal["warning", "report", "assess", "respond", "recover", "review"]


@attrs.frozen(kw_only=True)
class Role(Part):
    """What someone may be in an incident."""

    department: str | None = None
    """The id of the department that fills it."""
    substitutes: tuple[str, ...] = ()
    """The ids of the roles that step in, the first first."""
    rank: int | None = None
    """How high it stands; 1 is the highest.  An escalation goes to a higher rank."""
    holders: int | None = None
    """How many people may hold it at one time; as many as needed when None."""
    required_from: int | None = None
    """The mildest level at which it must be filled; never when None."""
    shift: Span | None = None
    """How long one person should hold it at most."""
    training: tuple[str, ...] = ()
    """The ids of the trainings that a holder should have, in force."""
    reads_only: bool = False
    """Whether it oversees and commands nothing."""


@attrs.frozen(kw_only=True)
class Department(Part):
    """A part of the organisation."""

    contact: str | None = None
    contact_verified_on: date | None = None


@attrs.frozen(kw_only=True)
class Body(Part):
    """A body that commands: headquarters, a centre, a group."""

    head: str
    """The id of the role that leads it."""
    members: tuple[str, ...] = ()
    """The ids of its roles."""
    levels: tuple[int, ...] = ()
    """The levels at which it stands; all when empty."""


@attrs.frozen(kw_only=True)
class Duty(Part):
    """A task that belongs to a role, in a phase and at some levels."""

    role: str
    phase: Phase
    levels: tuple[int, ...] = ()
    """All when empty."""


@attrs.frozen(kw_only=True)
class TeamTemplate(Part):
    """The roles that a team is formed of, for some categories and levels."""

    roles: tuple[str, ...]
    categories: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class Training(Part):
    """Something that people are trained in."""

    valid: Span
    """How long it is in force."""


@attrs.frozen(kw_only=True)
class Trained:
    """A training that a member has."""

    training: str
    """Its id."""
    until: date
    """The last day on which it is in force."""


@attrs.frozen(kw_only=True)
class Member:
    """Somebody who can be called."""

    id: str
    """An opaque id of the person: names stand outside the plan, as outside the log."""
    roles: tuple[str, ...]
    """The ids of the roles that they may fill."""
    skills: tuple[str, ...] = ()
    trained: tuple[Trained, ...] = ()
