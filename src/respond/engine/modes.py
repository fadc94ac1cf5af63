"""Modes: where answers over all incidents come from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from respond.domain.streams import is_restricted
from respond.engine.drill_view import DrillView
from respond.errors import InvalidInput
from respond.store.protocol import EventStore
from respond.workflow.workflow import Workflow

Mode = Literal["memory", "inline", "catch_up"]
"""Where answers over all incidents come from, and who keeps tables up to date: nobody, each append, or a runner."""


def check_mode(mode: str) -> None:
    """Raise `InvalidInput` for what is no mode: an engine that took it for tables would leave them to nobody."""
    if mode not in get_args(Mode):
        raise InvalidInput(f"{mode!r} is not one of {', '.join(get_args(Mode))}", place="projections", value=mode)


def ordinary(store: EventStore) -> EventStore:
    """Return *store*; raises `InvalidInput` for the restricted part of a log, and for the view of a drill.

    `Accountability` alone opens the one, and `Engine.drill` the other.
    """
    if isinstance(store, DrillView):
        raise InvalidInput(
            "is the view of a drill, which an engine would show as reality; ask engine.drill(key) for it", place="store"
        )
    if is_restricted(store.tenant):
        raise InvalidInput(
            "is the restricted part of a log; open it as Accountability", place="tenant", value=store.tenant
        )
    return store


def refuse_misplaced(store: EventStore, workflows: Iterable[Workflow]) -> None:
    """Raise `InvalidInput` for a workflow of the restricted part of a log in the ordinary part, and the other way."""
    for workflow in workflows:
        if workflow.restricted is not is_restricted(store.tenant):
            part = "restricted" if workflow.restricted else "ordinary"
            raise InvalidInput(f"belongs to the {part} part of the log", place="category", value=workflow.category)
