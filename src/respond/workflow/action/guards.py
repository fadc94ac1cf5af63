"""What stands in the way of a step of an action item.  Each code is stable; the text is for people."""

from __future__ import annotations

from respond.domain.moments import format_utc
from respond.workflow.action.events import ACTION_KINDS
from respond.workflow.action.state import ActionItem
from respond.workflow.definition import Guard, Situation, guard, not_blank, one_of, text_within
from respond.workflow.four_eyes import people
from respond.workflow.incident.guards import role_known


@guard("due-not-ahead")
def due_ahead(situation: Situation) -> str | None:
    """Require a date that is still to come."""
    due_at = situation.command.due_at
    if due_at > situation.at:
        return None
    return f"{format_utc(due_at)} is not after {format_utc(situation.at)}; write a later date"


@guard("not-the-owner")
def by_owner(situation: Situation) -> str | None:
    """Require the owner, somebody on whose behalf the owner acts, or somebody in the role that owns it."""
    item: ActionItem = situation.state
    actor = situation.actor
    if actor is not None and item.owner in (actor.id, actor.on_behalf_of, actor.role):
        return None
    return f"{item.owner!r} owns it and decides that; assign it to somebody else instead"


@guard("same-person")
def by_another(situation: Situation) -> str | None:
    """Require another person than the owner and whoever told that it was done."""
    item: ActionItem = situation.state
    actor = situation.actor
    if actor is None:
        return "say who it is: name the actor"
    if people(actor.id, actor.on_behalf_of).isdisjoint({item.owner, *item.done_by}):
        return None
    return f"{actor.id!r} owns it or did it; somebody else has to look at it"


GUARDS: tuple[Guard, ...] = (
    role_known,
    text_within,
    one_of("kind-unknown", "kind", ACTION_KINDS, f"Require a kind that is one of {', '.join(ACTION_KINDS)}."),
    due_ahead,
    by_owner,
    by_another,
    not_blank("action-undescribed", "text"),
    not_blank("owner-missing", "owner"),
    not_blank("reason-missing", "reason"),
    not_blank("evidence-missing", "evidence"),
    not_blank("method-missing", "method"),
)
