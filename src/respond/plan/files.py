"""Files that people wrote in TOML: read within a bound, and named in every message."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from respond.errors import InvalidDocument
from respond.plan.lines import DEPTH_MAX, TooDeep, keys_of, line_of, lines_of

ReadT = TypeVar("ReadT")
_HUGE = re.compile(r"[0-9_]{1000,}")
_AT_LINE = re.compile(r"\(at line ([0-9]+)")


def read_file(
    path: Path, read: Callable[[dict[str, Any]], ReadT], *, bytes_max: int, invalid: type[InvalidDocument]
) -> ReadT:
    """Return what *read* makes of the TOML document in the file at *path*.

    Raises *invalid*, the error that *read* raises too, with the file's name before the place in it and the line behind.
    """
    text = read_text(path, bytes_max=bytes_max, invalid=invalid)
    lines = _lines(path, text, invalid)
    document = _document(path, text, invalid)
    try:
        return read(document)
    except invalid as error:
        told = [_in_file(one, path, lines, invalid) for one in (error, *error.others)]
        told.sort(key=lambda one: one.line or 0)
        told[0].others = tuple(told[1:])
        raise told[0] from error


def _lines(path: Path, text: str, invalid: type[InvalidDocument]) -> Mapping[str, int]:
    """Return the lines of the keys of *text*; none where it is not TOML, which reading it tells best."""
    try:
        return lines_of(text)
    except TooDeep as error:
        message = f"nests tables, lists or keys more than {DEPTH_MAX} deep; write less (at line {error.line})"
        raise invalid(message, place=str(path), flaw="too-deep", line=error.line) from error
    except ValueError:
        return {}


def _document(path: Path, text: str, invalid: type[InvalidDocument]) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _twice(path, text, invalid) or _no_toml(path, text, error, invalid) from error
    except ValueError as error:
        huge = _HUGE.search(text)
        line = None if huge is None else text.count("\n", 0, huge.start()) + 1
        message = f"holds a number of more than 60 digits; write a smaller number (at line {line})"
        raise invalid(message, place=str(path), flaw="value-invalid", line=line) from error


def _no_toml(path: Path, text: str, error: Exception, invalid: type[InvalidDocument]) -> InvalidDocument:
    found = _AT_LINE.search(str(error))
    line = int(found[1]) if found else text.count("\n") + 1
    return invalid(f"is not TOML: {error}", place=str(path), flaw="not-toml", line=line)


def _in_file(
    error: InvalidDocument, path: Path, lines: Mapping[str, int], invalid: type[InvalidDocument]
) -> InvalidDocument:
    """Return *error* with the file's name before the place in it and the line behind."""
    line = line_of(lines, error.key) if error.line is None else error.line
    message = str(error) if line is None or error.line is not None else f"{error} (at line {line})"
    return invalid(message, place=str(path), value=error.value, flaw=error.flaw, key=error.key, line=line)


def read_text(path: Path, *, bytes_max: int, invalid: type[InvalidDocument]) -> str:
    """Return the text of the file at *path*; raises *invalid* for one that is larger, or no UTF-8.

    A byte order mark is passed over.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(bytes_max + 1)
    except OSError as error:
        raise invalid(f"cannot be read: {error.strerror}", place=str(path), flaw="unreadable") from error
    if len(raw) > bytes_max:
        message = f"has more than {bytes_max:,} bytes, the most that are read; split it, or write less"
        raise invalid(message, place=str(path), flaw="too-large")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"is not TOML: no UTF-8 (at line {line}); save it in that encoding, or write the text anew"
        raise invalid(message, place=str(path), flaw="not-toml", line=line) from error


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
    except ValueError:
        return None
    return None
