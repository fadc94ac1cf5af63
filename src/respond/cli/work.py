"""The commands that work an incident by hand, from the report to the resolution."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

from respond.cli import written
from respond.cli.answer import Answer
from respond.cli.options import Recording, Time
from respond.cli.outcomes import recorded
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.domain.payloads import from_input
from respond.engine.handler import Outcome
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident import commands as c
from respond.workflow.incident.events import REPORT_KINDS

FIELD_HELP = "A field of your own, as name=text or name:=JSON."


def carry_out(session: Session, name: str, command: object) -> Answer:
    """Carry out *command* on the incident called *name* and return what it led to."""
    with session.engine() as engine:
        handle = engine.incident(name)
        outcome = handle.execute(command, **session.circumstances)
        return recorded(engine, Target(INCIDENT_CATEGORY, handle.id), outcome)


@click.command("report", cls=Recording)
@click.option("--category", required=True, help="A category of the plan.")
@click.option("--title", required=True)
@click.option("--narrative", default="", help="What is known so far.")
@click.option("--discovered-at", type=Time(), metavar="TIME", help="When it was noticed, where that is not --at.")
@click.option("--began-at", type=Time(), metavar="TIME", help="When its impact began, as far as that is known.")
@click.option("--site", help="Where.")
@click.option("--unit", help="The part of the organisation that is hit.")
@click.option("--channel", help="The service channel that is hit: shop, website, telephone …")
@click.option("--team", help="The team that has it.")
@click.option("--reference", help="What another system calls the incident.")
@click.option("--warning", metavar="KEY", help="The warning that turns into it.")
def report(session: Session, **told: Any) -> Answer:
    """Report an incident.

    It gets an id and a number such as INC-17; every other command takes either.  An empty database gets a log first.
    """
    with session.engine(create=None) as engine:
        handle = engine.report(**told, **session.circumstances)
        return recorded(engine, Target(INCIDENT_CATEGORY, handle.id), cast("Outcome", handle.outcome))


@click.command("assess", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--affected-customers", type=int, help="How many customers are affected.")
@click.option("--injured", type=int, help="How many people are hurt.")
@click.option("--dead", type=int, help="How many people died.")
@click.option("--sites", type=int, help="How many sites are hit.")
@click.option(
    "--critical/--not-critical", "critical_facility", default=None, help="Whether a critical facility is hit."
)
@click.option("--loss", metavar="MONEY", help="The loss, such as '12.50 CNY'.")
@click.option("--spread", help="How far it reaches: local, regional …")
@click.option(
    "--facet", "facets", multiple=True, metavar="FACET", help="A side of it that the plan names; may be repeated."
)
@click.option("--findings", default="", help="What was found.")
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help=FIELD_HELP)
def assess(session: Session, name: str, loss: str | None, fields: tuple[str, ...], **told: Any) -> Answer:
    """Judge the impact of incident ID, for the first time or again; the last assessment counts."""
    command = c.Assess(loss=written.money_if_told(loss, "--loss"), fields=written.fields(fields, "--field"), **told)
    return carry_out(session, name, command)


@click.command("level", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("level", type=int)
@click.option("--basis", help="What the first level rests on.")
@click.option("--justification", help="Why the level changes.")
def level(session: Session, name: str, level: int, basis: str | None, justification: str | None) -> Answer:
    """Give incident ID its first LEVEL (--basis), or raise or lower it (--justification); 1 is the worst."""
    if (basis is None) == (justification is None):
        raise click.UsageError("write --basis for the first level, or --justification to change it")
    if basis is not None:
        return carry_out(session, name, c.AssignLevel(level=level, basis=basis))
    return carry_out(session, name, c.ChangeLevel(level=level, justification=justification or ""))


@click.command("start", cls=Recording)
@click.argument("name", metavar="ID")
def start(session: Session, name: str) -> Answer:
    """Start the response to incident ID."""
    return carry_out(session, name, c.StartResponse())


@click.command("command", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--commander", metavar="WHO", help="Who commands from now on.  [default: the actor]")
@click.option("--briefing", default="", help="What the commander was told.")
def command(session: Session, name: str, commander: str | None, briefing: str) -> Answer:
    """Take over command of incident ID: there is one commander at any instant."""
    return carry_out(session, name, c.TakeCommand(commander=commander, briefing=briefing))


@click.command("team", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("team")
def team(session: Session, name: str, team: str) -> Answer:
    """Hand incident ID to TEAM."""
    return carry_out(session, name, c.AssignTeam(team=team))


@click.command("report-up", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--kind", required=True, type=click.Choice(REPORT_KINDS), help="Which report it is.")
@click.option("--recipient", required=True, help="Who was told.")
@click.option("--summary", required=True, help="What was told.")
def report_up(session: Session, name: str, **told: Any) -> Answer:
    """Record that a superior or an authority was told of incident ID."""
    return carry_out(session, name, from_input(c.ReportUpward, told))


@click.command("note", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("text", default="")
@click.option("--attach", "files", multiple=True, metavar="FILE", help="A file; its digest is kept, not its bytes.")
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help=FIELD_HELP)
def note(session: Session, name: str, text: str, files: tuple[str, ...], fields: tuple[str, ...]) -> Answer:
    """Note TEXT, files and fields about incident ID."""
    attachments = tuple(written.attachment(Path(file), "--attach") for file in files)
    command = c.Note(text=text, attachments=attachments, fields=written.fields(fields, "--field"))
    return carry_out(session, name, command)


@click.command("resolve", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--resolution", required=True, help="How it was resolved.")
def resolve(session: Session, name: str, resolution: str) -> Answer:
    """Record that service is restored in incident ID."""
    return carry_out(session, name, c.Resolve(resolution=resolution))


@click.command("reopen", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--reason", required=True)
def reopen(session: Session, name: str, reason: str) -> Answer:
    """Record that incident ID is not over."""
    return carry_out(session, name, c.Reopen(reason=reason))


@click.command("cancel", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--reason", required=True)
def cancel(session: Session, name: str, reason: str) -> Answer:
    """Record that incident ID was a false alarm."""
    return carry_out(session, name, c.Cancel(reason=reason))


COMMANDS = (report, assess, level, start, command, team, report_up, note, resolve, reopen, cancel)
