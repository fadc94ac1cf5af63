"""The commands that take an incident up, name its kind and the response to it, and show what the plan suggests."""

from __future__ import annotations

from collections.abc import Sequence

import click

from respond.cli.answer import Answer
from respond.cli.options import Question, Recording
from respond.cli.page import Page
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


@click.command("suggest", cls=Question)
@click.argument("name", metavar="ID")
def suggest(session: Session, name: str) -> Answer:
    """Show the level and the response that the plan suggests for incident ID, and what speaks for them."""
    with session.engine() as engine:
        incident = engine.incident(name)
        level, response, state = incident.suggestion(), incident.response_suggestion(), incident.state()
        number = incident.number

    def show(page: Page) -> None:
        page.line(
            f"{number} is {state.status}, {'without a level' if state.level is None else f'at level {state.level}'}"
        )
        page.pairs(
            [
                ("level", _suggested(level.level, level.because)),
                ("response", _suggested(response.response, response.because)),
            ]
        )

    return Answer(document={"id": incident.id, "number": number, "level": level, "response": response}, show=show)


def _suggested(what: int | str | None, because: Sequence[str]) -> str:
    return "none: no condition of the plan holds" if what is None else f"{what}, by {', '.join(because)}"


COMMANDS = (acknowledge, recategorise, response_level, suggest)
