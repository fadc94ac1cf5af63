"""Events as CloudEvents 1.0.2, for the world outside.  Pure.  Mapping: docs/reference/cloudevents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from respond.domain.moments import format_utc
from respond.store.records import Recorded, decoded

SPECIFICATION = "1.0"
DATA_TYPE = "application/json"
STRUCTURED_TYPE = "application/cloudevents+json; charset=utf-8"

SEQUENCE_DIGITS = 19
"""As many as the largest position has: sequences sort as text."""

CloudEvent = dict[str, Any]
"""Attributes and `data` by name, as in the JSON format."""

_OPTIONAL = {
    "actor": "actor",
    "role": "role",
    "onbehalfof": "on_behalf_of",
    "correlationid": "correlation_id",
    "causationid": "causation_id",
    "commandid": "command_id",
}
"""Attributes that an event may have, and where its body keeps them."""
_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
"""What the value of a header holds as it is."""
_CONTROLS = r"\x00-\x1f\x7f-\x9f"
_NO_CHARACTERS = r"\ufdd0-\ufdef" + "".join(
    chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
_FORBIDDEN = re.compile(f"[{_CONTROLS}{_NO_CHARACTERS}]")
"""What the value of no attribute may hold."""


def cloud_event(row: Recorded, *, log: str) -> CloudEvent:
    """Return *row* of the log with the id *log* as a CloudEvent.

    Raises `UnreadableEvent` when its body is archived, damaged, or of another format.
    """
    body = decoded(row)
    recorded_at = format_utc(row.recorded_at)
    event = {
        "specversion": SPECIFICATION,
        "id": row.id,
        "source": source_of(log, row.tenant),
        "type": _text(row.type),
        "subject": _text(row.subject),
        "time": _begin_of(body.get("occurred_at")) or recorded_at,
        "datacontenttype": DATA_TYPE,
        "dataschema": f"urn:respond:schema:{quote(row.type, safe='')}:{body['schema_version']}",
        "sequence": f"{row.position:0{SEQUENCE_DIGITS}d}",
        "partitionkey": _text(row.stream),
        "stream": _text(row.stream),
        "streamversion": row.version,
        "realm": row.realm,
        "tenant": _text(row.tenant),
        "recordedat": recorded_at,
    }
    event.update((name, _text(body[key])) for name, key in _OPTIONAL.items() if body.get(key))
    event["data"] = body["data"]
    return event


def source_of(log: str, tenant: str) -> str:
    """Return the `source` of a tenant's events: with the id of an event it names that event in the whole world."""
    return f"urn:respond:{quote(log, safe='')}:{quote(tenant, safe='')}"


def structured(event: CloudEvent) -> bytes:
    """Return *event* in the JSON format: attributes and data in one document."""
    return orjson.dumps(event)


def data_of(event: CloudEvent) -> bytes:
    """Return the data of *event* alone: the body of a message whose headers hold the attributes."""
    return orjson.dumps(event["data"])


def http_headers(event: CloudEvent) -> dict[str, str]:
    """Return the headers of an HTTP message in binary mode; its body is `data_of`."""
    headers = attribute_headers(event)
    headers["content-type"] = headers.pop("ce-datacontenttype")
    return headers


def attribute_headers(event: Mapping[str, Any]) -> dict[str, str]:
    """Return each attribute as a header: the binary mode of NATS, where the type of the data is no exception."""
    return {f"ce-{name}": quote(str(value), safe=_PRINTABLE) for name, value in event.items() if name != "data"}


def _begin_of(moment: str | dict[str, str] | None) -> str | None:
    """Return when something happened, or began to, from a body; None when nobody knows."""
    return moment["at"] if isinstance(moment, dict) else moment


def _text(value: str) -> str:
    """Return *value* as an attribute takes it: what none may hold is written as its UTF-8 bytes in percent-encoding."""
    return _FORBIDDEN.sub(lambda found: quote(found[0]), value)
