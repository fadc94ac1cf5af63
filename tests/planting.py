"""Planting a defect: a workflow with one part in the place of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import attrs

from respond.workflow.definition import Handler, Situation, Transition
from respond.workflow.workflow import Workflow


def with_guard(workflow: Workflow, code: str, check: Any) -> Workflow:
    """Return *workflow* with another check behind the guard *code*."""
    guards = tuple(attrs.evolve(one, check=check) if one.code == code else one for one in workflow.guards)
    return attrs.evolve(workflow, guards=guards)


def with_handler(workflow: Workflow, command: type, **changes: Any) -> Workflow:
    """Return *workflow* with another handler of *command*."""
    handlers = tuple(attrs.evolve(one, **changes) if one.command is command else one for one in workflow.handlers)
    return attrs.evolve(workflow, handlers=handlers)


def with_evolver(workflow: Workflow, payload: type, evolve: Any) -> Workflow:
    """Return *workflow* with another evolver of *payload*."""
    return attrs.evolve(workflow, evolvers={**workflow.evolvers, payload: evolve})


def with_step(workflow: Workflow, trigger: str, *instead: Transition) -> Workflow:
    """Return *workflow* with *instead* in the place of the transitions of *trigger*."""
    return attrs.evolve(
        workflow, transitions=(*(one for one in workflow.transitions if one.trigger != trigger), *instead)
    )


def telling(payload: type) -> Callable[[Situation], Iterator[Any]]:
    """Return what decides for a *payload* that tells of the step and nothing more."""

    def decide(situation: Situation) -> Iterator[Any]:
        yield payload(**situation.step)

    return decide


Finder = Literal["a check", "an invariant", "a search", "the definition"]
"""What of the kit finds a defect: a check that comes with every machine, an invariant of the one who tests, the search
for guards that are ambiguous, or the definition itself, which is refused or linted."""


@attrs.frozen
class Sound:
    """A workflow without a defect, and how it is tested."""

    workflow: Workflow
    rules: type
    """Its invariants."""
    defects: Mapping[str, Defect]
    options: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Defect:
    """One thing that is wrong in a workflow."""

    finder: Finder
    told: str
    """What the report says."""
    plant: Callable[[Workflow], Workflow]
    options: Mapping[str, Any] = attrs.field(factory=dict)


def guarded(code: str, check: Callable[[Any], str | None]) -> Callable[[Workflow], Workflow]:
    """Return what plants a guard."""
    return lambda workflow: with_guard(workflow, code, check)


def handled(command: type, **changes: Any) -> Callable[[Workflow], Workflow]:
    """Return what plants a handler."""
    return lambda workflow: with_handler(workflow, command, **changes)


def evolved(payload: type, evolve: Callable[[Any, Any], Any]) -> Callable[[Workflow], Workflow]:
    """Return what plants an evolver."""
    return lambda workflow: with_evolver(workflow, payload, evolve)


def stepping(trigger: str, *instead: Transition) -> Callable[[Workflow], Workflow]:
    """Return what plants transitions."""
    return lambda workflow: with_step(workflow, trigger, *instead)


UNASKED = attrs.fields_dict(Handler)["done"].default
"""What a handler has that never says that a command was carried out."""
