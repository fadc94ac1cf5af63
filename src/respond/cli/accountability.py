"""The commands of accountability: the restricted part of the log, in which people are named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import click

from respond.cli.answer import Answer
from respond.cli.options import Question, Recording
from respond.cli.page import Page
from respond.cli.session import Session
from respond.engine.accountability import Accountability
from respond.engine.handler import Outcome
from respond.projections.accountable import AccountabilityView
from respond.workflow.accountability.events import APPEAL_OUTCOMES, RESPONSIBILITIES, AppealOutcome, Responsibility

_KEY = click.argument("key")
_REASON = click.option("--reason", required=True)


@click.group("accountability")
def accountability() -> None:
    """Hold people to account, apart from what is learnt; KEY is the key of the case.  Restricted: it names people."""


@accountability.command("open", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--question", required=True, help="What somebody is to answer for.")
@click.option("--key", help="The key of the case; made for it by default.")
def open_(session: Session, name: str, question: str, key: str | None) -> Answer:
    """Open a case about incident ID; the incident learns nothing of it."""
    with session.engine() as engine:
        incident = engine.incident(name).id
    with session.accountability() as kept:
        made = kept.open_case(incident, question, key=key, **session.circumstances)
        return _recorded(kept, made)


@accountability.command("determine", cls=Recording)
@_KEY
@click.argument("person")
@click.option("--in-role", required=True, help="The role in which the person acted.")
@click.option("--responsibility", required=True, type=click.Choice(RESPONSIBILITIES))
@click.option("--basis", required=True, help="The facts and the rules that it rests on.")
@click.option("--handling", required=True, help="What is recommended.")
def determine(session: Session, key: str, person: str, *, in_role: str, responsibility: str, **told: str) -> Answer:
    """Find that PERSON is responsible, or not, and what should follow."""
    found = cast("Responsibility", responsibility)
    return _carry_out(
        session,
        key,
        lambda kept, who: kept.determine(key, person, in_role=in_role, responsibility=found, **told, **who),
    )


@accountability.command("notify", cls=Recording)
@_KEY
@click.option("--channel", required=True, help="How: in person, by letter.")
@click.option("--text", default="", help="What was said.")
def notify(session: Session, key: str, channel: str, text: str) -> Answer:
    """Tell that the person was told, and of the right to appeal."""
    return _carry_out(session, key, lambda kept, who: kept.notify(key, channel, text=text, **who))


@accountability.command("appeal", cls=Recording)
@_KEY
@click.option("--grounds", required=True)
def appeal(session: Session, key: str, grounds: str) -> Answer:
    """Appeal; the person concerned does."""
    return _carry_out(session, key, lambda kept, who: kept.appeal(key, grounds, **who))


@accountability.command("decide", cls=Recording)
@_KEY
@click.argument("outcome", type=click.Choice(APPEAL_OUTCOMES))
@_REASON
@click.option("--handling", default="", help="What is recommended instead.")
def decide(session: Session, key: str, outcome: str, *, reason: str, handling: str) -> Answer:
    """Decide on the appeal; whoever determined it may not."""
    said = cast("AppealOutcome", outcome)
    return _carry_out(
        session, key, lambda kept, who: kept.decide_appeal(key, said, reason=reason, handling=handling, **who)
    )


@accountability.command("close", cls=Recording)
@_KEY
@_REASON
def close(session: Session, key: str, reason: str) -> Answer:
    """Close the case."""
    return _carry_out(session, key, lambda kept, who: kept.close_case(key, reason, **who))


@accountability.command("show", cls=Question)
@click.argument("name", metavar="ID")
def show(session: Session, name: str) -> Answer:
    """Show the cases about incident ID, with names."""
    with session.engine() as engine:
        incident = engine.incident(name).id
    with session.accountability() as kept:
        found = kept.view(incident)
    return Answer(document=found.to_json(), show=lambda page: _show(page, found))


def _show(page: Page, found: AccountabilityView) -> None:
    for one in found.cases:
        page.heading(f"{one.key} is {one.status}")
        names = ("question", "person", "role", "responsibility", "basis", "handling", "grounds", "outcome", "reason")
        page.pairs([(name, getattr(one, name)) for name in names])


def _carry_out(session: Session, key: str, ask: Callable[[Accountability, dict[str, Any]], Outcome]) -> Answer:
    with session.accountability() as kept:
        ask(kept, session.circumstances)
        return _recorded(kept, key)


def _recorded(kept: Accountability, key: str) -> Answer:
    state = kept.case(key).status
    return Answer(document={"key": key, "state": state}, show=lambda page: page.line(f"case {key} is {state}"))


COMMANDS = (accountability,)
