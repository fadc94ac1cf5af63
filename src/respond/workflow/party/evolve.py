"""Carry an affected party over each event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.values import replace
from respond.workflow.definition import Evolve
from respond.workflow.party import events as e
from respond.workflow.party.state import Apology, Contact, Heard, Offer, Party, Visited


def _registered(party: Party, event: Event) -> Party:
    data: e.PartyRegistered = event.data
    return replace(
        party,
        status=data.to,
        incident=data.incident,
        customers=data.customers,
        group=data.group,
        reference=data.reference,
    )


def _contacted(party: Party, event: Event) -> Party:
    data: e.PartyContacted = event.data
    contact = Contact(entry=event.body["id"], at=event.happened_at, channel=data.channel, outcome=data.outcome)
    return replace(party, status=data.to, contacts=(*party.contacts, contact))


def _heard(party: Party, event: Event) -> Party:
    data: e.PartyHeard = event.data
    heard = Heard(entry=event.body["id"], need=data.need, complaint=data.complaint, remedy=data.remedy)
    return replace(party, heard=(*party.heard, heard))


def _apologised(party: Party, event: Event) -> Party:
    data: e.ApologyMade = event.data
    apology = Apology(entry=event.body["id"], by=data.by, form=data.form, text=data.text)
    return replace(party, apologies=(*party.apologies, apology))


def _offered(party: Party, event: Event) -> Party:
    data: e.CompensationOffered = event.data
    offer = Offer(
        entry=event.body["id"],
        number=data.offer,
        form=data.form,
        amount=data.amount,
        text=data.text,
        by=event.actor,
        on_behalf_of=event.body.get("on_behalf_of"),
        approval_owed=data.approval_owed,
    )
    return replace(party, status=data.to, offers=(*party.offers, offer))


def _approved(party: Party, event: Event) -> Party:
    return _with_offer(party, event.data.offer, approval_owed=False, approved_by=event.actor)


def _accepted(party: Party, event: Event) -> Party:
    return replace(_with_offer(party, event.data.offer, status="accepted"), status=event.data.to)


def _rejected(party: Party, event: Event) -> Party:
    data: e.CompensationRejected = event.data
    return replace(_with_offer(party, data.offer, status="rejected", reason=data.reason), status=data.to)


def _paid(party: Party, event: Event) -> Party:
    return _with_offer(party, event.data.offer, status="paid", reference=event.data.reference)


def _with_offer(party: Party, number: int, **changes: Any) -> Party:
    offers = tuple(attrs.evolve(one, **changes) if one.number == number else one for one in party.offers)
    return replace(party, offers=offers)


def _settled(party: Party, event: Event) -> Party:
    return replace(party, status=event.data.to, solution=event.data.solution)


def _visited(party: Party, event: Event) -> Party:
    data: e.PartyVisited = event.data
    visit = Visited(entry=event.body["id"], at=event.happened_at, outcome=data.outcome, text=data.text)
    return replace(party, status=data.to, visits=(*party.visits, visit))


def _closed(party: Party, event: Event) -> Party:
    """Close the case; what was offered and not answered lapses."""
    lapsed = tuple(attrs.evolve(one, status="lapsed") if one.status == "open" else one for one in party.offers)
    return replace(party, status=event.data.to, reason=event.data.reason, offers=lapsed)


def _reopened(party: Party, event: Event) -> Party:
    return replace(party, status=event.data.to, reopened=party.reopened + 1)


EVOLVERS: Mapping[type, Evolve] = {
    e.PartyRegistered: _registered,
    e.PartyContacted: _contacted,
    e.PartyHeard: _heard,
    e.ApologyMade: _apologised,
    e.CompensationOffered: _offered,
    e.CompensationApproved: _approved,
    e.CompensationAccepted: _accepted,
    e.CompensationRejected: _rejected,
    e.CompensationPaid: _paid,
    e.CaseSettled: _settled,
    e.PartyVisited: _visited,
    e.CaseClosed: _closed,
    e.CaseReopened: _reopened,
}
