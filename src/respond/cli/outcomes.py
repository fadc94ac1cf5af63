"""What a command led to, as an answer."""

from __future__ import annotations

from respond.cli.answer import Answer
from respond.cli.page import Page
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.engine.desk import Desk
from respond.engine.handler import Outcome


def carried_out(session: Session, target: Target, command: object) -> Answer:
    """Carry out *command* on *target*, in a database that is made if there is none, and return what it led to."""
    with session.engine(create=None) as engine:
        outcome = engine.execute(target.category, target.key, command, **session.circumstances)
        return recorded(engine, target, outcome)


def recorded(desk: Desk, target: Target, outcome: Outcome) -> Answer:
    """Return the answer of a command that was carried out on *target*."""
    title = target.title(desk)
    versions = {stream.name: version for stream, version in outcome.versions.items()}
    state = desk.state(target.category, target.key).status

    def show(page: Page) -> None:
        if not outcome.events:
            page.line(f"{title}: that was done already; it is {state}")
        elif outcome.replayed:
            page.line(f"{title}: recorded by an earlier call with this command id; it is {state}")
        else:
            page.line(f"{title} is {state}, recorded at position {outcome.position}")

    return Answer(
        document={
            "id": target.key,
            "number": title,
            "state": state,
            "position": outcome.position,
            "version": versions[f"{target.category}-{target.key}"],
            "events": outcome.events,
            "replayed": outcome.replayed,
        },
        show=show,
    )
