"""Lint: amounts that nobody can be paid."""

from __future__ import annotations

from collections.abc import Iterator

from respond.domain.money import Money, decimals_of, digits_behind
from respond.plan.contents import contents
from respond.plan.finding import Finding, found
from respond.plan.plan import Plan
from respond.plan.tables import fields_of


def amounts(plan: Plan) -> Iterator[Finding]:
    """Yield amounts below 0, and those that are finer than their currency is."""
    for place, part in contents(plan):
        kind: type = type(part)
        for key, field in fields_of(kind).items():
            value = getattr(part, field.name)
            if not isinstance(value, Money):
                continue
            decimals = decimals_of(value.currency)
            if value.amount < 0 or digits_behind(value.amount) > decimals:
                yield found(
                    "amount-invalid",
                    f"{place}.{key}",
                    f"{value} is no amount that can be paid; write 0 or more, with {decimals} digits behind the point",
                )
