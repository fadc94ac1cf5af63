"""Files that people wrote in TOML: read within a bound, and named in every message."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from respond.errors import InvalidDocument
from respond.plan.lines import keys_of, line_of, lines_of

ReadT = TypeVar("ReadT")


def read_file(
    path: Path, read: Callable[[dict[str, Any]], ReadT], *, bytes_max: int, invalid: type[InvalidDocument]
) -> ReadT:
    """Return what *read* makes of the TOML document in the file at *path*.

    Raises *invalid*, the error that *read* raises too, with the file's name before the place in it and the line behind.
    """
    text = read_text(path, bytes_max=bytes_max, invalid=invalid)
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _twice(path, text, invalid) or invalid(
            f"is not TOML: {error}", place=str(path), flaw="not-toml"
        ) from error
    try:
        return read(document)
    except invalid as error:
        line = line_of(lines_of(text), error.key) if error.line is None else error.line
        message = str(error) if line is None else f"{error} (at line {line})"
        raise invalid(message, place=str(path), value=error.value, flaw=error.flaw, key=error.key, line=line) from error


def read_text(path: Path, *, bytes_max: int, invalid: type[InvalidDocument]) -> str:
    """Return the text of the file at *path*; raises *invalid* for one that is larger, or no UTF-8."""
    try:
        with path.open("rb") as file:
            raw = file.read(bytes_max + 1)
    except OSError as error:
        raise invalid(f"cannot be read: {error.strerror}", place=str(path), flaw="unreadable") from error
    if len(raw) > bytes_max:
        message = f"has more than {bytes_max:,} bytes, the most that are read; split it, or write less"
        raise invalid(message, place=str(path), flaw="too-large")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise invalid(f"is not TOML: {error}", place=str(path), flaw="not-toml") from error


def _twice(path: Path, text: str, invalid: type[InvalidDocument]) -> InvalidDocument | None:
    """Return the error for a key of *text* that stands twice; None when there is none."""
    lines: dict[str, int] = {}
    try:
        for key in keys_of(text):
            if key.defined and key.path in lines:
                message = f"{key.path}: stands twice, first at line {lines[key.path]}; leave one (at line {key.line})"
                return invalid(message, place=str(path), flaw="duplicate-key", key=key.path, line=key.line)
            if key.defined:
                lines[key.path] = key.line
    except (ValueError, RecursionError):
        return None
    return None
