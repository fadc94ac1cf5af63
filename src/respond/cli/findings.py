"""The commands of a review: who holds it, what it finds, how the response is judged, who signs and where it is read."""

from __future__ import annotations

from typing import Any

import click

from respond.cli.answer import Answer
from respond.cli.options import Recording
from respond.cli.session import Session
from respond.cli.work import carry_out
from respond.workflow.incident.review import (
    EvaluateResponse,
    OpenReview,
    PublishReview,
    RecordFinding,
    RecordFix,
    SignReview,
)
from respond.workflow.incident.reviewed import (
    EFFECTIVENESSES,
    FINDING_KINDS,
    FIX_KINDS,
    READERSHIPS,
    Effectiveness,
    FindingKind,
    FixKind,
    Readership,
)
from respond.workflow.incident.taken import CONFIDENCES

_INCIDENT = click.argument("name", metavar="ID")


@click.command("open-review", cls=Recording)
@_INCIDENT
@click.option("--participant", "participants", multiple=True, required=True, help="Who reviews; may be repeated.")
@click.option("--absent", multiple=True, help="Who was asked and did not come; may be repeated.")
@click.option("--facilitator", help="Who leads it, and took no part in the response.")
def open_review(session: Session, name: str, **told: Any) -> Answer:
    """Say who reviews incident ID."""
    return carry_out(session, name, OpenReview(**told))


@click.command("finding", cls=Recording)
@_INCIDENT
@click.argument("kind", type=click.Choice(FINDING_KINDS))
@click.argument("text")
@click.option("--evidence", multiple=True, help="The id of an entry, or a text; may be repeated.")
@click.option("--confidence", type=click.Choice(CONFIDENCES), default="medium", show_default=True)
def finding(session: Session, name: str, kind: FindingKind, text: str, **told: Any) -> Answer:
    """Record what the review of incident ID found: TEXT, of a KIND."""
    return carry_out(session, name, RecordFinding(kind=kind, text=text, **told))


@click.command("evaluate", cls=Recording)
@_INCIDENT
@click.argument("effectiveness", type=click.Choice(EFFECTIVENESSES))
@click.argument("text")
@click.option("--followed", type=bool, required=True, metavar="yes|no", help="Whether the procedures were followed.")
@click.option("--adequate", type=bool, required=True, metavar="yes|no", help="Whether they were good enough.")
def evaluate(session: Session, name: str, effectiveness: Effectiveness, text: str, **told: Any) -> Answer:
    """Judge how well the response to incident ID worked; TEXT says why."""
    return carry_out(session, name, EvaluateResponse(effectiveness=effectiveness, text=text, **told))


@click.command("fix", cls=Recording)
@_INCIDENT
@click.argument("kind", type=click.Choice(FIX_KINDS))
@click.argument("text")
def fix(session: Session, name: str, kind: FixKind, text: str) -> Answer:
    """Say what holds for now, or for good, in incident ID."""
    return carry_out(session, name, RecordFix(kind=kind, text=text))


@click.command("sign-review", cls=Recording)
@_INCIDENT
@click.option("--note", default="", help="What you add.")
def sign_review(session: Session, name: str, note: str) -> Answer:
    """Stand by what the review of incident ID says."""
    return carry_out(session, name, SignReview(note=note))


@click.command("publish-review", cls=Recording)
@_INCIDENT
@click.argument("readership", type=click.Choice(READERSHIPS))
@click.argument("place")
def publish_review(session: Session, name: str, readership: Readership, place: str) -> Answer:
    """Say where the closed review of incident ID can be read: at PLACE, internally or by all."""
    return carry_out(session, name, PublishReview(readership=readership, place=place))


COMMANDS = (open_review, finding, evaluate, fix, sign_review, publish_review)
