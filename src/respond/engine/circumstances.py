"""Circumstances: who asks, when what is told happened, and in which conversation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final

import attrs

from respond.domain.moments import Moment
from respond.domain.references import Actor
from respond.errors import InvalidCircumstances, InvalidInput
from respond.workflow.texts import intricate, unfit


class Unknown(Enum):
    """The one value that says that nobody knows."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
"""Pass it as `at` when nobody knows when it happened."""
When = Moment | datetime | str | Unknown | None
"""When something happened: now when it is None; text is RFC 3339 with a zone."""


@attrs.frozen(kw_only=True, slots=False)
class Circumstances:
    """Who asks, when, and in which conversation."""

    actor: Actor | None = None
    occurred_at: Moment | None = None
    unknown_time: bool = False
    """Whether nobody knows when it happened; otherwise an absent `occurred_at` means now."""
    command_id: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    source: Mapping[str, Any] | None = None
    break_glass: str = ""
    """Why the actor does it without the role that it takes; empty when he does not ask for that."""


def circumstances_of(
    *,
    actor: Actor | str | None = None,
    role: str | None = None,
    on_behalf_of: str | None = None,
    at: When = None,
    command_id: str | None = None,
    correlation_id: str | None = None,
    causation_id: str | None = None,
    break_glass: str = "",
) -> Circumstances:
    """Return the circumstances that a caller tells.

    Raises `InvalidInput` for a role without an actor, and `InvalidCircumstances` for texts too long or broken.
    """
    who = _actor(actor, role, on_behalf_of)
    texts = {
        "actor": None if who is None else who.id,
        "role": None if who is None else who.role,
        "on_behalf_of": None if who is None else who.on_behalf_of,
        "command_id": command_id,
        "correlation_id": correlation_id,
        "causation_id": causation_id,
        "break_glass": break_glass,
    }
    if flaws := unfit(intricate(texts)):
        raise InvalidCircumstances(flaws)
    return Circumstances(
        actor=who,
        occurred_at=None if at is UNKNOWN else Moment.of(at),
        unknown_time=at is UNKNOWN,
        command_id=command_id,
        correlation_id=correlation_id,
        causation_id=causation_id,
        break_glass=break_glass,
    )


def _actor(actor: Actor | str | None, role: str | None, on_behalf_of: str | None) -> Actor | None:
    if actor is None:
        if role is not None or on_behalf_of is not None:
            raise InvalidInput("name the actor who acts in a role or on behalf of someone", place="actor")
        return None
    who = Actor.of(actor)
    return Actor(who.id, who.role if role is None else role, who.on_behalf_of if on_behalf_of is None else on_behalf_of)
