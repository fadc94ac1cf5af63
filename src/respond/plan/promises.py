"""Promises: what a plan promises to each customer who was hurt, owed like all its obligations.

An id is made of the promise and the key of the party: `visit:c-7`.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import attrs

from respond.plan.cases import first_of_case, of_case, of_end, while_open
from respond.plan.customer_care import CustomerCare
from respond.plan.facts import Facts
from respond.plan.follow_up import ACTION, action_date
from respond.plan.obligations import Act, Clock, Fact, Promise, Recurrence
from respond.plan.spans import Span

if TYPE_CHECKING:
    from respond.plan.plan import Plan

_UNTIL_DONE = Span(100, "year")
"""How long the clock of an obligation runs that has no deadline."""
_CUSTOMERS = {
    "settlement": ("Settle the case of {}", "了结客户 {} 的事项"),
    "first_contact": ("Contact {} for the first time", "首次联系客户 {}"),
    "update": ("Tell {} how it goes on", "向客户 {} 通报进展"),
    "apology": ("Apologise to {}", "向客户 {} 致歉"),
    "visit": ("Visit {}", "回访客户 {}"),
}
"""The titles of what is promised to a customer, in English and Chinese."""
CUSTOMER_PROMISES = frozenset(_CUSTOMERS)
"""What stands before the key of a customer in the id of a promise."""
_CLOSING = frozenset({"settlement", "apology", "visit"})
"""What the review waits for."""
_NOTHING = CustomerCare()
_KEPT = 2048
"""The promises to how many customers are kept: each is asked for again and again."""


def promise_of(plan: Plan, obligation_id: str) -> Promise | None:
    """Return the promise of *plan*, or the date of an action item, that has this id; None when it is none."""
    promise, colon, key = obligation_id.partition(":")
    if not colon or not key:
        return None
    if promise == ACTION:
        return action_date(plan.follow_up, key)
    return promises_to(plan.customer_care, key).get(promise)


def promises(plan: Plan, facts: Facts, *, only: Container[str] | None = None) -> Iterator[tuple[Promise, Facts]]:
    """Yield what *plan* promises to each customer of whom *facts* tell, with the facts that it rests on.

    Given *only*, the promises with these ids.
    """
    told = {
        "first_contact": of_case,
        "update": while_open,
        "apology": first_of_case,
        "settlement": of_case,
        "visit": of_end,
    }
    for party, steps in facts.cases.items():
        for promise, obligation in promises_to(plan.customer_care, party).items():
            if only is None or obligation.id in only:
                yield obligation, told[promise](facts, steps)


def promises_to(care: CustomerCare | None, party: str) -> dict[str, Promise]:
    """Return what *care* promises to the customer with the key *party*, by the promise; a settlement without any."""
    return {one.id.partition(":")[0]: one for one in _promised(care or _NOTHING, party)}


@lru_cache(maxsize=_KEPT)
def _promised(care: CustomerCare, party: str) -> tuple[Promise, ...]:
    opened: Fact = "case_opened"
    promised = [_made("settlement", party, "settle", Clock(from_=opened, within=_UNTIL_DONE), care, dated=False)]
    if care.first_contact is not None:
        clock = Clock(from_=opened, within=care.first_contact)
        promised.append(_made("first_contact", party, "contact_party", clock, care))
    if care.update_every is not None:
        clock = Clock(from_=opened, within=care.update_every)
        recurs = Recurrence(every=care.update_every)
        recurs = attrs.evolve(recurs, until=(*recurs.until, "settled"))
        promised.append(_made("update", party, "contact_party", clock, care, recurs=recurs))
    if care.apology:
        clock = Clock(from_=opened, within=_UNTIL_DONE)
        promised.append(_made("apology", party, "apologise", clock, care, dated=False))
    if care.visit_within is not None:
        clock = Clock(from_="response_ended", within=care.visit_within)
        promised.append(_made("visit", party, "visit", clock, care))
    return tuple(promised)


def _made(promise: str, party: str, act: Act, clock: Clock, care: CustomerCare, **more: Any) -> Promise:
    title, zh = _CUSTOMERS[promise]
    return Promise(
        id=f"{promise}:{party}",
        title=title.format(party),
        titles={"zh": zh.format(party)},
        act=act,
        due=(clock,),
        role=care.role,
        before=("close_review",) if promise in _CLOSING else (),
        ladder=care.ladder,
        source=care.source,
        **more,
    )
