"""Read models as JSON documents: every key always there, in the order of the class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import attrs

from respond.domain.canonical import plain
from respond.domain.moments import Moment, format_utc


def document(value: object) -> Any:
    """Return *value* as JSON values: times as RFC 3339 in UTC, Decimals tagged as in a body, a None key as `none`."""
    match value:
        case Moment():
            return value.to_json()
        case datetime():
            return format_utc(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {"none" if key is None else str(key): document(item) for key, item in value.items()}
        case str():
            return value
        case Sequence():
            return [document(item) for item in value]
    kind: Any = type(value)
    if attrs.has(kind):
        return {field.name.rstrip("_"): document(getattr(value, field.name)) for field in attrs.fields(kind)}
    return plain(value)


class Document:
    """A read model that can be written as JSON; for frozen attrs classes."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values with stable keys."""
        written: dict[str, Any] = document(self)
        return written
