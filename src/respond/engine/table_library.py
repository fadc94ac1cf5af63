"""The library from the table that `TableLibrary` keeps, and from memory as long as no table can answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from respond.engine.projecting import Projecting
from respond.errors import ArchiveUnreadable, EventArchived, ProjectionFailed, StoreReadOnly
from respond.projections.sql.library import TableLibrary
from respond.store.codec import Codec

if TYPE_CHECKING:
    from respond.engine.library import Lending, Lent

_LOGGER = logging.getLogger("respond.library")


class TableLending:
    """Lends the library in its table, which is built when it is first asked for."""

    def __init__(self, store: Any, codec: Codec, clock: Callable[[], datetime], memory: Lending) -> None:
        self._memory = memory
        self._projecting = Projecting(store, codec, clock=clock, kinds=[TableLibrary])
        self._built = False

    @contextmanager
    def library(self) -> Iterator[Lent]:
        """Lend it, up to date with the log."""
        self._build()
        with self._projecting.answering(TableLibrary) as asked:
            if asked is not None:
                yield asked.projection.answers(asked.connection)
                return
        with self._memory.library() as library:
            yield library

    def _build(self) -> None:
        """Build the table when it is missing, and if that may be: memory does without."""
        if self._built:
            return
        self._built = True
        try:
            self._projecting.build_missing([TableLibrary.name])
        except (ArchiveUnreadable, EventArchived, ProjectionFailed, StoreReadOnly) as error:
            _LOGGER.warning("lessons are looked for without a table: %s", error)
