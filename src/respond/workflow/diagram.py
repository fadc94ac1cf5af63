"""Draw a workflow: the full table of states and commands, the guards of each command, and a diagram."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from respond.workflow.definition import NEW
from respond.workflow.workflow import Workflow

STAYS = "stays"
REFUSED = "refused"


def state_table(workflow: Workflow) -> str:
    """Return the state x command table in Markdown; a cell names the state that is entered, `stays` or `refused`."""
    rows = (
        [f"**{state}**", *(_cell(workflow, state, one) for one in workflow.triggers)] for state in _states(workflow)
    )
    return _markdown(["state", *workflow.triggers], rows)


def guard_table(workflow: Workflow) -> str:
    """Return the guards of every command in Markdown: from which states they are asked, their codes and rules."""
    return _markdown(["command", "from", "guard", "rule", "reads"], _guard_rows(workflow))


def mermaid(workflow: Workflow) -> str:
    """Return a Mermaid state diagram of the steps that change the state; arrows of one step share a label."""
    labels: dict[tuple[str, str], list[str]] = {}
    for transition in workflow.transitions:
        for source in transition.sources:
            if transition.dest not in (None, source):
                labels.setdefault((source, str(transition.dest)), []).append(transition.trigger)
    lines = [f"    {_node(source)} --> {dest}: {', '.join(names)}" for (source, dest), names in labels.items()]
    finals = [f"    {state} --> [*]" for state in workflow.finals]
    return "\n".join(["stateDiagram-v2", *lines, *finals]) + "\n"


def _states(workflow: Workflow) -> tuple[str, ...]:
    return (NEW, *workflow.states)


def _cell(workflow: Workflow, state: str, trigger: str) -> str:
    dests = [one.dest or state for one in workflow.table.candidates(state, trigger)]
    return " or ".join(STAYS if dest == state else dest for dest in dict.fromkeys(dests)) or REFUSED


def _guard_rows(workflow: Workflow) -> Iterator[list[str]]:
    for trigger in workflow.triggers:
        for transition in (one for one in workflow.transitions if one.trigger == trigger):
            command, sources = trigger, ", ".join(transition.sources)
            for code in transition.guards:
                guard = workflow.guard_of[code]
                yield [command, sources, f"`{code}`", guard.rule, guard.reads]
                command = sources = ""
            if not transition.guards:
                yield [command, sources, "", "", ""]


def _node(state: str) -> str:
    return "[*]" if state == NEW else state


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
