"""The library in a table, with an index of terms as each database has one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import orjson
from sqlalchemy import Column, Connection, Index, Table

from respond.domain.events import Event
from respond.projections.library import Item, Library, carry
from respond.projections.sql.columns import CUT, cut, keeper
from respond.projections.sql.library_answers import LibraryAnswers, item_of
from respond.projections.sql.place import Place
from respond.projections.sql.projection import Content, TableProjection
from respond.projections.sql.rows import Rows
from respond.projections.terms import folded, indexed, terms_of
from respond.store.sql.schema import big, name, words

_keep = keeper(Item)


class TableLibrary(TableProjection):
    """Keeps what `respond.projections.library.Library` does."""

    name: ClassVar[str] = "library"
    version: ClassVar[int] = 1
    handles: ClassVar[frozenset[str] | None] = Library.handles

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.table = place.table(
            Column("stream", name(), primary_key=True),
            Column("position", big(), nullable=False),
            Column("kind", name(CUT), nullable=False),
            Column("category", name(CUT), nullable=True),
            Column("site", name(CUT), nullable=True),
            Column("level", big(), nullable=True),
            Column("terms", words(), nullable=False),
            Column("item", words(), nullable=False),
            Index("newest", "tenant", "kind", "position"),
            Index("category", "tenant", "kind", "category", "position"),
            Index("site", "tenant", "kind", "site", "position"),
        )
        self._rows = Rows(self.table, place.tenant)

    @property
    def tables(self) -> Sequence[Table]:
        return (self.table,)

    def create(self, connection: Connection) -> None:
        """Make the table, and the index of its terms."""
        super().create(connection)
        quoted = connection.dialect.identifier_preparer.format_table(self.table)
        for statement in _INDEXES[connection.dialect.name]:
            connection.exec_driver_sql(statement.format(table=quoted, name=self.table.name))

    def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Take a batch on, as the library in memory does event by event."""
        streams = {event.body["stream"] for event in events}
        items = {stream: item_of(kept) for stream, kept in self._rows.load(connection, streams, self.table.c.item)}
        for event in events:
            carry(items, event)
        self._rows.write(connection, [_row(items[stream]) for stream in sorted(items)])

    def content(self, connection: Connection) -> Iterator[Content]:
        """Yield what is kept of each lesson and incident, by its stream."""
        for stream, *values in self._rows.all(connection, *self._kept()):
            *index, item = values
            yield stream, [*index, orjson.loads(item)]

    def fold(self, events: Iterable[Event]) -> Iterator[Content]:
        """Yield what the library in memory keeps after *events*."""
        library = Library()
        for event in events:
            library.apply(event)
        for stream, item in sorted(library.items.items()):
            row = _row(item)
            yield stream, [*(row[column.name] for column in self._kept()[:-1]), orjson.loads(row["item"])]

    def answers(self, connection: Connection) -> LibraryAnswers:
        """Return who answers questions about the rows, on *connection*."""
        return LibraryAnswers(self.table, self._rows, connection)

    def _kept(self) -> list[Column[Any]]:
        """Return every column behind the key; the whole value is the last."""
        return [column for column in self.table.columns if not column.primary_key]


def _row(item: Item) -> dict[str, Any]:
    return {
        "stream": item.stream,
        "position": item.position,
        "kind": item.kind if item.held else "",
        "category": cut(item.category),
        "site": cut(item.site),
        "level": item.level,
        "terms": f"{indexed(terms_of(item.text))} {indexed(map(folded, item.tags), 't')}".strip(),
        "item": _keep(item),
    }


_ADD = "INSERT INTO {name}_terms(rowid, terms) VALUES (new.position, new.terms);"
_REMOVE = "INSERT INTO {name}_terms({name}_terms, rowid, terms) VALUES ('delete', old.position, old.terms);"
_OPTIONS = "content='{name}', content_rowid='position', tokenize='ascii', detail=none, columnsize=0"
_TRIGGER = "CREATE TRIGGER IF NOT EXISTS {{name}}_{name} AFTER {when} BEGIN {what} END"
_FULLTEXT = ("CREATE FULLTEXT INDEX IF NOT EXISTS {name}_terms ON {table} (terms)",)
_VECTOR = "array_to_tsvector(string_to_array(terms, ' '))"
_INDEXES = {
    "postgresql": (f"CREATE INDEX IF NOT EXISTS {{name}}_terms ON {{table}} USING gin ({_VECTOR})",),
    "mysql": _FULLTEXT,
    "mariadb": _FULLTEXT,
    "sqlite": (
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {{name}}_terms USING fts5(terms, {_OPTIONS})",
        _TRIGGER.format(name="added", when="INSERT ON {table}", what=_ADD),
        _TRIGGER.format(name="removed", when="DELETE ON {table}", what=_REMOVE),
        _TRIGGER.format(name="changed", when="UPDATE ON {table} WHEN old.terms <> new.terms", what=f"{_REMOVE} {_ADD}"),
    ),
}
"""The statements that index the column of terms, by dialect; each may be repeated."""
