"""The commands that take an incident up, name its kind, and set how much is set in motion."""

from __future__ import annotations

import click

from respond.cli.answer import Answer
from respond.cli.options import Recording
from respond.cli.session import Session
from respond.cli.work import carry_out
from respond.workflow.incident.triage import Acknowledge, Recategorise, SetResponseLevel


@click.command("acknowledge", cls=Recording)
@click.argument("name", metavar="ID")
def acknowledge(session: Session, name: str) -> Answer:
    """Take incident ID up."""
    return carry_out(session, name, Acknowledge())


@click.command("recategorise", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("category")
@click.option("--reason", required=True)
def recategorise(session: Session, name: str, category: str, reason: str) -> Answer:
    """Say that incident ID is of another CATEGORY; what is owed is derived anew."""
    return carry_out(session, name, Recategorise(category=category, reason=reason))


@click.command("response-level", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("response")
@click.option("--basis", required=True, help="What the decision rests on.")
def response_level(session: Session, name: str, response: str, basis: str) -> Answer:
    """Decide how much is set in motion for incident ID: RESPONSE is a response level of the plan."""
    return carry_out(session, name, SetResponseLevel(response=response, basis=basis))


COMMANDS = (acknowledge, recategorise, response_level)
