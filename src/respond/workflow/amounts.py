"""Amounts: the money of every command is in a currency that there is, with no more digits than it has.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from respond.domain.money import CURRENCIES, Money, digits_flaw
from respond.errors import Refusal
from respond.plan.contents import contents
from respond.plan.plan import Plan
from respond.workflow.definition import Situation, guard, inside, named_in, trigger_of
from respond.workflow.workflow import Workflow


@guard("currency-unknown")
def currency_known(situation: Situation) -> str | None:
    """Require currencies of ISO 4217, or of the plan."""
    return _against(situation.command, lambda money: _strange(money, situation.plan))


@guard("digits-too-many")
def digits_few(situation: Situation) -> str | None:
    """Require no more digits than the currency has, and than books take."""
    return _against(situation.command, lambda money: digits_flaw(money.amount, money.currency))


def unpayable(workflow: Workflow, situation: Situation) -> tuple[Refusal, ...]:
    """Return what is wrong with the money of the command, where no guard says so."""
    if not _has_money(situation.command):
        return ()
    candidates = workflow.table.candidates(situation.state.status, trigger_of(type(situation.command)))
    asked = {code for one in candidates for code in one.guards}
    rules = (rule for rule in (currency_known, digits_few) if rule.code not in asked)
    return tuple(Refusal(rule.code, reason) for rule in rules if (reason := rule.check(situation)) is not None)


def _has_money(command: Any) -> bool:
    """Return whether *command* holds money; most do not."""
    for field in attrs.fields(type(command)):
        value = getattr(command, field.name)
        if value is not None and type(value) is not str and any(inside(value, Money)):
            return True
    return False


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


def _against(command: Any, flaw: Callable[[Money], str | None]) -> str | None:
    """Return what *flaw* finds in the money of *command*, with the names of the fields; None when it finds nothing."""
    told = [
        f"{name}: {reason}"
        for name, value in named_in(command).items()
        for money in inside(value, Money)
        if (reason := flaw(money)) is not None
    ]
    return "; ".join(told) or None
