"""A snapshot is of one shape of state and one way to fold it; any other is another schema."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import Any

import attrs
import pytest

from respond.domain.events import Event, event_type
from respond.engine.state_schema import state_schema
from respond.workflow.definition import NEW, Handler, Transition, command_type
from respond.workflow.incident import INCIDENT
from respond.workflow.workflow import Workflow


@event_type()
@attrs.frozen(kw_only=True)
class Pressed:
    """A button was pressed."""

    from_: str
    to: str


@command_type("press")
@attrs.frozen(kw_only=True)
class Press:
    """Press it."""


@attrs.frozen(kw_only=True)
class Inner:
    """A part of a state."""

    name: str = ""


@attrs.frozen(kw_only=True)
class State:
    """A state."""

    status: str = NEW
    count: int = 0
    parts: tuple[Inner, ...] = ()


def pressed(state: Any, event: Event) -> Any:
    """Count one."""
    return attrs.evolve(state, status=event.data.to, count=state.count + 1)


def workflow(*, initial: Any = None, evolver: Any = pressed) -> Workflow:
    """Return a workflow of one step, with this state and this evolver."""
    return Workflow(
        name="button",
        version=1,
        category="button",
        states=("on",),
        finals=("on",),
        transitions=(Transition("press", NEW, "on"),),
        initial=State() if initial is None else initial,
        handlers=(Handler(command=Press, decide=lambda _: (), emits=(Pressed,)),),
        evolvers={Pressed: evolver},
    )


def state_class(*, name: str = "", count: Any = 0, kind: Any = int, more: dict[str, Any] | None = None) -> Any:
    """Return an instance of a class of states like `State`, made anew."""
    inner = attrs.make_class("Inner", {"name": attrs.field(default=name, type=str)}, frozen=True)
    fields = {
        "status": attrs.field(default=NEW, type=str),
        "count": attrs.field(default=count, type=kind),
        "parts": attrs.field(default=(), type=tuple[inner, ...]),
        **(more or {}),
    }
    return attrs.make_class("State", fields, frozen=True)()


def test_the_schema_is_the_same_for_the_same_state():
    """The same declarations make the same schema, however often they are made."""
    assert state_schema(workflow()) == state_schema(workflow())
    assert state_schema(workflow(initial=state_class())) == state_schema(workflow(initial=state_class()))


@pytest.mark.parametrize(
    "changed",
    [
        {"count": 1},
        {"kind": str},
        {"name": "x"},
        {"more": {"note": attrs.field(default="", type=str)}},
    ],
    ids=str,
)
def test_another_field_default_or_type_is_another_schema(changed):
    """A field more, another type, another default, also of a class within: a kept state may mean something else."""
    before = state_schema(workflow(initial=state_class()))
    assert state_schema(workflow(initial=state_class(**changed))) != before


def by_two(state: Any, event: Event) -> Any:
    """Count two."""
    return attrs.evolve(state, status=event.data.to, count=state.count + 2)


def by_another_name(state: Any, event: Event) -> Any:
    """Take another name."""
    return attrs.evolve(state, status=event.data.from_, count=state.count + 1)


def with_a_set(state: Any, event: Event) -> Any:
    """Look into a set."""
    return state if event.type in {"a", "b", "c", "d"} else attrs.evolve(state, status=event.data.to)


def with_a_function(state: Any, event: Event) -> Any:
    """Use a function within."""
    return attrs.evolve(state, status="".join(one + "1" for one in event.data.to))


def with_another_function(state: Any, event: Event) -> Any:
    """Use another one."""
    return attrs.evolve(state, status="".join(one + "2" for one in event.data.to))


def test_another_fold_is_another_schema():
    """An evolver that does something else makes another schema, though no definition changed."""
    evolvers = (pressed, by_two, by_another_name, with_a_set, with_a_function, with_another_function)
    assert len({state_schema(workflow(evolver=one)) for one in evolvers}) == len(evolvers)
    assert len({workflow(evolver=one).reference.digest for one in evolvers}) == 1  # which is why the code counts


@pytest.mark.parametrize("evolver", [partial(pressed), type("Callable", (), {"__call__": pressed})()])
def test_code_that_cannot_be_seen_has_no_schema(evolver):
    """Where nobody can say what folds a state, none is kept."""
    assert state_schema(workflow(evolver=evolver)) is None


def test_a_state_without_fields_that_are_declared_has_no_schema():
    """A state that is no attrs class is not kept."""

    class Plain:
        status = NEW

    assert state_schema(workflow(initial=Plain())) is None


def test_processes_agree():
    """The schema does not hang on the process, nor on the order of its sets."""
    program = (
        "from respond.engine.state_schema import state_schema; from respond.workflow.incident import INCIDENT; "
        "import test_state_schema as t; print(state_schema(INCIDENT), state_schema(t.workflow(evolver=t.with_a_set)))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join([*sys.path, "tests/unit"])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
    assert str(state_schema(INCIDENT)) in said.pop()
