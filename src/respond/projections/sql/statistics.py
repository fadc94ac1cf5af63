"""The statistics in tables: a tally of each incident, and the sums over all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import attrs
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

from respond.domain.events import Event
from respond.projections.sql.columns import keeper
from respond.projections.sql.place import Place
from respond.projections.sql.projection import Content, TableProjection
from respond.projections.sql.rows import Rows
from respond.projections.statistics import (
    ACKNOWLEDGE,
    PERCENTS,
    RESOLVE,
    Figures,
    Spread,
    Statistics,
    figures_of,
    rank_of,
)
from respond.projections.tallies import Sums, Tally, carry
from respond.store.sql.schema import big, name, words

_ALL = "all"
"""The key of the one row of sums."""
_keep_tally = keeper(Tally)


class TableStatistics(TableProjection):
    """Answers as `respond.projections.statistics.Statistics` does."""

    name: ClassVar[str] = "statistics"
    version: ClassVar[int] = 1
    handles: ClassVar[frozenset[str] | None] = Statistics.handles

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.tallies = place.table(
            Column("stream", name(), primary_key=True),
            Column("acknowledge_seconds", big(), nullable=True),
            Column("resolve_seconds", big(), nullable=True),
            Column("tally", words(), nullable=False),
            suffix="tallies",
        )
        self.sums = place.table(
            Column("of", name(16), primary_key=True), Column("sums", words(), nullable=False), suffix="sums"
        )
        self._tallies = Rows(self.tallies, place.tenant)
        self._sums = Rows(self.sums, place.tenant)

    @property
    def tables(self) -> Sequence[Table]:
        return self.tallies, self.sums

    def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Take a batch on: each tally that it touches is counted out of the sums, carried over it, and counted in."""
        streams = {event.body["stream"] for event in events}
        rows = self._tallies.load(connection, streams, self.tallies.c.tally)
        tallies = {stream: _tally(kept) for stream, kept in rows}
        sums = self._load_sums(connection)
        for tally in tallies.values():
            sums.add(tally, -1)
        for event in events:
            if carry(tallies, event) is not None:
                sums.events += 1
                sums.last_position = event.position
        for tally in tallies.values():
            sums.add(tally)
        if tallies:
            self._tallies.write(connection, [_row(stream, tallies[stream]) for stream in sorted(tallies)])
            self._sums.write(connection, [{"of": _ALL, "sums": _keep_sums(sums)}])

    def content(self, connection: Connection) -> Iterator[Content]:
        """Yield the sums, then the tally of each incident, by its stream."""
        yield "", orjson.loads(_keep_sums(self._load_sums(connection)))
        columns = self.tallies.c
        kept = (columns.acknowledge_seconds, columns.resolve_seconds, columns.tally)
        for stream, acknowledge, resolve, tally in self._tallies.all(connection, *kept):
            yield stream, [acknowledge, resolve, orjson.loads(tally)]

    def fold(self, events: Iterable[Event]) -> Iterator[Content]:
        """Yield what the statistics in memory keep after *events*."""
        statistics = Statistics()
        for event in events:
            statistics.apply(event)
        yield "", orjson.loads(_keep_sums(statistics.sums()))
        for stream, tally in sorted(statistics.tallies().items()):
            row = _row(stream, tally)
            yield stream, [row["acknowledge_seconds"], row["resolve_seconds"], orjson.loads(row["tally"])]

    def figures(self, connection: Connection) -> Figures:
        """Return the figures, asked in one statement, so that they are of one moment."""
        sums, unreadable = Sums(), 0
        ranked: dict[str, dict[int, int]] = {"acknowledge": {}, "resolve": {}}
        counts = dict.fromkeys(ranked, 0)
        answers: Iterable[Any] = connection.execute(self._asked())
        for what, count, rank, seconds, kept in answers:
            if what == "sums":
                sums = _sums(kept)
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
        columns, nothing = self.tallies.c, literal(0, BigInteger)
        letters = self.place.dead_letters()
        mine = (
            letters.tenant == self.place.tenant,
            letters.name == self.name,
            letters.version == self.place.build.key,
        )
        unread = select(func.count()).where(*mine).scalar_subquery()
        return union_all(
            self._sums.select(literal("sums"), nothing, nothing, nothing, self.sums.c.sums),
            select(literal("unreadable"), unread, nothing, nothing, null()),
            self._ranked("acknowledge", columns.acknowledge_seconds),
            self._ranked("resolve", columns.resolve_seconds),
        )

    def _ranked(self, what: str, seconds: Column[int]) -> Select[Any]:
        """Return a query of the spans that the figures name, and of how many there are."""
        rank, count = func.row_number().over(order_by=seconds), func.count().over()
        spans = self._tallies.select(rank.label("rank"), count.label("count"), seconds.label("seconds"))
        of = spans.where(seconds.is_not(None)).subquery().c
        named = or_(*(_is_nearest(of.rank, of.count, percent) for percent in PERCENTS))
        return select(literal(what), of.count, of.rank, of.seconds, null()).where(named)

    def _load_sums(self, connection: Connection) -> Sums:
        kept = connection.execute(self._sums.select(self.sums.c.sums)).scalar_one_or_none()
        return Sums() if kept is None else _sums(kept)


def _is_nearest(rank: ColumnElement[int], count: ColumnElement[int], percent: int) -> ColumnElement[bool]:
    """Return whether a row has the nearest rank; as `rank_of`, without a division: no two databases agree on one."""
    return and_(rank * 100 >= count * percent, (rank - 1) * 100 < count * percent)


def _spread(count: int, ranked: Mapping[int, int], definition: str) -> Spread:
    median, percentile_90 = (ranked.get(rank_of(count, percent)) for percent in PERCENTS)
    return Spread(count=count, median_seconds=median, percentile_90_seconds=percentile_90, definition=definition)


def _row(stream: str, tally: Tally) -> dict[str, Any]:
    return {
        "stream": stream,
        "acknowledge_seconds": tally.acknowledge_seconds(),
        "resolve_seconds": tally.resolve_seconds(),
        "tally": _keep_tally(tally),
    }


def _tally(kept: str) -> Tally:
    return Tally(**orjson.loads(kept))


def _keep_sums(sums: Sums) -> str:
    """Return *sums* as JSON, counters as pairs: a key of an object is no None, and no number."""
    fields = attrs.asdict(sums, recurse=False).items()
    return orjson.dumps(
        {name: _pairs(value) if isinstance(value, Counter) else value for name, value in fields}
    ).decode()


def _pairs(counts: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(((key, count) for key, count in counts.items() if count), key=repr)


def _sums(kept: str) -> Sums:
    fields: dict[str, Any] = orjson.loads(kept)
    for field, value in fields.items():
        if isinstance(value, list):
            fields[field] = Counter(dict(value))
    return Sums(**fields)
