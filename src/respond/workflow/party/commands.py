"""What may be asked of an affected party.  Each command names the incident that the party belongs to now."""

from __future__ import annotations

import attrs

from respond.domain.money import Money
from respond.workflow.definition import command_type
from respond.workflow.of_incident import OfIncident
from respond.workflow.party.events import Form, Impression, Outcome


@command_type("register_affected")
@attrs.frozen(kw_only=True)
class RegisterAffected(OfIncident):
    """Tell that the incident hurt this party."""

    customers: int = 1
    group: str = ""
    reference: str | None = None


@command_type("contact_party")
@attrs.frozen(kw_only=True)
class ContactParty(OfIncident):
    """Tell that somebody turned to the party."""

    channel: str
    outcome: Outcome = "reached"
    text: str = ""


@command_type("listen")
@attrs.frozen(kw_only=True)
class Listen(OfIncident):
    """Tell what the party said."""

    need: str = ""
    complaint: str = ""
    remedy: str = ""


@command_type("apologise")
@attrs.frozen(kw_only=True)
class Apologise(OfIncident):
    """Tell that somebody apologised."""

    by: str
    form: str
    text: str = ""


@command_type("offer_compensation")
@attrs.frozen(kw_only=True)
class OfferCompensation(OfIncident):
    """Offer compensation."""

    form: Form
    amount: Money | None = None
    text: str = ""


@command_type("approve_compensation")
@attrs.frozen(kw_only=True)
class ApproveCompensation(OfIncident):
    """Approve an offer that is above the limit of whoever made it."""

    offer: int
    note: str = ""


@command_type("accept_compensation")
@attrs.frozen(kw_only=True)
class AcceptCompensation(OfIncident):
    """Tell that the party accepts an offer."""

    offer: int


@command_type("reject_compensation")
@attrs.frozen(kw_only=True)
class RejectCompensation(OfIncident):
    """Tell that the party rejects an offer."""

    offer: int
    reason: str


@command_type("pay_compensation")
@attrs.frozen(kw_only=True)
class PayCompensation(OfIncident):
    """Tell that what was accepted was paid, waived or rendered."""

    offer: int
    reference: str


@command_type("settle_case")
@attrs.frozen(kw_only=True)
class SettleCase(OfIncident):
    """Tell that the party confirms that its case is solved."""

    solution: str


@command_type("visit")
@attrs.frozen(kw_only=True)
class Visit(OfIncident):
    """Tell how a visit found the party."""

    outcome: Impression
    text: str = ""


@command_type("close_case")
@attrs.frozen(kw_only=True)
class CloseCase(OfIncident):
    """Say that nobody works on the case any more."""

    reason: str


@command_type("reopen_case")
@attrs.frozen(kw_only=True)
class ReopenCase(OfIncident):
    """Say that the case is not over."""

    reason: str
