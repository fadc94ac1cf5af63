"""The commands about resources: what pools hold, give and take back, and what incidents ask for and spend."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import attrs
import click

from respond.cli import written
from respond.cli.answer import Answer
from respond.cli.options import Question, Recording
from respond.cli.outcomes import carried_out, recorded
from respond.cli.page import Page
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.cli.work import carry_out
from respond.engine.pool import exact
from respond.projections.stock import Stock
from respond.workflow.incident.resources import RecordExpense, RequestResource, WithdrawRequest
from respond.workflow.pool import POOL_CATEGORY
from respond.workflow.pool import commands as p
from respond.workflow.pool.events import CONDITIONS

_KEY = click.argument("key")
_INCIDENT = click.argument("name", metavar="ID")
_QUANTITY = click.argument("quantity")
_REASON = click.option("--reason", required=True)


@click.group("pool")
def pool() -> None:
    """Keep account of resources; KEY is the id of the plan's resource."""


@pool.command("open", cls=Recording)
@_KEY
@click.option("--resource", help="The plan's resource; the one that KEY names by default.")
@click.option("--quantity", help="How much there is; what the plan says by default.")
def open_(session: Session, key: str, resource: str | None, quantity: str | None) -> Answer:
    """Open a pool."""
    told = None if quantity is None else exact(quantity)
    return _carry_out(session, key, p.OpenPool(resource=resource or key, quantity=told))


@pool.command("add", cls=Recording)
@_KEY
@_QUANTITY
@_REASON
def add(session: Session, key: str, quantity: str, reason: str) -> Answer:
    """Tell that there is more: QUANTITY was bought, mended, counted anew."""
    return _carry_out(session, key, p.AddStock(quantity=exact(quantity), reason=reason))


@pool.command("write-off", cls=Recording)
@_KEY
@_QUANTITY
@_REASON
def write_off(session: Session, key: str, quantity: str, reason: str) -> Answer:
    """Tell that there is less: QUANTITY was lost, spoilt, given away."""
    return _carry_out(session, key, p.WriteOffStock(quantity=exact(quantity), reason=reason))


@pool.command("commit", cls=Recording)
@_KEY
@_INCIDENT
@_QUANTITY
def commit(session: Session, key: str, name: str, quantity: str) -> Answer:
    """Promise QUANTITY to incident ID; never more than is free."""
    return _for_incident(session, key, name, p.CommitStock, quantity=exact(quantity))


@pool.command("use", cls=Recording)
@_KEY
@_INCIDENT
@_QUANTITY
@click.option("--note", default="")
def use(session: Session, key: str, name: str, quantity: str, note: str) -> Answer:
    """Put QUANTITY of what incident ID holds to use."""
    return _for_incident(session, key, name, p.UseStock, quantity=exact(quantity), note=note)


@pool.command("return", cls=Recording)
@_KEY
@_INCIDENT
@_QUANTITY
@click.option("--condition", type=click.Choice(CONDITIONS), default="usable", show_default=True)
def return_(session: Session, key: str, name: str, quantity: str, condition: str) -> Answer:
    """Give QUANTITY of what incident ID holds back."""
    return _for_incident(session, key, name, p.ReturnStock, quantity=exact(quantity), condition=condition)


@pool.command("consume", cls=Recording)
@_KEY
@_INCIDENT
@_QUANTITY
@click.option("--cost", help="What it cost, such as '300 CNY'; money costs itself.")
def consume(session: Session, key: str, name: str, quantity: str, cost: str | None) -> Answer:
    """Tell that QUANTITY of what incident ID holds is gone."""
    paid = written.money_if_told(cost, "--cost")
    with session.engine() as engine:
        incident = engine.incident(name).id
        outcome = engine.pool(key).consume(incident, quantity, cost=paid, **session.circumstances)
        return recorded(engine, Target(POOL_CATEGORY, key), outcome)


@pool.command("inspect", cls=Recording)
@_KEY
@click.argument("condition", type=click.Choice(CONDITIONS))
@click.option("--note", default="")
def inspect(session: Session, key: str, condition: Any, note: str) -> Answer:
    """Tell in which CONDITION it was found."""
    return _carry_out(session, key, p.InspectPool(condition=condition, note=note))


@pool.command("renew", cls=Recording)
@_KEY
@click.argument("until", type=click.DateTime(["%Y-%m-%d"]))
def renew(session: Session, key: str, until: datetime) -> Answer:
    """Tell that the partner's agreement holds up to and with the day UNTIL."""
    return _carry_out(session, key, p.RenewAgreement(until=until.date()))


@pool.command("close", cls=Recording)
@_KEY
@_REASON
def close(session: Session, key: str, reason: str) -> Answer:
    """Keep it no longer."""
    return _carry_out(session, key, p.ClosePool(reason=reason))


@pool.command("list", cls=Question)
def list_(session: Session) -> Answer:
    """Show what each pool of the plans' resources holds, who has it, and what to see to."""
    with session.engine() as engine:
        pools = engine.pools()
    document = {"pools": [one.to_json() for one in pools]}
    return Answer(document=document, show=lambda page: _show(page, pools))


@click.command("request", cls=Recording)
@_INCIDENT
@click.argument("resource")
@_QUANTITY
@click.option("--purpose", help="What it is for.")
@click.option("--withdraw", help="Why as much of it is not needed after all.")
def request(
    session: Session, name: str, resource: str, quantity: str, purpose: str | None, withdraw: str | None
) -> Answer:
    """Say that incident ID needs QUANTITY of RESOURCE, or with --withdraw that it does not."""
    if (purpose is None) == (withdraw is None):
        raise click.UsageError("write --purpose, or --withdraw with the reason")
    if withdraw is not None:
        command: object = WithdrawRequest(resource=resource, quantity=exact(quantity), reason=withdraw)
    else:
        command = RequestResource(resource=resource, quantity=exact(quantity), purpose=purpose or "")
    return carry_out(session, name, command)


@click.command("expense", cls=Recording)
@_INCIDENT
@click.argument("amount")
@click.argument("currency")
@click.option("--purpose", required=True)
def expense(session: Session, name: str, amount: str, currency: str, purpose: str) -> Answer:
    """Tell that so much money, such as 120 CNY, was spent on incident ID."""
    return carry_out(
        session, name, RecordExpense(amount=written.money(f"{amount} {currency}", "AMOUNT CURRENCY"), purpose=purpose)
    )


@click.command("needs", cls=Question)
@_INCIDENT
def needs(session: Session, name: str) -> Answer:
    """Show what incident ID needs, what it got of that, and what pools can still give."""
    with session.engine() as engine:
        incident = engine.incident(name)
        found, number = incident.needs(), incident.number
    return Answer(
        document={"id": incident.id, "number": number, "needs": [one.to_json() for one in found]},
        show=lambda page: page.table(
            ("resource", "for", "needed", "came", "gap", "free", "uncovered"),
            [(one.resource, ", ".join(one.measures), *map(_number, attrs.astuple(one)[2:])) for one in found],
        ),
    )


def _number(quantity: Decimal | None) -> str:
    return "" if quantity is None else str(quantity)


def _show(page: Page, pools: tuple[Stock, ...]) -> None:
    page.table(
        ("pool", "there is", "committed", "free", "unit", "inspected", "see to"),
        [
            (
                one.pool,
                str(one.quantity),
                str(one.committed),
                str(one.available),
                one.unit,
                _day(one.inspected_on),
                ", ".join(one.concerns),
            )
            for one in pools
        ],
    )


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _for_incident(session: Session, key: str, name: str, kind: type, **told: Any) -> Answer:
    with session.engine() as engine:
        incident = engine.incident(name).id
        outcome = engine.execute(POOL_CATEGORY, key, kind(incident=incident, **told), **session.circumstances)
        return recorded(engine, Target(POOL_CATEGORY, key), outcome)


def _carry_out(session: Session, key: str, command: object) -> Answer:
    return carried_out(session, Target(POOL_CATEGORY, key), command)


COMMANDS = (pool, request, needs, expense)
