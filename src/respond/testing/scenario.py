"""Scenarios: what was given, what is asked, and what must come of it, as sentences.

    (
        given(LEAK, Find(severity=3), SendCrew(), Repair(), timedelta(hours=2))
        .when(Close())
        .then_refused("inspection-missing")
    )

A step that is given is a command, which must be allowed; the payload of an event, which is recorded whatever the rules
say; or a span of time.  A scenario can be asked again and again: each question is asked of a copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

import attrs

from respond.domain.events import Event
from respond.domain.moments import format_utc
from respond.domain.references import Actor
from respond.errors import CommandRefused, InvalidInput
from respond.plan.plan import Plan
from respond.testing.clocks import START, ManualClock
from respond.testing.dues import dues
from respond.testing.program import arguments_of, units, written
from respond.testing.stage import Stage
from respond.workflow.workflow import Workflow


@attrs.frozen(init=False)
class Like:
    """An event of a class, some of whose fields are named."""

    kind: type
    fields: dict[str, Any]

    def __init__(self, kind: type, /, **fields: Any) -> None:
        """Raise `InvalidInput` for a field that *kind* does not have."""
        known = {field.name for field in attrs.fields(kind)}
        if unknown := sorted(fields.keys() - known):
            raise InvalidInput(f"has no field {', '.join(unknown)}; it has {', '.join(sorted(known))}", place=str(kind))
        self.__attrs_init__(kind, fields)

    def __str__(self) -> str:
        return f"{self.kind.__name__}({arguments_of(self.fields)}{', ' if self.fields else ''}...)"

    def fits(self, payload: object) -> bool:
        """Return whether *payload* is of the class and says what is named."""
        return type(payload) is self.kind and all(
            getattr(payload, name) == value for name, value in self.fields.items()
        )


def like(kind: type, /, **fields: Any) -> Like:
    """Return what stands for an event of class *kind* whose *fields* are these, whatever else it says."""
    return Like(kind, **fields)


def given(
    workflow: Workflow,
    *steps: object,
    plan: Plan | None = None,
    plans: Iterable[Plan] = (),
    at: datetime = START,
    actor: Actor | str | None = None,
) -> Scenario:
    """Return the scenario that begins at *at* and goes through *steps*; *actor* sends the commands among them.

    Raises `CommandRefused` when one of them is not allowed.
    """
    stage = Stage(workflow, plan=plan, plans=plans, clock=ManualClock(at))
    told: list[str] = []
    for number, step in enumerate(steps, start=1):
        told.append(_line(step))
        try:
            stage.go(step, actor=actor)
        except CommandRefused as refused:
            refused.add_note(f"step {number} of what is given: {told[-1]}")
            raise
    return Scenario(stage=stage, told=tuple(told), actor=actor)


@attrs.frozen(kw_only=True, eq=False)
class Scenario:
    """Where an aggregate stands, and how it came there."""

    stage: Stage
    told: tuple[str, ...]
    actor: Actor | str | None = None

    def after(self, **span: float) -> Scenario:
        """Return the scenario after a `timedelta` in which nothing happens."""
        stage = self.stage.fork()
        passed = timedelta(**span)
        stage.wait(passed)
        return Scenario(stage=stage, told=(*self.told, _line(passed)), actor=self.actor)

    def when(self, command: object, **circumstances: Any) -> Answered:
        """Ask for *command*; *circumstances* are as for `Trial.send`."""
        stage = self.stage.fork()
        circumstances.setdefault("actor", self.actor)
        told = f"{written(command)}{_circumstances(circumstances)}"
        events: Sequence[Event] = ()
        refused = None
        try:
            events = stage.send(command, **circumstances)
        except CommandRefused as error:
            refused = error
        return Answered(
            stage=stage, told=self.told, actor=self.actor, asked=told, events=tuple(events), refused=refused
        )

    def then_state(self, **fields: Any) -> Self:
        """Hold that the state says this; `status` is one of its fields."""
        state = self.stage.state
        shown = {name: getattr(state, name) for name in fields}
        if shown != fields:
            self._fail(_fields(fields), _fields(shown))
        return self

    def then_due(self, *obligations: str, until: datetime | None = None) -> Self:
        """Hold that these obligations of the plan, and no others, are near or missed by the clock.

        With *until*, when nothing more is done up to then.  Raises `InvalidInput` for an id that the plan does not
        have.
        """
        found = dues(self.stage, obligations, until=until)
        if {one.obligation for one in found.due} != set(obligations):
            self._fail([f"due: {', '.join(sorted(obligations)) or 'nothing'}"], found.lines())
        return self

    def then_owed(self, obligation: str, *, by: datetime | timedelta | None = None) -> Self:
        """Hold that an occurrence of *obligation* is open: *by* is its deadline, or how far that is from now."""
        deadline = self.stage.clock() + by if isinstance(by, timedelta) else by
        found = dues(self.stage, [obligation])
        if all(one.obligation != obligation or deadline not in {None, one.due_at} for one in found.open):
            when = "" if deadline is None else f" by {format_utc(deadline)}"
            self._fail([f"owed: {obligation}{when}"], found.lines())
        return self

    def _fail(self, expected: Iterable[str], happened: Iterable[str]) -> None:
        parts = {
            f"given {self.stage.workflow.reference}": self.told or ("nothing",),
            **self._question(),
            "expected": tuple(expected),
            "happened": tuple(happened),
        }
        raise AssertionError("\n".join(line for name, lines in parts.items() for line in (name, *_indented(lines))))

    def _question(self) -> dict[str, tuple[str, ...]]:
        return {}


@attrs.frozen(kw_only=True, eq=False)
class Answered(Scenario):
    """What came of a command."""

    asked: str
    events: tuple[Event, ...]
    refused: CommandRefused | None

    def then(self, *expected: object) -> Self:
        """Hold that the command caused these events, in this order.

        Each is a payload, the class of one, or what `like` returns.
        """
        payloads = [event.data for event in self.events]
        fitting = len(payloads) == len(expected) and all(map(_fits, expected, payloads))
        if self.refused is not None or not fitting:
            self._fail(map(_expected, expected), self._happened())
        return self

    def then_refused(self, *codes: str) -> Self:
        """Hold that the command was refused, for these reasons and no others; for any when none is named."""
        found = set() if self.refused is None else {one.code for one in self.refused.refusals}
        if self.refused is None or (codes and found != set(codes)):
            self._fail([f"refused: {', '.join(sorted(codes)) or 'for any reason'}"], self._happened())
        return self

    def then_nothing(self) -> Self:
        """Hold that the command was allowed and caused nothing: it was carried out already."""
        if self.refused is not None or self.events:
            self._fail(["nothing"], self._happened())
        return self

    def when(self, command: object, **circumstances: Any) -> Answered:
        """Ask for another command after this one."""
        return self._past().when(command, **circumstances)

    def after(self, **span: float) -> Scenario:
        """Return the scenario after this command and a `timedelta` in which nothing happens."""
        return self._past().after(**span)

    def _past(self) -> Scenario:
        refused = "  (refused)" if self.refused is not None else ""
        return Scenario(stage=self.stage, told=(*self.told, self.asked + refused), actor=self.actor)

    def _question(self) -> dict[str, tuple[str, ...]]:
        return {"when": (self.asked,)}

    def _happened(self) -> list[str]:
        if self.refused is not None:
            return [f"refused: {one.code}: {one.text}" for one in self.refused.refusals]
        return [written(event.data) for event in self.events] or ["nothing"]


def _fits(expected: object, payload: object) -> bool:
    if isinstance(expected, Like):
        return expected.fits(payload)
    return type(payload) is expected or (type(payload) is type(expected) and payload == expected)


def _expected(expected: object) -> str:
    if isinstance(expected, type):
        return f"{expected.__name__}(...)"
    return str(expected) if isinstance(expected, Like) else written(expected)


def _line(step: object) -> str:
    if not isinstance(step, timedelta):
        return written(step)
    return " ".join(f"{count} {name}" for name, count in units(step).items()) + " pass"


def _circumstances(circumstances: dict[str, Any]) -> str:
    told = arguments_of({name: value for name, value in circumstances.items() if value is not None})
    return f"  ({told})" if told else ""


def _fields(fields: dict[str, Any]) -> list[str]:
    return [f"{name}={written(value)}" for name, value in fields.items()]


def _indented(lines: Iterable[str]) -> Iterable[str]:
    return (f"    {line}" for line in lines)
