"""A workflow: the rules of one kind of aggregate, declared once and compiled for deciding and for verifying."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import attrs

from respond.domain.canonical import digest
from respond.domain.events import Event, EventTypes, Upcast, type_of
from respond.domain.references import Reference
from respond.errors import UnreadableEvent, WorkflowNotFound
from respond.plan.finding import Finding
from respond.plan.plan import Plan
from respond.workflow import migration
from respond.workflow.definition import NEW, Evolve, Guard, Handler, Situation, Transition, trigger_of
from respond.workflow.lint import lint, refuse_contradictions
from respond.workflow.machine import DecidingMachine
from respond.workflow.table import Table


def _none(_: Iterable[Event]) -> frozenset[str]:
    return frozenset()


def _own(_: Situation) -> None:
    return None


@attrs.frozen(kw_only=True, slots=False, eq=False)
class Workflow:
    """The rules of one kind of aggregate.  Raises `InvalidWorkflow` when they contradict each other."""

    name: str
    version: int
    category: str
    """The category of its streams."""
    states: tuple[str, ...]
    """Every state but `new`."""
    finals: tuple[str, ...]
    transitions: tuple[Transition, ...]
    guards: tuple[Guard, ...] = ()
    initial: Any
    """The state value of an aggregate without events; frozen, with a field `status` that is `new`."""
    handlers: tuple[Handler, ...]
    evolvers: Mapping[type, Evolve]
    """For each payload class, the pure function that carries the state over one event."""
    upcasters: Mapping[tuple[str, int], Upcast] = attrs.field(factory=dict)
    subject: Callable[[Situation], str | None] = _own
    """What the aggregate's events are about, when that is another one, as an incident is; None for itself."""
    shared: bool = False
    """Whether many are at the same aggregate at once as a rule: then each waits for its turn before it reads."""
    erasable: bool = False
    """Whether its streams may be erased: then no process keeps what they told."""
    restricted: bool = False
    """Whether its streams stand in the restricted part of a log, which ordinary engines neither read nor write."""
    replanning: tuple[type, ...] = ()
    """The payload classes after which another plan is in force: the state's `plan` and `activated` say which."""
    retracted: Callable[[Iterable[Event]], frozenset[str]] = _none
    """Returns the ids of the entries in a history that were taken back, for a workflow in which that can be done."""

    def __attrs_post_init__(self) -> None:
        refuse_contradictions(self)

    def lint(self, plan: Plan | None = None) -> tuple[Finding, ...]:
        """Return what should be better, by stable codes; with a *plan*, what is wrong under that too."""
        from respond.workflow.lint_plan import lint_under  # noqa: PLC0415 - it needs the workflow

        return (*lint(self), *(() if plan is None else lint_under(self, plan)))

    @cached_property
    def reference(self) -> Reference:
        """The name, the version, and the digest of everything but the code of the functions."""
        return Reference(self.name, str(self.version), digest(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """Return the definition as plain data; `rev` and `schema_version` stand for the code of guards and events."""
        return {
            "name": self.name,
            "version": self.version,
            "category": self.category,
            "states": list(self.states),
            "initial": NEW,
            "finals": list(self.finals),
            "transitions": [
                {
                    "trigger": transition.trigger,
                    "sources": list(transition.sources),
                    "dest": transition.dest,
                    "guards": list(transition.guards),
                    "reopens": transition.reopens,
                }
                for transition in self.transitions
            ],
            "guards": {one.code: _told(one) for one in self.guards},
            "events": {declared.name: declared.schema_version for declared in self.event_types},
        }

    @cached_property
    def event_types(self) -> EventTypes:
        return EventTypes(self.evolvers, self.upcasters)

    @cached_property
    def stream_types(self) -> EventTypes:
        """All that its streams may hold: its own events, and migrations to another version of it."""
        return self.event_types.union(migration.EVENT_TYPES)

    @cached_property
    def machine(self) -> DecidingMachine:
        """The state machine that decides."""
        return DecidingMachine(self)

    @cached_property
    def table(self) -> Table:
        """The table that verifies."""
        return Table(self)

    @cached_property
    def guard_of(self) -> Mapping[str, Guard]:
        """The guards by code."""
        return {one.code: one for one in self.guards}

    @cached_property
    def handler_of(self) -> Mapping[str, Handler]:
        """The handlers by trigger."""
        return {trigger_of(handler.command): handler for handler in self.handlers}

    @cached_property
    def triggers(self) -> tuple[str, ...]:
        """Every trigger, in the order of the handlers."""
        return tuple(self.handler_of)

    def handler(self, command: object) -> Handler:
        """Return the handler of *command*; raises `WorkflowNotFound` when this workflow has none."""
        handler = self._handler_of(trigger_of(type(command)))
        if handler is None or handler.command is not type(command):
            raise WorkflowNotFound(f"{type(command).__name__} is not a command of {self.reference}")
        return handler

    def handler_for(self, trigger: str) -> Handler:
        """Return the handler of the command called *trigger*; raises `WorkflowNotFound` that lists the commands."""
        handler = self._handler_of(trigger)
        if handler is None:
            known = ", ".join(self.triggers)
            raise WorkflowNotFound(f"{trigger!r} is not a command of {self.reference}; the commands are {known}")
        return handler

    def _handler_of(self, trigger: str) -> Handler | None:
        return migration.HANDLER if trigger == migration.MIGRATE else self.handler_of.get(trigger)

    def evolve(self, state: Any, event: Event) -> Any:
        """Return the state after *event*; asks no guard and needs no clock, so that it folds whatever was recorded."""
        evolver = self.evolvers.get(type(event.data))
        if evolver is None and type(event.data) is migration.DefinitionMigrated:
            return migration.migrated(state, event)
        if evolver is None:
            raise UnreadableEvent(f"position {event.position}: {event.type} is not an event of {self.reference}")
        return evolver(state, event)

    def fold(self, events: Iterable[Event], state: Any = None) -> Any:
        """Return the state after *events*, from *state* on or from the beginning."""
        folded = self.initial if state is None else state
        evolvers = self.evolvers
        for event in events:
            evolver = evolvers.get(type(event.data))
            folded = self.evolve(folded, event) if evolver is None else evolver(folded, event)
        return folded

    def events_of(self, trigger: str) -> frozenset[str]:
        """Return the names of the events that *trigger* may cause."""
        return frozenset(type_of(payload).name for payload in self.handler_for(trigger).emits)


def _told(guard: Guard) -> int | dict[str, Any]:
    """Return what a definition tells of a guard: its `rev` stands for its code, what it compares for itself."""
    return guard.rev if guard.comparison is None else {"rev": guard.rev, **guard.comparison.to_json()}
