"""The control of the rows: without any part that makes a row work, the test of the row must fail.

Run as a script it prints the rows whose test did not notice.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from respond.workflow.definition import Guard
from rows_table import Row, rows


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


def the_test_of(row: Row) -> Callable[[], None]:
    """Return the test of *row*."""
    function: Callable[[], None] = getattr(_module(row.file), row.function)
    return function


def noticed(row: Row, part: str) -> bool:
    """Return whether the test of *row* fails without *part*."""
    test = the_test_of(row)
    with without(part):
        try:
            test()
        except (Exception, pytest.fail.Exception):  # noqa: BLE001 - however it fails, it noticed
            return True
    return False


@contextlib.contextmanager
def without(name: str) -> Iterator[None]:
    """Patch the part of this dotted *name* out, wherever it is held: its code is another one meanwhile.

    What carries a value on returns it unchanged, what may return None returns that, all else is empty.
    """
    function = function_of(name)
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


@cache
def _module(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"rows_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise LookupError(str(file))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> int:
    """Try every part of every row; return how many no test noticed."""
    began = time.monotonic()
    tried = [(row, part) for row in rows() for part in row.parts]
    for row in rows():
        if row.test:
            the_test_of(row)()
    missed = [(row, part) for row, part in tried if not noticed(row, part)]
    for row, part in missed:
        print(f"row {row.number}: {row.test} does not notice that {part} is gone")
    served, seconds = sum(bool(row.test) for row in rows()), time.monotonic() - began
    print(f"{len(tried)} parts of {served} rows tried, {len(missed)} not noticed, {seconds:.0f} s")
    return len(missed)


if __name__ == "__main__":
    sys.exit(main() > 0)
