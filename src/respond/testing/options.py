"""Options of the kit: what cannot be meant is refused where it is given, with what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from respond.domain.references import Actor
from respond.errors import InvalidInput
from respond.plan.lint_names import instead_of
from respond.plan.plan import Plan
from respond.workflow.workflow import Workflow

KindT = TypeVar("KindT")


def workflow_in(given: object) -> Workflow:
    """Return the workflow that is *given*; raises `InvalidInput`."""
    return _of_kind("workflow", given, Workflow, "give a Workflow, the object itself")


def plan_in(given: object, option: str = "plan") -> Plan:
    """Return the plan that is *given*; raises `InvalidInput`."""
    return _of_kind(option, given, Plan, "give a Plan, such as Plan.load(path)")


def plans_in(given: Iterable[Plan]) -> tuple[Plan, ...]:
    """Return the plans that are *given*; raises `InvalidInput`."""
    return tuple(plan_in(one, f"plans[{index}]") for index, one in enumerate(several("plans", given)))


def people_in(given: Iterable[Actor | str | None]) -> tuple[Actor | None, ...]:
    """Return who asks, None for nobody; raises `InvalidInput` for no one at all and for what is nobody's name."""
    people = several("actors", given)
    if not people:
        raise InvalidInput("no one would ask; write [None] for nobody in particular", place="actors", value=given)
    return tuple(None if one is None else _person(one, f"actors[{index}]") for index, one in enumerate(people))


def spans_in(option: str, given: Iterable[timedelta]) -> tuple[timedelta, ...]:
    """Return spans of time that can pass; raises `InvalidInput` for one that goes back."""
    found = several(option, given)
    for index, one in enumerate(found):
        place = f"{option}[{index}]"
        if _of_kind(place, one, timedelta, "write a span, such as timedelta(days=1)") < timedelta(0):
            raise InvalidInput(f"{one!r} would turn the clock back; write {-one!r}", place=place, value=one)
    return found


def waits_in(given: Iterable[timedelta]) -> tuple[timedelta, ...]:
    """Return what `wait` waits, one span at least: nothing else is enabled everywhere; raises `InvalidInput`."""
    found = spans_in("spans", given)
    if not found:
        text = "a life without a pause may get stuck; write [timedelta(minutes=1)], or leave spans out"
        raise InvalidInput(text, place="spans", value=given)
    return found


def names_in(option: str, given: Iterable[str], known: Sequence[str], noun: str) -> tuple[str, ...]:
    """Return names, each of which is one of those that are *known*; raises `InvalidInput`."""
    found = several(option, given)
    for one in found:
        if one not in known:
            raise InvalidInput(f"{one!r} is no {noun}; {instead_of(str(one), known)}", place=option, value=one)
    return found


def trigger_in(workflow: Workflow, given: str | type) -> str:
    """Return the trigger of the command that *given* names, by itself or by its class; raises `InvalidInput`."""
    for trigger, handler in workflow.handler_of.items():
        if given in (trigger, handler.command):
            return trigger
    name = given.__name__ if isinstance(given, type) else str(given)
    known = [
        one.command.__name__ if isinstance(given, type) else trigger for trigger, one in workflow.handler_of.items()
    ]
    text = f"{name!r} is no command of {workflow.reference}; {instead_of(name, known)}"
    raise InvalidInput(text, place="payloads", value=given)


def by_trigger(workflow: Workflow, given: Mapping[str | type, Any] | None) -> dict[str, Any]:
    """Return payloads by the triggers of their commands; raises `InvalidInput`."""
    write = 'write a mapping by trigger or class, such as {"' + workflow.triggers[0] + '": ...}'
    payloads = _of_kind("payloads", {} if given is None else given, Mapping, write)  # type: ignore[type-abstract]
    return {trigger_in(workflow, key): chosen for key, chosen in payloads.items()}


def command_in(place: str, given: object, kind: type) -> Any:
    """Return the command that is *given*; raises `InvalidInput` when it is not of the class *kind*."""
    if type(given) is not kind:
        raise InvalidInput(f"{given!r} is no {kind.__name__}; write {kind.__name__}(...)", place=place, value=given)
    return given


def several(option: str, given: Iterable[KindT]) -> tuple[KindT, ...]:
    """Return what an option lists; raises `InvalidInput` for a value that stands alone."""
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise InvalidInput(f"{given!r} is no list; write [{given!r}]", place=option, value=given)
    return tuple(given)


def _person(given: Actor | str, place: str) -> Actor:
    write = 'write a name, Actor("ann", "role"), or None for nobody'
    return Actor.of(given if isinstance(given, str) else _of_kind(place, given, Actor, write))


def _of_kind(place: str, given: Any, kind: type[KindT], write: str) -> KindT:
    if not isinstance(given, kind):
        raise InvalidInput(f"{given!r} does not fit; {write}", place=place, value=given)
    return given
