"""The manifest in its table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, bindparam, insert, select

from respond.store.manifest import Archived
from respond.store.protocol import PAGE
from respond.store.sql.event_store import SqlEventStore
from respond.store.sql.schema import Tables, tables


def manifest_of(store: SqlEventStore) -> Iterator[Archived]:
    """Yield every range of the manifest, in the order of positions."""
    rows = tables(store.prefix, store.schema).manifest
    page_after = select(rows).where(rows.c.first > bindparam("after")).order_by(rows.c.first).limit(PAGE)
    after = -(2**63)
    while True:
        with store.reading() as connection:
            page = [Archived(**row) for row in connection.execute(page_after, {"after": after}).mappings()]
        if not page:
            return
        yield from page
        after = page[-1].first


def add_to_manifest(connection: Connection, ours: Tables, ranges: Sequence[Archived]) -> None:
    """Add *ranges* to the manifest."""
    values = [
        {"first": one.first, "last": one.last, "file": one.file, "digest": one.digest, "reason": one.reason}
        for one in ranges
    ]
    connection.execute(insert(ours.manifest), values)
