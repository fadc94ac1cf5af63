"""Cases of guards: a command that one of them alone refuses, and one that it lets pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import attrs

from play import DUTIES, PLAN, Play, incident_in
from respond.domain.references import Actor
from respond.plan.plan import Plan


@attrs.frozen(kw_only=True)
class Case:
    """A guard, a command that it alone refuses, with its text, and one that it lets pass, on the same incident."""

    code: str
    on: Callable[[], Play]
    refused: object
    passes: object
    text: str
    actor: Actor | str | None = None
    other_actor: Actor | str | None = None
    """Who gives the command that passes."""
    told_at: datetime | None = None
    """When what the refused command tells happened; now when it is None."""
    other_at: datetime | None = None
    """The same of the command that passes."""


def at(state: str, plan: Plan = PLAN) -> Callable[[], Play]:
    """Return what makes an incident that came to *state* by the example plan, and is decided by *plan* now."""
    return lambda: Play(plan=plan).take(incident_in(state))


def duties(state: str) -> Callable[[], Play]:
    """Return what makes an incident at *state* under the plan with duties."""
    return at(state, DUTIES)
