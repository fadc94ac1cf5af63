"""How a message shows a value that someone wrote in TOML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal

_LONGEST = 60


def shown(value: object) -> str:
    """Return *value* as TOML has it, near enough for a message, and never longer than a line."""
    match value:
        case bool():
            return "true" if value else "false"
        case Mapping():
            return "a table"
        case list() | tuple():
            return "a list"
        case int() if abs(value) >= 10**_LONGEST:
            return "a number of more than 60 digits"
        case int() | Decimal():
            text = str(value)
        case date() | time():
            text = value.isoformat()
        case _:
            text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
