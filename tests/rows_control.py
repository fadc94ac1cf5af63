"""The control of the rows: without any part that makes a row work, and without any thing that it names, its test fails.

Run as a script it prints the rows whose test did not notice.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from named_parts import TAKEN
from rows_table import KINDS, Row, rows
from taken_out import without


def the_test_of(row: Row) -> Callable[[], None]:
    """Return the test of *row*."""
    function: Callable[[], None] = getattr(_module(row.file), row.function)
    return function


def noticed(row: Row, part: str) -> bool:
    """Return whether the test of *row* fails without *part*."""
    return _fails(row, without(part))


def noticed_name(row: Row, kind: str, name: str) -> bool:
    """Return whether the test of *row* fails without what it names, as `named_parts` takes out a *kind*."""
    return _fails(row, TAKEN[kind](name))


def named_by(row: Row) -> Iterator[tuple[str, str]]:
    """Yield what *row* names, each with its kind."""
    return ((kind, name) for kind in KINDS for name in getattr(row, kind))


def _fails(row: Row, taken: contextlib.AbstractContextManager[Any]) -> bool:
    test = the_test_of(row)
    with taken, contextlib.redirect_stderr(io.StringIO()):
        try:
            test()
        except (Exception, SystemExit, pytest.fail.Exception):  # noqa: BLE001 - however it fails, it noticed
            return True
    return False


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
    tried = [(row, "part", part) for row in rows() for part in row.parts]
    tried += [(row, *named) for row in rows() if row.test for named in named_by(row)]
    for row in rows():
        if row.test:
            the_test_of(row)()
    missed = [one for one in tried if not (noticed(one[0], one[2]) if one[1] == "part" else noticed_name(*one))]
    for row, kind, name in missed:
        print(f"row {row.number}: {row.test} does not notice that {name} is gone, of {kind}")
    served, seconds = sum(bool(row.test) for row in rows()), time.monotonic() - began
    print(f"{len(tried)} parts and names of {served} rows tried, {len(missed)} not noticed, {seconds:.0f} s")
    return len(missed)


if __name__ == "__main__":
    sys.exit(main() > 0)
