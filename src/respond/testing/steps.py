"""Steps of a search as a program that people read, and can paste into a test."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from respond.testing.program import arguments_of, said_by, units, written
from respond.testing.standing import Sent, Standing, Step, Waited
from respond.workflow.workflow import Workflow

_LONG = 88
"""From this length on a comment stands on a line of its own."""


def program_of(workflow: Workflow, steps: Iterable[tuple[Step, Standing]]) -> str:
    """Return the program that takes *steps*, each with where it leads."""
    lines = [f"trial = Trial(WORKFLOW)  # {workflow.reference}"]
    for step, after in steps:
        line = line_of(step)
        comment = f"  # {after.status}" if isinstance(step, Sent) else ""
        lines += [line + comment] if len(line + comment) <= _LONG else [comment.strip(), line]
    return "\n".join(lines)


def line_of(step: Step) -> str:
    """Return the line of a program that takes *step*."""
    if isinstance(step, Waited):
        return f"trial.clock.move({arguments_of(units(step.span))})"
    told: dict[str, Any] = {} if step.actor is None else {"actor": said_by(step.actor)}
    return f"trial.send({', '.join(filter(None, [written(step.command), arguments_of(told)]))})"
