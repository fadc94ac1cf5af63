"""What a read model in tables promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from sqlalchemy import Connection, Table

from respond.domain.events import Event
from respond.projections.sql.place import Place

Content = tuple[str, Any]
"""A key, and the JSON values that are kept under it."""


class TableProjection(ABC):
    """A read model of the real events of one tenant, in tables of its own.

    Whoever runs it gives it the events of the log in order, each once, batch by batch, and commits its rows together
    with the checkpoint that says so.  How the log is cut into batches changes nothing.
    """

    name: ClassVar[str]
    """Stable: its tables and its checkpoint go by it; small letters, digits and _, up to 16."""
    version: ClassVar[int]
    """Raised when the same events give other rows, or the tables other columns: it is then built anew."""
    handles: ClassVar[frozenset[str] | None]
    """The names of the events that it reads; None when it reads all.  Others are left out."""

    def __init__(self, place: Place) -> None:
        self.place = place

    @property
    @abstractmethod
    def tables(self) -> Sequence[Table]:
        """Its tables, each made by `Place.table`."""

    @abstractmethod
    def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Take a batch on, set by set: load what it touches, carry that over the events, write it back.

        Commit nothing, and let an error pass: the whole batch is rolled back with it.
        """

    @abstractmethod
    def content(self, connection: Connection) -> Iterator[Content]:
        """Yield all that the tables hold, by key in the order of code points."""

    @abstractmethod
    def fold(self, events: Iterable[Event]) -> Iterator[Content]:
        """Yield what `content` must be after *events*, the whole log in order, without the tables."""

    def create(self, connection: Connection) -> None:
        """Make the tables that are not there yet."""
        for table in self.tables:
            table.create(connection, checkfirst=True)
