"""Looks from the table, and from memory as long as no table can answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from respond.engine.projecting import Projecting
from respond.errors import ArchiveUnreadable, EventArchived, ProjectionFailed, StoreReadOnly
from respond.projections.looks import By, Look, Looked, MemoryLooks
from respond.projections.sql.due import TableDue
from respond.store.codec import Codec
from respond.store.sql.event_store import SqlEventStore

_LOGGER = logging.getLogger("respond.watch")


class TableLooks:
    """Asks the table that `TableDue` keeps."""

    def __init__(self, store: SqlEventStore, codec: Codec, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._memory = MemoryLooks(store)
        self._projecting = Projecting(store, codec, clock=clock, kinds=[TableDue])
        self._built = False

    def build(self) -> None:
        """Build the table when it is missing, and if that may be: memory does without."""
        if self._built:
            return
        self._built = True
        try:
            self._projecting.build_missing([TableDue.name])
        except (ArchiveUnreadable, EventArchived, ProjectionFailed, StoreReadOnly) as error:
            _LOGGER.warning("deadlines are watched without a table: %s", error)

    def looks(self, by: By, *, until: datetime, after: Look | None, limit: int) -> Sequence[Look]:
        """Return which incidents to look at up to *until*, the most urgent first, those behind *after*."""
        with self._projecting.answering(TableDue) as asked:
            if asked is not None:
                return asked.projection.looks(asked.connection, by, until=until, after=after, limit=limit)
        return self._memory.looks(by, until=until, after=after, limit=limit)

    def settle(self, looked: Sequence[Looked]) -> None:
        """Keep what was found in incidents, unless they changed since."""
        self._memory.settle(looked)
        with self._projecting.answering(TableDue) as asked:
            table = None if asked is None else asked.projection
        if table is not None and looked:
            with self._store.transaction() as connection:
                table.settle(connection, looked)
