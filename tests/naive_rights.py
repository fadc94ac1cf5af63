"""Who spoke, paid and closed, told from the log alone: nobody did whom the plan does not let.

Reads events and the plan, and asks neither guards nor `decide`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from naive_authority import allowing, holders, steps_in
from respond.domain.events import Event
from respond.domain.money import Money
from respond.domain.references import Actor
from respond.plan.plan import Plan
from respond.workflow.accountability import commands as cases
from respond.workflow.accountability.events import AccountabilityClosed
from respond.workflow.incident.commands import CloseReview
from respond.workflow.incident.events import IncidentReviewed
from respond.workflow.incident.notices import NoticeGiven
from respond.workflow.incident.statements import PublishStatement, StatementApproved, StatementPublished
from respond.workflow.party import commands as party
from respond.workflow.party import events as p
from respond.workflow.pool.commands import ClosePool
from respond.workflow.pool.events import PoolClosed
from respond.workflow.workflow import Workflow

TOLD: Mapping[type, Callable[[Any], Any]] = {
    StatementPublished: lambda data: PublishStatement(statement=data.statement),
    p.CompensationPaid: lambda data: party.PayCompensation(incident="", offer=data.offer, reference=data.reference),
    IncidentReviewed: lambda _: CloseReview(summary=""),
    p.CaseClosed: lambda _: party.CloseCase(incident="", reason=""),
    PoolClosed: lambda _: ClosePool(reason=""),
    AccountabilityClosed: lambda _: cases.CloseAccountability(reason=""),
}
"""For each event that speaks, pays or closes, the command that it came of."""
_STATEMENT = frozenset({"StatementDrafted", "StatementCorrected", "StatementApproved", "StatementRetracted"})


def unlawful(plan: Plan, workflow: Workflow, history: Sequence[Event], event: Event) -> Iterator[str]:
    """Yield what was wrong with *event*, which followed on *history* under *plan*."""
    data = event.data
    made = TOLD.get(type(data))
    if made is not None:
        who = Actor(event.actor, event.role, event.body.get("on_behalf_of")) if event.actor else None
        told = event.body.get("authority") or {}
        amount = _offers(history).get(data.offer) if type(data) is p.CompensationPaid else None
        may = allowing(plan, history, made(data), who, told.get("break_glass", ""), workflow=workflow, amount=amount)
        if told.get("rule") not in (may or {None}) or may == set():
            yield f"{event.type}: {who} did it by {told.get('rule')!r}, and those who let him are {may}"
    check = _CHECKS.get(type(data))
    if check is not None:
        yield from (f"{event.type}: {what}" for what in check(plan, history, event))


# -- words -------------------------------------------------------------------------------------------------------------


def _published(plan: Plan, history: Sequence[Event], event: Event) -> Iterator[str]:
    data = event.data
    audience = next(one for one in plan.audiences if one.id == data.audience)
    outside = audience.kind in ("media", "public")
    if (outside or audience.speakers) and not _in_role(plan, history, audience.speakers, event.role):
        yield f"{event.role} spoke to {audience.kind}, and only {audience.speakers} may"
    approved = [one.data.version for one in history if one.type == "KeyMessagesApproved"]
    if audience.kind not in ("staff", "superiors") and data.key_messages not in approved[-1:]:
        yield f"it rests on the key messages {data.key_messages}, and approved were {approved}"
    about = [one for one in history if one.type in _STATEMENT and one.data.statement == data.statement]
    if about[-1].type != "StatementApproved" or about[-1].data.version != data.version:
        yield f"version {data.version} was published, and the last word on it was {about[-1].data}"


def _approved(plan: Plan, history: Sequence[Event], event: Event) -> Iterator[str]:
    drafted = next(
        one for one in history if one.type == "StatementDrafted" and one.data.statement == event.data.statement
    )
    audience = next(one for one in plan.audiences if one.id == drafted.data.audience)
    if audience.approvers and not _in_role(plan, history, audience.approvers, event.role):
        yield f"{event.role} approved it, and only {audience.approvers} may"


def _noticed(plan: Plan, _: Sequence[Event], event: Event) -> Iterator[str]:
    kinds = {one.id: one.kind for one in plan.audiences}
    if event.data.audience is not None and kinds[event.data.audience] not in ("staff", "superiors"):
        yield f"{event.data.audience} are {kinds[event.data.audience]}, and are told by statements"


def _in_role(plan: Plan, history: Sequence[Event], roles: Sequence[str], role: str | None) -> bool:
    return role is not None and (role in roles or steps_in(plan, roles, role, holders(history)))


# -- money -------------------------------------------------------------------------------------------------------------


def _offers(history: Sequence[Event]) -> dict[int, Money | None]:
    """Return what each offer is worth."""
    return {one.data.offer: one.data.amount for one in history if type(one.data) is p.CompensationOffered}


def _of(history: Sequence[Event], kind: type) -> list[int]:
    return [one.data.offer for one in history if type(one.data) is kind]


def _standing(history: Sequence[Event]) -> set[int]:
    """Return the offers that count: those that were neither rejected, nor left open when the case was closed."""
    found: set[int] = set()
    answered: set[int] = set()
    for event in history:
        match event.data:
            case p.CompensationOffered():
                found.add(event.data.offer)
            case p.CompensationRejected():
                found.discard(event.data.offer)
            case p.CompensationAccepted():
                answered.add(event.data.offer)
            case p.CaseClosed():
                found &= answered
    return found


def _covered(plan: Plan, role: str | None, history: Sequence[Event], currency: str) -> bool:
    """Return whether the limit of *role* covers all that is offered after *history*."""
    limits = plan.customer_care.limits if plan.customer_care else ()
    worth = [one for number, one in _offers(history).items() if one and number in _standing(history)]
    total = sum((one.amount for one in worth if one.currency == currency), Decimal(0))
    mine = [one.up_to for one in limits if one.role == role and one.up_to.currency == currency]
    return not limits or any(total <= one.amount for one in mine)


def _offered(plan: Plan, history: Sequence[Event], event: Event) -> Iterator[str]:
    amount = event.data.amount
    owed = amount is not None and not _covered(plan, event.role, (*history, event), amount.currency)
    if event.data.approval_owed is not owed:
        yield f"{event.role} offered {amount}, an approval is owed: {owed}"


def _let(plan: Plan, history: Sequence[Event], event: Event) -> Iterator[str]:
    offer = next(
        one for one in history if type(one.data) is p.CompensationOffered and one.data.offer == event.data.offer
    )
    if not _covered(plan, event.role, history, offer.data.amount.currency):
        yield f"{event.role} may not approve so much"
    if {event.actor, event.body.get("on_behalf_of")} & {offer.actor, offer.body.get("on_behalf_of")} - {None}:
        yield f"{event.actor} made the offer"


def _paid(_: Plan, history: Sequence[Event], event: Event) -> Iterator[str]:
    number = event.data.offer
    owed = [one.data.offer for one in history if type(one.data) is p.CompensationOffered and one.data.approval_owed]
    if number not in _of(history, p.CompensationAccepted):
        yield f"nobody accepted offer {number}"
    if number in owed and number not in _of(history, p.CompensationApproved):
        yield f"nobody approved offer {number}"
    if number in _of(history, p.CompensationPaid):
        yield f"offer {number} was paid before"


_CHECKS: Mapping[type, Callable[[Plan, Sequence[Event], Event], Iterator[str]]] = {
    StatementPublished: _published,
    StatementApproved: _approved,
    NoticeGiven: _noticed,
    p.CompensationOffered: _offered,
    p.CompensationApproved: _let,
    p.CompensationPaid: _paid,
}
