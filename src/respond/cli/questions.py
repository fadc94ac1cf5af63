"""Where an aggregate stands or stood, and what happened to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from typing import Any

import attrs
import click

from respond.cli.answer import Answer
from respond.cli.options import Question
from respond.cli.page import Page, counted
from respond.cli.past import about_the_past, times
from respond.cli.seen import as_role, show_withheld, told, view_of
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.engine.engine import Engine
from respond.projections.document import document
from respond.projections.state import StateAt
from respond.projections.timeline import Timeline, TimelineEntry
from respond.projections.timeline import timeline as timeline_of
from respond.projections.view import View
from respond.workflow.incident import INCIDENT_CATEGORY

_BOOKKEEPING = ("_entry", "_recorded_at")
"""How the names of fields end that tell of events and not of the world; the document holds them."""
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CATEGORY = click.option("--category", help="The workflow's category; ID is then the aggregate's key.")


@click.command("show", cls=Question)
@click.argument("name", metavar="ID")
@_CATEGORY
@as_role
@about_the_past
def show(session: Session, name: str, category: str | None, seen_as: str | None, **when: str | None) -> Answer:
    """Show where incident ID stands, or stood.  ID is an id, a number, a reference, or a stream such as desk-7."""
    with session.engine() as engine:
        return stood(engine, Target.of(engine, name, category), seen_as, **times(when))


def stood(engine: Engine, target: Target, seen_as: str | None = None, **when: Any) -> Answer:
    """Return where *target* stands, or stood, as an answer, or as much of it as somebody is shown."""
    view = None if seen_as is None else view_of(engine, target, seen_as, **when)
    standing = engine.reader.state_at(target.category, target.key, **when)
    if view is not None:
        standing = attrs.evolve(standing, value=view.state)
    title = target.title(engine)
    fields = document(standing.value)
    rest = {name: value for name, value in document(standing).items() if name != "value"}
    return Answer(
        document={
            "id": target.key,
            "number": title,
            "stream": f"{target.category}-{target.key}",
            "state": standing.value.status,
            **{name: value for name, value in fields.items() if name not in {"id", "status"}},
            **rest,
            **({} if view is None else told(view)),
        },
        show=lambda page: _show_state(page, title, fields, standing, view),
    )


@click.command("timeline", cls=Question)
@click.argument("name", metavar="ID")
@_CATEGORY
@about_the_past
@click.option(
    "--order",
    type=click.Choice(("world", "log")),
    default="world",
    show_default=True,
    help="By when it happened, or by position in the log.",
)
@click.option("--pinned", is_flag=True, help="Only the entries that are pinned.")
@as_role
def timeline(
    session: Session, name: str, category: str | None, order: str, pinned: bool, seen_as: str | None, **when: str | None
) -> Answer:
    """Show what happened to incident ID, entry by entry; each cites its event.

    Pinned and late entries, corrections and originals are shown.  Incidents that were merged into it are part of it.
    """
    with session.engine() as engine:
        target = Target.of(engine, name, category)
        return happened(engine, target, seen_as, only_pinned=pinned, order=order, **times(when))


def happened(
    engine: Engine,
    target: Target,
    seen_as: str | None = None,
    *,
    counting: Collection[str] = (),
    only_pinned: bool = False,
    **options: Any,
) -> Answer:
    """Return the timeline of *target*, or the entries of it that are pinned, as an answer; as somebody is shown it.

    Its page only counts the events of the types *counting*.
    """
    view = None if seen_as is None else view_of(engine, target, seen_as, **options)
    if view is not None:
        found = view.timeline
    elif target.category == INCIDENT_CATEGORY:
        found = engine.reader.timeline(target.key, **options)
    else:
        found = timeline_of(engine.reader.events(target.category, target.key), **options)
    if only_pinned:
        found = attrs.evolve(found, entries=found.pinned)
    title = target.title(engine)
    return Answer(
        document={"id": target.key, "number": title, **found.to_json(), **({} if view is None else told(view))},
        show=lambda page: _show_timeline(page, title, found, view, counting),
    )


def _show_state(page: Page, title: str, fields: dict[str, Any], standing: StateAt, view: View | None) -> None:
    page.line(f"{title} is {standing.value.status}")
    page.pairs(
        (name, _brief(value))
        for name, value in fields.items()
        if name not in {"id", "status"} and not name.endswith(_BOOKKEEPING)
    )
    if standing.known_at is not None:
        page.line(f"known by position {standing.last_position}, by the clock of: {standing.clock_used}")
    if view is not None:
        show_withheld(page, view)


def _brief(value: Any) -> Any:
    """Return one line for a field of a state: what is nested is named, or counted."""
    match value:
        case list() | dict() | str() | None if not value:
            return None
        case bool():
            return "yes" if value else None
        case {"name": name, "version": version, "digest": _}:
            return f"{name}@{version}"
        case list() if all(isinstance(item, str) and not _ID.fullmatch(item) for item in value):
            return ", ".join(value)
        case list():
            return len(value)
        case {"status": status}:
            return status
        case {"at": at}:
            return _brief(at)
        case dict() if value and all(isinstance(item, dict) for item in value.values()):
            return _summed([_brief(item) if "status" in item else None for item in value.values()])
        case dict():
            told = [(name, _brief(item)) for name, item in value.items()]
            named = (
                f"{brief}" if _ID.fullmatch(name) else f"{name}={brief}" for name, brief in told if brief is not None
            )
            return ", ".join(named) or None
        case _:
            return str(value).replace(".000000Z", "Z")


def _summed(states: list[str | None]) -> str | int:
    """Return how many stand where, the most first; how many there are when they stand nowhere."""
    known = Counter(state for state in states if state is not None)
    return ", ".join(f"{count} {state}" for state, count in known.most_common()) or len(states)


def _show_timeline(page: Page, title: str, found: Timeline, view: View | None, counting: Collection[str]) -> None:
    """Write a timeline: when, who, what, and which event says so; those of the types *counting* are counted."""
    entries = counted(len(found.entries), "entry", "entries")
    page.line(f"{title}: {entries}, up to position {found.last_position}")
    page.table(
        ("happened", "position", "actor", "what", "remarks"),
        [
            (one.happened_at, f"#{one.position}", one.actor, one.text, _remarks(one))
            for one in found.entries
            if one.type not in counting
        ],
    )
    rest = Counter(one.type for one in found.entries if one.type in counting)
    if rest:
        page.line(f"and {', '.join(f'{times} {kind}' for kind, times in rest.most_common())}")
    if view is not None:
        show_withheld(page, view)


def _remarks(entry: TimelineEntry) -> str:
    remarks = []
    if entry.pinned_by is not None:
        remarks.append(f"pinned by #{entry.pinned_by.position}")
    if entry.occurred_at is None:
        remarks.append("time unknown")
    if entry.late:
        remarks.append(f"late, recorded {entry.recorded_at:%Y-%m-%dT%H:%M:%SZ}")
    if entry.retracted_by is not None:
        remarks.append(f"retracted by #{entry.retracted_by.position}")
    if entry.corrected_by:
        remarks.append("corrected by " + ", ".join(f"#{citation.position}" for citation in entry.corrected_by))
    if entry.original_text is not None:
        remarks.append(f"originally: {entry.original_text}")
    return "; ".join(remarks)


COMMANDS = (show, timeline)
