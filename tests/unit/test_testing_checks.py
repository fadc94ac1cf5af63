from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs
import pytest

from boxes import Box, box_of, command_of
from machines import live
from planting import with_evolver, with_handler
from respond.domain.values import replace
from respond.testing import paths, workflow_machine
from respond.testing.checks import CheckFailed
from respond.testing.copies import copied
from respond.workflow.definition import Guard, Transition
from respond.workflow.workflow import Workflow


@pytest.mark.parametrize(
    "kind",
    [tuple[Decimal, Decimal], list[tuple[str, int]], tuple[()], Mapping[str, tuple[int, str]], frozenset[str]],
    ids=str,
)
def test_what_reads_back_as_it_was_passes(kind):
    """A tuple of a fixed length is stored as a list, and read as a tuple again: nothing is wrong with it."""
    live(workflow_machine(box_of(kind)), 10)


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
    assert path.against.startswith("not reached: what was accepted caused nothing (")


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


@attrs.frozen
class Shelf:
    """What lies on a shelf."""

    things: list[int]
    _label: str = attrs.field(default="a", eq=False)


@pytest.mark.parametrize(
    ("content", "change"),
    [
        ({"a": [1]}, lambda content: content["a"].append(2)),
        ([{"a": 1}], lambda content: content[0].update(a=2)),
        (({1},), lambda content: content[0].add(2)),
        ((1, Shelf([1])), lambda content: content[1].things.append(2)),
        ({"a": Shelf([])}, lambda content: content["a"].things.append(2)),
    ],
    ids=["a list in a mapping", "a mapping in a list", "a set in a tuple", "in a class", "in a class in a mapping"],
)
def test_an_evolver_that_changes_the_state_deep_within_is_found(content, change):
    """A list within a mapping, a tuple or an attrs class is seen too."""

    def moved(box: Box, event: Any) -> Box:
        change(box.content)
        return replace(box, status=event.data.to)

    workflow = attrs.evolve(with_evolver(BOX, BOX.handlers[0].emits[0], moved), initial=Box(content=copied(content)))
    state = workflow_machine(workflow)()
    with pytest.raises(CheckFailed, match=r"the state before it alone: .* of the content .*evolver of BoxFilled"):
        state.fill(content=1)


@pytest.mark.parametrize(
    "value", [1, "a", None, (1, ("a", frozenset({1}))), Box(content=(1,)), object()], ids=lambda one: type(one).__name__
)
def test_what_cannot_be_changed_in_place_is_not_copied(value):
    """A copy is made of what holds a list, a mapping or a set, and of nothing else."""
    assert copied(value) is value
