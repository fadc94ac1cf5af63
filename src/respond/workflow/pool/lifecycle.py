"""Resource pools: what there is, who holds what of it, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from respond.domain.events import Event
from respond.domain.money import Money
from respond.domain.values import replace
from respond.workflow import approvals
from respond.workflow.definition import NEW, Companion, Evolve, Handler, Situation, Transition
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.resources import Change, RecordResource
from respond.workflow.pool import commands as c
from respond.workflow.pool import events as e
from respond.workflow.pool.guards import GUARDS, resource_of
from respond.workflow.pool.state import CLOSED, NOTHING, OPEN, STATES, Commitment, Pool
from respond.workflow.workflow import Workflow

POOL_CATEGORY = "pool"
"""The category of the streams of pools."""

# -- deciding ----------------------------------------------------------------------------------------------------------


def _open(situation: Situation) -> Iterator[Any]:
    resource = resource_of(situation)
    if resource is None:  # the guard saw to that
        return
    quantity, unit = Decimal(resource.quantity or 0), resource.unit
    if resource.amount is not None:
        quantity, unit = resource.amount.amount, resource.amount.currency
    asked: Decimal | None = situation.command.quantity
    partner = next((one for one in situation.plan.partners if one.id == resource.partner), None)
    yield e.PoolOpened(
        **situation.step,
        resource=resource.id,
        kind=resource.kind,
        quantity=quantity if asked is None else asked,
        unit=unit,
        location=resource.location,
        partner=resource.partner,
        agreement_until=None if partner is None else partner.agreement_until,
        inspected_on=resource.inspected_on,
    )


def _add(situation: Situation) -> Iterator[Any]:
    yield e.StockAdded(quantity=situation.command.quantity, reason=situation.command.reason)


def _write_off(situation: Situation) -> Iterator[Any]:
    yield e.StockWrittenOff(quantity=situation.command.quantity, reason=situation.command.reason)


def _commit(situation: Situation) -> Iterator[Any]:
    yield e.StockCommitted(incident=situation.command.incident, quantity=situation.command.quantity)


def _use(situation: Situation) -> Iterator[Any]:
    command: c.UseStock = situation.command
    yield e.StockUsed(incident=command.incident, quantity=command.quantity, note=command.note)


def _return(situation: Situation) -> Iterator[Any]:
    command: c.ReturnStock = situation.command
    yield e.StockReturned(incident=command.incident, quantity=command.quantity, condition=command.condition)


def _consume(situation: Situation) -> Iterator[Any]:
    command: c.ConsumeStock = situation.command
    yield e.StockConsumed(incident=command.incident, quantity=command.quantity, cost=_cost(situation))


def _cost(situation: Situation) -> Money | None:
    """Return what it cost: money that is spent costs itself."""
    command: c.ConsumeStock = situation.command
    state: Pool = situation.state
    return Money(command.quantity, state.unit) if state.kind == "money" and command.cost is None else command.cost


def _inspect(situation: Situation) -> Iterator[Any]:
    yield e.PoolInspected(condition=situation.command.condition, note=situation.command.note)


def _renew(situation: Situation) -> Iterator[Any]:
    yield e.AgreementRenewed(until=situation.command.until)


def _close(situation: Situation) -> Iterator[Any]:
    yield e.PoolClosed(**situation.step, reason=situation.command.reason)


def _amount(situation: Situation) -> Money | None:
    """Return how much money is promised, where the pool holds money."""
    state: Pool = situation.state
    quantity = situation.command.quantity
    return Money(quantity, state.unit) if state.kind == "money" and isinstance(quantity, Decimal) else None


def _told(change: Change) -> Any:
    """Return what tells the incident of the *change*."""

    def companions(key: str, command: Any) -> Iterator[Companion]:
        record = RecordResource(change=change, pool=key, quantity=command.quantity, cost=getattr(command, "cost", None))
        yield Companion(INCIDENT_CATEGORY, command.incident, record)

    return companions


# -- folding -----------------------------------------------------------------------------------------------------------


def _opened(_: Pool, event: Event) -> Pool:
    data: e.PoolOpened = event.data
    return Pool(
        status=data.to,
        resource=data.resource,
        kind=data.kind,
        unit=data.unit,
        location=data.location,
        partner=data.partner,
        quantity=data.quantity,
        agreement_until=data.agreement_until,
        inspected_on=data.inspected_on,
    )


def _added(pool: Pool, event: Event) -> Pool:
    return replace(pool, quantity=pool.quantity + event.data.quantity)


def _written_off(pool: Pool, event: Event) -> Pool:
    return replace(pool, quantity=pool.quantity - event.data.quantity)


def _committed(pool: Pool, event: Event) -> Pool:
    return _holding(pool, event, committed=event.data.quantity)


def _used(pool: Pool, event: Event) -> Pool:
    return _holding(pool, event, used=event.data.quantity)


def _returned(pool: Pool, event: Event) -> Pool:
    data: e.StockReturned = event.data
    after = _holding(pool, event, committed=-data.quantity)
    if data.condition == "usable":
        return after
    return replace(after, quantity=pool.quantity - data.quantity, damaged=pool.damaged + data.quantity)


def _consumed(pool: Pool, event: Event) -> Pool:
    quantity: Decimal = event.data.quantity
    used = min(quantity, pool.of(event.data.incident).used)
    return replace(_holding(pool, event, committed=-quantity, used=-used), quantity=pool.quantity - quantity)


def _holding(pool: Pool, event: Event, *, committed: Decimal = NOTHING, used: Decimal = NOTHING) -> Pool:
    """Return *pool* with what the incident of *event* has of it changed; what is not in use goes back first."""
    incident = event.data.incident
    before = pool.of(incident)
    held = before.committed + committed
    after = Commitment(committed=held, used=min(before.used + used, held))
    rest = {key: one for key, one in pool.commitments.items() if key != incident}
    return replace(pool, commitments={**rest, incident: after} if held else rest)


def _inspected(pool: Pool, event: Event) -> Pool:
    at = event.happened_at
    return replace(pool, condition=event.data.condition, inspected_at=at, inspected_on=at.date())


def _renewed(pool: Pool, event: Event) -> Pool:
    return replace(pool, agreement_until=event.data.until)


def _closed(pool: Pool, event: Event) -> Pool:
    return replace(pool, status=event.data.to)


_EVOLVERS: Mapping[type, Evolve] = {
    e.PoolOpened: _opened,
    e.StockAdded: _added,
    e.StockWrittenOff: _written_off,
    e.StockCommitted: _committed,
    e.StockUsed: _used,
    e.StockReturned: _returned,
    e.StockConsumed: _consumed,
    e.PoolInspected: _inspected,
    e.AgreementRenewed: _renewed,
    e.PoolClosed: _closed,
}

# -- the workflow ------------------------------------------------------------------------------------------------------

_OPENING = ("resource-unknown", "quantity-unknown", "quantity-invalid")
_HOLD = ("incident-missing", "quantity-invalid")

POOL = Workflow(
    name="pool",
    version=1,
    category=POOL_CATEGORY,
    states=STATES,
    finals=(CLOSED,),
    transitions=(
        Transition("open_pool", NEW, OPEN, guards=_OPENING),
        Transition("open_pool", CLOSED, OPEN, guards=_OPENING, reopens=True),
        Transition("add_stock", OPEN, None, guards=("quantity-invalid", "reason-missing")),
        Transition("write_off_stock", OPEN, None, guards=("quantity-invalid", "stock-short", "reason-missing")),
        Transition("commit_stock", OPEN, None, guards=(*_HOLD, "pool-unusable", "stock-short")),
        Transition("use_stock", OPEN, None, guards=(*_HOLD, "used-already")),
        Transition("return_stock", OPEN, None, guards=(*_HOLD, "not-committed", "condition-unknown")),
        Transition("consume_stock", OPEN, None, guards=(*_HOLD, "not-committed", "cost-invalid")),
        Transition("inspect_pool", OPEN, None, guards=("condition-unknown",)),
        Transition("renew_agreement", OPEN, None, guards=("agreement-missing", "agreement-shortened")),
        Transition("close_pool", OPEN, CLOSED, guards=("still-committed", "reason-missing")),
        approvals.approving((OPEN,)),
    ),
    guards=(*GUARDS, *approvals.GUARDS),
    initial=Pool(),
    handlers=(
        Handler(command=c.OpenPool, decide=_open, emits=(e.PoolOpened,)),
        Handler(command=c.AddStock, decide=_add, emits=(e.StockAdded,)),
        Handler(command=c.WriteOffStock, decide=_write_off, emits=(e.StockWrittenOff,)),
        Handler(
            command=c.CommitStock,
            decide=_commit,
            emits=(e.StockCommitted,),
            amount=_amount,
            companions=_told("committed"),
        ),
        Handler(command=c.UseStock, decide=_use, emits=(e.StockUsed,), companions=_told("used")),
        Handler(command=c.ReturnStock, decide=_return, emits=(e.StockReturned,), companions=_told("returned")),
        Handler(
            command=c.ConsumeStock,
            decide=_consume,
            emits=(e.StockConsumed,),
            amount=_amount,
            companions=_told("consumed"),
        ),
        Handler(command=c.InspectPool, decide=_inspect, emits=(e.PoolInspected,)),
        Handler(command=c.RenewAgreement, decide=_renew, emits=(e.AgreementRenewed,)),
        Handler(command=c.ClosePool, decide=_close, emits=(e.PoolClosed,)),
        *approvals.HANDLERS,
    ),
    evolvers={**_EVOLVERS, **approvals.EVOLVERS},
    shared=True,
)
