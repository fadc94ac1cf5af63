"""Amounts: the money of every command is in a currency that there is, with no more digits than it has.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from respond.domain.money import CURRENCIES, Money, digits_flaw
from respond.errors import Refusal
from respond.plan.contents import contents
from respond.plan.plan import Plan
from respond.workflow.definition import Situation, guard, inside, named_in


@guard("currency-unknown")
def currency_known(situation: Situation) -> str | None:
    """Require currencies of ISO 4217, or of the plan."""
    return _flawed(named_in(situation.command), lambda money: _strange(money, situation.plan))


@guard("digits-too-many")
def digits_few(situation: Situation) -> str | None:
    """Require no more digits than the currency has, and than books take."""
    return _flawed(named_in(situation.command), _overlong)


def unpayable(values: Mapping[str, Any], plan: Plan) -> tuple[Refusal, ...]:
    """Return what is wrong with the money in *values*, which go by the names of their fields."""
    reasons = {
        currency_known.code: _flawed(values, lambda money: _strange(money, plan)),
        digits_few.code: _flawed(values, _overlong),
    }
    return tuple(Refusal(code, reason) for code, reason in reasons.items() if reason is not None)


def _strange(money: Money, plan: Plan) -> str | None:
    if money.currency in CURRENCIES or money.currency in _currencies(plan):
        return None
    return f"{money.currency!r} is no currency of ISO 4217, nor of the plan"


def _currencies(plan: Plan) -> set[str]:
    tables = (table for _, table in contents(plan))
    return {
        value.currency
        for table in tables
        for field in attrs.fields(type(table))
        if isinstance(value := getattr(table, field.name), Money)
    }


def _overlong(money: Money) -> str | None:
    return digits_flaw(money.amount, money.currency)


def _flawed(values: Mapping[str, Any], flaw: Callable[[Money], str | None]) -> str | None:
    """Return what *flaw* finds in the money of *values*, with the names of the fields; None when it finds nothing."""
    told = [
        f"{name}: {reason}"
        for name, value in values.items()
        for money in inside(value, Money)
        if (reason := flaw(money)) is not None
    ]
    return "; ".join(told) or None
