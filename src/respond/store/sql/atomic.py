"""Appends to any number of streams, within a transaction that somebody else begins and ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

from respond.domain.moments import from_microseconds, to_microseconds
from respond.domain.streams import StreamId
from respond.errors import StoreError, VersionConflict
from respond.store.intake import check_skew
from respond.store.protocol import Clock
from respond.store.records import Appended, Write
from respond.store.sql.appender import Appender
from respond.store.sql.dialect import Dialect
from respond.store.sql.rows import Prepared, assumed_versions, placed, prepared
from respond.store.sql.units import Unit


class Atomic:
    """Takes the head, checks versions, inserts and projects; what can be done before the lock is done before it."""

    def __init__(self, appender: Appender, dialect: Dialect, *, clock: Clock, log: str, tenant: str) -> None:
        self._appender = appender
        self._dialect = dialect
        self._clock = clock
        self._log = log
        self._tenant = tenant

    def prepare(self, writes: Sequence[Write]) -> list[Prepared] | None:
        """Return the rows of *writes* where their versions are known before the head is taken; None otherwise."""
        assumed = assumed_versions(writes)
        return None if assumed is None else self._prepared(writes, assumed)

    def append(
        self, unit: Unit, writes: Sequence[Write], require: Mapping[StreamId, int], rows: list[Prepared] | None = None
    ) -> Appended:
        """Append *writes*, with their *rows* when those are prepared; raises `VersionConflict`, `ClockSkew`."""
        count = sum(len(write.events) for write in writes)
        last, recorded_us = self._take_head(unit.cursor, count)
        unit.held_since = perf_counter()
        versions = self._checked_versions(unit.cursor, writes, require)
        if rows is None:
            rows = self._prepared(writes, versions)
        stored = placed(rows, first=last - count + 1, recorded_us=recorded_us)
        self._dialect.insert(unit.cursor, stored)
        self._appender.inserted(unit, stored)
        after = {write.stream: versions[write.stream] + len(write.events) for write in writes}
        return Appended(last - count + 1, last, after, from_microseconds(recorded_us))

    def _prepared(self, writes: Sequence[Write], versions: Mapping[StreamId, int]) -> list[Prepared]:
        return prepared(writes, versions, log=self._log, tenant=self._tenant, dialect=self._dialect)

    def _take_head(self, cursor: Any, count: int) -> tuple[int, int]:
        """Take *count* positions; raises `ClockSkew`."""
        clock_us = to_microseconds(self._clock())
        taken = self._dialect.take_head(cursor, count, clock_us, self._appender.limit_us(clock_us))
        if taken is None:
            cursor.execute(self._dialect.sql.read_head)
            head = cursor.fetchone()
            if head is not None:
                check_skew(head[1], clock_us)
            raise StoreError("the head of the log cannot be written; run `respond check`")
        return taken

    def _checked_versions(
        self, cursor: Any, writes: Sequence[Write], require: Mapping[StreamId, int]
    ) -> dict[StreamId, int]:
        """Return the versions of the written streams, which the head's lock keeps; raises `VersionConflict`."""
        found = self._dialect.versions(cursor, self._tenant, {*(write.stream for write in writes), *require})
        check_versions(found, writes, require)
        return {write.stream: found.get(write.stream, 0) for write in writes}


def check_versions(found: Mapping[StreamId, int], writes: Sequence[Write], require: Mapping[StreamId, int]) -> None:
    """Raise `VersionConflict` for the first stream that is not where its writer, or who required it, expects it."""
    for write in writes:
        version = found.get(write.stream, 0)
        if not write.expected.fits(version):
            raise VersionConflict(write.stream, write.expected, version)
    for stream, version in require.items():
        actual = found.get(stream, 0)
        if actual != version:
            raise VersionConflict(stream, f"version {version}", actual)
