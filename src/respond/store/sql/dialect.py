"""What each database does in its own way; the event store is written against this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from respond.domain.streams import StreamId
from respond.errors import StoreError, StoreUnavailable
from respond.store.records import Recorded
from respond.store.sql.statements import Statements

Row = tuple[Any, ...]
"""One row of the events table, its columns in the order of `Recorded`."""

CHUNK = 500
"""How many values stand in one IN list: statements of few sizes are prepared once."""


IDLE_SECONDS = 10
"""How long a server lets a session sit in a transaction: a writer that hangs must not hold the head for ever."""


class ConnectionLost(StoreUnavailable):
    """The connection broke; whether the last statement took effect is not known.  Never leaves this package as such."""


class LockedUnit(Protocol):
    """What locking asks of a transaction; see `respond.store.sql.units`."""

    @property
    def cursor(self) -> Any: ...

    @property
    def ends(self) -> list[Callable[[], None]]:
        """What is done once the transaction has ended."""
        ...


class Dialect(ABC):
    """The statements, connection settings and error codes of one database."""

    names: ClassVar[Sequence[str]]
    """What SQLAlchemy calls it."""
    begin: ClassVar[str] = "BEGIN"
    one_statement: bool = False
    """Whether `append_to_one` is there, and wanted."""
    many_in_one_statement: bool = False
    """Whether `append_to_many` is there, and wanted."""
    grouped: ClassVar[bool] = True
    """Whether appends that meet share a commit unless the host says otherwise."""
    sql: Statements
    error: type[Exception]
    """The root of the driver's errors."""

    @abstractmethod
    def prepare(self, connection: Any) -> None:
        """Give a new connection its settings."""

    @abstractmethod
    def cursor(self, connection: Any) -> Any:
        """Return a cursor that gives rows as tuples."""

    @abstractmethod
    def join(self, cursor: Any) -> None:
        """Make sure that what *cursor* does waits for the commit of whoever lent its connection."""

    def check_alive(self, cursor: Any, *, appended: bool) -> None:
        """Raise when the database has given up the transaction of *cursor*, and a commit would commit nothing of it.

        *appended* says whether it took the head.  SQLite needs no question: its COMMIT says so.
        """
        del cursor, appended

    @abstractmethod
    def lock_streams(self, unit: LockedUnit, keys: Sequence[str]) -> None:
        """Keep others that lock these streams out until the transaction of *unit* has ended."""

    @abstractmethod
    def take_head(self, cursor: Any, count: int, clock_us: int, limit_us: int) -> tuple[int, int] | None:
        """Advance the head by *count* and hold it until the transaction ends.

        Return the new position and `recorded_at`; None when the head is past *limit_us*, or is missing.
        """

    def append_to_one(self, cursor: Any, rows: Sequence[Row], clock_us: int, limit_us: int) -> tuple[int, int] | None:
        """Append prepared *rows* to one stream, the check of its version folded into the taking of the head.

        Return the last position and `recorded_at`; None when the stream is not at the version below the first row, or
        the head is past *limit_us*.
        """
        raise NotImplementedError

    def append_to_many(
        self, cursor: Any, appends: Sequence[Sequence[Row]], clock_us: int, limit_us: int
    ) -> list[tuple[int, int] | None]:
        """Append prepared rows to several streams in one statement; return what `append_to_one` would for each."""
        raise NotImplementedError

    def give_back(self, cursor: Any, count: int) -> None:
        """Take the head back by *count* positions that nobody needs, in the transaction that took it."""
        cursor.execute(self.sql.give_back, (count,))

    @abstractmethod
    def versions(self, cursor: Any, tenant: str, streams: Collection[StreamId]) -> dict[StreamId, int]:
        """Return the versions of those of *streams* that have events, in one query if the database can."""

    @abstractmethod
    def rows_by_id(self, cursor: Any, tenant: str, ids: Sequence[str]) -> Iterable[Row]:
        """Return the rows that have these ids."""

    @abstractmethod
    def bodies_of_streams(self, cursor: Any, tenant: str, realm: str, after: Mapping[str, int]) -> Iterable[Row]:
        """Return stream, position, time, body and leaf of the rows of many streams of one realm, each in order.

        They are those past the version that *after* gives for the name of each stream.
        """

    def log_rows(self, cursor: Any, after: int, limit: int) -> list[Row]:
        """Return rows past position *after* in position order, whatever is wrong with them."""
        cursor.execute(self.sql.read_log, (after, limit))
        rows: list[Row] = cursor.fetchall()
        return rows

    @abstractmethod
    def insert(self, cursor: Any, rows: Sequence[Row]) -> None:
        """Insert rows whose ids came through `id_value`."""

    @abstractmethod
    def id_value(self, event_id: str) -> Any:
        """Return an event id as the id column takes it."""

    @abstractmethod
    def recorded(self, rows: Iterable[Row]) -> list[Recorded]:
        """Return rows as records."""

    @abstractmethod
    def is_duplicate(self, error: Exception) -> bool:
        """Return whether *error* says that a row with this position, id or version is there already."""

    @abstractmethod
    def fault(self, error: Exception, *, writing: bool) -> StoreError:
        """Return what a driver's *error* means; `ConnectionLost` when the outcome is not known."""


class BytesId:
    """Ids in a column of 16 bytes: SQLite and MariaDB."""

    def id_value(self, event_id: str) -> bytes:
        """Return an event id as 16 bytes."""
        return bytes.fromhex(event_id.replace("-", ""))

    def recorded(self, rows: Iterable[Row]) -> list[Recorded]:
        """Return rows as records, the id as text; one that was damaged shows as what it is."""
        return [
            Recorded(position, recorded_us, tenant, realm, stream, version, _text_of(raw_id), kind, subject, body, leaf)
            for position, recorded_us, tenant, realm, stream, version, raw_id, kind, subject, body, leaf in rows
        ]


def by_realm(streams: Iterable[StreamId]) -> Mapping[str, list[str]]:
    """Return the names of *streams*, each once, under their realm."""
    names: dict[str, dict[str, None]] = {}
    for stream in streams:
        names.setdefault(stream.realm, {})[stream.name] = None
    return {realm: list(found) for realm, found in names.items()}


def by_version(after: Mapping[str, int]) -> Mapping[int, list[str]]:
    """Return the names of the streams in *after* under the version that it gives for them."""
    names: dict[int, list[str]] = {}
    for name, version in after.items():
        names.setdefault(version, []).append(name)
    return names


def chunks(values: Sequence[Any], size: int = CHUNK) -> Iterable[Sequence[Any]]:
    """Return *values* in pieces of *size*, the last one shorter."""
    return (values[start : start + size] for start in range(0, len(values), size))


def _text_of(raw: object) -> str:
    if not isinstance(raw, bytes):
        return repr(raw)  # with its quotes: the text of an id in place of its bytes is damage too
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
