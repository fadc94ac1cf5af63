"""The commands that say what is to be achieved in an incident, by whom, with whose help, and whether work rests."""

from __future__ import annotations

import click

from respond.cli import written
from respond.cli.answer import Answer
from respond.cli.options import Recording
from respond.cli.session import Session
from respond.cli.work import carry_out
from respond.domain.payloads import from_input
from respond.workflow.incident.course import RecordHelpArrived, RequestHelp, ReviseActionPlan, SetActionPlan
from respond.workflow.incident.holds import PutOnHold, Resume
from respond.workflow.incident.teams import FormTeam

_OBJECTIVES = click.option(
    "--objective", "objectives", multiple=True, required=True, help="What is to be achieved; may be repeated."
)
_MEASURES = click.option(
    "--measure", "measures", multiple=True, metavar="MEASURE", help="A measure by which; may be repeated."
)


@click.group("action-plan")
def action_plan() -> None:
    """Set the action plan of an incident, and revise it."""


@action_plan.command("set", cls=Recording)
@click.argument("name", metavar="ID")
@_OBJECTIVES
@_MEASURES
def set_(session: Session, name: str, objectives: tuple[str, ...], measures: tuple[str, ...]) -> Answer:
    """Decide what is to be achieved in incident ID, and by which measures."""
    return carry_out(session, name, SetActionPlan(objectives=objectives, measures=measures))


@action_plan.command("revise", cls=Recording)
@click.argument("name", metavar="ID")
@_OBJECTIVES
@_MEASURES
@click.option("--reason", required=True)
def revise(session: Session, name: str, objectives: tuple[str, ...], measures: tuple[str, ...], reason: str) -> Answer:
    """Take another course in incident ID: what is told here stands in the place of the action plan so far."""
    return carry_out(session, name, ReviseActionPlan(objectives=objectives, measures=measures, reason=reason))


@click.group("outside-help")
def outside_help() -> None:
    """Ask for help from outside, and record that it arrived; KEY is any name for the help."""


@outside_help.command("request", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key")
@click.option("--source", required=True, help="Who is asked.")
@click.option("--what", required=True, help="What is asked for.")
def request(session: Session, name: str, key: str, source: str, what: str) -> Answer:
    """Ask somebody outside for help in incident ID."""
    return carry_out(session, name, RequestHelp(help=key, source=source, what=what))


@outside_help.command("arrived", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("key")
@click.option("--note", default="")
def arrived(session: Session, name: str, key: str, note: str) -> Answer:
    """Record that the help KEY is there in incident ID."""
    return carry_out(session, name, RecordHelpArrived(help=key, note=note))


@click.command("form-team", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("team")
@click.option("--member", "members", multiple=True, required=True, metavar="ROLE=PERSON", help="Who gets a role of it.")
def form_team(session: Session, name: str, team: str, members: tuple[str, ...]) -> Answer:
    """Form a team in incident ID by the template TEAM of the plan; its members get their roles."""
    told = {"team": team, "members": written.fields(members, "--member")}
    return carry_out(session, name, from_input(FormTeam, told))


@click.group("work")
def work() -> None:
    """Let work on an incident rest, and go on with it."""


@work.command("hold", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--reason", required=True)
def hold(session: Session, name: str, reason: str) -> Answer:
    """Let work on incident ID rest."""
    return carry_out(session, name, PutOnHold(reason=reason))


@work.command("resume", cls=Recording)
@click.argument("name", metavar="ID")
@click.option("--note", default="")
def resume(session: Session, name: str, note: str) -> Answer:
    """Go on with the work on incident ID."""
    return carry_out(session, name, Resume(note=note))


COMMANDS = (action_plan, outside_help, form_team, work)
