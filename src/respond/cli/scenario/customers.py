"""The customers whom it hurt, from a table: heard, apologised to, offered amends, settled with and visited.

Nobody has a name here: a customer is an id, and those who paid in a shop and left none are one party.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import attrs

from respond.cli.scenario.people import AGENT, CARE, COMMANDER, EXECUTIVE, SECOND_COMMANDER, TREASURER
from respond.cli.scenario.step import INCIDENT, Person, Step
from respond.domain.money import Money
from respond.workflow.approvals import Approve
from respond.workflow.incident.commands import Waive
from respond.workflow.party import PARTY_CATEGORY
from respond.workflow.party import commands as p
from respond.workflow.party.events import Form, Impression

SHOPPERS = "shoppers"
"""The key of the customers who are one party."""
UNVISITED = f"visit:{SHOPPERS}"
"""The promise that nobody can keep."""


@attrs.frozen
class _Customer:
    """One customer: what was wrong, what settles it, and how a visit finds it."""

    key: str
    complaint: str
    form: Form
    amount: str
    service: str = ""
    """What is offered, where the amount does not say it."""
    approver: Person | None = None
    """Who approves an offer above the limit of an agent."""
    impression: Impression = "satisfied"
    told: bool = False
    """Whether the story tells the offer and its end step by step, elsewhere."""


_NAMED = (
    _Customer("c-101", "left the goods at the till", "money", "50.00"),
    _Customer("c-102", "had no cash for the way home", "money", "120.00"),
    _Customer("c-103", "lost the order of the week", "fee_waiver", "200.00"),
    _Customer("c-104", "the terminal kept the card", "money", "80.00"),
    _Customer("c-105", "waited an hour at a birthday dinner", "extra_service", "180.00", "a dinner for two"),
    _Customer("c-106", "missed the train", "money", "300.00", approver=CARE, told=True),
    _Customer("c-107", "waited for medicine, in pain", "money", "2000.00", approver=CARE),
    _Customer("c-108", "could not pay a wholesale order", "money", "8000.00", approver=COMMANDER),
    _Customer("c-109", "paid a fee for cash from a machine", "fee_waiver", "60.00"),
    _Customer("c-110", "cannot carry cash, is blind", "extra_service", "120.00", "delivery at home for a month"),
    _Customer("c-111", "was sent from shop to shop", "money", "100.00", impression="dissatisfied"),
)


def _of(person: Person, at: str, key: str, command: object, tells: str = "", *, refused: bool = False) -> Step:
    return person.does(at, tells, command, category=PARTY_CATEGORY, key=key, refused=refused)


def _offer(one: _Customer) -> p.OfferCompensation:
    return _offered(one.form, one.amount, one.service)


def _offered(form: Form, amount: str, text: str = "") -> p.OfferCompensation:
    return p.OfferCompensation(incident=INCIDENT, form=form, amount=Money(Decimal(amount), "CNY"), text=text)


def _paid(offer: int, key: str) -> p.PayCompensation:
    return p.PayCompensation(incident=INCIDENT, offer=offer, reference=f"B-2026-{key}-{offer}")


def _heard(one: _Customer) -> Iterator[Step]:
    """Yield how *one* is registered, contacted, listened to and apologised to, on the first day."""
    yield _of(AGENT, "12 10:38", one.key, p.RegisterAffected(incident=INCIDENT, reference=f"crm-{one.key}"))
    yield _of(AGENT, "12 10:40", one.key, p.ContactParty(incident=INCIDENT, channel="hotline"))
    yield _of(AGENT, "12 10:42", one.key, p.Listen(incident=INCIDENT, complaint=one.complaint))
    yield _of(CARE, "12 13:00", one.key, p.Apologise(incident=INCIDENT, by=CARE.id, form="by telephone"))


def _settled(one: _Customer) -> Iterator[Step]:
    """Yield how *one* is offered amends, takes them and is paid, between the first day and the second."""
    yield _of(AGENT, "12 13:30", one.key, _offer(one))
    if one.approver is not None:
        yield _of(one.approver, "12 13:40", one.key, p.ApproveCompensation(incident=INCIDENT, offer=1))
    yield _of(AGENT, "12 14:00", one.key, p.AcceptCompensation(incident=INCIDENT, offer=1))
    yield _of(TREASURER, "13 02:00", one.key, _paid(1, one.key))
    yield _of(AGENT, "13 03:00", one.key, p.SettleCase(incident=INCIDENT, solution="amends taken"))


def _visited(one: _Customer) -> Iterator[Step]:
    yield _of(CARE, "16 01:00", one.key, p.Visit(incident=INCIDENT, outcome=one.impression))


_TOGETHER = (
    _of(
        CARE,
        "12 10:38",
        SHOPPERS,
        p.RegisterAffected(incident=INCIDENT, customers=1189, group="tried to pay by card in the north"),
        "Eleven customers are registered by an id, all others together: who pays in a shop leaves no name.",
    ),
    _of(
        CARE,
        "12 10:40",
        SHOPPERS,
        p.ContactParty(incident=INCIDENT, channel="short_message", text="1,189 written to"),
        "They are spoken to: the first contact that the plan promises.",
    ),
    _of(
        CARE,
        "12 13:00",
        SHOPPERS,
        p.Apologise(incident=INCIDENT, by="the company", form="message", text="we are sorry, and make amends"),
        "The company says to each of them that it is sorry.",
    ),
    _of(
        CARE,
        "13 08:45",
        SHOPPERS,
        p.ContactParty(incident=INCIDENT, channel="short_message", text="Six shops fail again; cash works"),
        "Whose case is open hears that it goes on, and again within half an hour.",
    ),
    *(
        _of(AGENT, at, key, p.ContactParty(incident=INCIDENT, channel="hotline", text=text))
        for key, text in (("c-104", "The card is being looked for"), ("c-106", "A second offer comes"))
        for at in ("13 08:45", "13 09:12")
    ),
    _of(CARE, "13 09:12", SHOPPERS, p.ContactParty(incident=INCIDENT, channel="short_message", text="Four work again")),
    _of(
        CARE,
        "13 11:00",
        SHOPPERS,
        _offered("extra_service", "23780.00", "a voucher of 20 CNY in every shop for each of 1,189"),
        "Those without a name get a voucher: together they are worth more than a commander may promise.",
    ),
    _of(
        EXECUTIVE,
        "13 11:02",
        SHOPPERS,
        p.ApproveCompensation(incident=INCIDENT, offer=1, note="from the fund for amends"),
        "So the executive approves it.",
    ),
    _of(CARE, "13 11:05", SHOPPERS, p.AcceptCompensation(incident=INCIDENT, offer=1)),
    _of(TREASURER, "13 11:10", SHOPPERS, _paid(1, SHOPPERS)),
    _of(CARE, "16 00:30", SHOPPERS, p.SettleCase(incident=INCIDENT, solution="612 vouchers are taken")),
)

_HARD = (
    _of(
        AGENT,
        "12 13:20",
        "c-108",
        _offered("money", "250000.00"),
        "A wholesaler's loss is offered in full: above every limit of the plan, whoever approves.",
        refused=True,
    ),
    _of(AGENT, "12 13:30", "c-106", _offered("money", "100.00"), "Who missed a train is offered 100 CNY."),
    _of(
        AGENT,
        "12 14:00",
        "c-106",
        p.RejectCompensation(incident=INCIDENT, offer=1, reason="the next train cost 260 CNY"),
        "The customer says no, and why.",
    ),
    _of(AGENT, "13 10:00", "c-106", _offered("money", "300.00"), "A second offer, above what an agent may promise."),
    _of(
        AGENT,
        "13 10:05",
        "c-106",
        p.AcceptCompensation(incident=INCIDENT, offer=2),
        "So nobody accepts it before somebody approved it.",
        refused=True,
    ),
    _of(
        CARE,
        "13 10:10",
        "c-106",
        p.ApproveCompensation(incident=INCIDENT, offer=2, note="ticket seen"),
        "The head of customer care does.",
    ),
    _of(AGENT, "13 10:15", "c-106", p.AcceptCompensation(incident=INCIDENT, offer=2), "Now the customer says yes."),
    _of(TREASURER, "13 11:10", "c-106", _paid(2, "c-106")),
    _of(AGENT, "13 11:20", "c-106", p.SettleCase(incident=INCIDENT, solution="the later train is paid")),
    _of(
        CARE,
        "13 08:35",
        "c-104",
        p.ReopenCase(incident=INCIDENT, reason="the card was kept a second time"),
        "A settled case is taken up again: the same customer was hit twice.",
    ),
    _of(AGENT, "13 10:00", "c-104", _offered("money", "70.00")),
    _of(AGENT, "13 10:15", "c-104", p.AcceptCompensation(incident=INCIDENT, offer=2)),
    _of(TREASURER, "13 11:10", "c-104", _paid(2, "c-104")),
    _of(AGENT, "13 11:20", "c-104", p.SettleCase(incident=INCIDENT, solution="the card is back, amends taken")),
)

_WAIVED = (
    SECOND_COMMANDER.does(
        "16 03:00",
        "Visits to those without a name are to be waived. The plan wants two people for that; one alone is refused.",
        Waive(obligation=UNVISITED, reason="customers who paid in a shop left no address"),
        refused=True,
    ),
    EXECUTIVE.does(
        "16 03:10",
        "The executive agrees beforehand.",
        Approve(command="waive", about=f"{UNVISITED} 1", note="the voucher is offered in every shop instead"),
    ),
    SECOND_COMMANDER.does(
        "16 03:15",
        "Four eyes: now the visits are waived.",
        Waive(obligation=UNVISITED, reason="customers who paid in a shop left no address"),
    ),
)

CUSTOMERS = (
    *_TOGETHER,
    *(step for one in _NAMED for step in _heard(one)),
    *(step for one in _NAMED if not one.told for step in _settled(one)),
    *_HARD,
    *(step for one in _NAMED for step in _visited(one)),
    *_WAIVED,
)
