"""What it draws on: pools of the plan's resources, of which one is short, help from outside, and money."""

from __future__ import annotations

from decimal import Decimal

from respond.cli.scenario.people import COMMANDER, FIRST_CARE, LOGISTICS, TREASURER
from respond.cli.scenario.step import INCIDENT, Person, Step
from respond.domain.money import Money
from respond.workflow.incident.course import RecordHelpArrived, RequestHelp
from respond.workflow.incident.resources import RecordExpense, RequestResource
from respond.workflow.pool import POOL_CATEGORY
from respond.workflow.pool import commands as p


def _pool(person: Person, at: str, tells: str, key: str, command: object, *, refused: bool = False) -> Step:
    return person.does(at, tells, command, category=POOL_CATEGORY, key=key, refused=refused)


def _asked(at: str, tells: str, resource: str, quantity: int, purpose: str) -> Step:
    command = RequestResource(resource=resource, quantity=Decimal(quantity), purpose=purpose)
    return LOGISTICS.does(at, tells, command)


def _commit(quantity: int) -> p.CommitStock:
    return p.CommitStock(incident=INCIDENT, quantity=Decimal(quantity))


def _use(quantity: int) -> p.UseStock:
    return p.UseStock(incident=INCIDENT, quantity=Decimal(quantity))


def _back(quantity: int) -> p.ReturnStock:
    return p.ReturnStock(incident=INCIDENT, quantity=Decimal(quantity))


def _gone(quantity: int, cost: str | None = None) -> p.ConsumeStock:
    money = None if cost is None else Money(Decimal(cost), "CNY")
    return p.ConsumeStock(incident=INCIDENT, quantity=Decimal(quantity), cost=money)


OPENED = tuple(
    _pool(LOGISTICS, "02 08:10", "", key, p.OpenPool(resource=key))
    for key in ("repair_crew", "service_agents", "paper_forms", "amends_fund")
)
"""The pools that the company keeps an account of, since before the incident."""

DRAWN = (
    _asked("12 09:20", "One technician for each shop is asked for.", "repair_crew", 14, "one for each shop"),
    _pool(LOGISTICS, "12 09:20", "There are not so many on call.", "repair_crew", _commit(14), refused=True),
    _pool(LOGISTICS, "12 09:21", "All twelve are promised to the incident.", "repair_crew", _commit(12)),
    _pool(LOGISTICS, "12 09:23", "They go.", "repair_crew", _use(12)),
    _asked("12 09:27", "The shops need receipts on paper.", "paper_forms", 60, "receipts by hand"),
    _pool(LOGISTICS, "12 09:28", "", "paper_forms", _commit(60)),
    _pool(LOGISTICS, "12 09:29", "", "paper_forms", _use(60)),
    _asked("12 09:54", "40 agents are asked for; 30 are on call.", "service_agents", 40, "a surge of calls"),
    _pool(LOGISTICS, "12 09:55", "", "service_agents", _commit(30)),
    _pool(LOGISTICS, "12 09:56", "", "service_agents", _use(30)),
    COMMANDER.does(
        "12 09:57",
        "Ten are short: a partner is asked for help.",
        RequestHelp(help="agents", source="call centre of the delivery company", what="10 agents until the evening"),
    ),
    FIRST_CARE.does("12 10:18", "The help is there.", RecordHelpArrived(help="agents", note="8 of 10 came")),
    _pool(TREASURER, "12 10:45", "Money for amends is put aside.", "amends_fund", _commit(20000)),
    _pool(TREASURER, "12 10:45", "", "amends_fund", _use(20000)),
    _pool(LOGISTICS, "12 10:52", "", "repair_crew", _back(12)),
    _pool(LOGISTICS, "12 10:53", "", "paper_forms", _gone(45, "90.00")),
    _pool(LOGISTICS, "12 10:53", "", "paper_forms", _back(15)),
    TREASURER.does(
        "13 10:50",
        "What was spent besides is told.",
        RecordExpense(amount=Money(Decimal("4800.00"), "CNY"), purpose="night work and rides home"),
    ),
    _pool(LOGISTICS, "13 10:52", "", "service_agents", _back(30)),
)

ACCOUNTED = (
    _pool(
        TREASURER,
        "16 02:30",
        "What the customers got is accounted for; the rest goes back.",
        "amends_fund",
        _gone(10720),
    ),
    _pool(TREASURER, "16 02:31", "", "amends_fund", _back(9280)),
)
