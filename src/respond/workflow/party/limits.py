"""How much compensation who may offer: the limits of the plan, by role, on what a party is offered altogether."""

from __future__ import annotations

from respond.domain.money import Money
from respond.plan.customer_care import CompensationLimit
from respond.plan.plan import Plan
from respond.workflow.amounts import digits_few
from respond.workflow.definition import Guard, Situation, guard, one_of
from respond.workflow.party.events import FORMS
from respond.workflow.party.state import STANDING, Party, total


def limits_of(plan: Plan) -> tuple[CompensationLimit, ...]:
    """Return the limits of *plan*; none where it says nothing of them."""
    return () if plan.customer_care is None else plan.customer_care.limits


def altogether(party: Party, amount: Money | None) -> Money | None:
    """Return what *party* is offered with *amount* added: what was not rejected counts."""
    if amount is None:
        return None
    return Money(total(party.offers_in(*STANDING), amount.currency) + amount.amount, amount.currency)


def covered(plan: Plan, role: str | None, amount: Money | None) -> bool:
    """Return whether *role* may offer *amount* alone; everybody may where *plan* has no limits."""
    limits = limits_of(plan)
    if amount is None or not limits:
        return True
    mine = [limit.up_to for limit in limits if limit.role == role and limit.up_to.currency == amount.currency]
    return any(amount.amount <= up_to.amount for up_to in mine)


def offered(situation: Situation) -> Money | None:
    """Return what the party would be offered altogether; None where nothing says what it is worth."""
    return altogether(situation.state, situation.command.amount)


def approved(situation: Situation) -> Money | None:
    """Return what the party is offered altogether, for the approval of one offer."""
    party: Party = situation.state
    offer = party.offer(situation.command.offer)
    if offer is None or offer.amount is None:
        return None
    return Money(total(party.offers_in(*STANDING), offer.amount.currency), offer.amount.currency)


def paid(situation: Situation) -> Money | None:
    """Return what a payment pays."""
    offer = situation.state.offer(situation.command.offer)
    return None if offer is None else offer.amount


@guard("offerer-missing")
def offerer_named(situation: Situation) -> str | None:
    """Require an actor, where the plan has limits."""
    return "say who offers: name the actor" if limits_of(situation.plan) and situation.actor is None else None


form_known = one_of("form-unknown", "form", FORMS, "Require money, a waiver of fees or an extra service.")


@guard("offer-undescribed")
def offer_described(situation: Situation) -> str | None:
    """Require an amount; of an extra service a text will do, where the plan has no limits."""
    command = situation.command
    if command.amount is not None:
        return None
    if command.form != "extra_service":
        return f"a compensation by {command.form} needs an amount"
    if limits_of(situation.plan):
        return "the plan has limits of what may be offered: say what the service is worth"
    return None if command.text.strip() else "say which service is offered, or what it is worth"


@guard("amount-not-positive")
def amount_positive(situation: Situation) -> str | None:
    """Require an amount above 0."""
    amount: Money | None = situation.command.amount
    return None if amount is None or amount.amount > 0 else f"{amount} is not above 0"


@guard("currency-wrong")
def currency_right(situation: Situation) -> str | None:
    """Require the currency of the plan's limits."""
    amount: Money | None = situation.command.amount
    known = tuple(dict.fromkeys(limit.up_to.currency for limit in limits_of(situation.plan)))
    if amount is None or not known or amount.currency in known:
        return None
    return f"{amount} is in {amount.currency}; the plan has limits in {', '.join(known)}"


@guard("over-every-limit")
def some_limit_covers(situation: Situation) -> str | None:
    """Require that the limit of some role covers what the party is offered altogether."""
    amount = offered(situation)
    limits = limits_of(situation.plan)
    if amount is None or not limits or any(covered(situation.plan, limit.role, amount) for limit in limits):
        return None
    known = ", ".join(f"{limit.role} up to {limit.up_to}" for limit in limits)
    return f"the party would be offered {amount} altogether, more than anybody may offer: {known}"


@guard("approval-not-owed")
def approval_owed(situation: Situation) -> str | None:
    """Require an open offer that waits for an approval."""
    offer = situation.state.offer(situation.command.offer)
    if offer is not None and offer.status == "open" and offer.approval_owed:
        return None
    return f"offer {situation.command.offer} waits for no approval"


@guard("over-own-limit")
def own_limit_covers(situation: Situation) -> str | None:
    """Require an actor in a role whose limit covers what the party is offered altogether."""
    role = situation.actor.role if situation.actor else None
    amount = approved(situation)
    if covered(situation.plan, role, amount):
        return None
    limits = limits_of(situation.plan)
    able = ", ".join(limit.role for limit in limits if covered(situation.plan, limit.role, amount)) or "nobody"
    return f"{role or 'who has no role'} may not approve {amount}; {able} may"


@guard("approved-by-offerer")
def somebody_else(situation: Situation) -> str | None:
    """Require somebody else than whoever made the offer."""
    offer = situation.state.offer(situation.command.offer)
    actor = situation.actor
    if actor is None:
        return "say who approves: name the actor"
    made = set() if offer is None else {offer.by, offer.on_behalf_of}
    same = (made & {actor.id, actor.on_behalf_of}) - {None}
    return f"{' and '.join(sorted(same))} made the offer; somebody else must approve it" if same else None


@guard("approval-missing")
def offer_approved(situation: Situation) -> str | None:
    """Require an offer that waits for no approval."""
    offer = situation.state.offer(situation.command.offer)
    if offer is None or not offer.approval_owed:
        return None
    return f"offer {offer.number} is above the limit of {offer.by or 'whoever made it'}; let it be approved first"


GUARDS: tuple[Guard, ...] = (
    offerer_named,
    form_known,
    offer_described,
    amount_positive,
    currency_right,
    digits_few,
    some_limit_covers,
    approval_owed,
    own_limit_covers,
    somebody_else,
    offer_approved,
)
