"""Lint: guards that are comparisons, where it is decided exactly what they agree with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from respond.plan.finding import Finding
from respond.workflow.alternatives import Alternative, Alternatives, told
from respond.workflow.definition import Guard, Transition, trigger_of
from respond.workflow.lint_codes import found

if TYPE_CHECKING:
    from respond.workflow.workflow import Workflow


def alternatives(workflow: Workflow) -> Iterator[tuple[str, str, Alternatives]]:
    """Yield what each trigger may do from each state, with the state and the trigger."""
    commands = {trigger_of(handler.command): handler.command for handler in workflow.handlers}
    guards: dict[str, Guard] = {guard.code: guard for guard in workflow.guards}
    groups: dict[tuple[str, str], list[Transition]] = {}
    for transition in workflow.transitions:
        for source in transition.sources:
            groups.setdefault((source, transition.trigger), []).append(transition)
    for (source, trigger), group in groups.items():
        if trigger in commands:
            state = type(workflow.initial)
            yield source, trigger, Alternatives(source, group, guards, command=commands[trigger], state=state)


def guards(workflow: Workflow) -> Iterator[Finding]:
    """Yield comparisons that mean nothing, overlap, or leave a gap; silent about guards that are code."""
    if not any(guard.comparison for guard in workflow.guards):
        return
    codes = [guard.code for guard in workflow.guards]
    places = {id(transition): f"transitions[{index}]" for index, transition in enumerate(workflow.transitions)}

    def place(one: Alternative) -> str:
        return places[id(one.transition)]

    for source, trigger, group in alternatives(workflow):
        for misread in group.misread:
            text = f"the guard {misread.guard!r} of {trigger}: {misread.text}"
            yield found(misread.code, f"guards[{codes.index(misread.guard)}]", text)
        step = f"{trigger} from {source!r}"
        for one in group.impossible():
            asked = " and ".join(map(str, one.comparisons))
            text = f"{step} asks {asked}, which nothing meets: mend one of them"
            yield found("transition-impossible", place(one), text)
        for one in group.shadowed():
            asked = " and ".join(map(str, one.comparisons)) or "nothing"
            text = f"{step} asks {asked}, and earlier transitions take all of that: leave it out, or let them ask more"
            yield found("transition-shadowed", place(one), text)
        for one, other, point in group.overlaps():
            first, second = (each.transition.dest or source for each in (one, other))
            text = (
                f"{step} may lead to {first!r} and to {second!r} with {told(point)}, and {first!r} is taken: "
                "let the second one ask for the rest"
            )
            yield found("guards-overlap", place(other), text)
        gap = group.gap()
        if gap is not None:
            text = f"{step} leads nowhere with {told(gap)}: let a transition take that, or add one without these guards"
            yield found("guards-gap", place(group.all[-1]), text)
