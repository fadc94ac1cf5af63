"""Figures of customer care: how many were reached, what they were offered and paid, and how content they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import ClassVar

import attrs

from respond.domain.events import Event
from respond.domain.money import sums_of
from respond.projections.document import Document
from respond.workflow.party import PARTY
from respond.workflow.party.state import STANDING, Offer, OfferStatus, Party


@attrs.frozen(kw_only=True)
class CareFigures(Document):
    """The figures over affected parties."""

    parties: int
    customers: int
    """How many customers they stand for."""
    states: Mapping[str, int]
    reached: int
    """How many parties somebody reached."""
    apologised: int
    offers: int
    accepted: int
    """How many offers were accepted, paid ones included."""
    rejected: int
    offered: Mapping[str, Decimal]
    """What is offered, or was accepted, by currency; not what was rejected or lapsed."""
    paid: Mapping[str, Decimal]
    """What was paid, waived or rendered, by currency."""
    satisfied: int
    """How many parties the last visit that met them found satisfied."""
    dissatisfied: int
    satisfied_percent: int | None
    """The satisfied of those that were met, rounded down; None before anybody was."""


def care_figures(parties: Iterable[Party]) -> CareFigures:
    """Return the figures over *parties*."""
    known = tuple(parties)
    offers = tuple(offer for party in known for offer in party.offers)
    satisfied = sum(party.satisfied is True for party in known)
    dissatisfied = sum(party.satisfied is False for party in known)
    met = satisfied + dissatisfied
    return CareFigures(
        parties=len(known),
        customers=sum(party.customers for party in known),
        states={one: count for one in PARTY.states if (count := sum(party.status == one for party in known))},
        reached=sum(party.reached for party in known),
        apologised=sum(bool(party.apologies) for party in known),
        offers=len(offers),
        accepted=_count(offers, "accepted", "paid"),
        rejected=_count(offers, "rejected"),
        offered=_sums(offers, *STANDING),
        paid=_sums(offers, "paid"),
        satisfied=satisfied,
        dissatisfied=dissatisfied,
        satisfied_percent=100 * satisfied // met if met else None,
    )


class Care:
    """Keeps up the cases of all affected parties, event by event.  Drills are never counted."""

    name: ClassVar[str] = "care"
    version: ClassVar[int] = 1
    handles: ClassVar[frozenset[str]] = frozenset(declared.name for declared in PARTY.stream_types)

    def __init__(self) -> None:
        self._parties: dict[str, Party] = {}

    def apply(self, event: Event) -> None:
        """Take one event on; what is none of a party changes nothing."""
        stream: str = event.body["stream"]
        if stream.startswith(f"{PARTY.category}-") and event.body["realm"] == "real":
            self._parties[stream] = PARTY.evolve(self._parties.get(stream, PARTY.initial), event)

    def figures(self) -> CareFigures:
        """Return the figures as of the last event that was taken on."""
        return care_figures(self._parties.values())


def _count(offers: Iterable[Offer], *statuses: OfferStatus) -> int:
    return sum(one.status in statuses for one in offers)


def _sums(offers: Iterable[Offer], *statuses: OfferStatus) -> Mapping[str, Decimal]:
    return sums_of(one.amount for one in offers if one.status in statuses)
