"""Audited: the live tables of every tenant against a fold, as far as nobody moves them on meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from respond.projections.listing import Listing
from respond.projections.sql.builds import Builds
from respond.projections.sql.comparing import differences
from respond.projections.sql.listing import TableListing
from respond.projections.sql.projection import TableProjection
from respond.projections.sql.statistics import TableStatistics
from respond.projections.statistics import Statistics
from respond.store.checkpoint import Checkpoint
from respond.store.sql.event_store import SqlEventStore


class AuditedTables:
    """The tables of the list and the statistics in one log."""

    def __init__(self, store: SqlEventStore) -> None:
        self._store = store

    def wrong(
        self, tenant: str, listing: Listing, statistics: Statistics, *, first: int, last: int
    ) -> Iterator[tuple[str, str]]:
        """Yield the name of each projection of *tenant* that differs from what was folded, and how.

        The fold took its last event at position *first*, and the log was read up to *last*: tables that have read less,
        or more, are left aside, and so are those that are moved while they are read.
        """
        kinds: Sequence[tuple[type[TableProjection], object]]
        kinds = ((TableListing, listing), (TableStatistics, statistics))
        for kind, folded in kinds:
            builds = Builds(self._store, kind, tenant=tenant)
            before = self._live(builds)
            if before is None or not first <= before.position <= last:
                continue
            table: Any = builds.of(before)
            with self._store.reading() as connection:
                found = differences(table.content(connection), table.of_memory(folded))
            after = self._live(builds)
            if after is not None and (after.version, after.position) == (before.version, before.position):
                yield from ((kind.name, text) for text in found)

    def _live(self, builds: Builds) -> Checkpoint | None:
        with self._store.reading() as connection:
            return builds.live(connection)
