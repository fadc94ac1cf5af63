"""The searchable list of all incidents, and the board, in a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import orjson
from sqlalchemy import Column, ColumnElement, Connection, Index, Table, func

from respond.domain.events import Event
from respond.domain.streams import StreamId
from respond.errors import InvalidRecord
from respond.projections import board as wall
from respond.projections.board import Board
from respond.projections.listing import Filters, Listing, Page, before, numbered, page_of, several
from respond.projections.rows import Row, Standing, carry
from respond.projections.sql.columns import CUT, cut, keeper, searched
from respond.projections.sql.place import Place
from respond.projections.sql.projection import Content, TableProjection
from respond.projections.sql.rows import Rows
from respond.store.sql.schema import big, name, words
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.state import OPEN

_FETCHED = 1000
"""How many rows a page is looked for in at once, at the most."""
_keep = keeper(Standing)


class TableListing(TableProjection):
    """Answers as `respond.projections.listing.Listing` of the real incidents does."""

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
        standings = {stream: _standing(kept) for stream, kept in rows}
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
        for stream, standing in sorted(listing.standings().items()):
            row = _row(stream, standing)
            yield stream, [*(row[column.name] for column in self._kept()[:-1]), orjson.loads(row["standing"])]

    # -- questions -----------------------------------------------------------------------------------------------------

    def page(
        self,
        connection: Connection,
        *,
        after: str | None = None,
        limit: int = 50,
        state: str | None = None,
        level: int | None = None,
        category: str | None = None,
        text: str | None = None,
    ) -> Page:
        """Return up to *limit* incidents that meet every filter, newest first; see `Listing.page`."""
        filters = Filters.of(state=state, level=level, category=category, text=text)
        conditions = self._narrowed(filters, connection.dialect.name)
        found = self._newest(connection, conditions, before(after), max(1, min(limit + 1, _FETCHED)))
        return page_of(filter(filters.fit, found), limit)

    def find(self, connection: Connection, wanted: str) -> str | None:
        """Return the id of the incident with this id, number or foreign reference; see `Listing.find`."""
        standing = self._of_key(connection, wanted) or self._of_number(connection, wanted)
        if standing is not None:
            return standing.id
        found = self._select(connection, self.table.c.reference == cut(wanted))
        referenced = [one for one in found if one.reference == wanted]
        if len(referenced) > 1:
            raise several(wanted, referenced)
        return referenced[0].id if referenced else None

    def get(self, connection: Connection, incident_id: str) -> Row | None:
        """Return the row of the incident with this id; None when there is none."""
        standing = self._of_key(connection, incident_id)
        return None if standing is None else standing.row()

    def board(self, connection: Connection, *, limit: int = 20) -> Board:
        """Return the open incidents by state and level; see `respond.projections.board`."""
        return wall.board(self._select(connection, self.table.c.state.in_(OPEN)), limit=limit)

    def _kept(self) -> list[Column[Any]]:
        """Return every column behind the key; the whole value is the last."""
        return [column for column in self.table.columns if not column.primary_key]

    def _narrowed(self, filters: Filters, dialect: str) -> list[ColumnElement[bool]]:
        """Return conditions that every row meets that meets *filters*."""
        columns = self.table.c
        conditions = []
        if filters.state is not None:
            conditions.append(columns.state == cut(filters.state))
        if filters.level is not None:
            conditions.append(columns.level == filters.level)
        if filters.category is not None:
            conditions.append(columns.category == cut(filters.category))
        if filters.folded is not None:
            place = func.strpos if dialect == "postgresql" else func.instr
            conditions.append(place(columns.search, searched(filters.folded)) > 0)
        return conditions

    def _newest(
        self, connection: Connection, conditions: list[ColumnElement[bool]], end: int | None, limit: int
    ) -> Iterator[Standing]:
        """Yield what meets *conditions*, newest first, from before position *end* on, *limit* rows at a time."""
        columns = self.table.c
        query = self._rows.select(columns.standing).where(*conditions).order_by(columns.position.desc()).limit(limit)
        while True:
            page = connection.execute(query if end is None else query.where(columns.position < end)).scalars().all()
            for kept in page:
                standing = _standing(kept)
                end = standing.position
                yield standing
            if len(page) < limit:
                return

    def _select(self, connection: Connection, condition: ColumnElement[bool]) -> Iterator[Standing]:
        query = self._rows.select(self.table.c.standing).where(condition)
        return map(_standing, connection.execute(query).scalars())

    def _of_key(self, connection: Connection, key: str) -> Standing | None:
        try:
            stream = StreamId.of(INCIDENT_CATEGORY, key).name
        except InvalidRecord:  # longer than an id, or with characters that no id holds
            return None
        return next(self._select(connection, self.table.c.stream == stream), None)

    def _of_number(self, connection: Connection, wanted: str) -> Standing | None:
        position = numbered(wanted)
        return None if position is None else next(self._select(connection, self.table.c.position == position), None)


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


def _standing(kept: str) -> Standing:
    return Standing(**orjson.loads(kept))
