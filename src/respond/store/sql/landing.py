"""Landing: appends that share a transaction find their places under the head that it took."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from respond.domain.streams import StreamId
from respond.store.sql.dialect import Dialect, Row
from respond.store.sql.rows import Prepared, placed
from respond.store.sql.units import Unit

Landing = tuple[int, int]
"""The last position of an append, and its time."""


def land(
    dialect: Dialect, unit: Unit, appends: Sequence[Sequence[Prepared]], *, clock_us: int, limit_us: int
) -> tuple[list[Landing | None], list[Row]]:
    """Take the head in the transaction of *unit*, then append those that fit where their streams are.

    Return the landing of each, None for what does not fit, and the rows that were inserted.  When there are none the
    transaction must be rolled back: the head was moved for nothing.
    """
    nowhere: list[Landing | None] = [None] * len(appends)
    count = sum(map(len, appends))
    cursor = unit.cursor
    taken = dialect.take_head(cursor, count, clock_us, limit_us)
    unit.held_since = perf_counter()
    if taken is None:
        return nowhere, []
    last, recorded_us = taken
    streams = [StreamId(rows[0][2], rows[0][1]) for rows in appends]
    versions = dialect.versions(cursor, appends[0][0][0], streams)
    fits = [rows[0][3] == versions.get(stream, 0) + 1 for rows, stream in zip(appends, streams, strict=True)]
    fitting = [row for rows, fit in zip(appends, fits, strict=True) if fit for row in rows]
    if not fitting:
        return nowhere, []
    if len(fitting) < count:
        dialect.give_back(cursor, count - len(fitting))
    position = last - count
    rows = placed(fitting, first=position + 1, recorded_us=recorded_us)
    dialect.insert(cursor, rows)
    landings = []
    for one, fit in zip(appends, fits, strict=True):
        position += len(one) * fit
        landings.append((position, recorded_us) if fit else None)
    return landings, rows
