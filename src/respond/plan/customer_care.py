"""How customers are comforted: contact, apology, compensation, visits."""

from __future__ import annotations

import attrs

from respond.domain.money import Money
from respond.plan.obligations import Rung
from respond.plan.spans import Span


@attrs.frozen(kw_only=True)
class CompensationLimit:
    """Up to how much a role may offer to one affected party."""

    role: str
    up_to: Money


@attrs.frozen(kw_only=True, cache_hash=True)
class CustomerCare:
    """What is owed to customers who were hurt."""

    first_contact: Span | None = None
    """How soon each affected party is reached, from its registration on."""
    update_every: Span | None = None
    """How often each hears how it goes on, from the first contact on."""
    apology: bool = False
    """Whether an apology is owed to each before the review closes."""
    forms: tuple[str, ...] = ()
    """The forms of amends: money, waiver of fees, extra service."""
    limits: tuple[CompensationLimit, ...] = ()
    visit_within: Span | None = None
    """How soon after the resolution each is visited."""
    role: str | None = None
    """The id of the role that owes it."""
    ladder: tuple[Rung, ...] = ()
    """Who is told of what is promised and has a deadline, and when."""
    source: str = ""
    """Where its figures come from, when from outside."""
