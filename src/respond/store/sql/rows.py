"""Rows on their way into the events table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from respond.domain.streams import StreamId
from respond.store.intake import bodies_of
from respond.store.records import Write, leaf_prefix, leaf_suffix
from respond.store.sql.dialect import Dialect, Row

Prepared = tuple[Any, ...]
"""tenant, realm, stream, version, id, type, subject, body, leaf prefix: what is known before the log gives a place."""


def assumed_versions(writes: Sequence[Write]) -> Mapping[StreamId, int] | None:
    """Return the versions that the writers expect; None when one of them takes what it finds."""
    if any(write.expected.kind in {"any", "stream_exists"} for write in writes):
        return None
    return {write.stream: write.expected.version for write in writes}


def prepared(
    writes: Sequence[Write], versions: Mapping[StreamId, int], *, log: str, tenant: str, dialect: Dialect
) -> list[Prepared]:
    """Return a row for each event, on top of *versions*; raises `InvalidRecord`."""
    bodies = iter(bodies_of(writes, versions, log=log, tenant=tenant))
    id_value = dialect.id_value
    rows = []
    for write in writes:
        realm, name, key = write.stream.realm, write.stream.name, write.stream.key
        for version, event in enumerate(write.events, start=versions[write.stream] + 1):
            body, subject = next(bodies), event.subject if event.subject is not None else key
            rows.append(
                (tenant, realm, name, version, id_value(event.id), event.type, subject, body, leaf_prefix(body))
            )
    return rows


def placed(rows: Sequence[Prepared], *, first: int, recorded_us: int) -> list[Row]:
    """Return *rows* with their positions, the time and the leaf."""
    return [
        (position, recorded_us, *row[:8], sha256(row[8] + leaf_suffix(recorded_us, position)).digest())
        for position, row in enumerate(rows, start=first)
    ]
