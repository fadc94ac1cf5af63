"""Answers about all incidents, from the table of the list."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
from sqlalchemy import ColumnElement, Connection, Table, func

from respond.domain.streams import StreamId
from respond.errors import InvalidRecord
from respond.projections import board as wall
from respond.projections.board import Board
from respond.projections.listing import Filters, Page, before, numbered, page_of, several
from respond.projections.rows import Row, Standing
from respond.projections.sql.columns import cut, searched
from respond.projections.sql.rows import Rows
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.state import OPEN

_FETCHED = 1000
"""How many rows a page is looked for in at once, at the most."""


class ListingAnswers:
    """Answers as `respond.projections.listing.Listing` of the real incidents does."""

    def __init__(self, table: Table, rows: Rows, connection: Connection) -> None:
        self._columns = table.c
        self._rows = rows
        self._connection = connection

    def page(
        self,
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
        conditions = self._narrowed(filters, self._connection.dialect.name)
        found = self._newest(conditions, before(after), max(1, min(limit + 1, _FETCHED)))
        return page_of(filter(filters.fit, found), limit)

    def find(self, wanted: str) -> str | None:
        """Return the id of the incident with this id, number or foreign reference; see `Listing.find`."""
        standing = self._of_key(wanted) or self._of_number(wanted)
        if standing is not None:
            return standing.id
        found = self._select(self._columns.reference == cut(wanted))
        referenced = [one for one in found if one.reference == wanted]
        if len(referenced) > 1:
            raise several(wanted, referenced)
        return referenced[0].id if referenced else None

    def get(self, incident_id: str) -> Row | None:
        """Return the row of the incident with this id; None when there is none."""
        standing = self._of_key(incident_id)
        return None if standing is None else standing.row()

    def board(self, *, limit: int = 20) -> Board:
        """Return the open incidents by state and level; see `respond.projections.board`."""
        return wall.board(self._select(self._columns.state.in_(OPEN)), limit=limit)

    def _narrowed(self, filters: Filters, dialect: str) -> list[ColumnElement[bool]]:
        """Return conditions that every row meets that meets *filters*."""
        columns = self._columns
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

    def _newest(self, conditions: list[ColumnElement[bool]], end: int | None, limit: int) -> Iterator[Standing]:
        """Yield what meets *conditions*, newest first, from before position *end* on, *limit* rows at a time."""
        columns = self._columns
        newest = self._rows.select(columns.standing).where(*conditions).order_by(columns.position.desc()).limit(limit)
        while True:
            query = newest if end is None else newest.where(columns.position < end)
            page = self._connection.execute(query).scalars().all()
            for kept in page:
                standing = standing_of(kept)
                end = standing.position
                yield standing
            if len(page) < limit:
                return

    def _select(self, condition: ColumnElement[bool]) -> Iterator[Standing]:
        query = self._rows.select(self._columns.standing).where(condition)
        return map(standing_of, self._connection.execute(query).scalars())

    def _of_key(self, key: str) -> Standing | None:
        try:
            stream = StreamId.of(INCIDENT_CATEGORY, key).name
        except InvalidRecord:  # longer than an id, or with characters that no id holds
            return None
        return next(self._select(self._columns.stream == stream), None)

    def _of_number(self, wanted: str) -> Standing | None:
        position = numbered(wanted)
        return None if position is None else next(self._select(self._columns.position == position), None)


def standing_of(kept: str) -> Standing:
    """Return what the table keeps of an incident."""
    return Standing(**orjson.loads(kept))
