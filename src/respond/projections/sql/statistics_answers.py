"""Answers about the figures, from the tables of the statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    and_,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from respond.projections.sql.place import Place
from respond.projections.statistics import ACKNOWLEDGE, PERCENTS, RESOLVE, Figures, Spread, figures_of, rank_of
from respond.projections.tallies import Sums


class StatisticsAnswers:
    """Answers as `respond.projections.statistics.Statistics` does."""

    def __init__(self, place: Place, tallies: Table, sums: Table, connection: Connection) -> None:
        self._place = place
        self._tallies = tallies
        self._sums = sums
        self._connection = connection

    def figures(self) -> Figures:
        """Return the figures, asked in one statement, so that they are of one moment."""
        sums, unreadable = Sums(), 0
        ranked: dict[str, dict[int, int]] = {"acknowledge": {}, "resolve": {}}
        counts = dict.fromkeys(ranked, 0)
        answers: Iterable[Any] = self._connection.execute(self._asked())
        for what, count, rank, seconds, kept in answers:
            if what == "sums":
                sums = sums_of(kept)
            elif what == "unreadable":
                unreadable = count
            else:
                counts[what], ranked[what][rank] = count, seconds
        return figures_of(
            sums,
            acknowledge=_spread(counts["acknowledge"], ranked["acknowledge"], ACKNOWLEDGE),
            resolve=_spread(counts["resolve"], ranked["resolve"], RESOLVE),
            unreadable=unreadable,
        )

    def _asked(self) -> CompoundSelect[Any]:
        """Return the one statement: what it is, how many there are, and of a span its rank and seconds."""
        columns, nothing = self._tallies.c, literal(0, BigInteger)
        letters = self._place.dead_letters()
        mine = (
            letters.tenant == self._place.tenant,
            letters.name == self._place.name,
            letters.version == self._place.build.key,
        )
        unread = select(func.count()).where(*mine).scalar_subquery()
        return union_all(
            self._of_tenant(self._sums, literal("sums"), nothing, nothing, nothing, self._sums.c.sums),
            select(literal("unreadable"), unread, nothing, nothing, null()),
            self._ranked("acknowledge", columns.acknowledge_seconds),
            self._ranked("resolve", columns.resolve_seconds),
        )

    def _ranked(self, what: str, seconds: Column[int]) -> Select[Any]:
        """Return a query of the spans that the figures name, and of how many there are."""
        rank, count = func.row_number().over(order_by=seconds), func.count().over()
        spans = self._of_tenant(self._tallies, rank.label("rank"), count.label("count"), seconds.label("seconds"))
        of = spans.where(seconds.is_not(None)).subquery().c
        named = or_(*(_is_nearest(of.rank, of.count, percent) for percent in PERCENTS))
        return select(literal(what), of.count, of.rank, of.seconds, null()).where(named)

    def _of_tenant(self, table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
        return select(*columns).where(table.c.tenant == self._place.tenant)


def _is_nearest(rank: ColumnElement[int], count: ColumnElement[int], percent: int) -> ColumnElement[bool]:
    """Return whether a row has the nearest rank; as `rank_of`, without a division: no two databases agree on one."""
    return and_(rank * 100 >= count * percent, (rank - 1) * 100 < count * percent)


def _spread(count: int, ranked: Mapping[int, int], definition: str) -> Spread:
    median, percentile_90 = (ranked.get(rank_of(count, percent)) for percent in PERCENTS)
    return Spread(count=count, median_seconds=median, percentile_90_seconds=percentile_90, definition=definition)


def sums_of(kept: str) -> Sums:
    """Return what the table keeps of the sums."""
    fields: dict[str, Any] = orjson.loads(kept)
    for field, value in fields.items():
        if isinstance(value, list):
            fields[field] = Counter(dict(value))
    return Sums(**fields)
