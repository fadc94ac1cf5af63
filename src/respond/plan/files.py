"""Files that people wrote in TOML: read within a bound, and named in every message."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from respond.errors import InvalidInput

ReadT = TypeVar("ReadT")


def read_file(
    path: Path, read: Callable[[dict[str, Any]], ReadT], *, bytes_max: int, invalid: type[InvalidInput]
) -> ReadT:
    """Return what *read* makes of the TOML document in the file at *path*.

    Raises *invalid*, the error that *read* raises too, with the file's name before the place in it.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(bytes_max + 1)
    except OSError as error:
        raise invalid(f"cannot be read: {error.strerror}", place=str(path)) from error
    if len(raw) > bytes_max:
        raise invalid(f"has more than {bytes_max:,} bytes, the most that are read", place=str(path))
    try:
        document = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise invalid(f"is not TOML: {error}", place=str(path)) from error
    try:
        return read(document)
    except invalid as error:
        raise invalid(str(error), place=str(path), value=error.value) from error
