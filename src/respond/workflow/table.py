"""The table that verifies: whether a recorded step is one that the workflow knows.  Never a reason not to fold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from respond.domain.events import Event
from respond.workflow.definition import Transition
from respond.workflow.migration import DefinitionMigrated

if TYPE_CHECKING:
    from respond.workflow.workflow import Workflow

NOT_ENABLED = "not-enabled"
"""No transition of the workflow makes this step."""
FROM_MISMATCH = "from-mismatch"
"""The step does not begin where the stream stood."""
FOREIGN_STATE = "foreign-state"
"""The step enters a state that the workflow does not have."""


@attrs.frozen
class Finding:
    """A recorded step that the workflow would not have made."""

    code: str
    text: str
    position: int
    source: str
    dest: str


class Table:
    """The transitions of a workflow, looked up by state and trigger, or by state and event."""

    def __init__(self, workflow: Workflow) -> None:
        rows: dict[tuple[str, str], list[Transition]] = {}
        by_event: dict[tuple[str, str], set[str]] = {}
        for transition in workflow.transitions:
            for source in transition.sources:
                rows.setdefault((source, transition.trigger), []).append(transition)
                for name in workflow.events_of(transition.trigger):
                    by_event.setdefault((source, name), set()).add(transition.dest or source)
        self._rows: Mapping[tuple[str, str], tuple[Transition, ...]] = {key: tuple(row) for key, row in rows.items()}
        self._steps = frozenset((source, name, dest) for (source, name), dests in by_event.items() for dest in dests)
        self._moves = frozenset((source, dest) for source, _, dest in self._steps)
        self._triggered = frozenset(name for trigger in workflow.triggers for name in workflow.events_of(trigger))
        self._states = frozenset(workflow.states)

    def candidates(self, state: str, trigger: str) -> tuple[Transition, ...]:
        """Return the transitions that *trigger* may take from *state*, in the order in which they are tried."""
        return self._rows.get((state, trigger), ())

    def sources(self, trigger: str) -> tuple[str, ...]:
        """Return the states in which *trigger* is enabled."""
        return tuple(state for state, name in self._rows if name == trigger)

    def allows(self, event_name: str, source: str, dest: str) -> bool:
        """Return whether some command records *event_name* while going from *source* to *dest*.

        An event that no command causes, a step of a foreign log, may make every move that some command makes.
        """
        if event_name in self._triggered:
            return (source, event_name, dest) in self._steps
        return source == dest or (source, dest) in self._moves

    def verify(self, status: str, event: Event) -> Finding | None:
        """Return what is wrong with the step that *event* records for an aggregate that stood at *status*."""
        source, dest = getattr(event.data, "from_", None), getattr(event.data, "to", None)
        if source is None or dest is None:
            return None
        if source != status:
            text = f"{event.type} begins at {source!r}, the stream stood at {status!r}"
            return Finding(FROM_MISMATCH, text, event.position, source, dest)
        if type(event.data) is DefinitionMigrated:
            return None  # the state that it enters is one of another definition
        if dest not in self._states:
            text = f"{event.type} enters {dest!r}, which is not a state of the workflow"
            return Finding(FOREIGN_STATE, text, event.position, source, dest)
        if not self.allows(event.type, source, dest):
            return Finding(NOT_ENABLED, f"{event.type} from {source!r} to {dest!r}", event.position, source, dest)
        return None
