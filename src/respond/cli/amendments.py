"""The commands about what was recorded: correct, retract, pin, unpin.  The originals stay."""

from __future__ import annotations

from collections.abc import Callable

import click

from respond.cli import written
from respond.cli.answer import Answer
from respond.cli.options import Recording
from respond.cli.outcomes import recorded
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.engine.incident import IncidentHandle
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident import commands as c
from respond.workflow.incident.pins import PinEntry, UnpinEntry


@click.command("correct", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("entry")
@click.option("--set", "changes", multiple=True, required=True, metavar="NAME=VALUE", help="name=text or name:=JSON.")
@click.option("--reason", required=True)
def correct(session: Session, name: str, entry: str, changes: tuple[str, ...], reason: str) -> Answer:
    """Give ENTRY of incident ID its right values.

    ENTRY is an event id, or the position that the timeline shows.  `occurred_at` may be set too.
    """
    values = written.fields(changes, "--set")
    return _amend(session, name, entry, lambda event_id: c.Correct(entry=event_id, changes=values, reason=reason))


@click.command("retract", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("entry")
@click.option("--reason", required=True)
def retract(session: Session, name: str, entry: str, reason: str) -> Answer:
    """Withdraw ENTRY of incident ID: an event id, or the position that the timeline shows."""
    return _amend(session, name, entry, lambda event_id: c.Retract(entry=event_id, reason=reason))


@click.command("pin", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("entry")
@click.option("--note", default="", help="Why.")
def pin(session: Session, name: str, entry: str, note: str) -> Answer:
    """Mark ENTRY of incident ID as one that tells the story: an event id, or the position that the timeline shows."""
    return _amend(session, name, entry, lambda event_id: PinEntry(entry=event_id, note=note))


@click.command("unpin", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("entry")
@click.option("--reason", required=True)
def unpin(session: Session, name: str, entry: str, reason: str) -> Answer:
    """Take that mark off ENTRY of incident ID: an event id, or the position that the timeline shows."""
    return _amend(session, name, entry, lambda event_id: UnpinEntry(entry=event_id, reason=reason))


def _amend(session: Session, name: str, entry: str, command: Callable[[str], object]) -> Answer:
    with session.engine() as engine:
        handle = engine.incident(name)
        outcome = handle.execute(command(event_id(handle, entry)), **session.circumstances)
        return recorded(engine, Target(INCIDENT_CATEGORY, handle.id), outcome)


def event_id(handle: IncidentHandle, entry: str) -> str:
    """Return the event id that *entry* means; what is no position of this incident is taken for an id."""
    position = entry.removeprefix("#")
    return next((event.id for event in handle.events() if str(event.position) == position), entry)


COMMANDS = (correct, retract, pin, unpin)
