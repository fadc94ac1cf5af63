"""The receiving end of a copy: rows go in as they are, and the head moves with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, update

from respond.errors import LogsDiffer, UnreadableEvent
from respond.store.intake import is_event_id
from respond.store.records import Head, Recorded
from respond.store.sql.event_store import SqlEventStore
from respond.store.sql.schema import tables
from respond.store.sql.units import Taken

_TEXTS = ("tenant", "realm", "stream", "type", "subject")


class Receiver:
    """Adds the rows of the same log, kept elsewhere, to the one in *store*."""

    def __init__(self, store: SqlEventStore) -> None:
        self._store = store
        self._tables = tables(store.prefix, store.schema)
        self._add = insert(self._tables.events)
        head = self._tables.head
        self._move_head = (
            update(head)
            .where(head.c.id == 1, head.c.position == bindparam("before"), head.c.recorded_at == bindparam("before_us"))
            .values(position=bindparam("after"), recorded_at=bindparam("after_us"))
        )

    def receive(self, rows: Sequence[Recorded], before: Head) -> Head:
        """Add *rows* and move the head over them in one transaction; return where it is then.

        Raises `LogsDiffer` when the head is not at *before*, for then another program writes here; `UnreadableEvent`
        for a row that is damaged; `StoreUnavailable`.
        """
        after = Head(rows[-1].position, rows[-1].recorded_us)
        values = [self._values(row) for row in rows]
        moves = {
            "before": before.position,
            "before_us": before.recorded_us,
            "after": after.position,
            "after_us": after.recorded_us,
        }
        try:
            with self._store.transaction() as connection:
                if connection.execute(self._move_head, moves).rowcount != 1:  # which locks it, as every append does
                    raise LogsDiffer(
                        f"the target no longer ends at position {before.position}: another program writes to it; "
                        f"stop that, and begin again with an empty database",
                        position=before.position + 1,
                    )
                connection.execute(self._add, values)
        except Taken as taken:
            raise LogsDiffer(
                f"the target holds rows past its end at position {before.position}; run `respond check` on it",
                position=before.position + 1,
            ) from taken
        return after

    def _values(self, row: Recorded) -> Mapping[str, Any]:
        if not _is_whole(row):
            raise UnreadableEvent(
                f"position {row.position}: the row is damaged, it cannot be copied; run `respond check`"
            )
        raw_id = row.id if self._store.dialect_name == "postgresql" else bytes.fromhex(row.id.replace("-", ""))
        return {
            "position": row.position,
            "recorded_at": row.recorded_us,
            "tenant": row.tenant,
            "realm": row.realm,
            "stream": row.stream,
            "version": row.version,
            "id": raw_id,
            "type": row.type,
            "subject": row.subject,
            "body": row.body,
            "leaf": row.leaf,
        }


def _is_whole(row: Recorded) -> bool:
    """Return whether each value is of its kind: SQLite takes any in any column, others would change or refuse it."""
    return (
        all(type(getattr(row, name)) is str for name in _TEXTS)
        and type(row.recorded_us) is type(row.version) is int
        and type(row.leaf) is bytes
        and (row.body is None or type(row.body) is bytes)
        and is_event_id(row.id)
    )
