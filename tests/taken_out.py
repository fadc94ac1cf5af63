"""Functions that are taken out: their code is that of one that does nothing."""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Iterator
from functools import cached_property
from types import CodeType, FunctionType, ModuleType
from typing import Any

from respond.workflow.definition import Guard


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _empty(*_: Any, **__: Any) -> tuple[Any, ...]:
    return ()


def _no_keys(*_: Any, **__: Any) -> dict[str, Any]:
    return {}


def _same(value: Any, *_: Any, **__: Any) -> Any:
    return value


def _same_of_method(_self: Any, value: Any, *_: Any, **__: Any) -> Any:
    return value


@contextlib.contextmanager
def without(name: str) -> Iterator[None]:
    """Patch the part of this dotted *name* out, wherever it is held: its code is another one meanwhile.

    What carries a value on returns it unchanged, what may return None returns that, all else is empty.
    """
    with swapped(function_of(name)):
        yield


@contextlib.contextmanager
def swapped(function: FunctionType) -> Iterator[None]:
    """Give *function* the code of one that does nothing."""
    code = function.__code__
    function.__code__ = _instead(function).replace(co_freevars=code.co_freevars)
    try:
        yield
    finally:
        function.__code__ = code


def function_of(name: str) -> FunctionType:
    """Return the function of this dotted *name*; raises `LookupError` when there is none."""
    module, rest = _home(name)
    found: Any = module
    for one in rest:
        found = inspect.getattr_static(found, one, None)
    if isinstance(found, Guard):
        found = found.check
    elif isinstance(found, property):
        found = found.fget
    elif isinstance(found, cached_property):
        found = found.func
    if isinstance(found, FunctionType):
        return found
    raise LookupError(f"{name} is no function")


def _home(name: str) -> tuple[ModuleType, list[str]]:
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        with contextlib.suppress(ModuleNotFoundError):
            return importlib.import_module(".".join(parts[:length])), parts[length:]
    raise LookupError(f"{name} is in no module")


def _instead(function: FunctionType) -> CodeType:
    signature = inspect.signature(function)
    given, returns = list(signature.parameters.values()), str(signature.return_annotation)
    method = bool(given) and given[0].name == "self"
    first = given[method : method + 1]
    if any(one.annotation == returns for one in first):
        return (_same_of_method if method else _same).__code__
    if "None" in returns:
        return _nothing.__code__
    return (_no_keys if returns.startswith("dict") else _empty).__code__
