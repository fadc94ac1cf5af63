"""Draw a workflow: the full table of states and commands, the guards of each command, and diagrams."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from respond.plan.plan import Plan
from respond.workflow.arrows import arrows, standing_deadlines
from respond.workflow.definition import NEW
from respond.workflow.workflow import Workflow

_MERMAID_KEEPS = {"as", "class", "classdef", "click", "default", "direction", "end", "fork", "hide", "href", "join"} | {
    "choice",
    "note",
    "scale",
    "state",
    "statediagram",
    "style",
}
_MERMAID_MARKS = '#:;"<>%{}'
_COLUMNS = 36
"""How long a line of a label may be for Graphviz."""
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


def mermaid(
    workflow: Workflow,
    *,
    guards: bool = False,
    plan: Plan | None = None,
    traffic: Mapping[tuple[str, str], str] | None = None,
) -> str:
    """Return a Mermaid state diagram of the steps that enter a state; arrows of one step share a label.

    *guards*, *plan* and *traffic* as for `arrows`.
    """
    drawn = arrows(workflow, guards=guards, plan=plan, traffic=traffic)
    strange = {state for one in drawn for state in (one.source, one.dest)} - {NEW, *workflow.states}
    states = (*workflow.states, *sorted(strange))
    nodes = {NEW: "[*]", **{state: _node(state, number) for number, state in enumerate(states, 1)}}
    renamed = [
        f'    state "{_mermaid(state)}" as {node}' for state, node in nodes.items() if node not in ("[*]", state)
    ]
    lines = [f"    {nodes[one.source]} --> {nodes[one.dest]}: {_mermaid(', '.join(one.labels))}" for one in drawn]
    notes = []
    for state, texts in standing_deadlines(workflow, plan).items():
        told = (f"        {_mermaid(text)}" for text in texts)
        notes += [f"    note right of {nodes[state]}", *told, "    end note"]
    finals = [f"    {nodes[state]} --> [*]" for state in workflow.finals]
    return "\n".join(["stateDiagram-v2", *renamed, *lines, *notes, *finals]) + "\n"


def dot(
    workflow: Workflow,
    *,
    guards: bool = False,
    plan: Plan | None = None,
    traffic: Mapping[tuple[str, str], str] | None = None,
) -> str:
    """Return the same diagram in the language of Graphviz; final states have two lines around them.

    Steps that only a log tells of are dashed.
    """
    drawn = arrows(workflow, guards=guards, plan=plan, traffic=traffic)
    strange = {state for one in drawn for state in (one.source, one.dest)} - {NEW, *workflow.states}
    lines = [f"    {_quoted(NEW)} [shape=point];"]
    for state in (*workflow.states, *sorted(strange)):
        lines += [f"    {_quoted(state)}{' [peripheries=2]' if state in workflow.finals else ''};"]
    for one in drawn:
        style = "" if one.declared else ", style=dashed"
        lines.append(f"    {_quoted(one.source)} -> {_quoted(one.dest)} [label={_quoted(*one.labels)}{style}];")
    for state, texts in standing_deadlines(workflow, plan).items():
        note = _quoted(f"note {state}")
        lines.append(f"    {note} [shape=note, label={_quoted(*texts)}];")
        lines.append(f"    {note} -> {_quoted(state)} [style=dotted, arrowhead=none];")
    head = [f"digraph {_quoted(str(workflow.reference))} {{", "    node [shape=box, style=rounded];"]
    return "\n".join([*head, *lines, "}"]) + "\n"


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


def _node(state: str, number: int) -> str:
    """Return how Mermaid calls *state*: not by a word that it keeps for itself, nor by marks that it may not take."""
    if not (state.isascii() and state.isidentifier()):
        return f"state__{number}"
    return f"{state}_" if state.lower() in _MERMAID_KEEPS else state


def _mermaid(text: str) -> str:
    """Return *text* as Mermaid takes it in a label: what ends or begins something else there is written as a number."""
    return "".join(f"#{ord(mark)};" if mark in _MERMAID_MARKS or not mark.isprintable() else mark for mark in text)


def _quoted(*lines: str) -> str:
    """Return *lines* as one quoted string of Graphviz; nothing in them is taken for a mark of its own."""
    short = (
        part for line in lines for part in textwrap.wrap(line, _COLUMNS, break_long_words=False, break_on_hyphens=False)
    )
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in short)
    shown = ("".join(mark if mark.isprintable() else " " for mark in line) for line in escaped)
    return '"' + "\\n".join(shown) + '"'


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
