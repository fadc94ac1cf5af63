"""Commands of any registered workflow, given as JSON."""

from __future__ import annotations

import click

from respond.cli.answer import Answer
from respond.cli.explanations import command_of
from respond.cli.options import Recording
from respond.cli.outcomes import recorded
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.workflow.incident.commands import Absorb, Merge, ReportIncident

_TWO_SIDED = (Absorb, Merge)


@click.command("do", cls=Recording)
@click.argument("category")
@click.argument("key")
@click.argument("trigger")
@click.option("--data", default="{}", show_default=True, metavar="JSON", help="The fields of the command.")
def do(session: Session, category: str, key: str, trigger: str, data: str) -> Answer:
    """Carry out the command TRIGGER of the workflow CATEGORY on the aggregate KEY."""
    with session.engine() as engine:
        command = command_of(engine, category, trigger, data)
        if isinstance(command, _TWO_SIDED):
            raise click.UsageError("a merge concerns two incidents; use respond merge")
        new = isinstance(command, ReportIncident)
        target = Target(category, key) if new else Target.of(engine, key, category)
        outcome = engine.execute(category, target.key, command, **session.circumstances)
        return recorded(engine, target, outcome)


COMMANDS = (do,)
