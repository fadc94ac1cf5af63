"""Where the case of an affected party stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Literal

import attrs

from respond.domain.money import Money
from respond.workflow.definition import NEW
from respond.workflow.party.events import Form, Impression, Outcome

REGISTERED = "registered"
CONTACTED = "contacted"
OFFERED = "offered"
AGREED = "agreed"
SETTLED = "settled"
VISITED = "visited"
CLOSED = "closed"

OPEN = (REGISTERED, CONTACTED, OFFERED, AGREED)
"""The states in which people are at work on it."""
STATES = (*OPEN, SETTLED, VISITED, CLOSED)

OfferStatus = Literal["open", "accepted", "rejected", "paid", "lapsed"]
STANDING: tuple[OfferStatus, ...] = ("open", "accepted", "paid")
"""What counts towards the limits of compensation."""


@attrs.frozen(kw_only=True)
class Contact:
    """A contact, and the entry that records it."""

    entry: str
    at: datetime
    channel: str
    outcome: Outcome


@attrs.frozen(kw_only=True)
class Heard:
    """What the party said."""

    entry: str
    need: str
    complaint: str
    remedy: str


@attrs.frozen(kw_only=True)
class Apology:
    """An apology, and the entry that records it."""

    entry: str
    by: str
    form: str
    text: str


@attrs.frozen(kw_only=True)
class Offer:
    """An offer of compensation, and what became of it."""

    entry: str
    """The id of the event that made it."""
    number: int
    form: Form
    amount: Money | None
    text: str
    by: str | None
    """Who offered it."""
    on_behalf_of: str | None
    approval_owed: bool
    """Whether it waits for somebody with a higher limit."""
    approved_by: str | None = None
    status: OfferStatus = "open"
    reason: str = ""
    """Why it was rejected."""
    reference: str = ""
    """What the books call the payment."""


@attrs.frozen(kw_only=True)
class Visited:
    """A visit, and the entry that records it."""

    entry: str
    at: datetime
    outcome: Impression
    text: str


@attrs.frozen(kw_only=True, slots=False)
class Party:
    """An affected party, folded from its events."""

    status: str = NEW
    incident: str = ""
    """The id of the incident under which it was registered."""
    customers: int = 1
    group: str = ""
    reference: str | None = None
    contacts: tuple[Contact, ...] = ()
    heard: tuple[Heard, ...] = ()
    apologies: tuple[Apology, ...] = ()
    offers: tuple[Offer, ...] = ()
    visits: tuple[Visited, ...] = ()
    solution: str = ""
    """What the party confirmed last."""
    reason: str = ""
    """Why the case was closed last."""
    reopened: int = 0

    @property
    def reached(self) -> bool:
        """Whether somebody ever reached the party."""
        return any(one.outcome == "reached" for one in self.contacts)

    @property
    def satisfied(self) -> bool | None:
        """Whether the last visit that met the party found it satisfied; None before one did."""
        met = [one.outcome for one in self.visits if one.outcome != "unreachable"]
        return met[-1] == "satisfied" if met else None

    def offer(self, number: int) -> Offer | None:
        """Return the offer with this number."""
        return next((one for one in self.offers if one.number == number), None)

    def offers_in(self, *statuses: OfferStatus) -> tuple[Offer, ...]:
        """Return the offers of which this became."""
        return tuple(one for one in self.offers if one.status in statuses)


def total(offers: Iterable[Offer], currency: str) -> Decimal:
    """Return what *offers* are worth altogether, those in *currency*."""
    amounts = (one.amount for one in offers if one.amount is not None)
    return sum((one.amount for one in amounts if one.currency == currency), Decimal(0))
