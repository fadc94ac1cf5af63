"""Controls: logs that are wrong on purpose, which the checker must catch losing an event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import attrs
import pytest

from respond.testing.conformance.tailing import Placed, Seen, Tail, assert_prefix, faults


class Writer(Protocol):
    """One writer of a wrong log: it takes a position first and shows its event later."""

    def take(self, event_id: str) -> None: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...


class WrongLog(Protocol):
    """A log that gives positions in another order than that in which events become visible."""

    def writer(self) -> Writer: ...

    def read(self, after: int, limit: int) -> Sequence[Placed]: ...


def overtaken(log: WrongLog) -> Tail:
    """Let one writer overtake another while a reader follows; return the reader at the end."""
    slow, fast = log.writer(), log.writer()
    tail = Tail(log.read)
    slow.take("slow")
    fast.take("fast")
    fast.commit()
    tail.catch_up()
    slow.commit()
    tail.catch_up()
    return tail


def in_turn(log: WrongLog) -> Tail:
    """Let the same writers write one after the other while a reader follows; return the reader at the end."""
    tail = Tail(log.read)
    for name in ("slow", "fast"):
        writer = log.writer()
        writer.take(name)
        writer.commit()
        tail.catch_up()
    return tail


class Controls:
    """The checker tells a log that loses events; a suite without this could pass for want of looking."""

    @pytest.fixture
    def wrong_log(self) -> WrongLog:
        """Return a log that hands out positions too early."""
        return EarlyPositions()

    def test_missed_event_is_caught(self, wrong_log: WrongLog) -> None:
        """A reader of a log that gives positions too early misses an event, and the checker names it."""
        tail = overtaken(wrong_log)
        log = wrong_log.read(0, 10)
        assert [(row.position, row.id) for row in log] == [(1, "slow"), (2, "fast")]
        assert faults(tail.seen, log) == ["missed Seen(position=1, id='slow')"]
        with pytest.raises(AssertionError, match="missed"):
            assert_prefix(tail.seen, log)

    def test_the_same_log_in_turn(self, wrong_log: WrongLog) -> None:
        """The same log loses nothing when nobody overtakes: it is the order that the checker catches."""
        assert_prefix(in_turn(wrong_log).seen, wrong_log.read(0, 10))

    @pytest.mark.parametrize(
        ("seen", "log", "expected"),
        [
            ([1, 2, 3], [1, 2, 3], []),
            ([], [], []),
            ([1, 3], [1, 2, 3], ["missed Seen(position=2, id='2')"]),
            ([1, 2], [1, 2, 3], ["missed Seen(position=3, id='3')"]),
            ([1, 2, 2, 3], [1, 2, 3], ["saw Seen(position=2, id='2') 2 times"]),
            ([2, 1], [1, 2], ["saw Seen(position=1, id='1') after Seen(position=2, id='2')"]),
            ([1, 2], [1], ["saw Seen(position=2, id='2'), which is not in the log"]),
            ([1, 3], [1, 3], ["found position 3 where 2 belongs"]),
        ],
    )
    def test_checker(self, seen: list[int], log: list[int], expected: list[str]) -> None:
        """The checker names what was missed, seen twice, out of order or not there, and holes in the log."""
        rows, stored = ([Seen(number, str(number)) for number in numbers] for numbers in (seen, log))
        assert faults(rows, stored) == expected


@attrs.define
class EarlyPositions:
    """A log in memory that is wrong: a position is handed out before its transaction begins."""

    taken: int = 0
    rows: list[Seen] = attrs.field(factory=list)

    def writer(self) -> Writer:
        return _EarlyWriter(self)

    def read(self, after: int, limit: int) -> list[Seen]:
        return sorted((row for row in self.rows if row.position > after), key=lambda row: row.position)[:limit]


@attrs.define
class _EarlyWriter:
    log: EarlyPositions
    row: Seen | None = None

    def take(self, event_id: str) -> None:
        self.log.taken += 1
        self.row = Seen(self.log.taken, event_id)

    def commit(self) -> None:
        if self.row is not None:
            self.log.rows.append(self.row)

    def rollback(self) -> None:
        self.row = None


@attrs.define
class SequenceLog:
    """A table that is wrong: the database numbers a row when it is inserted, and shows it when it is committed.

    This is how an identity column, a sequence or AUTO_INCREMENT works, and why none of them gives a position.
    """

    connections: list[Any]
    """DB-API connections that commit each statement by itself unless told to BEGIN; the last one reads."""
    column: str
    """The type of the position, as the database writes it."""

    def __attrs_post_init__(self) -> None:
        execute(self.connections[-1], f"CREATE TABLE wrong_log (position {self.column}, id VARCHAR(36) NOT NULL)")

    def writer(self) -> Writer:
        return _SequenceWriter(self.connections.pop(0))

    def read(self, after: int, limit: int) -> list[Seen]:
        sql = f"SELECT position, id FROM wrong_log WHERE position > {after:d} ORDER BY position LIMIT {limit:d}"
        return [Seen(*row) for row in execute(self.connections[-1], sql).fetchall()]


@attrs.define
class _SequenceWriter:
    connection: Any

    def take(self, event_id: str) -> None:
        execute(self.connection, "BEGIN")
        execute(self.connection, f"INSERT INTO wrong_log (id) VALUES ('{event_id}')")

    def commit(self) -> None:
        execute(self.connection, "COMMIT")

    def rollback(self) -> None:
        execute(self.connection, "ROLLBACK")


@attrs.define
class CounterLog:
    """A table that is wrong: a counter is raised in a transaction of its own, before that of the row begins.

    For databases that allow one writing transaction at a time, where nothing else can overtake.
    """

    connections: list[Any]

    def __attrs_post_init__(self) -> None:
        execute(self.connections[-1], "CREATE TABLE wrong_log (position INTEGER PRIMARY KEY, id VARCHAR(36) NOT NULL)")
        execute(self.connections[-1], "CREATE TABLE wrong_head (position INTEGER NOT NULL)")
        execute(self.connections[-1], "INSERT INTO wrong_head VALUES (0)")

    def writer(self) -> Writer:
        return _CounterWriter(self.connections.pop(0))

    read = SequenceLog.read


@attrs.define
class _CounterWriter:
    connection: Any
    row: Seen | None = None

    def take(self, event_id: str) -> None:
        sql = "UPDATE wrong_head SET position = position + 1 RETURNING position"
        self.row = Seen(execute(self.connection, sql).fetchall()[0][0], event_id)

    def commit(self) -> None:
        if self.row is not None:
            execute(self.connection, f"INSERT INTO wrong_log VALUES ({self.row.position:d}, '{self.row.id}')")

    def rollback(self) -> None:
        self.row = None


def execute(connection: Any, sql: str) -> Any:
    """Run one statement on a DB-API connection and return the cursor."""
    cursor = connection.cursor()
    cursor.execute(sql)
    return cursor
