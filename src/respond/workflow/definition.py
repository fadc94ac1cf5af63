"""What a workflow is made of: transitions, guards, commands and their handlers, as frozen data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import attrs

from respond.domain.events import Event
from respond.domain.money import Money
from respond.domain.references import Actor, Reference
from respond.errors import InvalidWorkflow
from respond.plan.plan import Plan
from respond.workflow.comparison import Comparison, Op, shown

if TYPE_CHECKING:
    from respond.workflow.workflow import Workflow

NEW = "new"
"""The state of an aggregate that has no events yet."""

CommandT = TypeVar("CommandT")
ValueT = TypeVar("ValueT")
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
    versions: Mapping[str, Workflow] | None = None
    """The versions of the workflow that are registered, by version; None when nobody knows."""

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
    comparison: Comparison | None = None
    """What it compares, when the guard is data: then it can be decided which values it agrees with."""

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


def one_of(code: str, field: str, choices: Collection[str], rule: str) -> Guard:
    """Return a guard that requires *field* of the command to be one of *choices*; *rule* says so."""

    def check(situation: Situation) -> str | None:
        told = getattr(situation.command, field)
        return None if told in choices else f"{told!r} is not one of {', '.join(choices)}"

    check.__doc__ = rule
    return Guard(code, check)


TEXT_MAX = 100_000
"""How long a text of a command may be, in bytes of UTF-8."""


@guard("text-too-long")
def text_within(situation: Situation) -> str | None:
    """Require each text of at most 100,000 bytes."""
    return too_long(named_in(situation.command))


def named_in(command: Any) -> dict[str, Any]:
    """Return what *command* says, by the names that people give its fields."""
    return {field.name.rstrip("_"): getattr(command, field.name) for field in attrs.fields(type(command))}


def too_long(values: Mapping[str, Any]) -> str | None:
    """Return which of *values* hold a text of too many bytes; None when none does."""
    sizes = {name: max(map(_bytes, inside(value, str)), default=0) for name, value in values.items()}
    long = [f"{name} has {size:,} bytes" for name, size in sizes.items() if size > TEXT_MAX]
    return f"{', '.join(long)}; a text has {TEXT_MAX:,} at most" if long else None


def inside(value: Any, kind: type[ValueT]) -> Iterator[ValueT]:
    """Yield *value* when it is of *kind*, and each such thing inside it."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, Mapping):
        yield from (found for pair in value.items() for one in pair for found in inside(one, kind))
    elif isinstance(value, tuple | list):
        yield from (found for one in value for found in inside(one, kind))
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from inside(getattr(value, field.name), kind)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def compares(code: str, field: str, op: Op, value: Any, *, rev: int = 1) -> Guard:
    """Return a guard that compares *field*, `command.NAME` or `state.NAME`, with a constant.

    The comparison is data: `workflow lint` decides where such guards overlap and what they leave open, and the
    comparison is part of the definition's digest.  Raises `InvalidWorkflow` for what cannot be compared.
    """
    if op in ("in", "not in") and isinstance(value, Collection) and not isinstance(value, str):
        value = tuple(sorted(set(value), key=shown))
    comparison = Comparison(field, op, value)

    def check(situation: Situation) -> str | None:
        found = comparison.value_in(getattr(situation, comparison.reads))
        if comparison.holds(found):
            return None
        return f"{'.'.join(comparison.path)} is {shown(found)}, and must be {op} {shown(comparison.value)}"

    check.__doc__ = f"Require {comparison}."
    return Guard(code, check, rev, comparison.reads, comparison)


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


@attrs.frozen
class Companion:
    """A command for another aggregate that is carried out in the same step, or neither is."""

    category: str
    key: str
    command: Any


def _never(_: Situation) -> bool:
    return False


def _alone(_key: str, _command: Any) -> tuple[Companion, ...]:
    return ()


def _no_variant(_: Situation) -> str:
    return ""


def _told_none(_: Any) -> str:
    return ""


def _no_amount(_: Situation) -> Money | None:
    return None


@attrs.frozen(kw_only=True, eq=False)
class Handler:
    """What a command causes once a transition allows it."""

    command: type
    decide: Decide
    """Yields the payloads of the events; `situation.dest` is the state that is entered."""
    emits: tuple[type, ...]
    """The payload classes that *decide* may yield."""
    done: Callable[[Situation], bool] = _never
    """Whether the command was carried out already: then it causes nothing, and no guard is asked."""
    variant: Callable[[Situation], str] = _no_variant
    """What kind of such a command it is, where authority tells them apart: `raise` or `lower`."""
    told_variant: Callable[[Any], str] = _told_none
    """The same of a payload that it caused: what kind of such a command that was, whatever the state is by now."""
    amount: Callable[[Situation], Money | None] = _no_amount
    """How much money it is about, where authority depends on that."""
    about: tuple[str, ...] = ()
    """The fields of the command and of its events that say which of several things it is about: four eyes and approvals
    look at that one only."""
    unsettled_by: tuple[str, ...] = ()
    """The triggers that make another thing of what it is about: an approval that was given before counts no more."""
    companions: Callable[[str, Any], Iterable[Companion]] = _alone
    """What else is asked in the same step when the command is asked of the aggregate with this key."""
    accompanies: bool = False
    """Whether it is only ever carried out beside another command, in the same step."""
    automatic: bool = False
    """Whether the engine asks for it by itself: it records what is so, and asks nobody's authority."""


def stands(status: str, *fields: str, **named: str) -> Callable[[Situation], bool]:
    """Return whether an aggregate stands at *status* already, with these *fields* as the command has them.

    In *named* the field of the state comes first, that of the command, where it is called otherwise, second.
    """
    told = {**{one: one for one in fields}, **named}

    def done(situation: Situation) -> bool:
        state, command = situation.state, situation.command
        same = all(getattr(state, mine) == getattr(command, theirs) for mine, theirs in told.items())
        return bool(state.status == status and same)

    return done
