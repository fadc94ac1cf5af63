"""Rows of one table, loaded and written by the set, and only ever those of one tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Insert,
    Select,
    Table,
    bindparam,
    delete,
    func,
    select,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite

CHUNK = 500
"""How many keys stand in one list: statements of few sizes are prepared once."""
PAGE = 5000
"""How many rows are read at once where all are."""


class Rows:
    """The rows of one tenant in a table whose key is the tenant and one more column."""

    def __init__(self, table: Table, tenant: str) -> None:
        self.table = table
        self.tenant = tenant
        self.key: Column[Any] = next(column for column in table.primary_key if column.name != "tenant")
        self._upsert: Insert | None = None
        self._arrays: str | None = None
        self._queries: dict[tuple[str, ...], Select[Any]] = {}

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Return a query of *columns* of the tenant's rows."""
        return select(*columns).where(self.table.c.tenant == self.tenant)

    def load(self, connection: Connection, keys: Iterable[str], *columns: Column[Any]) -> Iterator[Any]:
        """Yield the key and *columns* of the rows that have one of *keys*."""
        wanted = sorted(keys)
        if connection.dialect.name == "postgresql":
            yield from connection.execute(self._query(columns, any_of=True), {"keys": wanted})
            return
        for start in range(0, len(wanted), CHUNK):
            yield from connection.execute(self._query(columns), {"keys": wanted[start : start + CHUNK]})

    def all(self, connection: Connection, *columns: Column[Any]) -> Iterator[Any]:
        """Yield the key and *columns* of every row, by key, page by page."""
        query = self.select(self.key, *columns).order_by(self.key).limit(PAGE)
        page = connection.execute(query).all()
        while page:
            yield from page
            page = connection.execute(query.where(self.key > page[-1][0])).all()

    def write(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write whole *rows*, given without the tenant; one with the same key is replaced."""
        if not rows:
            return
        if connection.dialect.name == "postgresql":
            if self._arrays is None:
                self._arrays = _upsert_arrays(self.table, connection.dialect)
            names = [column.name for column in self.table.columns if column.name != "tenant"]
            columns = {column: [row[column] for row in rows] for column in names}
            connection.exec_driver_sql(self._arrays, {"tenant": self.tenant, **columns})
            return
        if self._upsert is None:
            upsert = _upsert_sqlite if connection.dialect.name == "sqlite" else _upsert_mariadb
            self._upsert = upsert(self.table)
        connection.execute(self._upsert, [{"tenant": self.tenant, **row} for row in rows])

    def _query(self, columns: tuple[Column[Any], ...], *, any_of: bool = False) -> Select[Any]:
        """Return the query of *columns* by keys; made once, for that takes longer than to ask it."""
        names = tuple(column.name for column in columns)
        query = self._queries.get(names)
        if query is None:
            array = func.any(bindparam("keys", type_=postgresql.ARRAY(self.key.type)))
            keys = self.key == array if any_of else self.key.in_(bindparam("keys", expanding=True))
            query = self._queries[names] = self.select(self.key, *columns).where(keys)
        return query

    def remove(self, connection: Connection, keys: Iterable[str]) -> None:
        """Remove the rows that have one of *keys*."""
        wanted = sorted(keys)
        mine = delete(self.table).where(self.table.c.tenant == self.tenant)
        for start in range(0, len(wanted), CHUNK):
            connection.execute(mine.where(self.key.in_(wanted[start : start + CHUNK])))


def _upsert_sqlite(table: Table) -> Insert:
    insert = sqlite.insert(table)
    return insert.on_conflict_do_update(index_elements=_key(table), set_=_others(table, insert.excluded))


def _upsert_mariadb(table: Table) -> Insert:
    insert = mysql.insert(table)
    return insert.on_duplicate_key_update(_others(table, insert.inserted))


def _upsert_arrays(table: Table, dialect: Dialect) -> str:
    """Return an upsert for PostgreSQL that takes one array for each column, not a parameter for each value.

    Its driver sends an array in binary where it is asked to, twice as fast as text with its escapes.
    """
    columns = [column for column in table.columns if column.name != "tenant"]
    arrays = [bindparam(column.name, type_=postgresql.ARRAY(column.type)) for column in columns]
    new = func.unnest(*arrays).table_valued(*(column.name for column in columns), name="new").render_derived()
    names = ["tenant", *(column.name for column in columns)]
    tenant = bindparam("tenant", type_=table.c.tenant.type)
    insert = postgresql.insert(table).from_select(names, select(tenant, *new.c), include_defaults=False)
    upsert = insert.on_conflict_do_update(index_elements=_key(table), set_=_others(table, insert.excluded))
    sql = str(upsert.compile(dialect=dialect))
    for column in columns:
        sql = sql.replace(f"%({column.name})s", f"%({column.name})b")
    return sql


def _key(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _others(table: Table, new: Any) -> dict[str, Any]:
    """Return what an upsert changes of a row that is there: all but its key."""
    return {column.name: new[column.name] for column in table.columns if not column.primary_key}
