"""The commands about several incidents: merge, undo that, split, relate, unrelate."""

from __future__ import annotations

from typing import cast, get_args

import click

from respond.cli.answer import Answer
from respond.cli.options import Recording
from respond.cli.outcomes import recorded
from respond.cli.page import Page
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.engine.engine import Engine
from respond.engine.handler import Outcome
from respond.errors import InvalidInput
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.commands import ReportIncident
from respond.workflow.incident.links import LinkKind


@click.command("merge", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--into", required=True, metavar="ID", help="The incident that goes on.")
@click.option("--reason", required=True)
def merge(session: Session, name: str, into: str, reason: str) -> Answer:
    """Merge incident ID into another; nothing is lost, and the old id still answers."""
    with session.engine() as engine:
        source, goal = engine.incident(name).id, engine.incident(into).id
        return _about(engine, source, engine.merge(source, goal, reason=reason, **session.circumstances))


@click.command("undo-merge", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--reason", required=True)
def undo_merge(session: Session, name: str, reason: str) -> Answer:
    """Let incident ID, which was merged, go on by itself from where it was."""
    with session.engine() as engine:
        source = engine.incident(name).id
        return _about(engine, source, engine.undo_merge(source, reason=reason, **session.circumstances))


@click.command("relate", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("kind", metavar="KIND")
@click.argument("other", metavar="OTHER")
@click.option("--reason", default="")
def relate(session: Session, name: str, kind: str, other: str, reason: str) -> Answer:
    """Say what incident ID is to incident OTHER, which is told the inverse.

    KIND is related, duplicate_of, has_duplicate, child_of, parent_of, caused_by or causes.
    """
    with session.engine() as engine:
        one, two = engine.incident(name).id, engine.incident(other).id
        return _about(engine, one, engine.relate(one, _kind(kind), two, reason=reason, **session.circumstances))


@click.command("unrelate", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("kind", metavar="KIND")
@click.argument("other", metavar="OTHER")
@click.option("--reason", required=True)
def unrelate(session: Session, name: str, kind: str, other: str, reason: str) -> Answer:
    """Take back what incident ID was said to be to incident OTHER."""
    with session.engine() as engine:
        one, two = engine.incident(name).id, engine.incident(other).id
        return _about(engine, one, engine.unrelate(one, _kind(kind), two, reason=reason, **session.circumstances))


@click.command("split", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--part", "parts", multiple=True, required=True, metavar="CATEGORY=TITLE", help="An incident of its own.")
@click.option("--reason", required=True)
def split(session: Session, name: str, parts: tuple[str, ...], reason: str) -> Answer:
    """Report parts of incident ID as incidents of their own, which are linked to it."""
    with session.engine() as engine:
        source = engine.incident(name).id
        found = engine.split(source, [_part(text) for text in parts], reason=reason, **session.circumstances)
        told = [{"id": part.id, "number": part.number} for part in found]
        outcome = cast("Outcome", found[0].outcome)
        answer = _about(engine, source, outcome)

    def show(page: Page) -> None:
        answer.show(page)
        page.line(f"split into {', '.join(one['number'] for one in told)}")

    return Answer(document={**answer.document, "parts": told}, show=show)


def _kind(text: str) -> LinkKind:
    if text not in get_args(LinkKind):
        raise InvalidInput(f"is none; write one of {', '.join(get_args(LinkKind))}", place="kind", value=text)
    return cast("LinkKind", text)


def _part(text: str) -> ReportIncident:
    category, equals, title = text.partition("=")
    if not equals:
        raise InvalidInput("names no category; write CATEGORY=TITLE", place="part", value=text)
    return ReportIncident(category=category, title=title)


def _about(engine: Engine, incident: str, outcome: Outcome) -> Answer:
    return recorded(engine, Target(INCIDENT_CATEGORY, incident), outcome)


COMMANDS = (merge, undo_merge, relate, unrelate, split)
