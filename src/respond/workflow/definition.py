"""What a workflow is made of: transitions, guards, commands and their handlers, as frozen data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

import attrs

from respond.domain.events import Event
from respond.domain.money import Money
from respond.domain.references import Actor, Reference
from respond.errors import InvalidWorkflow
from respond.plan.plan import Plan

NEW = "new"
"""The state of an aggregate that has no events yet."""

CommandT = TypeVar("CommandT")
_TRIGGER = "__respond_trigger__"


@attrs.frozen(kw_only=True, slots=False)
class Situation:
    """All that a decision may look at."""

    state: Any
    """The folded state; `state.status` names where it stands in the workflow."""
    command: Any = None
    """What is asked; None when only the state is judged."""
    plan: Plan
    actor: Actor | None = None
    at: datetime
    """When what the command tells happened."""
    now: datetime
    """When the decision is taken."""
    history: Sequence[Event] = ()
    """The events that *state* was folded from."""
    dest: str = ""
    """The state that the chosen transition leads to; empty while guards are asked."""
    policy: Any = None
    """The host's own judge of authority, a `Policy`; the plan's rules judge when it is None."""
    break_glass: str = ""
    """Why the actor does it without the role that it takes; empty when he does not ask for that."""
    plans: Mapping[Reference, Plan] | None = None
    """The plans that could be in force, by reference; None when nobody knows."""

    @property
    def step(self) -> dict[str, Any]:
        """The states that the chosen transition leaves and enters, as payloads of the lifecycle record them."""
        return {"from_": self.state.status, "to": self.dest}


Check = Callable[[Situation], str | None]


@attrs.frozen
class Guard:
    """A named condition on a transition: a pure function that returns None, or the text of the reason against it."""

    code: str
    """Stable; a refusal carries it."""
    check: Check = attrs.field(eq=False)
    rev: int = 1
    """Part of the definition's digest: raise it when the check changes its meaning."""
    reads: Literal["state", "command"] = "command"
    """`state` when the guard looks at state, plan and history only: such a guard can be asked without a command."""

    @property
    def rule(self) -> str:
        """What must hold, in the first line of the check's docstring; empty when it has none."""
        return (self.check.__doc__ or "").strip().partition("\n")[0]


def guard(code: str, *, rev: int = 1, reads: Literal["state", "command"] = "command") -> Callable[[Check], Guard]:
    """Turn a check into a guard."""
    return lambda check: Guard(code, check, rev, reads)


def not_blank(code: str, *fields: str) -> Guard:
    """Return a guard that requires these texts of the command not to be blank."""

    def check(situation: Situation) -> str | None:
        empty = [field for field in fields if not getattr(situation.command, field).strip()]
        return f"{' and '.join(empty)} must not be blank" if empty else None

    check.__doc__ = f"Require {' and '.join(fields)} not to be blank."
    return Guard(code, check)


@attrs.frozen(init=False)
class Transition:
    """When *trigger* is asked in one of *sources* and every guard agrees, the state becomes *dest*."""

    trigger: str
    sources: tuple[str, ...]
    dest: str | None
    """None when the state stays as it is."""
    guards: tuple[str, ...]
    """The codes of its guards, in the order in which they are asked."""
    reopens: bool
    """Whether it may leave a final state."""

    def __init__(
        self,
        trigger: str,
        sources: str | Iterable[str],
        dest: str | None,
        *,
        guards: Iterable[str] = (),
        reopens: bool = False,
    ) -> None:
        self.__attrs_init__(
            trigger, (sources,) if isinstance(sources, str) else tuple(sources), dest, tuple(guards), reopens
        )


def command_type(trigger: str) -> Callable[[type[CommandT]], type[CommandT]]:
    """Declare a frozen attrs class as the command that asks for *trigger*."""

    def declare(command: type[CommandT]) -> type[CommandT]:
        setattr(command, _TRIGGER, trigger)
        return command

    return declare


def trigger_of(command: type) -> str:
    """Return the trigger that `command_type` declared; raises `InvalidWorkflow`."""
    trigger: str | None = command.__dict__.get(_TRIGGER)
    if trigger is None:
        raise InvalidWorkflow(f'{command.__name__} is not a command; decorate it with @command_type("trigger")')
    return trigger


Decide = Callable[[Situation], Iterable[Any]]
Evolve = Callable[[Any, Event], Any]


def _never(_: Situation) -> bool:
    return False


def _no_variant(_: Situation) -> str:
    return ""


def _no_amount(_: Situation) -> Money | None:
    return None


@attrs.frozen(kw_only=True)
class Handler:
    """What a command causes once a transition allows it."""

    command: type
    decide: Decide = attrs.field(eq=False)
    """Yields the payloads of the events; `situation.dest` is the state that is entered."""
    emits: tuple[type, ...]
    """The payload classes that *decide* may yield."""
    done: Callable[[Situation], bool] = attrs.field(default=_never, eq=False)
    """Whether the command was carried out already: then it causes nothing, and no guard is asked."""
    variant: Callable[[Situation], str] = attrs.field(default=_no_variant, eq=False)
    """What kind of such a command it is, where authority tells them apart: `raise` or `lower`."""
    amount: Callable[[Situation], Money | None] = attrs.field(default=_no_amount, eq=False)
    """How much money it is about, where authority depends on that."""
    automatic: bool = False
    """Whether the engine asks for it by itself: it records what is so, and asks nobody's authority."""
