"""What a kept state rests on beside its events: the fields of its class, and the code that folds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from types import CodeType
from typing import Any, get_args

import attrs

from respond.domain.canonical import digest
from respond.workflow.workflow import Workflow

_PACKAGE = "respond-engine"


def state_schema(workflow: Workflow) -> str | None:
    """Return a digest that changes when states of *workflow* may be folded to something else; None when nobody can say.

    It covers the release, every field and default of the state's class and of those in it, and the code of the
    evolvers and upcasters.  What these call elsewhere it does not see.
    """
    kind = type(workflow.initial)
    functions: dict[str, Any] = {payload.__name__: one for payload, one in workflow.evolvers.items()}
    functions.update({f"{name} {number}": one for (name, number), one in workflow.upcasters.items()})
    codes = {name: _code_of(one) for name, one in functions.items()}
    if not attrs.has(kind) or None in codes.values():
        return None
    fields = {f"{one.__module__}.{one.__qualname__}": _fields(one) for one in _classes(kind)}
    return digest({"release": _release(), "state": fields, "code": codes})


def _release() -> str:
    try:
        return version(_PACKAGE)
    except PackageNotFoundError:  # run from its source alone
        return ""


def _classes(kind: Any, seen: set[Any] | None = None) -> Iterator[type]:
    """Yield the classes of fields that a value of *kind* is made of, each once."""
    seen = set() if seen is None else seen
    if attrs.has(kind) and kind not in seen:
        seen.add(kind)
        yield kind
        for field in attrs.fields(attrs.resolve_types(kind)):
            yield from _classes(field.type, seen)
    for argument in get_args(kind):
        yield from _classes(argument, seen)


def _fields(kind: type) -> list[list[str]]:
    return [[field.name, str(field.type), repr(field.default)] for field in attrs.fields(attrs.resolve_types(kind))]


def _code_of(function: Callable[..., Any]) -> list[Any] | None:
    """Return what *function* does, as data; None when it has no code of its own to look at."""
    code = getattr(function, "__code__", None)
    return None if code is None else _code(code)


def _code(code: CodeType) -> list[Any]:
    """Return the instructions of *code* with the names and values that they use; not where it stands."""
    constants = [_code(one) if isinstance(one, CodeType) else _constant(one) for one in code.co_consts]
    return [code.co_code.hex(), list(code.co_names), list(code.co_varnames), constants]


def _constant(value: Any) -> str:
    """Return *value* as text that is the same in every process: the order of a set is not."""
    return str(sorted(map(repr, value))) if isinstance(value, frozenset) else repr(value)
