"""What an incident asks for, has, and spends: requests, what pools gave and took back, expenses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

import attrs

from respond.domain.events import Event, event_type
from respond.domain.money import Money
from respond.domain.quantities import flaw_of
from respond.domain.values import replace
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard, not_blank
from respond.workflow.incident.drawn import ExpenseRecorded, Spent
from respond.workflow.incident.state import OPEN, RESOLVED, REVIEWED, STATES, Incident

Change = Literal["committed", "used", "returned", "consumed"]
CHANGES: tuple[Change, ...] = ("committed", "used", "returned", "consumed")

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class ResourceRequested:
    """Someone said what is needed."""

    resource: str
    quantity: Decimal
    purpose: str


@event_type()
@attrs.frozen(kw_only=True)
class RequestWithdrawn:
    """Some of what was asked for is not needed after all."""

    resource: str
    quantity: Decimal
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class ResourceMoved:
    """A pool gave something to the incident, or took it back; the pool's own stream tells the same."""

    change: Change
    pool: str
    quantity: Decimal
    cost: Money | None = None


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("request_resource")
@attrs.frozen(kw_only=True)
class RequestResource:
    """Say what is needed, whether the plan knows it or not."""

    resource: str
    quantity: Decimal
    purpose: str


@command_type("withdraw_request")
@attrs.frozen(kw_only=True)
class WithdrawRequest:
    """Say that some of it is not needed after all."""

    resource: str
    quantity: Decimal
    reason: str


@command_type("record_resource")
@attrs.frozen(kw_only=True)
class RecordResource:
    """Take over what a pool gave, or took back."""

    change: Change
    pool: str
    quantity: Decimal
    cost: Money | None = None


@command_type("record_expense")
@attrs.frozen(kw_only=True)
class RecordExpense:
    """Tell what was spent besides what pools tell."""

    amount: Money
    purpose: str


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("quantity-invalid")
def quantity_valid(situation: Situation) -> str | None:
    """Require an exact quantity above zero."""
    return flaw_of(situation.command.quantity)


@guard("not-requested")
def requested(situation: Situation) -> str | None:
    """Require that as much was asked for as is withdrawn."""
    command: WithdrawRequest = situation.command
    asked = situation.state.drawn(command.resource).requested
    if flaw_of(command.quantity) is not None or command.quantity <= asked:
        return None
    return f"{asked} of {command.resource!r} are asked for, not {command.quantity}"


@guard("incident-closed")
def takes_resources(situation: Situation) -> str | None:
    """Require an incident at which people are at work, for what is committed to it or put to use."""
    change, status = situation.command.change, situation.state.status
    if change in ("returned", "consumed") or status in OPEN:
        return None
    return f"the incident is {status}; what is {change} is for one that people are at work on"


@guard("expense-invalid")
def expense_valid(situation: Situation) -> str | None:
    """Require an amount of money above zero."""
    return flaw_of(situation.command.amount.amount)


purpose_given = not_blank("purpose-missing", "purpose")

GUARDS = (
    quantity_valid,
    requested,
    takes_resources,
    expense_valid,
    not_blank("resource-missing", "resource"),
    purpose_given,
)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _request(situation: Situation) -> Iterator[Any]:
    command: RequestResource = situation.command
    yield ResourceRequested(resource=command.resource, quantity=command.quantity, purpose=command.purpose)


def _withdraw(situation: Situation) -> Iterator[Any]:
    command: WithdrawRequest = situation.command
    yield RequestWithdrawn(resource=command.resource, quantity=command.quantity, reason=command.reason)


def _record(situation: Situation) -> Iterator[Any]:
    command: RecordResource = situation.command
    yield ResourceMoved(change=command.change, pool=command.pool, quantity=command.quantity, cost=command.cost)


def _spend(situation: Situation) -> Iterator[Any]:
    command: RecordExpense = situation.command
    yield ExpenseRecorded(amount=command.amount, purpose=command.purpose)


HANDLERS = (
    Handler(command=RequestResource, decide=_request, emits=(ResourceRequested,)),
    Handler(command=WithdrawRequest, decide=_withdraw, emits=(RequestWithdrawn,)),
    Handler(command=RecordResource, decide=_record, emits=(ResourceMoved,), accompanies=True, automatic=True),
    Handler(
        command=RecordExpense,
        decide=_spend,
        emits=(ExpenseRecorded,),
        amount=lambda situation: situation.command.amount,
    ),
)
_NEED = ("role-unknown", "resource-missing", "quantity-invalid")
TRANSITIONS = (
    Transition("request_resource", OPEN, None, guards=(*_NEED, "purpose-missing")),
    Transition("withdraw_request", (*OPEN, RESOLVED), None, guards=(*_NEED, "not-requested", "reason-missing")),
    Transition("record_resource", STATES, None, guards=("incident-closed",)),
    Transition(
        "record_expense",
        (*OPEN, RESOLVED, REVIEWED),
        None,
        guards=("role-unknown", "expense-invalid", "purpose-missing"),
    ),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _requested(state: Incident, event: Event) -> Incident:
    return _drawing(state, event.data.resource, requested=event.data.quantity)


def _withdrawn(state: Incident, event: Event) -> Incident:
    return _drawing(state, event.data.resource, requested=-event.data.quantity)


def _moved(state: Incident, event: Event) -> Incident:
    return _drawing(state, event.data.pool, **{event.data.change: event.data.quantity})


def _drawing(state: Incident, resource: str, **changes: Decimal) -> Incident:
    before = state.drawn(resource)
    after = attrs.evolve(before, **{name: getattr(before, name) + change for name, change in changes.items()})
    return replace(state, resources={**state.resources, resource: after})


def _spent(state: Incident, event: Event) -> Incident:
    return replace(state, expenses=(*state.expenses, Spent(entry=event.id, expense=event.data)))


EVOLVERS: Mapping[type, Evolve] = {
    ResourceRequested: _requested,
    RequestWithdrawn: _withdrawn,
    ResourceMoved: _moved,
    ExpenseRecorded: _spent,
}
