"""The commands that say what is told of an incident, and what is heard."""

from __future__ import annotations

from typing import Any

import click

from respond.cli.answer import Answer
from respond.cli.options import Question, Recording, Time
from respond.cli.page import Page
from respond.cli.past import about_the_past, times
from respond.cli.session import Session
from respond.cli.work import carry_out
from respond.domain.payloads import from_input
from respond.engine.pool import exact
from respond.plan.communication import KeyMessage
from respond.projections.communication import Word
from respond.projections.document import document
from respond.workflow.incident.messages import STAGES, ApproveKeyMessages, SetKeyMessages
from respond.workflow.incident.notices import EvaluateCommunication, Notify, RecordFeedback, RecordObservation
from respond.workflow.incident.said import Said
from respond.workflow.incident.statements import (
    ApproveStatement,
    CorrectStatement,
    DraftStatement,
    PublishStatement,
    RetractStatement,
)

_STAGE = click.option("--stage", type=click.Choice(STAGES), help="The stage for which they are.")
_CITED = click.option(
    "--key-messages", type=int, metavar="VERSION", help="The key messages that it rests on.  [default: the live ones]"
)
_NEXT = click.option("--next-update-at", type=Time(), metavar="TIME", help="When more is said.")


@click.group("key-messages")
def key_messages() -> None:
    """Set what is said of an incident with one voice, and approve it."""


@key_messages.command("list", cls=Question)
@click.argument("name", metavar="ID")
def list_(session: Session, name: str) -> Answer:
    """List the key messages of incident ID by version, which of them is live, and the drafts of the plan."""
    with session.engine() as engine:
        handle = engine.incident(name)
        said, drafts = handle.state().said, handle.drafts()
    told = {
        "live": said.live,
        "versions": [{"version": number, **document(one)} for number, one in enumerate(said.key_messages, 1)],
        "drafts": [document(one) for one in drafts],
    }
    return Answer(document=told, show=lambda page: _show_messages(page, said, drafts))


def _show_messages(page: Page, said: Said, drafts: tuple[KeyMessage, ...]) -> None:
    page.table(
        ("version", "stage", "approved", "messages"),
        [
            (
                f"{number} (live)" if number == said.live else number,
                one.stage,
                _at(one.approved),
                "; ".join(one.messages),
            )
            for number, one in enumerate(said.key_messages, 1)
        ],
    )
    page.heading("drafts of the plan")
    page.table(("stage", "title", "text"), [(one.stage, one.title, one.text) for one in drafts])


def _at(mark: Any) -> Any:
    return None if mark is None else mark.at


@key_messages.command("set", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("messages", metavar="MESSAGE", nargs=-1, required=True)
@_STAGE
def set_(session: Session, name: str, messages: tuple[str, ...], stage: str | None) -> Answer:
    """Set the key messages of incident ID: each MESSAGE is one of them; they are live once they are approved."""
    return carry_out(session, name, from_input(SetKeyMessages, {"messages": list(messages), "stage": stage}))


@key_messages.command("approve", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("version", type=int)
def approve(session: Session, name: str, version: int) -> Answer:
    """Approve VERSION of the key messages of incident ID, which must be the last."""
    return carry_out(session, name, ApproveKeyMessages(version=version))


@click.group("statement")
def statement() -> None:
    """Draft, approve and publish statements on an incident; KEY is any name for the statement."""


@statement.command("list", cls=Question)
@click.argument("name", metavar="ID")
@about_the_past
def statements(session: Session, name: str, **when: str | None) -> Answer:
    """List the statements on incident ID, and how each stands."""
    with session.engine() as engine:
        found = engine.incident(name).state(**times(when)).said.statements
    rows = [
        (key, one.audience, one.channel, one.status, one.version, one.wording.key_messages, one.wording.text)
        for key, one in found.items()
    ]
    head = ("key", "audience", "channel", "state", "version", "key messages", "text")
    return Answer(document={"statements": document(found)}, show=lambda page: page.table(head, rows))


@statement.command("draft", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key")
@click.argument("text")
@click.option("--audience", required=True, help="Whom it is for.")
@click.option("--channel", required=True)
@click.option("--cause", default="", help="What caused it, as far as that is known.")
@click.option("--effect", default="", help="What it does to people.")
@click.option("--measures", default="", help="What is done.")
@click.option("--recovery", default="", help="When service is expected back.")
@_NEXT
@_CITED
def draft(session: Session, name: str, key: str, **told: Any) -> Answer:
    """Draft the statement KEY on incident ID, which says TEXT."""
    return carry_out(session, name, from_input(DraftStatement, {"statement": key, **told}))


@statement.command("correct", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key")
@click.argument("text")
@click.option("--reason", required=True)
@click.option("--cause", help="Another cause.")
@click.option("--effect", help="Another effect.")
@click.option("--measures", help="Other measures.")
@click.option("--recovery", help="Another time at which service is expected back.")
@_NEXT
@_CITED
def correct(session: Session, name: str, key: str, **told: Any) -> Answer:
    """Write the statement KEY on incident ID anew, as TEXT; it is to be approved again."""
    return carry_out(session, name, from_input(CorrectStatement, {"statement": key, **told}))


@statement.command("approve", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key")
@click.option("--version", type=int, help="The version that was read; refused when another one stands.")
def approve_statement(session: Session, name: str, key: str, version: int | None) -> Answer:
    """Approve the statement KEY on incident ID as it stands."""
    return carry_out(session, name, ApproveStatement(statement=key, version=version))


@statement.command("publish", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key")
def publish(session: Session, name: str, key: str) -> Answer:
    """Record that the statement KEY on incident ID was published; --actor and --role say who spoke."""
    return carry_out(session, name, PublishStatement(statement=key))


@statement.command("retract", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key")
@click.option("--reason", required=True)
def retract(session: Session, name: str, key: str, reason: str) -> Answer:
    """Withdraw the statement KEY on incident ID."""
    return carry_out(session, name, RetractStatement(statement=key, reason=reason))


@click.command("tell", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("text")
@click.option("--channel", required=True)
@click.option("--audience", help="An audience inside: staff, superiors.")
@click.option("--to-role", metavar="ROLE", help="Those who hold a role.")
@click.option("--department")
def tell(session: Session, name: str, **told: Any) -> Answer:
    """Tell people inside TEXT about incident ID: an audience, those in a role, or a department."""
    return carry_out(session, name, from_input(Notify, told))


@click.command("told", cls=Question)
@click.argument("name", metavar="ID")
@about_the_past
def told(session: Session, name: str, **when: str | None) -> Answer:
    """Show who was told what of incident ID, when and by which channel."""
    with session.engine() as engine:
        found = engine.incident(name).told(**times(when))
    return Answer(document={"told": [document(one) for one in found]}, show=lambda page: show_told(page, found))


def show_told(page: Page, found: tuple[Word, ...]) -> None:
    """Write who was told what as a table."""
    page.table(
        ("when", "who", "what", "by", "channel", "told by", "event"),
        [
            (
                one.at,
                one.audience or one.role or one.department,
                one.text,
                one.by_way_of.replace("_", " "),
                one.channel,
                one.actor,
                f"#{one.citation.position}",
            )
            for one in found
        ],
    )


@click.command("feedback", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("text")
@click.option("--source", required=True, help="Who says so.")
@click.option("--channel", required=True, help="How it came: hotline, survey, forum …")
@click.option("--count", type=int, default=1, show_default=True, help="How many said so.")
def feedback(session: Session, name: str, **told: Any) -> Answer:
    """Take on what people answer about incident ID."""
    return carry_out(session, name, from_input(RecordFeedback, told))


@click.command("observe", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("metric")
@click.argument("value")
@click.option("--source", required=True, help="Where it was measured.")
def observe(session: Session, name: str, value: str, **told: Any) -> Answer:
    """Take on VALUE of METRIC, a number, as observed during incident ID; --at says when."""
    return carry_out(session, name, RecordObservation(value=exact(value), **told))


@click.command("evaluate-communication", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("rating", type=int)
@click.option("--text", required=True, help="What worked, and what did not.")
def evaluate_communication(session: Session, name: str, rating: int, text: str) -> Answer:
    """Judge how well communication worked in incident ID: RATING is from 1, the worst, to 5."""
    return carry_out(session, name, EvaluateCommunication(rating=rating, text=text))


COMMANDS = (key_messages, statement, tell, told, feedback, observe, evaluate_communication)
