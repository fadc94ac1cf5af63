"""One row of a log, judged by itself: its body, its columns, its leaf.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson

from respond.audit.finding import Finding
from respond.domain.canonical import canonical
from respond.domain.events import Event
from respond.domain.moments import from_microseconds
from respond.domain.streams import indexed
from respond.errors import InvalidRecord
from respond.store.records import FORMAT_VERSION, Recorded, leaf_of

COLUMNS = ("tenant", "realm", "stream", "version", "id", "type", "subject")
"""The columns that are an index of the body."""

_REQUIRED = frozenset({"v", "log", "schema_version", "data", *COLUMNS})
_OPTIONAL = frozenset(
    {
        "occurred_at",
        "actor",
        "role",
        "on_behalf_of",
        "authority",
        "correlation_id",
        "causation_id",
        "command_id",
        "definition",
        "plan",
        "source",
    }
)


def row_findings(record: Recorded, log: str, *, archived: bool = False) -> Iterator[Finding]:
    """Yield what is wrong with a row of the log whose id is *log*, looking at no other row.

    A body may be missing where it is *archived* and nobody reads the file.
    """
    timed = _is_time(record.recorded_us)
    if not timed:
        yield Finding("recorded-at", record.position, f"recorded_at is {record.recorded_us!r}, which is not a time")
    if record.body is None:
        if not archived:
            yield Finding("body-missing", record.position, "the body is missing, and no archive is known to hold it")
        return
    if type(record.body) is not bytes:
        yield Finding("body-unreadable", record.position, f"the body is {type(record.body).__name__}, not bytes")
        return
    if timed and leaf_of(record.body, record.recorded_us, record.position) != record.leaf:
        text = "the leaf is not that of body, recorded_at and position: one of the four changed"
        yield Finding("leaf", record.position, text)
    try:
        body: Any = orjson.loads(record.body)
    except orjson.JSONDecodeError as error:
        yield Finding("body-unreadable", record.position, f"the body is not JSON: {error}")
        return
    if not isinstance(body, dict) or type(body.get("v")) is not int or body["v"] != FORMAT_VERSION:
        yield Finding("body-format", record.position, f"the body is not of record format {FORMAT_VERSION}")
        return
    yield from _body_findings(record, body, log)


def _body_findings(record: Recorded, body: dict[str, Any], log: str) -> Iterator[Finding]:
    for column in COLUMNS:
        stored, said = getattr(record, column), body.get(column)
        if type(stored) is not type(said) or stored != said:
            text = f"the column {column} holds {stored!r}, the body says {said!r}"
            yield Finding(f"column-{column}", record.position, text)
    if "log" in body and body["log"] != log:
        yield Finding("body-log", record.position, f"the body belongs to the log {body['log']!r}, this is {log!r}")
    try:
        if canonical(body) != record.body:
            yield Finding("body-not-canonical", record.position, "the body is not in canonical form")
    except InvalidRecord as error:
        yield Finding("body-not-canonical", record.position, f"the body holds what no canonical form has: {error}")
    missing, unknown = sorted(_REQUIRED - body.keys()), sorted(body.keys() - _REQUIRED - _OPTIONAL)
    if missing:
        yield Finding("body-keys", record.position, f"the body lacks {', '.join(missing)}")
        return
    if unknown:
        yield Finding("body-keys", record.position, f"the body holds {', '.join(unknown)}, unknown to its format")
    try:
        _read_values(body)
    except Exception as error:  # noqa: BLE001 - whatever a reader would stumble over is a finding
        yield Finding("body-value", record.position, f"the body holds a value that cannot be read: {error!r}")


def _read_values(body: dict[str, Any]) -> None:
    """Read each value that has a form of its own; raises whatever does not fit."""
    for name in ("tenant", "subject"):
        indexed(body[name], name)
    indexed(body["type"], "type", maximum=128)
    if str(UUID(body["id"])) != body["id"]:
        raise ValueError(f"{body['id']!r} is not a UUID in lower case")
    if type(body["schema_version"]) is not int or body["schema_version"] < 1:
        raise ValueError(f"schema_version is {body['schema_version']!r}")
    event = Event(0, 0, body, None)
    _ = event.stream, event.occurred_at, event.definition, event.plan
    for name in ("data", "authority", "source"):
        if not isinstance(body.get(name, {}), dict):
            raise TypeError(f"{name} is not an object")


def _is_time(recorded_us: object) -> bool:
    if type(recorded_us) is not int or recorded_us < 0:
        return False
    try:
        from_microseconds(recorded_us)
    except OverflowError:
        return False
    return True
