"""Arrows: what a diagram of a workflow shows, whatever it is drawn with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from respond.plan.lint_order import commands_of
from respond.plan.obligations import Obligation
from respond.plan.plan import Plan
from respond.workflow.definition import Transition
from respond.workflow.lint_plan import OWING
from respond.workflow.workflow import Workflow


@attrs.frozen(kw_only=True)
class Arrow:
    """The steps from one state to another, with what is to say of them, line by line."""

    source: str
    dest: str
    labels: tuple[str, ...]
    declared: bool = True
    """Whether the workflow has such a step; a log may tell of others."""


def arrows(
    workflow: Workflow,
    *,
    guards: bool = False,
    plan: Plan | None = None,
    traffic: Mapping[tuple[str, str], str] | None = None,
) -> tuple[Arrow, ...]:
    """Return the steps of *workflow* that enter a state, be it the one that they leave, in the order of transitions.

    With *guards* each names the guards that it asks; with a *plan* the deadlines that it meets, and what it has to wait
    for; *traffic* says how often a step was taken, and is there for steps of a log that the workflow does not have.
    """
    labels: dict[tuple[str, str], dict[str, None]] = {}
    for transition in workflow.transitions:
        for source in transition.sources:
            if transition.dest is not None:
                lines = (
                    _asked(transition) if guards else transition.trigger,
                    *_deadlines(workflow, plan, transition.trigger),
                )
                labels.setdefault((source, transition.dest), {}).update(dict.fromkeys(lines))
    told = traffic or {}
    found = [
        Arrow(source=move[0], dest=move[1], labels=(*names, *([told[move]] if move in told else [])))
        for move, names in labels.items()
    ]
    strange = [
        Arrow(source=source, dest=dest, labels=(said, "not in the workflow"), declared=False)
        for (source, dest), said in told.items()
        if (source, dest) not in labels and source != dest
    ]
    return (*found, *strange)


def standing_deadlines(workflow: Workflow, plan: Plan | None) -> Mapping[str, tuple[str, ...]]:
    """Return the deadlines of commands that enter no state, by the first state in which such a command is enabled."""
    drawn = {one.trigger for one in workflow.transitions if one.dest is not None}
    found: dict[str, tuple[str, ...]] = {}
    for obligation in _owed(workflow, plan):
        acts = commands_of(obligation)
        states = [state for state in workflow.states if any(state in workflow.table.sources(act) for act in acts)]
        if states and drawn.isdisjoint(acts):
            found[states[0]] = (*found.get(states[0], ()), f"{' or '.join(acts)} {_due(obligation)}")
    return found


def _owed(workflow: Workflow, plan: Plan | None) -> tuple[Obligation, ...]:
    return plan.obligations if plan is not None and workflow.category == OWING else ()


def _asked(transition: Transition) -> str:
    return f"{transition.trigger} [{', '.join(transition.guards)}]" if transition.guards else transition.trigger


def _deadlines(workflow: Workflow, plan: Plan | None, trigger: str) -> Iterator[str]:
    """Yield what obligations of *plan* say of *trigger*: by when it is owed, and which must be discharged before."""
    owed = _owed(workflow, plan)
    yield from (_due(obligation) for obligation in owed if trigger in commands_of(obligation))
    barring = [obligation.id for obligation in owed if trigger in obligation.before]
    if barring:
        yield f"not before {', '.join(barring)}"


def _due(obligation: Obligation) -> str:
    clocks = [f"{clock.within} after {clock.of or clock.from_}" for clock in obligation.due]
    again = f", every {obligation.recurs.every}" if obligation.recurs else ""
    return f"within {' or '.join(clocks)}{again} ({obligation.id})"
