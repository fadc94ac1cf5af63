"""What a definition must not do: checked when it is made, so that no aggregate ever meets it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from respond.domain.events import EventTypes
from respond.errors import InvalidWorkflow
from respond.workflow.definition import NEW, trigger_of

if TYPE_CHECKING:
    from respond.workflow.workflow import Workflow


def refuse_contradictions(workflow: Workflow) -> None:
    """Raise `InvalidWorkflow` that lists everything that is wrong with *workflow*."""
    problems = [*_states(workflow), *_transitions(workflow), *_paths(workflow), *_handlers(workflow)]
    if problems:
        raise InvalidWorkflow("; ".join(dict.fromkeys(problems)), place=f"workflow {workflow.name}@{workflow.version}")


def _states(workflow: Workflow) -> Iterator[str]:
    if "-" in workflow.category or not workflow.category:
        yield f"the category {workflow.category!r} must be text without a hyphen"
    if NEW in workflow.states:
        yield f"{NEW!r} is the state before the first event and cannot be declared"
    if getattr(workflow.initial, "status", None) != NEW:
        yield f"initial.status must be {NEW!r}"
    for state in workflow.states:
        yield from _unnameable("state", state)
    yield from _twice("state", workflow.states)
    yield from _twice("guard", [guard.code for guard in workflow.guards])
    for state in workflow.finals:
        if state not in workflow.states:
            yield f"the final state {state!r} is not a state"
    if not any(NEW in transition.sources for transition in workflow.transitions):
        yield f"no transition leaves {NEW!r}"


def _transitions(workflow: Workflow) -> Iterator[str]:
    states = {NEW, *workflow.states}
    codes = {guard.code for guard in workflow.guards}
    used = {code for transition in workflow.transitions for code in transition.guards}
    for transition in workflow.transitions:
        for state in transition.sources:
            if state not in states:
                yield f"{transition.trigger} leaves {state!r}, which is not a state"
            if state in workflow.finals and transition.dest not in (None, state) and not transition.reopens:
                yield f"{transition.trigger} leaves the final state {state!r} without reopens=True"
        if transition.dest is None and NEW in transition.sources:
            yield f"{transition.trigger} leaves {NEW!r} and enters no state"
        if transition.dest is not None and transition.dest not in workflow.states:
            yield f"{transition.trigger} enters {transition.dest!r}, which is not a state"
        for code in transition.guards:
            if code not in codes:
                yield f"{transition.trigger} asks the guard {code!r}, which is not among the guards"
    for code in sorted(codes - used):
        yield f"the guard {code!r} is never asked"


def _paths(workflow: Workflow) -> Iterator[str]:
    """Yield the states that no step enters, and the transitions that another one always forestalls."""
    steps = [(source, step) for step in workflow.transitions for source in step.sources]
    reached = {NEW}
    while entered := {step.dest for source, step in steps if source in reached and step.dest} - reached:
        reached |= entered
    for state in workflow.states:
        if state not in reached:
            yield f"no path leads from {NEW!r} to the state {state!r}"
    for index, (source, step) in enumerate(steps):
        for other_source, other in steps[:index]:
            if (other_source, other.trigger) == (source, step.trigger) and set(other.guards) <= set(step.guards):
                yield f"{step.trigger} from {source!r} stands twice, and the first asks nothing more than the second"


def _handlers(workflow: Workflow) -> Iterator[str]:
    handled = [trigger_of(handler.command) for handler in workflow.handlers]
    for trigger in handled:
        yield from _unnameable("command", trigger)
    yield from _twice("command", handled)
    triggers = {transition.trigger for transition in workflow.transitions}
    for trigger in sorted(triggers - set(handled)):
        yield f"{trigger} has transitions and no handler"
    for trigger in sorted(set(handled) - triggers):
        yield f"{trigger} has a handler and no transition"
    for handler in workflow.handlers:
        for payload in handler.emits:
            if payload not in workflow.evolvers:
                yield f"{payload.__name__} is emitted and has no evolver"
    try:
        EventTypes(workflow.evolvers, workflow.upcasters)
    except InvalidWorkflow as error:
        yield str(error)


def _unnameable(noun: str, name: str) -> Iterator[str]:
    """Yield what is wrong with *name*: the machine keeps marks such as `=` and names with a leading `_` for itself."""
    if not name.isidentifier() or name.startswith("_"):
        yield f"the {noun} {name!r} must be letters, digits and underscores, and begin with a letter"


def _twice(noun: str, names: list[str] | tuple[str, ...]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"the {noun} {name!r} stands twice"
