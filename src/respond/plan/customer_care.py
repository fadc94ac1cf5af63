"""How customers are comforted: contact, apology, compensation, visits."""

from __future__ import annotations

import attrs

from respond.domain.money import Money
from respond.plan.spans import Span


@attrs.frozen(kw_only=True)
class CompensationLimit:
    """Up to how much a role may offer to one affected party."""

    role: str
    up_to: Money


@attrs.frozen(kw_only=True)
class CustomerCare:
    """What is owed to customers who were hurt."""

    first_contact: Span | None = None
    update_every: Span | None = None
    apology: bool = False
    """Whether an apology is owed before the review closes."""
    forms: tuple[str, ...] = ()
    """The forms of amends: money, waiver of fees, extra service."""
    limits: tuple[CompensationLimit, ...] = ()
    visit_within: Span | None = None
    """How soon after the resolution each is visited."""
    source: str = ""
    """Where its figures come from, when from outside."""
