"""The searchable list of all incidents, and the board, in a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import orjson
from sqlalchemy import Column, Connection, Index, Table

from respond.domain.events import Event
from respond.projections.listing import Listing
from respond.projections.rows import Standing, carry
from respond.projections.sql.columns import CUT, cut, keeper, searched
from respond.projections.sql.listing_answers import ListingAnswers, standing_of
from respond.projections.sql.place import Place
from respond.projections.sql.projection import Content, TableProjection
from respond.projections.sql.rows import Rows
from respond.store.sql.schema import big, name, words

_keep = keeper(Standing)


class TableListing(TableProjection):
    """Keeps what `respond.projections.listing.Listing` of the real incidents does."""

    name: ClassVar[str] = "listing"
    version: ClassVar[int] = 1
    handles: ClassVar[frozenset[str] | None] = Listing.handles

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.table = place.table(
            Column("stream", name(), primary_key=True),
            Column("position", big(), nullable=False),
            Column("state", name(CUT), nullable=False),
            Column("level", big(), nullable=True),
            Column("category", name(CUT), nullable=False),
            Column("reference", name(CUT), nullable=True),
            Column("search", words(), nullable=False),
            Column("standing", words(), nullable=False),
            Index("newest", "tenant", "position"),
            Index("state", "tenant", "state", "position"),
            Index("reference", "tenant", "reference"),
        )
        self._rows = Rows(self.table, place.tenant)

    @property
    def tables(self) -> Sequence[Table]:
        return (self.table,)

    def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Take a batch on, as the list in memory does event by event."""
        streams = {event.body["stream"] for event in events}
        rows = self._rows.load(connection, streams, self.table.c.standing)
        standings = {stream: standing_of(kept) for stream, kept in rows}
        for event in events:
            carry(standings, event)
        self._rows.write(connection, [_row(stream, standings[stream]) for stream in sorted(standings)])

    def content(self, connection: Connection) -> Iterator[Content]:
        """Yield what is kept of each incident, by its stream."""
        for stream, *values in self._rows.all(connection, *self._kept()):
            *index, standing = values
            yield stream, [*index, orjson.loads(standing)]

    def fold(self, events: Iterable[Event]) -> Iterator[Content]:
        """Yield what the list in memory keeps of each incident after *events*."""
        listing = Listing()
        for event in events:
            listing.apply(event)
        return self.of_memory(listing)

    def of_memory(self, listing: Listing) -> Iterator[Content]:
        """Yield what the table holds when it is where *listing* is."""
        for stream, standing in sorted(listing.standings().items()):
            row = _row(stream, standing)
            yield stream, [*(row[column.name] for column in self._kept()[:-1]), orjson.loads(row["standing"])]

    def answers(self, connection: Connection) -> ListingAnswers:
        """Return who answers questions about the rows, on *connection*."""
        return ListingAnswers(self.table, self._rows, connection)

    def _kept(self) -> list[Column[Any]]:
        """Return every column behind the key; the whole value is the last."""
        return [column for column in self.table.columns if not column.primary_key]


def _row(stream: str, standing: Standing) -> dict[str, Any]:
    return {
        "stream": stream,
        "position": standing.position,
        "state": cut(standing.state),
        "level": standing.level,
        "category": cut(standing.category),
        "reference": cut(standing.reference),
        "search": searched(standing.searched()),
        "standing": _keep(standing),
    }
