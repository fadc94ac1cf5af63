"""When to look at an incident again because something falls due: a table for whoever watches deadlines.

A deadline is derived from the log, the plan and nothing else; this only keeps when the next moment comes that somebody
derived.  An incident that changed since then is to be looked at at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import ClassVar

import attrs
from sqlalchemy import Column, Connection, Index, Table, and_, bindparam, or_, update

from respond.domain.events import Event
from respond.domain.moments import to_microseconds
from respond.domain.streams import StreamId
from respond.projections.sql.place import Place
from respond.projections.sql.projection import Content, TableProjection
from respond.projections.sql.rows import Rows
from respond.store.sql.schema import big, name
from respond.workflow.incident import INCIDENT

_AT_ONCE = 0
"""The moment of an incident that changed since it was looked at."""


@attrs.frozen
class Look:
    """An incident that is to be looked at."""

    incident: str
    """Its id."""
    version: int
    """How many events it had when this was found."""
    next_us: int
    """When to look at it, in microseconds since 1970; 0 is at once."""


class TableDue(TableProjection):
    """Keeps when each incident is to be looked at again."""

    name: ClassVar[str] = "due"
    version: ClassVar[int] = 1
    handles: ClassVar[frozenset[str] | None] = frozenset(declared.name for declared in INCIDENT.event_types)

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.table = place.table(
            Column("stream", name(), primary_key=True),
            Column("version", big(), nullable=False),
            Column("next_us", big(), nullable=True),
            Index("next", "tenant", "next_us"),
        )
        self._rows = Rows(self.table, place.tenant)

    @property
    def tables(self) -> Sequence[Table]:
        return (self.table,)

    def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Note the incidents that changed."""
        versions = {event.body["stream"]: event.version for event in events}
        rows = [{"stream": stream, "version": versions[stream], "next_us": _AT_ONCE} for stream in sorted(versions)]
        self._rows.write(connection, rows)

    def content(self, connection: Connection) -> Iterator[Content]:
        """Yield the version of each incident, by its stream; when to look again is no part of what the log says."""
        for stream, version in self._rows.all(connection, self.table.c.version):
            yield stream, [version]

    def fold(self, events: Iterable[Event]) -> Iterator[Content]:
        """Yield the version of each incident after *events*."""
        versions = {event.body["stream"]: event.version for event in events}
        yield from ((stream, [version]) for stream, version in sorted(versions.items()))

    def looks(self, connection: Connection, *, until: datetime, after: Look | None, limit: int) -> list[Look]:
        """Return which incidents to look at up to *until*, the most urgent first, those behind *after*."""
        columns = self.table.c
        query = self._rows.select(columns.stream, columns.version, columns.next_us)
        query = query.where(columns.next_us <= to_microseconds(until))
        if after is not None:
            same = and_(columns.next_us == after.next_us, columns.stream > _stream(after))
            query = query.where(or_(columns.next_us > after.next_us, same))
        query = query.order_by(columns.next_us, columns.stream).limit(limit)
        return [Look(StreamId(stream).key, version, next_us) for stream, version, next_us in connection.execute(query)]

    def settle(self, connection: Connection, looks: Iterable[tuple[Look, datetime | None]]) -> None:
        """Keep when to look at each incident again, None for never, unless it changed since."""
        columns = self.table.c
        statement = (
            update(self.table)
            .where(
                columns.tenant == self.place.tenant,
                columns.stream == bindparam("of_stream"),
                columns.version == bindparam("of_version"),
            )
            .values(next_us=bindparam("to_next"))
        )
        rows = [
            {
                "of_stream": _stream(look),
                "of_version": look.version,
                "to_next": None if next_at is None else to_microseconds(next_at),
            }
            for look, next_at in looks
        ]
        if rows:
            connection.execute(statement, rows)


def _stream(look: Look) -> str:
    return StreamId.of(INCIDENT.category, look.incident).name
