"""Sentences of the cases of customers: what each event says, in one line for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from respond.projections.phrases import followed_by
from respond.workflow.incident.parties import CaseStepRecorded
from respond.workflow.party import events as e

_FORMS: Mapping[str, str] = {"money": "money", "fee_waiver": "a waiver of fees", "extra_service": "an extra service"}


def _registered(data: e.PartyRegistered) -> str:
    who = "one customer" if data.customers == 1 else f"{data.customers} customers"
    return followed_by(f"Affected party registered, {who}", data.group, data.reference)


def _contacted(data: e.PartyContacted) -> str:
    return followed_by(f"Customer contacted by {data.channel}, {data.outcome}", data.text)


def _heard(data: e.PartyHeard) -> str:
    told = (("needs", data.need), ("complains of", data.complaint), ("asks for", data.remedy))
    return "The customer " + "; ".join(f"{verb} {text}" for verb, text in told if text)


def _offered(data: e.CompensationOffered) -> str:
    amount = f" of {data.amount}" if data.amount else ""
    waits = ", to be approved" if data.approval_owed else ""
    return followed_by(f"Compensation {data.offer} offered, {_FORMS[data.form]}{amount}{waits}", data.text)


SENTENCES: Mapping[type, Callable[[Any], str]] = {
    CaseStepRecorded: lambda data: f"Case of {data.party}: {data.step}",
    e.PartyRegistered: _registered,
    e.PartyContacted: _contacted,
    e.PartyHeard: _heard,
    e.ApologyMade: lambda data: followed_by(f"{data.by} apologised {data.form}", data.text),
    e.CompensationOffered: _offered,
    e.CompensationApproved: lambda data: followed_by(f"Compensation {data.offer} approved", data.note),
    e.CompensationAccepted: lambda data: f"Compensation {data.offer} accepted",
    e.CompensationRejected: lambda data: followed_by(f"Compensation {data.offer} rejected", data.reason),
    e.CompensationPaid: lambda data: f"Compensation {data.offer} paid: {data.reference}",
    e.CaseSettled: lambda data: followed_by("Case settled", data.solution),
    e.PartyVisited: lambda data: followed_by(f"Customer visited, {data.outcome}", data.text),
    e.CaseClosed: lambda data: followed_by("Case closed", data.reason),
    e.CaseReopened: lambda data: followed_by("Case reopened", data.reason),
}
