"""A crowd: processes that write to one log at the same time, and processes that follow it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from itertools import zip_longest
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

import attrs
from sqlalchemy import text

from respond.domain.ids import hashed_id
from respond.domain.streams import StreamId
from respond.store.records import NewEvent, Write
from respond.store.sql import engine_for
from sql_logs import opened
from writers import Process, started

WRITERS, READERS = 8, 4
BATCH = 100
"""How many events a batch has."""
STREAM = 500
"""After how many events a writer begins another stream."""
PAGE = 1000
POLL_SECONDS = 0.01
LOCK_TIMEOUT = 60.0
HOURS = 3600.0 * 3
"""A crowd may be at it for hours; one whose process ends early is noticed at once."""


class Log(Protocol):
    """What a process of the crowd has of the log."""

    def write(self, writer: str, numbers: Sequence[int]) -> int:
        """Append the events of *writer* with these *numbers* at once; return the position of the first, if told."""
        ...

    def read(self, after: int) -> Iterable[tuple[int, str]]:
        """Return position and id of the events past a position, up to a page."""
        ...


Opening = Callable[[], Any]
"""Opens a `Log` as a context; sent to the processes."""


@attrs.frozen
class RightLog:
    """Opens a log of respond."""

    url: str
    append_path: str | None = None

    @contextmanager
    def __call__(self) -> Iterator[Log]:
        with opened(self.url, append_path=self.append_path, lock_timeout=LOCK_TIMEOUT) as store:
            yield _Right(store)


@attrs.frozen
class _Right:
    store: Any

    def write(self, writer: str, numbers: Sequence[int]) -> int:
        events = [
            NewEvent(id=event_id(writer, number), type="Ticked", data={"writer": writer, "append": number})
            for number in numbers
        ]
        stream = StreamId.of("ticker", f"{writer}.{numbers[0] // STREAM}")
        return int(self.store.append(Write(stream, events)).first)

    def read(self, after: int) -> Iterable[tuple[int, str]]:
        return ((row.position, row.id) for row in self.store.read_all(after=after, limit=PAGE))


@attrs.frozen
class WrongLog:
    """Opens a table whose positions are given when a row is inserted, not in the order of commit.

    With *column* the database numbers its rows; without, a counter is raised in a transaction of its own, for a
    database that lets one transaction write at a time.
    """

    url: str
    column: str | None

    @contextmanager
    def __call__(self) -> Iterator[Log]:
        engine = engine_for(self.url)
        try:
            with engine.connect() as connection:
                if engine.dialect.name == "sqlite":
                    connection.exec_driver_sql(f"PRAGMA busy_timeout = {LOCK_TIMEOUT * 1000:.0f}")
                    connection.exec_driver_sql("PRAGMA synchronous = OFF")  # what counts here is order
                    connection.commit()
                yield _Wrong(connection, self.column is not None)
        finally:
            engine.dispose()

    def create(self) -> None:
        """Make the tables."""
        engine = engine_for(self.url)
        if engine.dialect.name == "sqlite":
            Path(str(engine.url.database)).touch()  # the engine makes no file
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            column = self.column or "INTEGER PRIMARY KEY"
            connection.execute(text(f"CREATE TABLE wrong_log (position {column}, id VARCHAR(36) NOT NULL)"))
            connection.execute(text("CREATE TABLE wrong_head (position INTEGER NOT NULL)"))
            connection.execute(text("INSERT INTO wrong_head VALUES (0)"))
        engine.dispose()


@attrs.frozen
class _Wrong:
    connection: Any
    numbered: bool

    def write(self, writer: str, numbers: Sequence[int]) -> int:
        for number in numbers:
            row = {"id": event_id(writer, number)}
            if self.numbered:
                self._commit("INSERT INTO wrong_log (id) VALUES (:id)", row)
            else:
                row["position"] = self._commit("UPDATE wrong_head SET position = position + 1 RETURNING position", {})
                self._commit("INSERT INTO wrong_log VALUES (:position, :id)", row)
        return 0

    def read(self, after: int) -> Iterable[tuple[int, str]]:
        sql = "SELECT position, id FROM wrong_log WHERE position > :after ORDER BY position LIMIT :page"
        with self.connection.begin():
            rows = self.connection.execute(text(sql), {"after": after, "page": PAGE})
            return [(int(row[0]), str(row[1])) for row in rows]

    def _commit(self, sql: str, parameters: dict[str, Any]) -> Any:
        with self.connection.begin():
            done = self.connection.execute(text(sql), parameters)
            return done.scalar() if done.returns_rows else None


@attrs.frozen
class Sight:
    """What one reader saw, in its order: positions, and the digest of the ids."""

    positions: array[int]
    digest: str


@attrs.frozen
class Outcome:
    """What the crowd did and saw."""

    written: dict[str, list[tuple[int, int, int]]]
    """For each writer its appends: the first number, how many, and the position that it was told."""
    seen: list[Sight]


def event_id(writer: str, number: int) -> str:
    """Return the id of the event of *writer* with this number."""
    return str(hashed_id("crowd", writer, str(number)))


def turns(singles: int, batches: int) -> Iterator[int]:
    """Yield how many events each append of one writer has: single ones and batches by turns, as far as they last."""
    for single, batch in zip_longest(range(singles), range(batches)):
        yield from () if single is None else (1,)
        yield from () if batch is None else (BATCH,)


def write(line: Connection, opening: Opening, writer: str, singles: int, batches: int) -> None:
    """Append all turns: the whole of a writing process."""
    appends: list[tuple[int, int, int]] = []
    first = 0
    with opening() as log:
        for count in turns(singles, batches):
            appends.append((first, count, log.write(writer, range(first, first + count))))
            first += count
    line.send(appends)


def read(line: Connection, opening: Opening) -> None:
    """Follow the log until it is told that all is written, then to the end: the whole of a reading process."""
    with opening() as log:
        sight = follow(log, lambda: line.poll(POLL_SECONDS))
    line.send(sight)


def follow(log: Log, written: Callable[[], bool], *, keep: Callable[[str], None] = lambda _: None) -> Sight:
    """Go on after the last position that was seen, as projections do, until all is *written* and seen.

    *keep* is called with every id.
    """
    positions, digest = array("q"), sha256()
    while True:
        ended = written()
        while page := list(log.read(positions[-1] if positions else 0)):
            positions.extend(position for position, _ in page)
            for _, one in page:
                digest.update(one.encode())
                keep(one)
        if ended:
            return Sight(positions, digest.hexdigest())


def meet(opening: Opening, *, singles: int, batched: int) -> Outcome:
    """Let the crowd at the log: *singles* events one by one and *batched* ones, over all writers."""
    with ExitStack() as stack:
        readers = [stack.enter_context(started(read, opening)) for _ in range(READERS)]
        names = [f"writer{number}" for number in range(WRITERS)]
        share = (singles // WRITERS, batched // WRITERS // BATCH)
        writers = {name: stack.enter_context(started(write, opening, name, *share)) for name in names}
        for process in (*readers, *writers.values()):
            process.go()
        written = {name: _heard(writer) for name, writer in writers.items()}
        for reader in readers:
            reader.go()
        return Outcome(written, [_heard(reader) for reader in readers])


def _heard(process: Process) -> Any:
    """Return what a process says when it is done; one that ends without a word has shown why on its own output."""
    try:
        return process.hear(HOURS)
    except EOFError:
        raise AssertionError("a process of the crowd ended early; the captured output shows why") from None
