"""The commands of affected parties: from the registration to the last visit, and the figures over all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import click

from respond.cli import written
from respond.cli.answer import Answer
from respond.cli.options import Question, Recording
from respond.cli.outcomes import recorded
from respond.cli.page import Page, counted
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.engine.handler import Outcome
from respond.engine.party import PartyHandle
from respond.projections.document import document
from respond.workflow.party import PARTY_CATEGORY
from respond.workflow.party.events import FORMS, IMPRESSIONS, OUTCOMES, Form, Impression
from respond.workflow.party.events import Outcome as ContactOutcome
from respond.workflow.party.state import Offer, Party

_OFFER = click.argument("offer", type=int)
_REASON = click.option("--reason", required=True)
_TEXT = click.option("--text", default="", help="What was said.")


@click.group("party")
def party() -> None:
    """Care for the customers whom an incident hurt; KEY is an opaque id of the party, never a name."""


@party.command("register", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key", required=False)
@click.option("--customers", type=int, default=1, show_default=True, help="How many customers it stands for.")
@click.option("--group", default="", help="Which customers they are, when there are many.")
@click.option("--reference", help="What another system calls the party.")
def register(
    session: Session, name: str, key: str | None, *, customers: int, group: str, reference: str | None
) -> Answer:
    """Register a party that incident ID hurt, under KEY, or under a key that is made for it."""
    with session.engine() as engine:
        incident = engine.incident(name)
        handle = incident.register_affected(
            key, customers=customers, group=group, reference=reference, **session.circumstances
        )
        return recorded(engine, Target(PARTY_CATEGORY, handle.key), cast("Outcome", handle.outcome))


@party.command("contact", cls=Recording)
@click.argument("key")
@click.option("--channel", required=True, help="By which channel: telephone, letter, in person.")
@click.option("--outcome", type=click.Choice(OUTCOMES), default="reached", show_default=True)
@_TEXT
def contact(session: Session, key: str, channel: str, outcome: str, text: str) -> Answer:
    """Tell that somebody turned to the party KEY, to inform or to calm."""
    said = cast("ContactOutcome", outcome)
    return _carry_out(
        session, key, lambda handle: handle.contact_party(channel, said, text=text, **session.circumstances)
    )


@party.command("listen", cls=Recording)
@click.argument("key")
@click.option("--need", default="", help="What the party needs.")
@click.option("--complaint", default="", help="What it complains of.")
@click.option("--remedy", default="", help="What it asks for.")
def listen(session: Session, key: str, need: str, complaint: str, remedy: str) -> Answer:
    """Tell what the party KEY said."""
    return _carry_out(
        session,
        key,
        lambda handle: handle.listen(need=need, complaint=complaint, remedy=remedy, **session.circumstances),
    )


@party.command("apologise", cls=Recording)
@click.argument("key")
@click.option("--by", required=True, help="The id of the person, or the role, that apologised.")
@click.option("--form", required=True, help="In person, in writing, by telephone.")
@_TEXT
def apologise(session: Session, key: str, by: str, form: str, text: str) -> Answer:
    """Tell that somebody apologised to the party KEY."""
    return _carry_out(session, key, lambda handle: handle.apologise(by, form, text=text, **session.circumstances))


@party.command("offer", cls=Recording)
@click.argument("key")
@click.option("--form", type=click.Choice(FORMS), required=True)
@click.option("--amount", metavar="MONEY", help="What it is worth to the whole party, such as '200.00 CNY'.")
@click.option("--text", default="", help="What is offered, where the amount does not say it.")
def offer(session: Session, key: str, form: str, amount: str | None, text: str) -> Answer:
    """Offer compensation to the party KEY; above the limit of --role it waits for an approval."""
    worth = None if amount is None else written.money(amount, "--amount")

    said = cast("Form", form)
    return _carry_out(
        session, key, lambda handle: handle.offer_compensation(said, worth, text=text, **session.circumstances)
    )


@party.command("approve", cls=Recording)
@click.argument("key")
@_OFFER
@click.option("--note", default="")
def approve(session: Session, key: str, offer: int, note: str) -> Answer:
    """Approve OFFER, a number, to the party KEY, which somebody with a lower limit made."""
    return _carry_out(
        session, key, lambda handle: handle.approve_compensation(offer, note=note, **session.circumstances)
    )


@party.command("accept", cls=Recording)
@click.argument("key")
@_OFFER
def accept(session: Session, key: str, offer: int) -> Answer:
    """Tell that the party KEY accepts OFFER."""
    return _carry_out(session, key, lambda handle: handle.accept_compensation(offer, **session.circumstances))


@party.command("reject", cls=Recording)
@click.argument("key")
@_OFFER
@_REASON
def reject(session: Session, key: str, offer: int, reason: str) -> Answer:
    """Tell that the party KEY rejects OFFER."""
    return _carry_out(
        session, key, lambda handle: handle.reject_compensation(offer, reason=reason, **session.circumstances)
    )


@party.command("pay", cls=Recording)
@click.argument("key")
@_OFFER
@click.option("--reference", required=True, help="What the books call it.")
def pay(session: Session, key: str, offer: int, reference: str) -> Answer:
    """Tell that OFFER, which the party KEY accepted, was paid, waived or rendered."""
    return _carry_out(
        session, key, lambda handle: handle.pay_compensation(offer, reference=reference, **session.circumstances)
    )


@party.command("settle", cls=Recording)
@click.argument("key")
@click.option("--solution", required=True, help="How it is solved, as the party confirms.")
def settle(session: Session, key: str, solution: str) -> Answer:
    """Tell that the party KEY confirms that its case is solved."""
    return _carry_out(session, key, lambda handle: handle.settle_case(solution, **session.circumstances))


@party.command("visit", cls=Recording)
@click.argument("key")
@click.option("--outcome", type=click.Choice(IMPRESSIONS), required=True, help="How the visit found the party.")
@_TEXT
def visit(session: Session, key: str, outcome: str, text: str) -> Answer:
    """Tell that somebody visited the party KEY afterwards."""
    said = cast("Impression", outcome)
    return _carry_out(session, key, lambda handle: handle.visit(said, text=text, **session.circumstances))


@party.command("close", cls=Recording)
@click.argument("key")
@_REASON
def close(session: Session, key: str, reason: str) -> Answer:
    """Say that nobody works on the case of the party KEY any more."""
    return _carry_out(session, key, lambda handle: handle.close_case(reason, **session.circumstances))


@party.command("reopen", cls=Recording)
@click.argument("key")
@_REASON
def reopen(session: Session, key: str, reason: str) -> Answer:
    """Say that the case of the party KEY is not over."""
    return _carry_out(session, key, lambda handle: handle.reopen_case(reason, **session.circumstances))


@party.command("erase", cls=Question)
@click.argument("key")
@click.option("--reason", required=True, help="What the manifest says: who asked for it, by which rule.")
def erase(session: Session, key: str, reason: str) -> Answer:
    """Erase for good what is recorded of the party KEY, whose case is closed; for the owner of the tables alone."""
    from respond.transfer.erasing import erase_party  # noqa: PLC0415 - help and wrong usage need no database

    with session.store() as store:
        events = erase_party(store, key, reason=reason)
    return Answer(
        document={"key": key, "events": events, "reason": reason},
        show=lambda page: page.line(f"{counted(events, 'event')} of party {key} erased"),
    )


@party.command("show", cls=Question)
@click.argument("key")
def show(session: Session, key: str) -> Answer:
    """Show where the case of the party KEY stands, with its offers and visits."""
    with session.engine() as engine:
        handle = engine.party(key)
        state, incident = handle.state(), handle.incident()
    told = {"key": key, **document(state), "incident": incident}
    told["state"] = told.pop("status")
    return Answer(document=told, show=lambda page: _show(page, key, incident, state))


@party.command("list", cls=Question)
@click.argument("name", metavar="ID")
def list_(session: Session, name: str) -> Answer:
    """List the parties that incident ID hurt, with those of incidents that were merged into it."""
    with session.engine() as engine:
        incident = engine.incident(name)
        number, found = incident.number, incident.parties()
    rows = [
        {
            "key": key,
            "state": one.status,
            "customers": one.customers,
            "group": one.group,
            "reference": one.reference,
            "satisfied": one.satisfied,
        }
        for key, one in found.items()
    ]

    def show(page: Page) -> None:
        page.line(f"{number}: {counted(len(rows), 'affected party', 'affected parties')}")
        if rows:
            page.table(tuple(rows[0]), [tuple(row.values()) for row in rows])

    return Answer(document={"number": number, "parties": rows}, show=show)


@party.command("figures", cls=Question)
def figures(session: Session) -> Answer:
    """Tell over all affected parties whom was reached, what was offered and paid, and how content they are."""
    with session.engine() as engine:
        found = engine.care()
    told = found.to_json()

    def show(page: Page) -> None:
        page.pairs((name.replace("_", " "), _listed(getattr(found, name))) for name in told)

    return Answer(document=told, show=show)


def _listed(value: Any) -> Any:
    return ", ".join(f"{key} {one}" for key, one in value.items()) if isinstance(value, Mapping) else value


def _show(page: Page, key: str, incident: str, state: Party) -> None:
    page.line(f"{PARTY_CATEGORY}-{key} is {state.status}")
    names = ("customers", "group", "reference", "solution", "reason")
    page.pairs([("incident", incident), *((name, getattr(state, name)) for name in names)])
    page.heading("offers")
    page.table(
        ("no.", "form", "amount", "text", "by", "status"),
        [(one.number, one.form, str(one.amount or ""), one.text, one.by, _status(one)) for one in state.offers],
    )
    page.heading("visits")
    page.table(("when", "outcome", "text"), [(one.at, one.outcome, one.text) for one in state.visits])


def _status(offer: Offer) -> str:
    return "to be approved" if offer.status == "open" and offer.approval_owed else offer.status


def _carry_out(session: Session, key: str, ask: Callable[[PartyHandle], Outcome]) -> Answer:
    with session.engine() as engine:
        outcome = ask(engine.party(key))
        return recorded(engine, Target(PARTY_CATEGORY, key), outcome)


COMMANDS = (party,)
