"""Cases of the guards about resources, as those of measures are in `response_cases`."""

from __future__ import annotations

from decimal import Decimal

from guard_cases import Case, at
from respond.domain.money import Money
from respond.workflow.incident.resources import RecordExpense, RecordResource, RequestResource, WithdrawRequest

ONE = Decimal(1)
REQUEST = RequestResource(resource="pump", quantity=ONE, purpose="water")
SPEND = RecordExpense(amount=Money(ONE, "CNY"), purpose="taxi")
RESOURCE_CASES = [
    Case(
        code="resource-missing",
        on=at("responding"),
        refused=RequestResource(resource=" ", quantity=ONE, purpose="water"),
        passes=REQUEST,
        text="resource must not be blank",
    ),
    Case(
        code="purpose-missing",
        on=at("responding"),
        refused=RequestResource(resource="pump", quantity=ONE, purpose=""),
        passes=REQUEST,
        text="purpose must not be blank",
    ),
    Case(
        code="quantity-invalid",
        on=at("responding"),
        refused=RequestResource(resource="pump", quantity=Decimal(0), purpose="water"),
        passes=REQUEST,
        text="0 is not more than zero",
    ),
    Case(
        code="not-requested",
        on=lambda: at("responding")().do(REQUEST),
        refused=WithdrawRequest(resource="pump", quantity=Decimal(2), reason="enough"),
        passes=WithdrawRequest(resource="pump", quantity=ONE, reason="enough"),
        text="1 of 'pump' are asked for, not 2",
    ),
    Case(
        code="incident-closed",
        on=at("cancelled"),
        refused=RecordResource(change="committed", pool="pump", quantity=ONE),
        passes=RecordResource(change="returned", pool="pump", quantity=ONE),
        text="the incident is cancelled; what is committed is for one that people are at work on",
    ),
    Case(
        code="expense-invalid",
        on=at("responding"),
        refused=RecordExpense(amount=Money(-ONE, "CNY"), purpose="taxi"),
        passes=SPEND,
        text="-1 is not more than zero",
    ),
]
