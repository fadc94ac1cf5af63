"""The accountability view: what was determined of whom about one incident.  Restricted: it names people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from respond.domain.events import Event
from respond.domain.streams import StreamId
from respond.projections.document import Document
from respond.projections.entries import Citation
from respond.workflow.accountability import ACCOUNTABILITY
from respond.workflow.accountability.events import AppealOutcome, Responsibility
from respond.workflow.accountability.state import AccountabilityCase


@attrs.frozen(kw_only=True)
class CaseTold(Document):
    """One case."""

    key: str
    status: str
    question: str
    person: str
    role: str
    responsibility: Responsibility | None
    basis: str
    handling: str
    determined_by: tuple[str, ...]
    notified_at: datetime | None
    grounds: str
    outcome: AppealOutcome | None
    outcome_reason: str
    reason: str
    citations: tuple[Citation, ...]


@attrs.frozen(kw_only=True)
class AccountabilityView(Document):
    """All cases about one incident, in the order in which they were opened."""

    incident: str
    cases: tuple[CaseTold, ...]


def accountability_view(incident: str, events: Iterable[Event]) -> AccountabilityView:
    """Return the cases that *events* tell, those about one incident in log order."""
    streams: dict[str, list[Event]] = {}
    for event in events:
        streams.setdefault(StreamId(event.body["stream"]).key, []).append(event)
    return AccountabilityView(incident=incident, cases=tuple(_told(key, told) for key, told in streams.items()))


def _told(key: str, events: list[Event]) -> CaseTold:
    case: AccountabilityCase = ACCOUNTABILITY.fold(events)
    same = ("status", "question", "person", "role", "responsibility", "basis", "handling", "notified_at", "grounds")
    told = {name: getattr(case, name) for name in (*same, "outcome", "outcome_reason", "reason")}
    return CaseTold(
        key=key,
        determined_by=case.determined_by,
        citations=tuple(Citation(event.position, event.id) for event in events),
        **told,
    )
