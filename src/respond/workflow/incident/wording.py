"""What stands in the way of a statement: its audience and channel, what it says, who approves it and who speaks."""

from __future__ import annotations

from typing import Any

import attrs

from respond.domain.moments import format_utc
from respond.plan.communication import PUBLIC, Audience
from respond.workflow.definition import Situation, guard, not_blank
from respond.workflow.incident.said import Said, Statement, Wording
from respond.workflow.incident.state import OPEN
from respond.workflow.substitutes import fills

_CONTENT = ("cause", "effect", "measures", "recovery")
"""What people outside are told; `not known yet` is an answer."""


def statement_of(situation: Situation) -> Statement | None:
    """Return the statement that the command is about."""
    said: Said = situation.state.said
    return said.statements.get(situation.command.statement)


def _addressed(situation: Situation) -> Any:
    """Return what has the audience and the channel: the command, or the statement that it is about; None for none."""
    command = situation.command
    return command if hasattr(command, "audience") else statement_of(situation)


def _audience(situation: Situation) -> Audience | None:
    addressed = _addressed(situation)
    return None if addressed is None or addressed.audience is None else situation.plan.audience(addressed.audience)


def written(situation: Situation) -> Wording:
    """Return what the statement says once the command wrote it."""
    command, known = situation.command, statement_of(situation)
    before = known.wording if known else Wording(text="")
    fields = [field.name for field in attrs.fields(Wording)]
    told = {name: getattr(command, name) for name in fields if getattr(command, name) is not None}
    return attrs.evolve(before, **{"key_messages": situation.state.said.live, **told})


def _wording(situation: Situation) -> Wording | None:
    if hasattr(situation.command, "text"):
        return written(situation)
    known = statement_of(situation)
    return None if known is None else known.wording


# -- to whom, and by which channel -------------------------------------------------------------------------------------


@guard("audience-unknown")
def audience_known(situation: Situation) -> str | None:
    """Require an audience of the plan, when one is named."""
    addressed = _addressed(situation)
    if addressed is None or addressed.audience is None or _audience(situation) is not None:
        return None
    known = ", ".join(one.id for one in situation.plan.audiences) or "none"
    return f"{addressed.audience!r} is not an audience of the plan {situation.plan.reference}; it has {known}"


@guard("channel-unknown")
def channel_known(situation: Situation) -> str | None:
    """Require a channel of the plan."""
    addressed = _addressed(situation)
    known = [one.id for one in situation.plan.channels]
    if addressed is None or addressed.channel in known:
        return None
    has = ", ".join(known) or "none"
    return f"{addressed.channel!r} is not a channel of the plan {situation.plan.reference}; it has {has}"


@guard("channel-unfit")
def channel_reaches(situation: Situation) -> str | None:
    """Require a channel that reaches the audience."""
    addressed, audience = _addressed(situation), _audience(situation)
    if audience is None or addressed.channel in audience.channels:
        return None
    return f"{addressed.channel!r} does not reach {audience.id!r}; these do: {', '.join(audience.channels) or 'none'}"


# -- what it says ------------------------------------------------------------------------------------------------------


@guard("statement-incomplete")
def content_complete(situation: Situation) -> str | None:
    """Require cause, effect, measures and recovery of what is told outside, and while it is open the next update."""
    audience, wording = _audience(situation), _wording(situation)
    if audience is None or wording is None or audience.inside:
        return None
    missing = [name for name in _CONTENT if not getattr(wording, name).strip()]
    if wording.next_update_at is None and situation.state.status in OPEN:
        missing.append("next_update_at")
    return f"say {', '.join(missing)}; what is not known yet is told as such" if missing else None


@guard("next-update-past")
def next_update_ahead(situation: Situation) -> str | None:
    """Require that more is said only after this."""
    wording = _wording(situation)
    following = None if wording is None else wording.next_update_at
    if following is None or following > situation.at:
        return None
    return f"the next update was due at {format_utc(following)}; say when the next one comes now"


@guard("key-messages-missing")
def key_messages_cited(situation: Situation) -> str | None:
    """Require that what is told outside rests on key messages."""
    audience, wording = _audience(situation), _wording(situation)
    if audience is None or wording is None or audience.inside or wording.key_messages is not None:
        return None
    live = situation.state.said.live
    way = "let a version be approved, then correct it" if live is None else f"version {live} is live: correct it"
    return f"the statement rests on no key messages; {way}"


@guard("key-messages-outdated")
def key_messages_live(situation: Situation) -> str | None:
    """Require that the key messages on which it rests are the live version."""
    wording, live = _wording(situation), situation.state.said.live
    cited = None if wording is None else wording.key_messages
    if cited is None or cited == live:
        return None
    counts = "none is live" if live is None else f"version {live} is live"
    return f"the statement rests on version {cited} of the key messages, and {counts}; correct it"


# -- who ---------------------------------------------------------------------------------------------------------------


@guard("not-an-approver")
def approver_asked(situation: Situation) -> str | None:
    """Require one who approves what this audience is told, when the plan names any."""
    audience = _audience(situation)
    if audience is None or not audience.approvers:
        return None
    return _unfit(situation, audience.approvers, f"what {audience.id!r} are told is approved by")


@guard("not-a-speaker")
def speaker_asked(situation: Situation) -> str | None:
    """Require one who speaks to this audience, when the plan names any; to media and public nobody else speaks."""
    audience = _audience(situation)
    if audience is None or not (audience.speakers or audience.kind in PUBLIC):
        return None
    return _unfit(situation, audience.speakers, f"to {audience.id!r} speak")


def _unfit(situation: Situation, roles: tuple[str, ...], what: str) -> str | None:
    role = situation.actor.role if situation.actor else None
    if fills(roles, role, situation.plan, situation.state):
        return None
    return f"{what} {' or '.join(roles) or 'nobody'}; the actor has {'no role' if role is None else repr(role)}"


GUARDS = (
    audience_known,
    channel_known,
    channel_reaches,
    content_complete,
    next_update_ahead,
    key_messages_cited,
    key_messages_live,
    approver_asked,
    speaker_asked,
    not_blank("statement-missing", "statement", "text"),
)
