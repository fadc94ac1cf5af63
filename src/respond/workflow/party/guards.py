"""What stands in the way of a step of a case.  Each code is stable; the text is for people."""

from __future__ import annotations

from typing import Any

from respond.workflow.definition import Guard, Situation, guard, not_blank, one_of, text_within
from respond.workflow.incident.guards import role_known
from respond.workflow.party.events import IMPRESSIONS, OUTCOMES
from respond.workflow.party.state import Offer, Party


@guard("customers-not-positive")
def customers_counted(situation: Situation) -> str | None:
    """Require at least one customer."""
    customers = situation.command.customers
    return None if customers > 0 else f"a party of {customers} customers is none; write how many there are"


outcome_known = one_of(
    "outcome-unknown", "outcome", OUTCOMES, "Require an outcome of a contact: reached, unreachable or declined."
)


@guard("party-not-reached")
def reached_now(situation: Situation) -> str | None:
    """Require that the contact reached the party."""
    outcome = situation.command.outcome
    return "the party was not reached" if outcome in OUTCOMES and outcome != "reached" else None


@guard("never-reached", reads="state")
def reached_once(situation: Situation) -> str | None:
    """Require that the party was ever reached."""
    return None if situation.state.reached else "nobody reached the party yet"


@guard("nothing-heard")
def something_heard(situation: Situation) -> str | None:
    """Require a need, a complaint or a remedy."""
    command = situation.command
    if any(text.strip() for text in (command.need, command.complaint, command.remedy)):
        return None
    return "say what the party needs, complains of, or asks for"


def _named(situation: Situation) -> Offer | None:
    party: Party = situation.state
    return party.offer(situation.command.offer)


def _offers(situation: Situation, *statuses: Any) -> str:
    numbers = (str(one.number) for one in situation.state.offers_in(*statuses))
    return ", ".join(numbers) or "none"


@guard("offer-not-open")
def offer_open(situation: Situation) -> str | None:
    """Require an offer that was neither accepted nor rejected."""
    offer = _named(situation)
    if offer is not None and offer.status == "open":
        return None
    return f"offer {situation.command.offer} is not open; open: {_offers(situation, 'open')}"


@guard("offer-not-accepted")
def offer_accepted(situation: Situation) -> str | None:
    """Require an offer that was accepted."""
    offer = _named(situation)
    if offer is not None and offer.status == "accepted":
        return None
    return f"offer {situation.command.offer} is not to be paid; accepted: {_offers(situation, 'accepted')}"


@guard("nothing-agreed", reads="state")
def something_agreed(situation: Situation) -> str | None:
    """Require an offer that was accepted and not paid yet."""
    return None if situation.state.offers_in("accepted") else "nothing else was agreed"


@guard("compensation-unpaid", reads="state")
def everything_paid(situation: Situation) -> str | None:
    """Require that everything that was accepted was paid."""
    if not situation.state.offers_in("accepted"):
        return None
    return f"offer {_offers(situation, 'accepted')} was accepted and not paid; pay it first"


impression_known = one_of(
    "impression-unknown",
    "outcome",
    IMPRESSIONS,
    "Require an outcome of a visit: satisfied, dissatisfied or unreachable.",
)


@guard("party-not-met")
def met_now(situation: Situation) -> str | None:
    """Require that the visit met the party."""
    return "the party was not met" if situation.command.outcome == "unreachable" else None


GUARDS: tuple[Guard, ...] = (
    role_known,
    text_within,
    customers_counted,
    not_blank("channel-missing", "channel"),
    outcome_known,
    reached_now,
    reached_once,
    something_heard,
    not_blank("apology-unsigned", "by", "form"),
    offer_open,
    offer_accepted,
    something_agreed,
    everything_paid,
    impression_known,
    met_now,
    not_blank("reason-missing", "reason"),
    not_blank("reference-missing", "reference"),
    not_blank("solution-missing", "solution"),
)
