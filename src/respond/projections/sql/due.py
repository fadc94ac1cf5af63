"""When to look at an incident again because something falls due: a table for whoever watches deadlines.

A deadline is derived from the log and the plan, and from nothing else; this only keeps what was found when somebody
looked.  An incident that changed since then is to be looked at at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, Connection, Index, Table, and_, bindparam, or_, update

from respond.domain.events import Event
from respond.domain.moments import to_microseconds
from respond.domain.streams import StreamId
from respond.projections.looks import AT_ONCE, By, Look, Looked
from respond.projections.sql.place import Place
from respond.projections.sql.projection import Content, TableProjection
from respond.projections.sql.rows import Rows
from respond.store.sql.schema import big, name
from respond.workflow.incident import INCIDENT


class TableDue(TableProjection):
    """Keeps when each incident is to be looked at again."""

    name: ClassVar[str] = "due"
    version: ClassVar[int] = 3
    handles: ClassVar[frozenset[str] | None] = frozenset(declared.name for declared in INCIDENT.stream_types)

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.table = place.table(
            Column("stream", name(), primary_key=True),
            Column("version", big(), nullable=False),
            Column("next_us", big(), nullable=True),
            Column("due_us", big(), nullable=True),
            Index("next", "tenant", "next_us", "stream"),
            Index("due", "tenant", "due_us", "stream"),
        )
        self._rows = Rows(self.table, place.tenant)

    @property
    def tables(self) -> Sequence[Table]:
        return (self.table,)

    def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Note the incidents that changed."""
        versions = _versions(events)
        rows = [
            {"stream": stream, "version": version, "next_us": AT_ONCE, "due_us": None}
            for stream, version in sorted(versions.items())
        ]
        self._rows.write(connection, rows)

    def content(self, connection: Connection) -> Iterator[Content]:
        """Yield the version of each incident, by its stream; what somebody found is no part of what the log says."""
        for stream, version in self._rows.all(connection, self.table.c.version):
            yield stream, [version]

    def fold(self, events: Iterable[Event]) -> Iterator[Content]:
        """Yield the version of each incident after *events*."""
        yield from ((stream, [version]) for stream, version in sorted(_versions(events).items()))

    def looks(self, connection: Connection, by: By, *, until: datetime, after: Look | None, limit: int) -> list[Look]:
        """Return which incidents to look at up to *until*, the most urgent first, those behind *after*."""
        columns = self.table.c
        moment = columns.next_us if by == "next" else columns.due_us
        query = self._rows.select(columns.stream, columns.version, moment).where(moment <= to_microseconds(until))
        if after is not None:
            same = and_(moment == after.moment, columns.stream > _stream(after))
            query = query.where(or_(moment > after.moment, same))
        query = query.order_by(moment, columns.stream).limit(limit)
        return [Look(StreamId(stream).key, version, moment) for stream, version, moment in connection.execute(query)]

    def settle(self, connection: Connection, looked: Iterable[Looked]) -> None:
        """Keep what was found in incidents, unless they changed since."""
        columns = self.table.c
        statement = (
            update(self.table)
            .where(
                columns.tenant == self.place.tenant,
                columns.stream == bindparam("of_stream"),
                columns.version == bindparam("of_version"),
            )
            .values(next_us=bindparam("to_next"), due_us=bindparam("to_due"))
        )
        rows = [
            {
                "of_stream": _stream(one.look),
                "of_version": one.look.version,
                "to_next": one.next_us,
                "to_due": one.due_us,
            }
            for one in looked
        ]
        if rows:  # in one order, so that two who settle never wait for each other
            connection.execute(statement, sorted(rows, key=lambda row: str(row["of_stream"])))


def _versions(events: Iterable[Event]) -> dict[str, int]:
    """Return the versions of incidents after *events*; approvals are given in other streams too."""
    return {event.stream.name: event.version for event in events if event.stream.category == INCIDENT.category}


def _stream(look: Look) -> str:
    return StreamId.of(INCIDENT.category, look.incident).name
