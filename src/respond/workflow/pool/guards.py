"""The rules of pools: never more promised than there is, never more given back than was promised."""

from __future__ import annotations

from respond.domain.money import digits_flaw
from respond.domain.quantities import flaw_of
from respond.plan.resources import Resource
from respond.workflow.definition import Situation, guard, not_blank, one_of
from respond.workflow.pool.events import CONDITIONS
from respond.workflow.pool.state import OPEN, Pool


def told(state: Pool, quantity: object) -> str:
    """Return *quantity* with the unit of the pool."""
    return f"{quantity} {state.unit}".rstrip()


def resource_of(situation: Situation) -> Resource | None:
    """Return the plan's resource that the pool is kept of."""
    return next((one for one in situation.plan.resources if one.id == situation.command.resource), None)


@guard("resource-unknown")
def resource_known(situation: Situation) -> str | None:
    """Require a resource of the plan."""
    if resource_of(situation) is not None:
        return None
    known = ", ".join(one.id for one in situation.plan.resources) or "none"
    return f"{situation.command.resource!r} is not a resource of the plan {situation.plan.reference}; it has {known}"


@guard("quantity-unknown")
def quantity_known(situation: Situation) -> str | None:
    """Require a quantity, of the command or of the plan's resource."""
    resource = resource_of(situation)
    if situation.command.quantity is not None or resource is None:
        return None
    if resource.quantity is not None or resource.amount is not None:
        return None
    return f"the plan does not say how much of {resource.id!r} there is; give a quantity"


@guard("quantity-invalid")
def quantity_valid(situation: Situation) -> str | None:
    """Require an exact quantity above zero, zero too when a pool is opened; of money no more digits than it has."""
    quantity = situation.command.quantity
    opening = situation.state.status != OPEN
    if opening and quantity is None:
        return None
    currency = _currency(situation)
    return flaw_of(quantity, zero=opening) or (None if currency is None else digits_flaw(quantity, currency))


def _currency(situation: Situation) -> str | None:
    """Return the currency of a pool of money, also of one that is opened."""
    state: Pool = situation.state
    if state.status == OPEN:
        return state.unit if state.kind == "money" else None
    resource = resource_of(situation)
    return None if resource is None or resource.amount is None else resource.amount.currency


@guard("stock-short")
def stock_suffices(situation: Situation) -> str | None:
    """Require that what is to be promised, or written off, is not promised yet."""
    state: Pool = situation.state
    wanted = situation.command.quantity
    if flaw_of(wanted) is not None or wanted <= state.available:
        return None
    return (
        f"{told(state, wanted)} are asked for and {told(state, state.available)} are free: "
        f"of {told(state, state.quantity)} in all {told(state, state.committed)} are committed"
    )


@guard("pool-unusable")
def usable(situation: Situation) -> str | None:
    """Require a pool that the last inspection found usable."""
    if situation.state.condition != "unusable":
        return None
    return "the last inspection found it unusable; inspect it again when it is mended"


@guard("not-committed")
def committed_enough(situation: Situation) -> str | None:
    """Require that the incident holds as much as is returned, or is gone."""
    state: Pool = situation.state
    held, quantity = state.of(situation.command.incident).committed, situation.command.quantity
    if flaw_of(quantity) is not None or quantity <= held:
        return None
    return f"the incident holds {told(state, held)}, not {told(state, quantity)}"


@guard("used-already")
def not_used_yet(situation: Situation) -> str | None:
    """Require that as much as is put to use is committed, and not in use yet."""
    state: Pool = situation.state
    commitment, quantity = state.of(situation.command.incident), situation.command.quantity
    idle = commitment.committed - commitment.used
    if flaw_of(quantity) is not None or quantity <= idle:
        return None
    return f"of {told(state, commitment.committed)} that the incident holds {told(state, idle)} are not in use yet"


condition_known = one_of(
    "condition-unknown", "condition", CONDITIONS, "Require a condition that is usable, damaged or unusable."
)


@guard("cost-invalid")
def cost_valid(situation: Situation) -> str | None:
    """Require a cost that is zero or more, and of money what was spent in its own currency."""
    state: Pool = situation.state
    cost = situation.command.cost
    if cost is None:
        return None
    if state.kind == "money" and cost.currency != state.unit:
        return f"it is kept in {state.unit}, the cost is in {cost.currency}"
    return flaw_of(cost.amount, zero=True)


@guard("agreement-missing")
def has_partner(situation: Situation) -> str | None:
    """Require a partner who gives it."""
    return None if situation.state.partner is not None else "it is our own; no partner promised it"


@guard("agreement-shortened")
def lasts_longer(situation: Situation) -> str | None:
    """Require a day later than the one that was promised."""
    until = situation.state.agreement_until
    if until is None or situation.command.until > until:
        return None
    return f"the agreement holds until {until} already; write a later day"


@guard("still-committed")
def nothing_committed(situation: Situation) -> str | None:
    """Require that no incident holds any of it."""
    state: Pool = situation.state
    if not state.commitments:
        return None
    holders = ", ".join(f"{key} ({told(state, one.committed)})" for key, one in sorted(state.commitments.items()))
    return f"incidents hold some of it: {holders}; let them return it first"


GUARDS = (
    resource_known,
    quantity_known,
    quantity_valid,
    stock_suffices,
    usable,
    committed_enough,
    not_used_yet,
    condition_known,
    cost_valid,
    has_partner,
    lasts_longer,
    nothing_committed,
    not_blank("reason-missing", "reason"),
    not_blank("incident-missing", "incident"),
)
