"""The commands about what is owed: done, waived, its clock stopped, its report received; and approvals."""

from __future__ import annotations

import click

from respond.cli.amendments import event_id
from respond.cli.answer import Answer
from respond.cli.options import Recording
from respond.cli.outcomes import recorded
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.cli.work import carry_out
from respond.workflow.approvals import Approve
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident import commands as c


@click.command("fulfil", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("obligation")
@click.option("--note", default="", help="What was done.")
def fulfil(session: Session, name: str, obligation: str, note: str) -> Answer:
    """Say that OBLIGATION of incident ID is done, where no other command tells it."""
    return carry_out(session, name, c.Fulfil(obligation=obligation, note=note))


@click.command("waive", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("obligation")
@click.option("--reason", required=True)
@click.option("--occurrence", type=int, default=1, show_default=True, help="Which one, of an obligation that recurs.")
def waive(session: Session, name: str, obligation: str, reason: str, occurrence: int) -> Answer:
    """Say that OBLIGATION of incident ID need not be discharged."""
    return carry_out(session, name, c.Waive(obligation=obligation, reason=reason, occurrence=occurrence))


@click.command("pause", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("obligation")
@click.option("--reason", required=True)
def pause(session: Session, name: str, obligation: str, reason: str) -> Answer:
    """Let the clock of OBLIGATION of incident ID stand still."""
    return carry_out(session, name, c.PauseClock(obligation=obligation, reason=reason))


@click.command("resume", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("obligation")
@click.option("--reason", default="")
def resume(session: Session, name: str, obligation: str, reason: str) -> Answer:
    """Let the clock of OBLIGATION of incident ID run on."""
    return carry_out(session, name, c.ResumeClock(obligation=obligation, reason=reason))


@click.command("receipt", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("entry")
@click.argument("receipt")
@click.option("--received-by", default="", help="Who took it in.")
def receipt(session: Session, name: str, entry: str, receipt: str, received_by: str) -> Answer:
    """Record that an upward report of incident ID arrived: RECEIPT is what the recipient calls it.

    ENTRY is the report: an event id, or the position that the timeline shows.
    """
    with session.engine() as engine:
        handle = engine.incident(name)
        command = c.RecordReceipt(report=event_id(handle, entry), receipt=receipt, received_by=received_by)
        outcome = handle.execute(command, **session.circumstances)
        return recorded(engine, Target(INCIDENT_CATEGORY, handle.id), outcome)


@click.command("approve", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("command")
@click.option("--about", default="", help="Which one: the statement, the measure, the offer, or 'visit 1'.")
@click.option("--note", default="", help="What the approval rests on.")
def approve(session: Session, name: str, command: str, about: str, note: str) -> Answer:
    """Agree that COMMAND be carried out on ID, where the plan asks several people.

    COMMAND is a trigger of the workflow, such as waive or change_level:lower.
    """
    with session.engine() as engine:
        target = Target.of(engine, name)
        approval = Approve(command=command, about=about, note=note)
        outcome = engine.execute(target.category, target.key, approval, **session.circumstances)
        return recorded(engine, target, outcome)


COMMANDS = (fulfil, waive, pause, resume, receipt, approve)
