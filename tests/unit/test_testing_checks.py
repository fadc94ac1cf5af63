from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import settings

from boxes import box_of, command_of
from planting import with_handler
from respond.testing import WorkflowMachine, paths, workflow_machine
from respond.testing.checks import CheckFailed
from respond.workflow.definition import Guard, Transition
from respond.workflow.workflow import Workflow


def live(machine: type[WorkflowMachine], examples: int = 10) -> None:
    """Live through the same lives in each run."""
    machine.run(settings(machine.TestCase.settings, max_examples=examples, derandomize=True, database=None))


@pytest.mark.parametrize(
    "kind",
    [tuple[Decimal, Decimal], list[tuple[str, int]], tuple[()], Mapping[str, tuple[int, str]], frozenset[str]],
    ids=str,
)
def test_what_reads_back_as_it_was_passes(kind):
    """A tuple of a fixed length is stored as a list, and read as a tuple again: nothing is wrong with it."""
    live(workflow_machine(box_of(kind)))


def test_what_is_read_otherwise_than_it_was_stored_is_told_with_both_sides():
    """A field that changes whenever it is read is found, with what was stored and what would be."""
    rising: Any = attrs.field(type=int, converter=lambda number: number + 1)
    state = workflow_machine(box_of(int, stored=rising))()
    with pytest.raises(CheckFailed, match=r"read back: of BoxFilled content=2 was .*, and content=3 would"):
        state.fill(content=1)


BOX = box_of(int)
SILENT = with_handler(BOX, command_of(BOX, "seal"), decide=lambda _: [])
"""A box that is never sealed: the command is accepted, and writes nothing."""


def test_a_step_to_another_state_that_writes_nothing_is_found():
    """A command that leads to another state, and yields no event, is accepted and stays."""
    state = workflow_machine(SILENT)()
    state.fill(content=1)
    with pytest.raises(CheckFailed, match=r"the state follows the transition.* to 'sealed'.*yields no event"):
        state.seal()


def test_a_path_that_no_event_takes_says_what_was_tried():
    """A path whose commands are accepted and cause nothing says so."""
    (path,) = (one for one in paths(SILENT) if not one.reached)
    assert path.name == "filled-seal-sealed"
    assert "not reached: what was accepted caused nothing (5); " in path.against


def guarded(check: Any, **options: Any) -> Workflow:
    """Return a box that is filled when *check* agrees."""
    filling = Transition("fill", "new", "filled", guards=("too-much",))
    guards = (Guard("too-much", check, **options),)
    return attrs.evolve(BOX, transitions=(filling, *BOX.transitions[1:]), guards=guards)


@pytest.mark.parametrize("answer", [True, False, ""])
def test_a_guard_that_objects_without_a_reason_is_found(answer):
    """A guard that returns a bool refuses either way, and tells nobody why."""
    state = workflow_machine(guarded(lambda _: answer))()
    with pytest.raises(CheckFailed, match=r"a guard returns None or a text: too-much objects to Fill\(content=1\)"):
        state.fill(content=1)


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (lambda now: "too much" if now.command.content > 1 else None, "it raises AttributeError"),
        (lambda now: "too much" if now.command else None, "it says None, where it says 'too much'"),
    ],
    ids=["raises", "differs"],
)
def test_a_guard_that_reads_more_than_it_says_is_found(check, told):
    """A guard that reads the command, and says that it does not, fails where `explain` asks it without one."""
    state = workflow_machine(guarded(check, reads="state"))()
    with pytest.raises(CheckFailed, match=f"a guard reads what it says: too-much .*{told}"):
        state.fill(content=1)
    workflow_machine(guarded(lambda now: now.command and None))().fill(content=1)
