"""Customers: what was done for each party that an incident hurt, every fact citing its event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import attrs

from respond.domain.events import Event
from respond.domain.money import Money
from respond.plan.owed import Owed, Verdict, verdict
from respond.projections.document import Document
from respond.projections.entries import Citation
from respond.projections.knowledge import Clock, known
from respond.projections.state import state
from respond.workflow.party import PARTY
from respond.workflow.party import events as e
from respond.workflow.party.state import Offer, OfferStatus, Party


@attrs.frozen(kw_only=True)
class OfferMade(Document):
    """An offer of compensation, and what became of it."""

    form: e.Form
    amount: Money | None
    text: str
    approved_by: str | None
    status: OfferStatus
    citation: Citation


@attrs.frozen(kw_only=True)
class VisitMade(Document):
    """A visit, and how it found the party."""

    outcome: e.Impression
    at: datetime
    citation: Citation


@attrs.frozen(kw_only=True)
class PartyCared(Document):
    """What was done for one affected party."""

    party: str
    customers: int
    status: str
    registered: Citation
    first_contact: Citation | None
    """The first contact that reached it."""
    first_contact_at: datetime | None
    contacted_in_time: Verdict | None
    """What became of the promise of a first contact; None where the plan promises none."""
    apologies: tuple[Citation, ...]
    offers: tuple[OfferMade, ...]
    settled: Citation | None
    """The last settlement, of a case that was not reopened since."""
    visits: tuple[VisitMade, ...]
    visited_in_time: Verdict | None
    satisfied: bool | None
    """What the last visit that met the party found; None before one did."""


@attrs.frozen
class Told:
    """What is told of the parties of one incident: what it owes, and their events."""

    owes: Iterable[Owed]
    parties: Iterable[Event]
    until: datetime
    as_of: datetime | None = None
    known_at: datetime | None = None
    clock: Clock = "log"

    def cared(self) -> Iterator[PartyCared]:
        """Yield what was done for each party, in the order in which they were registered."""
        promised = {one.obligation: one for one in self.owes}
        for key, events in _by_party(self.parties).items():
            seen = known(events, at=self.known_at, clock=self.clock).events
            if not seen:
                continue
            party: Party = state(PARTY, seen, as_of=self.as_of).value
            if party.status != PARTY.initial.status:
                yield self._cared(key, party, seen, promised)

    def _cared(self, key: str, party: Party, events: Sequence[Event], promised: Mapping[str, Owed]) -> PartyCared:
        cited = {event.id: Citation(event.position, event.id) for event in events}
        first = next((one for one in party.contacts if one.outcome == "reached"), None)
        settled = [event for event in events if type(event.data) in (e.CaseSettled, e.CaseReopened)][-1:]
        return PartyCared(
            party=key,
            customers=party.customers,
            status=party.status,
            registered=cited[events[0].id],
            first_contact=None if first is None else cited[first.entry],
            first_contact_at=None if first is None else first.at,
            contacted_in_time=self._verdict(promised.get(f"first_contact:{key}")),
            apologies=tuple(cited[one.entry] for one in party.apologies),
            offers=tuple(_offer(one, cited[one.entry]) for one in party.offers),
            settled=next((cited[one.id] for one in settled if type(one.data) is e.CaseSettled), None),
            visits=tuple(VisitMade(outcome=one.outcome, at=one.at, citation=cited[one.entry]) for one in party.visits),
            visited_in_time=self._verdict(promised.get(f"visit:{key}")),
            satisfied=party.satisfied,
        )

    def _verdict(self, one: Owed | None) -> Verdict | None:
        return None if one is None else verdict(one, self.until)


def _offer(offer: Offer, citation: Citation) -> OfferMade:
    return OfferMade(
        form=offer.form,
        amount=offer.amount,
        text=offer.text,
        approved_by=offer.approved_by,
        status=offer.status,
        citation=citation,
    )


def _by_party(events: Iterable[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.body["stream"].partition("-")[2], []).append(event)
    return found
