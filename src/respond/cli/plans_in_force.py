"""The commands that say which plans an incident is worked by."""

from __future__ import annotations

import click

from respond.cli.answer import Answer
from respond.cli.options import Recording
from respond.cli.outcomes import recorded
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.engine.incident import IncidentHandle
from respond.workflow.incident import INCIDENT_CATEGORY


@click.command("activate", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("plan", metavar="NAME")
@click.option("--reason", required=True)
def activate(session: Session, name: str, plan: str, reason: str) -> Answer:
    """Let the plan NAME, or NAME@VERSION, come into force in incident ID besides the one that it pins."""
    with session.engine() as engine:
        incident: IncidentHandle = engine.incident(name)
        outcome = incident.activate_plan(plan, reason=reason, **session.circumstances)
        return recorded(engine, Target(INCIDENT_CATEGORY, incident.id), outcome)


@click.command("rebase", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("plan", metavar="NAME")
@click.option("--reason", required=True)
def rebase(session: Session, name: str, plan: str, reason: str) -> Answer:
    """Let the plan NAME, or NAME@VERSION, be in force in incident ID from now on, in the place of the one it pins."""
    with session.engine() as engine:
        incident: IncidentHandle = engine.incident(name)
        outcome = incident.rebase_plan(plan, reason=reason, **session.circumstances)
        return recorded(engine, Target(INCIDENT_CATEGORY, incident.id), outcome)
