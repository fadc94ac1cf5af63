"""What may be recorded about an affected party.

Stored format: change a class only with an upcaster and a golden file.  Nobody is named here: a party is an opaque id,
and names, addresses and telephone numbers stay outside the log.
"""

from __future__ import annotations

from typing import Literal

import attrs

from respond.domain.events import event_type
from respond.domain.money import Money

Outcome = Literal["reached", "unreachable", "declined"]
OUTCOMES: tuple[Outcome, ...] = ("reached", "unreachable", "declined")
"""How a contact ended; `declined`: the customer wants to hear nothing."""
Form = Literal["money", "fee_waiver", "extra_service"]
FORMS: tuple[Form, ...] = ("money", "fee_waiver", "extra_service")
Impression = Literal["satisfied", "dissatisfied", "unreachable"]
IMPRESSIONS: tuple[Impression, ...] = ("satisfied", "dissatisfied", "unreachable")
"""How a visit found the customer."""


@event_type()
@attrs.frozen(kw_only=True)
class PartyRegistered:
    """An incident hurt this customer, or these."""

    from_: str
    to: str
    incident: str
    """The id of the incident."""
    customers: int = 1
    """How many customers the party stands for."""
    group: str = ""
    """Which customers they are, when there are many: those of a shop, of a day, of a product."""
    reference: str | None = None
    """What another system calls the party: an id, never a name."""


@event_type()
@attrs.frozen(kw_only=True)
class PartyContacted:
    """Somebody turned to the party, to inform or to calm."""

    from_: str
    to: str
    channel: str
    outcome: Outcome
    text: str = ""
    """What was said."""


@event_type()
@attrs.frozen(kw_only=True)
class PartyHeard:
    """Somebody listened to the party."""

    need: str = ""
    complaint: str = ""
    remedy: str = ""
    """What the party asks for."""


@event_type()
@attrs.frozen(kw_only=True)
class ApologyMade:
    """Somebody apologised to the party."""

    by: str
    """The id of the person, or the role, that apologised."""
    form: str
    """In person, in writing, by telephone."""
    text: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class CompensationOffered:
    """The party was offered compensation."""

    from_: str
    to: str
    offer: int
    """Its number, from 1."""
    form: Form
    amount: Money | None = None
    """What it is worth, for the whole party."""
    text: str = ""
    """What is offered, where the amount does not say it."""
    approval_owed: bool = False
    """Whether somebody with a higher limit has to approve it before it may be accepted."""


@event_type()
@attrs.frozen(kw_only=True)
class CompensationApproved:
    """Somebody whose limit covers an offer approved it."""

    offer: int
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class CompensationAccepted:
    """The party accepted an offer."""

    from_: str
    to: str
    offer: int


@event_type()
@attrs.frozen(kw_only=True)
class CompensationRejected:
    """The party rejected an offer."""

    from_: str
    to: str
    offer: int
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class CompensationPaid:
    """What was accepted was paid, waived or rendered."""

    offer: int
    reference: str
    """What the books call it."""


@event_type()
@attrs.frozen(kw_only=True)
class CaseSettled:
    """The party confirmed that its case is solved."""

    from_: str
    to: str
    solution: str


@event_type()
@attrs.frozen(kw_only=True)
class PartyVisited:
    """Somebody asked the party afterwards."""

    from_: str
    to: str
    outcome: Impression
    text: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class CaseClosed:
    """Nobody works on the case any more."""

    from_: str
    to: str
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class CaseReopened:
    """The case was not over."""

    from_: str
    to: str
    reason: str
