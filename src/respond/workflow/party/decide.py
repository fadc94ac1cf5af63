"""Decide what a command means for an affected party, and what the incident is told of it.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from respond.workflow.definition import Companion, Handler, Situation
from respond.workflow.incident.parties import CaseWord, RecordCaseStep
from respond.workflow.of_incident import INCIDENT
from respond.workflow.party import commands as c
from respond.workflow.party import events as e
from respond.workflow.party import limits
from respond.workflow.party.state import CLOSED, SETTLED, VISITED, Party


def _register(situation: Situation) -> Iterator[Any]:
    command: c.RegisterAffected = situation.command
    yield e.PartyRegistered(
        **situation.step,
        incident=command.incident,
        customers=command.customers,
        group=command.group,
        reference=command.reference,
    )


def _registered_already(situation: Situation) -> bool:
    party: Party = situation.state
    command: c.RegisterAffected = situation.command
    known = (party.incident, party.customers, party.group, party.reference)
    return known == (command.incident, command.customers, command.group, command.reference)


def _contact(situation: Situation) -> Iterator[Any]:
    command: c.ContactParty = situation.command
    yield e.PartyContacted(**situation.step, channel=command.channel, outcome=command.outcome, text=command.text)


def _listen(situation: Situation) -> Iterator[Any]:
    command: c.Listen = situation.command
    yield e.PartyHeard(need=command.need, complaint=command.complaint, remedy=command.remedy)


def _heard_already(situation: Situation) -> bool:
    party: Party = situation.state
    command: c.Listen = situation.command
    last = party.heard[-1:]
    return [(one.need, one.complaint, one.remedy) for one in last] == [
        (command.need, command.complaint, command.remedy)
    ]


def _apologise(situation: Situation) -> Iterator[Any]:
    command: c.Apologise = situation.command
    yield e.ApologyMade(by=command.by, form=command.form, text=command.text)


def _apologised_already(situation: Situation) -> bool:
    """Whether the last word of apology is this very one, since the case was opened."""
    party: Party = situation.state
    command: c.Apologise = situation.command
    reopened = any(type(event.data) is e.CaseReopened for event in _since_apology(situation))
    last = party.apologies[-1:]
    return not reopened and [(one.by, one.form, one.text) for one in last] == [(command.by, command.form, command.text)]


def _since_apology(situation: Situation) -> Iterator[Any]:
    for event in reversed(situation.history):
        if type(event.data) is e.ApologyMade:
            return
        yield event


def _offer(situation: Situation) -> Iterator[Any]:
    command: c.OfferCompensation = situation.command
    role = situation.actor.role if situation.actor else None
    yield e.CompensationOffered(
        **situation.step,
        offer=len(situation.state.offers) + 1,
        form=command.form,
        amount=command.amount,
        text=command.text,
        approval_owed=not limits.covered(situation.plan, role, limits.offered(situation)),
    )


def _offered_already(situation: Situation) -> bool:
    command: c.OfferCompensation = situation.command
    asked = (command.form, command.amount, command.text)
    return any((one.form, one.amount, one.text) == asked for one in situation.state.offers_in("open"))


def _approve(situation: Situation) -> Iterator[Any]:
    yield e.CompensationApproved(offer=situation.command.offer, note=situation.command.note)


def _approved_already(situation: Situation) -> bool:
    """Whether this very actor approved the offer."""
    offer, actor = situation.state.offer(situation.command.offer), situation.actor
    return offer is not None and actor is not None and offer.approved_by == actor.id


def _accept(situation: Situation) -> Iterator[Any]:
    yield e.CompensationAccepted(**situation.step, offer=situation.command.offer)


def _accepted_already(situation: Situation) -> bool:
    offer = situation.state.offer(situation.command.offer)
    return offer is not None and offer.status in ("accepted", "paid")


def _reject(situation: Situation) -> Iterator[Any]:
    yield e.CompensationRejected(**situation.step, offer=situation.command.offer, reason=situation.command.reason)


def _rejected_already(situation: Situation) -> bool:
    offer = situation.state.offer(situation.command.offer)
    return offer is not None and (offer.status, offer.reason) == ("rejected", situation.command.reason)


def _pay(situation: Situation) -> Iterator[Any]:
    yield e.CompensationPaid(offer=situation.command.offer, reference=situation.command.reference)


def _paid_already(situation: Situation) -> bool:
    offer = situation.state.offer(situation.command.offer)
    return offer is not None and (offer.status, offer.reference) == ("paid", situation.command.reference)


def _settle(situation: Situation) -> Iterator[Any]:
    yield e.CaseSettled(**situation.step, solution=situation.command.solution)


def _settled_already(situation: Situation) -> bool:
    party: Party = situation.state
    return bool(party.status == SETTLED and party.solution == situation.command.solution)


def _visit(situation: Situation) -> Iterator[Any]:
    yield e.PartyVisited(**situation.step, outcome=situation.command.outcome, text=situation.command.text)


def _visited_already(situation: Situation) -> bool:
    """Whether the last visit is this very one; two that met nobody are two."""
    party: Party = situation.state
    command: c.Visit = situation.command
    last = [(one.outcome, one.text) for one in party.visits[-1:]]
    return party.status == VISITED and command.outcome != "unreachable" and last == [(command.outcome, command.text)]


def _close(situation: Situation) -> Iterator[Any]:
    yield e.CaseClosed(**situation.step, reason=situation.command.reason)


def _closed_already(situation: Situation) -> bool:
    party: Party = situation.state
    return bool(party.status == CLOSED and party.reason == situation.command.reason)


def _reopen(situation: Situation) -> Iterator[Any]:
    yield e.CaseReopened(**situation.step, reason=situation.command.reason)


def _tells(step: CaseWord) -> Callable[[str, Any], list[Companion]]:
    """Return what tells the incident of *step*: its plan judges the command, and it must know the party."""

    def companions(key: str, command: Any) -> list[Companion]:
        customers = getattr(command, "customers", 1)
        return [Companion(INCIDENT, command.incident, RecordCaseStep(party=key, step=step, customers=customers))]

    return companions


def _tells_of_contact(key: str, command: c.ContactParty) -> list[Companion]:
    return _tells("contacted" if command.outcome == "reached" else "other")(key, command)


def _tells_of_visit(key: str, command: c.Visit) -> list[Companion]:
    return _tells("other" if command.outcome == "unreachable" else "visited")(key, command)


HANDLERS = (
    Handler(
        command=c.RegisterAffected,
        decide=_register,
        emits=(e.PartyRegistered,),
        done=_registered_already,
        companions=_tells("registered"),
    ),
    Handler(command=c.ContactParty, decide=_contact, emits=(e.PartyContacted,), companions=_tells_of_contact),
    Handler(command=c.Listen, decide=_listen, emits=(e.PartyHeard,), done=_heard_already, companions=_tells("other")),
    Handler(
        command=c.Apologise,
        decide=_apologise,
        emits=(e.ApologyMade,),
        done=_apologised_already,
        companions=_tells("apologised"),
    ),
    Handler(
        command=c.OfferCompensation,
        decide=_offer,
        emits=(e.CompensationOffered,),
        done=_offered_already,
        amount=limits.offered,
        companions=_tells("other"),
    ),
    Handler(
        command=c.ApproveCompensation,
        about=("offer",),
        decide=_approve,
        emits=(e.CompensationApproved,),
        done=_approved_already,
        amount=limits.approved,
        companions=_tells("other"),
    ),
    Handler(
        command=c.AcceptCompensation,
        about=("offer",),
        decide=_accept,
        emits=(e.CompensationAccepted,),
        done=_accepted_already,
        companions=_tells("other"),
    ),
    Handler(
        command=c.RejectCompensation,
        about=("offer",),
        decide=_reject,
        emits=(e.CompensationRejected,),
        done=_rejected_already,
        companions=_tells("other"),
    ),
    Handler(
        command=c.PayCompensation,
        about=("offer",),
        decide=_pay,
        emits=(e.CompensationPaid,),
        done=_paid_already,
        amount=limits.paid,
        companions=_tells("other"),
    ),
    Handler(
        command=c.SettleCase,
        decide=_settle,
        emits=(e.CaseSettled,),
        done=_settled_already,
        companions=_tells("settled"),
    ),
    Handler(command=c.Visit, decide=_visit, emits=(e.PartyVisited,), done=_visited_already, companions=_tells_of_visit),
    Handler(
        command=c.CloseCase, decide=_close, emits=(e.CaseClosed,), done=_closed_already, companions=_tells("closed")
    ),
    Handler(command=c.ReopenCase, decide=_reopen, emits=(e.CaseReopened,), companions=_tells("reopened")),
)
