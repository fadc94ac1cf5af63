"""Answers from the table of the library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Table, cast, func, literal_column, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY

from respond.projections.library import Item, Kin, LessonPage, Wanted, page_of
from respond.projections.listing import before
from respond.projections.sql.columns import cut
from respond.projections.sql.rows import Rows
from respond.projections.terms import indexed

_FETCHED = 200
"""How many rows are looked at in one go, at the most."""
_LOOKED_AT = 1000
"""How many of the newest rows are looked at one by one before an index is asked that cannot begin with the newest."""
_TERMS_MAX = 32
"""How many terms the index is asked for; whoever fits more is looked at whole."""

Narrow = Callable[[Any], Iterable[ColumnElement[bool]]]
"""What rows must meet, by their columns."""


class LibraryAnswers:
    """Answers as `respond.projections.library.Library` does."""

    def __init__(self, kept: Table, rows: Rows, connection: Connection) -> None:
        self._table = kept
        self._rows = rows
        self._connection = connection

    def lessons(self, wanted: Wanted, *, after: str | None = None, limit: int = 20) -> LessonPage:
        """Return up to *limit* lessons that are *wanted*, newest first; see `Library.lessons`."""

        def narrow(columns: Any) -> Iterator[ColumnElement[bool]]:
            yield columns.kind == "lesson"
            if wanted.level is not None:
                yield columns.level == wanted.level
            if wanted.categories is not None:
                yield columns.category.in_([cut(one) for one in sorted(wanted.categories)])

        terms = [] if wanted.query is None else indexed(_longest(wanted.query.terms)).split()
        terms += indexed(wanted.tags, "t").split()
        found = self._newest(narrow, self._every(terms), before(after), max(1, min(limit + 1, _FETCHED)))
        return page_of(filter(wanted.fits, found), limit)

    def item(self, stream: str) -> Item | None:
        """Return what is kept of the aggregate with this *stream*; None when nothing is."""
        query = self._rows.select(self._table.c.item).where(self._table.c.stream == stream)
        kept = self._connection.execute(query).scalar_one_or_none()
        return None if kept is None else item_of(kept)

    def alike(self, kin: Kin, *, limit: int) -> Iterator[Item]:
        """Yield up to *limit* items that share something, newest first; see `Library.alike`."""
        categories = [cut(one) for one in sorted(kin.categories)]
        shared: list[tuple[Narrow, str]] = []
        if categories:
            shared.append((lambda columns: (columns.category.in_(categories),), ""))
        if kin.site is not None:
            shared.append((lambda columns: (columns.site == cut(kin.site),), ""))
        if kin.terms:
            shared.append((lambda _: (), self._some(indexed(kin.terms).split())))
        ways = [self._newest(_held(narrow), match, None, min(limit, _FETCHED)) for narrow, match in shared]
        return islice(_once(merge(*ways, key=lambda one: -one.position)), limit)

    @property
    def _dialect(self) -> str:
        return self._connection.dialect.name

    def _newest(self, narrow: Narrow, match: str, end: int | None, limit: int) -> Iterator[Item]:
        """Yield what *narrow* leaves and *match*es by its terms, newest first, *limit* rows at a time."""
        if match and self._dialect == "postgresql":
            yield from self._newest_of_postgresql(narrow, match, end)
            return
        columns = self._table.c
        query = self._rows.select(columns.item).where(*narrow(columns))
        place: ColumnElement[int] = columns.position
        if match and self._dialect == "sqlite":
            # The index is read newest first, and each hit is looked up: the sign keeps it from being asked row by row.
            terms = f"{self._table.name}_terms"
            place = literal_column(f"{terms}.rowid")
            found = self._table.join(table(terms), columns.position == literal_column(f"+{terms}.rowid"))
            query = query.select_from(found).where(text(f"{terms} MATCH :match").bindparams(match=match))
        elif match:
            query = query.where(columns.terms.match(match, mysql_boolean_mode=True))
        query = query.order_by(place.desc()).limit(limit)
        while True:
            page = self._connection.execute(query if end is None else query.where(place < end)).scalars().all()
            for kept in page:
                item = item_of(kept)
                end = item.position
                yield item
            if len(page) < limit:
                return

    def _newest_of_postgresql(self, narrow: Narrow, match: str, end: int | None) -> Iterator[Item]:
        """Yield the same, by two looks that do not rest on a guess of how many rows hold a term.

        What is frequent is found among the newest rows, one by one; what is not, by the index, which knows no order.
        """
        columns = self._table.c
        newest = self._rows.select(columns.position, columns.terms, columns.item).where(*narrow(columns))
        if end is not None:
            newest = newest.where(columns.position < end)
        window = newest.order_by(columns.position.desc()).limit(_LOOKED_AT).subquery()
        first = select(window.c.item).where(_holds(window.c.terms, match)).order_by(window.c.position.desc())
        yield from map(item_of, self._connection.execute(first).scalars())
        lowest, looked_at = self._connection.execute(select(func.min(window.c.position), func.count())).one()
        if looked_at < _LOOKED_AT:
            return
        hits = select(self._table).where(_holds(columns.terms, match)).cte("hits").prefix_with("MATERIALIZED")
        rest = select(hits.c.item).where(hits.c.tenant == self._rows.tenant, hits.c.position < lowest, *narrow(hits.c))
        yield from map(item_of, self._connection.execute(rest.order_by(hits.c.position.desc())).scalars())

    def _every(self, terms: list[str]) -> str:
        """Return what asks the index for all *terms*; empty when there are none."""
        if self._dialect in ("mysql", "mariadb"):
            return " ".join(f"+{term}" for term in terms)
        return (" & " if self._dialect == "postgresql" else " AND ").join(terms)

    def _some(self, terms: list[str]) -> str:
        """Return what asks the index for any of *terms*."""
        return {"postgresql": " | ", "sqlite": " OR "}.get(self._dialect, " ").join(terms)


def item_of(kept: str) -> Item:
    """Return what the table keeps of a lesson or an incident."""
    return Item(**orjson.loads(kept))


def _held(narrow: Narrow) -> Narrow:
    """Return *narrow* for what is to be found."""
    return lambda columns: (columns.kind.in_(("incident", "lesson")), *narrow(columns))


def _holds(terms: ColumnElement[str], match: str) -> ColumnElement[bool]:
    """Return the condition of PostgreSQL's index: the very expression that it was made of."""
    vector = func.array_to_tsvector(func.string_to_array(terms, literal_column("' '")))
    return vector.op("@@", is_comparison=True)(cast(match, TSQUERY))


def _longest(terms: Iterable[str]) -> list[str]:
    """Return the terms to ask the index for: what is longer is rarer."""
    return sorted(terms, key=lambda term: (-len(term), term))[:_TERMS_MAX]


def _once(items: Iterable[Item]) -> Iterator[Item]:
    """Yield each of *items*, of which the same follow each other, once."""
    last = None
    for item in items:
        if item.stream != last:
            last = item.stream
            yield item
