"""Snapshots in their table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from respond.domain.streams import StreamId
from respond.store.snapshot import Snapshot
from respond.store.sql.checkpoint_statements import insert_absent
from respond.store.sql.dialect import by_realm, chunks
from respond.store.sql.schema import Tables

_FIELDS = ("version", "position", "definition", "state_schema", "state")
Lend = Callable[[], AbstractContextManager[Connection]]


class SqlSnapshots:
    """The snapshots of one tenant, each on a connection of its own."""

    def __init__(self, tables: Tables, tenant: str, every: int, *, reading: Lend, transaction: Lend) -> None:
        self.every = every
        self._tenant = tenant
        self._reading = reading
        self._transaction = transaction
        self._rows = rows = tables.snapshots
        mine = (rows.c.tenant == tenant, rows.c.realm == bindparam("of_realm"))
        self._load = select(rows).where(*mine, rows.c.stream.in_(bindparam("of_streams", expanding=True)))
        older = or_(
            rows.c.version < bindparam("version"),
            rows.c.definition != bindparam("definition"),
            rows.c.state_schema != bindparam("state_schema"),
        )
        self._replace = (
            update(rows)
            .where(*mine, rows.c.stream == bindparam("of_stream"), older)
            .values({name: bindparam(name) for name in _FIELDS})
        )

    def load(self, streams: Collection[StreamId]) -> Mapping[StreamId, Snapshot]:
        """Return the snapshots of those of *streams* that have one; raises `StoreUnavailable`."""
        found: dict[StreamId, Snapshot] = {}
        with self._reading() as connection:
            for realm, names in by_realm(streams).items():
                for some in chunks(names):
                    rows = connection.execute(self._load, {"of_realm": realm, "of_streams": list(some)}).mappings()
                    for row in rows:
                        stream = StreamId(row["stream"], realm)  # type: ignore[arg-type]
                        found[stream] = Snapshot(**{name: row[name] for name in _FIELDS})
        return found

    def keep(self, stream: StreamId, snapshot: Snapshot) -> None:
        """Keep *snapshot* unless there is a later one of the same kind; raises `StoreUnavailable`."""
        values = {name: getattr(snapshot, name) for name in _FIELDS}
        with self._transaction() as connection:
            place = {"of_realm": stream.realm, "of_stream": stream.name}
            if connection.execute(self._replace, {**values, **place}).rowcount == 0:
                absent = {"tenant": self._tenant, "realm": stream.realm, "stream": stream.name, **values}
                connection.execute(insert_absent(connection, self._rows), absent)


def forget_snapshots(connection: Connection, tables: Tables, tenant: str, streams: Collection[StreamId]) -> None:
    """Delete the snapshots of *streams*: their bodies leave, and what was folded from them goes with them."""
    rows = tables.snapshots
    for realm, names in by_realm(streams).items():
        for some in chunks(names):
            connection.execute(
                delete(rows).where(rows.c.tenant == tenant, rows.c.realm == realm, rows.c.stream.in_(some))
            )
