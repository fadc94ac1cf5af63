"""Columns: what they take of a value, so that a row of any text fits on every database.

A row keeps its whole value as JSON; other columns are an index of it.  They may be cut, and NUL, which PostgreSQL takes
in no text, is replaced: a query finds every row that fits, and perhaps others, and the value decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

CUT = 64
"""How many characters of a text an index holds."""


def cut(value: object) -> str | None:
    """Return what an indexed column holds of *value*."""
    return None if value is None else searched(str(value)[:CUT])


def searched(text: str) -> str:
    """Return what a column that is searched holds of *text*, and what to search it for."""
    if not text.isascii():
        text = text.encode(errors="replace").decode()  # a lone surrogate stands in no event; people may ask for it
    return text.replace("\0", "\N{SYMBOL FOR NULL}")


def keeper(kind: type) -> Callable[[Any], str]:
    """Return a function that writes the fields of an attrs *kind* as JSON, one object."""
    names = [field.name for field in kind.__attrs_attrs__]  # type: ignore[attr-defined]

    def keep(value: Any) -> str:
        return orjson.dumps({name: getattr(value, name) for name in names}).decode()

    return keep
