from __future__ import annotations

from decimal import Decimal

import pytest

from respond.domain.money import Money
from respond.plan.conditions import Bounds, Condition, Impact, MoneyBounds


def cny(amount: str) -> Money:
    """Return an amount of yuan."""
    return Money(Decimal(amount), "CNY")


IMPACT = Impact(
    category="network",
    ancestors=("technical_failure",),
    facets=("customers", "law"),
    affected_customers=300,
    loss=cny("5000.00"),
    spread="regional",
    critical_facility=True,
    fields={"area": "hall"},
)
GROUNDS = [
    (Condition(affected_customers=Bounds(from_=100, below=1000)), "affected_customers 300 (from 100, below 1000)"),
    (
        Condition(loss=MoneyBounds(from_=cny("5000.00"))),
        f"loss {cny('5000.00')} (from {cny('5000.00')})",
    ),
    (Condition(spread=("regional", "national")), "spread regional"),
    (Condition(critical_facility=True), "critical facility"),
    (Condition(categories=("technical_failure",)), "category network"),
    (Condition(facets=("law", "media")), "facet law"),
    (Condition(fields={"area": "hall"}), "area hall"),
]


@pytest.mark.parametrize(("condition", "words"), GROUNDS, ids=[words for _, words in GROUNDS])
def test_a_condition_says_why_it_holds(condition, words):
    """What holds is told in words, with the value and the range; of what is unknown nothing holds."""
    assert condition.holds(IMPACT)
    assert condition.grounds(IMPACT) == (words,)
    assert not condition.holds(Impact())
    assert condition.grounds(Impact()) == ()


@pytest.mark.parametrize(
    "impact",
    [
        Impact(affected_customers=99, spread="regional"),
        Impact(affected_customers=1000, spread="regional"),
        Impact(affected_customers=300, spread="local"),
    ],
)
def test_all_that_a_condition_names_must_hold(impact):
    """One thing that does not fit is enough."""
    condition = Condition(affected_customers=Bounds(from_=100, below=1000), spread=("regional",))
    assert condition.holds(IMPACT)
    assert not condition.holds(impact)


def test_an_amount_in_another_currency_does_not_fit():
    """A loss is compared in its own currency alone."""
    condition = Condition(loss=MoneyBounds(from_=cny("1.00")))
    assert not condition.holds(Impact(loss=Money(Decimal("5000.00"), "EUR")))
