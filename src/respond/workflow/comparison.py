"""Comparisons: a guard that is data, `field op constant`, so that it can be decided which values it agrees with."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, cast, get_args

import attrs

from respond.errors import InvalidWorkflow

Op = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
Scalar = bool | int | Decimal | str | datetime | date | timedelta | Enum | None
"""What a field may be compared with."""

ORDERING: frozenset[str] = frozenset({"<", "<=", ">", ">="})
_ORDERED = (int, Decimal, datetime, date, timedelta)
_HOLDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda value, constant: value in constant,
    "not in": lambda value, constant: value not in constant,
}


@attrs.frozen
class Comparison:
    """What a field of the command or of the state must be; raises `InvalidWorkflow` for what cannot be compared.

    A field that is None is neither smaller nor greater than anything.
    """

    field: str
    """Where the value stands: `command.customers`, `state.compensation.amount`."""
    op: Op
    value: Scalar | tuple[Scalar, ...]
    """A tuple for `in` and `not in`."""

    def __attrs_post_init__(self) -> None:
        reads, _, path = self.field.partition(".")
        if reads not in {"state", "command"} or not all(name.isidentifier() for name in path.split(".")):
            raise InvalidWorkflow("is not a field; write command.NAME or state.NAME", place=self.field)
        if self.op not in get_args(Op):
            raise InvalidWorkflow(f"{self.op!r} is not one of {', '.join(get_args(Op))}", place=self.field)
        listed = self.op in {"in", "not in"}
        if listed is not isinstance(self.value, tuple) or self.value == ():
            write = "a tuple of values" if listed else "one value"
            raise InvalidWorkflow(f"{self.op} {self.value!r} compares nothing; write {write}", place=self.field)
        for constant in self.constants:
            _comparable(constant, self.op, self.field)

    @property
    def constants(self) -> tuple[Scalar, ...]:
        """The values that it compares with."""
        return self.value if isinstance(self.value, tuple) else (self.value,)

    @property
    def reads(self) -> Literal["state", "command"]:
        """Whether it looks at the state or at the command."""
        return cast("Literal['state', 'command']", self.field.partition(".")[0])

    @property
    def path(self) -> tuple[str, ...]:
        """The names that lead from the state or the command to the value."""
        return tuple(self.field.split(".")[1:])

    def holds(self, value: object) -> bool:
        """Return whether *value* is what the field must be."""
        if value is None and self.op in ORDERING:
            return False
        return bool(_HOLDS[self.op](value, self.value))

    def value_in(self, whole: object) -> Any:
        """Return the value of the field in *whole*, a state or a command; None when something before it is None."""
        for name in self.path:
            whole = None if whole is None else getattr(whole, name)
        return whole

    def __str__(self) -> str:
        return f"{self.field} {self.op} {shown(self.value)}"

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data: it is part of a definition's digest."""
        constants = [shown(constant) for constant in self.constants]
        value = constants if isinstance(self.value, tuple) else constants[0]
        return {"field": self.field, "op": self.op, "value": value}


def shown(value: object) -> str:
    """Return a value as people read it in a message."""
    match value:
        case tuple():
            return f"({', '.join(map(shown, value))})"
        case Enum():
            return shown(value.value)
        case str():
            return repr(value)
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)


def _comparable(constant: object, op: str, place: str) -> None:
    """Raise `InvalidWorkflow` when *constant* is of a type whose values cannot be told apart exactly, or ordered."""
    if constant is not None and not isinstance(constant, (*_ORDERED, str, Enum)):
        write = "write a Decimal" if isinstance(constant, float) else "write a number, a text, a time or a choice"
        raise InvalidWorkflow(f"{constant!r} cannot be compared exactly; {write}", place=place)
    if isinstance(constant, datetime) and constant.tzinfo is None:
        raise InvalidWorkflow(f"{constant} has no zone; write tzinfo=UTC", place=place)
    if isinstance(constant, Decimal) and not constant.is_finite():
        raise InvalidWorkflow(f"{constant} is not a finite number", place=place)
    if op in ORDERING and (not isinstance(constant, _ORDERED) or isinstance(constant, (bool, Enum))):
        raise InvalidWorkflow(f"{shown(constant)} has no order; write ==, !=, in or not in", place=place)
