"""The file that takes every deviation of an import, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from respond.errors import InvalidInput
from respond.transfer.report import Deviation

_PLACE = "--deviations"

Heed = Callable[[Deviation], None]


@contextmanager
def deviations_file(path: str | None, *inputs: str) -> Iterator[Heed | None]:
    """Yield what writes a deviation to the file at *path*, anew; None without a path.

    Raises `InvalidInput` when the file cannot be written, or is one of *inputs*.
    """
    if path is None:
        yield None
        return
    with _faults(path):
        target = Path(path)
        if target.exists() and any(target.samefile(one) for one in inputs):
            raise InvalidInput(f"{path} is read by this import; name another file", place=_PLACE, value=path)
        file = target.open("w", encoding="utf-8")

    def write(deviation: Deviation) -> None:
        with _faults(path):
            file.write(json.dumps(attrs.asdict(deviation), ensure_ascii=False) + "\n")

    try:
        yield write
    finally:
        with _faults(path):
            file.close()


@contextmanager
def _faults(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}", place=_PLACE, value=path) from error
