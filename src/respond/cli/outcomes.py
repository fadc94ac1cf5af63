"""What a command led to, as an answer."""

from __future__ import annotations

from respond.cli.answer import Answer
from respond.cli.page import Page
from respond.cli.targets import Target
from respond.engine.engine import Engine
from respond.engine.handler import Outcome


def recorded(engine: Engine, target: Target, outcome: Outcome) -> Answer:
    """Return the answer of a command that was carried out on *target*."""
    title = target.title(engine)
    standing = engine.reader.state_at(target.category, target.key)
    versions = {stream.name: version for stream, version in outcome.versions.items()}
    state = standing.value.status

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
