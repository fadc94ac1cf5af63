"""The commands that say who does what in an incident."""

from __future__ import annotations

import click

from respond.cli import written
from respond.cli.answer import Answer
from respond.cli.duties import held, staffed
from respond.cli.options import Question, Recording, in_language
from respond.cli.page import Page
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.cli.work import carry_out
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.people import AssignRole, HandOverRole, ReleaseRole

_TRAINED = click.option(
    "--trained",
    multiple=True,
    metavar="TRAINING=DAY",
    help="Until when a training of the person is in force, such as first_aid=2026-11-30.",
)


@click.group("role")
def role() -> None:
    """Fill roles of an incident, release from them, hand them over, and list who does what."""


@role.command("list", cls=Question)
@click.argument("name", metavar="ID")
@in_language
def list_(session: Session, name: str, language: str) -> Answer:
    """List who holds which role of incident ID, which required ones stand empty, and whom people should look at."""
    with session.engine() as engine:
        incident = engine.incident(name)
        target = Target(INCIDENT_CATEGORY, incident.id)
        holding, lacking = held(engine, target, language=language), staffed(engine, target, language=language)
        number = incident.number

    def show(page: Page) -> None:
        page.line(number)
        holding.show(page)
        if any(lacking.document.values()):
            page.line()
            lacking.show(page)

    document = {"id": incident.id, "number": number, **holding.document, **lacking.document}
    return Answer(document=document, show=show)


@role.command("assign", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("role_id", metavar="ROLE")
@click.argument("person")
@_TRAINED
def assign(session: Session, name: str, role_id: str, person: str, trained: tuple[str, ...]) -> Answer:
    """Give PERSON the ROLE in incident ID; the commander takes command instead."""
    days = written.fields(trained, "--trained")
    return carry_out(session, name, AssignRole(role=role_id, person=person, trained_until=days))


@role.command("release", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("role_id", metavar="ROLE")
@click.argument("person")
@click.option("--reason", required=True)
def release(session: Session, name: str, role_id: str, person: str, reason: str) -> Answer:
    """Relieve PERSON of the ROLE in incident ID."""
    return carry_out(session, name, ReleaseRole(role=role_id, person=person, reason=reason))


@role.command("hand-over", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("role_id", metavar="ROLE")
@click.argument("from_person", metavar="FROM")
@click.argument("to_person", metavar="TO")
@click.option("--briefing", required=True, help="How things stand.")
@_TRAINED
def hand_over(
    session: Session, name: str, role_id: str, from_person: str, to_person: str, briefing: str, trained: tuple[str, ...]
) -> Answer:
    """Hand the ROLE in incident ID over, FROM one person TO another."""
    command = HandOverRole(
        role=role_id,
        from_person=from_person,
        to_person=to_person,
        briefing=briefing,
        trained_until=written.fields(trained, "--trained"),
    )
    return carry_out(session, name, command)


@role.command("candidates", cls=Question)
@click.argument("name", metavar="ID")
@click.argument("role_id", metavar="ROLE")
@click.option("--skill", "skills", multiple=True, help="What they must be able to do; may be repeated.")
def candidates(session: Session, name: str, role_id: str, skills: tuple[str, ...]) -> Answer:
    """List who of the plan's roster may fill ROLE in incident ID, those first who lack no training."""
    with session.engine() as engine:
        incident = engine.incident(name)
        found, number = incident.candidates(role_id, skills=skills), incident.number
    return Answer(
        document={"id": incident.id, "number": number, "role": role_id, "candidates": found},
        show=lambda page: page.table(
            ("person", "skills", "lacks", "holds"),
            [(one.person, *map(", ".join, (one.skills, one.untrained, one.holds))) for one in found],
        ),
    )


COMMANDS = (role,)
