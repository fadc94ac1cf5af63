"""State: where an aggregate stands, stood, or was thought to stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from respond.domain.events import Event
from respond.projections.entries import Entry, entries, in_world_order
from respond.projections.knowledge import Clock, ClockUsed, known
from respond.workflow.workflow import Workflow


@attrs.frozen(kw_only=True)
class StateAt:
    """A state, and what it rests on."""

    value: Any
    last_position: int
    """The last position that was known; 0 when nothing was."""
    as_of: datetime | None = None
    """The time in the world that was asked; None for whatever was known to have happened."""
    known_at: datetime | None = None
    """The time of the log that was asked; None for now."""
    clock_used: ClockUsed = "log"
    """Which clock said what was known at *known_at*; `mixed` when only some events carried a claim of their source."""


def state(
    workflow: Workflow,
    events: Iterable[Event],
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    clock: Clock = "log",
) -> StateAt:
    """Return the state that *events*, one stream of *workflow* in log order, lead to.

    *known_at* leaves out what was not recorded by then; *as_of* leaves out what had not happened by then, and takes the
    rest in the order in which it happened, as corrected.  A correction, a retraction or a pin goes with its entry,
    whenever it was made, as long as it was known.  Raises what the workflow's evolvers raise, and `InvalidInput`.
    """
    seen = known(events, at=known_at, clock=clock)
    value = workflow.fold(seen.events) if as_of is None else _fold_world(workflow, entries(seen.events), as_of)
    return StateAt(
        value=value, last_position=seen.last_position, as_of=as_of, known_at=known_at, clock_used=seen.clock_used
    )


def _fold_world(workflow: Workflow, all_entries: tuple[Entry, ...], as_of: datetime) -> Any:
    """Fold what had happened at *as_of*, each entry with its amendments and pins right behind it.

    The workflow's own evolvers apply the amendments, so that this and the plain fold read a correction the same way: a
    retracted fact is withdrawn before the next entry, and the step that was taken with it stands.
    """
    recorded = {entry.event.body["id"] for entry in all_entries}
    behind: dict[str, list[Event]] = {}
    world = []
    for entry in all_entries:
        if entry.subject is not None and entry.subject in recorded:
            behind.setdefault(entry.subject, []).append(entry.event)
        else:
            world.append(entry)
    value = workflow.initial
    for entry in in_world_order(world, as_of=as_of):
        value = workflow.evolve(value, _as_happened(entry, value.status))
        for event in _following(entry.event, behind):
            value = workflow.evolve(value, event)
    return value


def _following(event: Event, behind: Mapping[str, Sequence[Event]]) -> Iterator[Event]:
    """Yield what goes with *event*, each with what goes with that: a pin may be corrected and retracted itself."""
    waiting = [*reversed(behind.get(event.body["id"], ()))]
    while waiting:
        following = waiting.pop()
        yield following
        waiting.extend(reversed(behind.get(following.body["id"], ())))


def _as_happened(entry: Entry, status: str) -> Event:
    """Return the event of *entry*; one that moved nothing when it was recorded moves nothing here either.

    A report sent before the end and recorded after it says `to: resolved`: it was written down in that state.
    """
    event = entry.event
    if entry.moved or not hasattr(event.data, "from_") or getattr(event.data, "to", status) == status:
        return event
    stayed = attrs.evolve(event.data, from_=status, to=status)
    return Event(event.position, event.recorded_us, event.body, stayed)
