"""The statistics in tables: a tally of each incident, and the sums over all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import attrs
import orjson
from sqlalchemy import Column, Connection, Table

from respond.domain.events import Event
from respond.projections.sql.columns import keeper
from respond.projections.sql.place import Place
from respond.projections.sql.projection import Content, TableProjection
from respond.projections.sql.rows import Rows
from respond.projections.sql.statistics_answers import StatisticsAnswers, sums_of
from respond.projections.statistics import Statistics
from respond.projections.tallies import Sums, Tally, carry
from respond.store.sql.schema import big, name, words

_ALL = "all"
"""The key of the one row of sums."""
_keep_tally = keeper(Tally)


class TableStatistics(TableProjection):
    """Keeps what `respond.projections.statistics.Statistics` does."""

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
        return self.of_memory(statistics)

    def of_memory(self, statistics: Statistics) -> Iterator[Content]:
        """Yield what the tables hold when they are where *statistics* are."""
        yield "", orjson.loads(_keep_sums(statistics.sums()))
        for stream, tally in sorted(statistics.tallies().items()):
            row = _row(stream, tally)
            yield stream, [row["acknowledge_seconds"], row["resolve_seconds"], orjson.loads(row["tally"])]

    def answers(self, connection: Connection) -> StatisticsAnswers:
        """Return who answers questions about the figures, on *connection*."""
        return StatisticsAnswers(self.place, self.tallies, self.sums, connection)

    def _load_sums(self, connection: Connection) -> Sums:
        kept = connection.execute(self._sums.select(self.sums.c.sums)).scalar_one_or_none()
        return Sums() if kept is None else sums_of(kept)


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
