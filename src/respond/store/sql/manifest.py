"""The manifest in its table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import Connection, Table, insert, select

from respond.store.manifest import Archived
from respond.store.sql.schema import Tables, tables


def read_manifest(connection: Connection, *, prefix: str, schema: str | None, after: int, limit: int) -> list[Archived]:
    """Return up to *limit* ranges that begin past position *after*, in their order."""
    rows = _table(prefix, schema)
    page = select(rows).where(rows.c.first > after).order_by(rows.c.first).limit(limit)
    return [Archived(**row) for row in connection.execute(page).mappings()]


def read_range(connection: Connection, position: int, *, prefix: str, schema: str | None) -> Archived | None:
    """Return the range that covers *position*: the last that begins before it, as the triggers see it; or none."""
    rows = _table(prefix, schema)
    last = select(rows).where(rows.c.first <= position).order_by(rows.c.first.desc()).limit(1)
    found = connection.execute(last).mappings().one_or_none()
    return None if found is None or found["last"] < position else Archived(**found)


def add_to_manifest(connection: Connection, ours: Tables, ranges: Sequence[Archived]) -> None:
    """Add *ranges* to the manifest."""
    values = [
        {"first": one.first, "last": one.last, "file": one.file, "digest": one.digest, "reason": one.reason}
        for one in ranges
    ]
    connection.execute(insert(ours.manifest), values)


@lru_cache
def _table(prefix: str, schema: str | None) -> Table:
    return tables(prefix, schema).manifest
