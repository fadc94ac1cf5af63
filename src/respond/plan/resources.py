"""What a response draws on: one's own and partners' people, material, technology, places, money and information."""

from __future__ import annotations

from datetime import date
from typing import Literal

import attrs

from respond.domain.money import Money
from respond.plan.spans import Span
from respond.plan.titles import Part

ResourceKind = Literal["people", "material", "technology", "place", "money", "information"]


@attrs.frozen(kw_only=True)
class Resource(Part):
    """A pool of something."""

    kind: ResourceKind
    quantity: int | None = None
    """How much there is."""
    unit: str = ""
    amount: Money | None = None
    """How much there is, when it is money."""
    location: str = ""
    condition: str = ""
    inspected_on: date | None = None
    inspect_every: Span | None = None
    partner: str | None = None
    """The id of the partner who gives it; one's own when None."""


@attrs.frozen(kw_only=True)
class Partner(Part):
    """An organisation that helps."""

    services: str = ""
    contact: str = ""
    agreement: str = ""
    """What it rests on."""
    agreement_until: date | None = None
