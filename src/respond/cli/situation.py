"""The commands that say what is known of an incident, which causes are suspected, and what was decided."""

from __future__ import annotations

from typing import Any

import click

from respond.cli.answer import Answer
from respond.cli.options import Question, Recording
from respond.cli.page import Page
from respond.cli.past import about_the_past, times
from respond.cli.session import Session
from respond.cli.work import carry_out
from respond.domain.payloads import from_input
from respond.errors import InvalidInput
from respond.projections.document import document
from respond.workflow.incident.decisions import RecordDecision, RejectedOption
from respond.workflow.incident.situation import (
    ConfirmHypothesis,
    ConfirmInformation,
    RaiseHypothesis,
    ReceiveInformation,
    RefuteInformation,
    RejectHypothesis,
)
from respond.workflow.incident.state import Incident
from respond.workflow.incident.taken import CONFIDENCES, INFORMATION_KINDS

_CONFIDENCE = click.option("--confidence", type=click.Choice(CONFIDENCES), default="medium", show_default=True)
_EVIDENCE = click.option("--evidence", required=True, help="What shows it.")


@click.group("hypothesis")
def hypothesis() -> None:
    """Suspect causes of an incident, confirm and reject them; KEY is any name for the cause."""


@hypothesis.command("raise", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key")
@click.option("--cause", required=True, help="What may have caused it.")
@click.option("--evidence", default="", help="What speaks for it.")
@_CONFIDENCE
def raise_(session: Session, name: str, key: str, **told: Any) -> Answer:
    """Suspect the cause KEY of incident ID."""
    return carry_out(session, name, from_input(RaiseHypothesis, {"hypothesis": key, **told}))


@hypothesis.command("confirm", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key")
@_EVIDENCE
def confirm(session: Session, name: str, key: str, evidence: str) -> Answer:
    """Say that the suspected cause KEY of incident ID is one."""
    return carry_out(session, name, ConfirmHypothesis(hypothesis=key, evidence=evidence))


@hypothesis.command("reject", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key")
@_EVIDENCE
def reject(session: Session, name: str, key: str, evidence: str) -> Answer:
    """Say that the suspected cause KEY of incident ID is none."""
    return carry_out(session, name, RejectHypothesis(hypothesis=key, evidence=evidence))


@click.group("information")
def information() -> None:
    """Take on what people are told of an incident, confirm and refute it; KEY is any name for the information."""


@information.command("receive", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key")
@click.argument("text")
@click.option("--source", required=True, help="Who says so.")
@click.option("--kind", type=click.Choice(INFORMATION_KINDS), default="claim", show_default=True)
@_CONFIDENCE
def receive(session: Session, name: str, key: str, **told: Any) -> Answer:
    """Take on TEXT under KEY in incident ID."""
    return carry_out(session, name, from_input(ReceiveInformation, {"information": key, **told}))


@information.command("confirm", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key")
@_EVIDENCE
def confirm_information(session: Session, name: str, key: str, evidence: str) -> Answer:
    """Say that the information KEY of incident ID is so."""
    return carry_out(session, name, ConfirmInformation(information=key, evidence=evidence))


@information.command("refute", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key")
@_EVIDENCE
def refute(session: Session, name: str, key: str, evidence: str) -> Answer:
    """Say that the information KEY of incident ID is not so."""
    return carry_out(session, name, RefuteInformation(information=key, evidence=evidence))


@click.command("decide", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("decision")
@click.option("--rationale", required=True, help="What speaks for it.")
@click.option("--option", "options", multiple=True, help="A way that was considered; may be repeated.")
@click.option(
    "--rejected", multiple=True, metavar="OPTION=REASON", help="A way that was not taken, and why; may be repeated."
)
def decide(
    session: Session, name: str, decision: str, rationale: str, options: tuple[str, ...], rejected: tuple[str, ...]
) -> Answer:
    """Record a DECISION in incident ID; what was rejected counts as considered."""
    left = tuple(map(_rejected, rejected))
    considered = tuple(dict.fromkeys((*options, *(one.option for one in left))))
    command = RecordDecision(decision=decision, rationale=rationale, options=considered, rejected=left)
    return carry_out(session, name, command)


def _rejected(text: str) -> RejectedOption:
    option, equals, reason = text.partition("=")
    if not equals:
        raise InvalidInput(f"{text!r} is not OPTION=REASON; say why it was rejected", place="--rejected", value=text)
    return RejectedOption(option=option, reason=reason)


@click.command("situation", cls=Question)
@click.argument("name", metavar="ID")
@about_the_past
def situation(session: Session, name: str, **when: str | None) -> Answer:
    """Show what is held true of incident ID: information and suspected causes, and what became of each."""
    with session.engine() as engine:
        found = engine.incident(name).state(**times(when))
    told = {"information": document(found.information), "hypotheses": document(found.hypotheses)}
    return Answer(document=told, show=lambda page: _show(page, found))


def _show(page: Page, found: Incident) -> None:
    page.heading("information")
    page.table(
        ("key", "kind", "status", "confidence", "source", "text", "shown by"),
        [
            (key, one.kind, one.status, one.confidence, one.source, one.received.text, _shown(one.checked))
            for key, one in found.information.items()
        ],
    )
    page.heading("suspected causes")
    page.table(
        ("key", "status", "confidence", "cause", "shown by"),
        [
            (key, one.status, one.confidence, one.raised.text, _shown(one.ruled))
            for key, one in found.hypotheses.items()
        ],
    )


def _shown(mark: Any) -> str:
    return "" if mark is None else str(mark.text)


COMMANDS = (hypothesis, information, decide, situation)
