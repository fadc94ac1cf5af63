"""Lint: where the paths of a workflow lead, and what no path takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from respond.plan.finding import Finding
from respond.workflow.definition import NEW, Transition
from respond.workflow.lint_codes import found

if TYPE_CHECKING:
    from respond.workflow.workflow import Workflow


def paths(workflow: Workflow) -> Iterator[Finding]:
    """Yield states that are never entered, never left or never finished, and transitions that others forestall."""
    steps = [(index, source, one) for index, one in enumerate(workflow.transitions) for source in one.sources]
    exits: dict[str, set[str]] = {}
    for _, source, step in steps:
        exits.setdefault(source, set()).add(step.dest or source)
    reached = _reached({NEW}, exits)
    entries = {dest: {source for source in exits if dest in exits[source]} for dest in workflow.states}
    finishing = _reached(set(workflow.finals), entries)
    finals_known = set(workflow.finals) <= set(workflow.states)
    for index, state in enumerate(workflow.states):
        place = f"states[{index}]"
        if NEW not in exits:
            continue  # then none is reached, for want of a beginning
        if state not in reached:
            text = f"no path leads from {NEW!r} to the state {state!r}: add a transition, or leave the state out"
            yield found("state-unreachable", place, text)
        elif not finals_known or state in workflow.finals:
            continue
        elif not exits.get(state, set()) - {state}:
            text = f"nothing leaves the state {state!r}: add a transition that does, or name it in finals"
            yield found("dead-end", place, text)
        elif workflow.finals and state not in finishing:
            text = f"no path leads from the state {state!r} to a final one: add a transition, or name a final state"
            yield found("final-unreachable", place, text)
    yield from _forestalled(steps)


def _reached(beginning: set[str], onwards: Mapping[str, set[str]]) -> set[str]:
    reached, waiting = set(beginning), list(beginning)
    while waiting:
        entered = onwards.get(waiting.pop(), set()) - reached
        reached |= entered
        waiting += entered
    return reached


def _forestalled(steps: list[tuple[int, str, Transition]]) -> Iterator[Finding]:
    """Yield the transitions before which another one of the same command asks nothing more."""
    for number, (index, source, step) in enumerate(steps):
        for _, other_source, other in steps[:number]:
            if (other_source, other.trigger) != (source, step.trigger) or not set(other.guards) <= set(step.guards):
                continue
            text = f"{step.trigger} from {source!r} stands twice, and the first asks nothing more than the second: "
            if (other.dest, set(other.guards)) == (step.dest, set(step.guards)):
                yield found("transition-twice", f"transitions[{index}]", text + "leave one out")
            else:
                yield found("transition-shadowed", f"transitions[{index}]", text + "let the first one ask more")
