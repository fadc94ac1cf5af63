"""Row 4: the import of the ServiceNow log on SQLite, beside a loop that only reads the file and feeds the driver."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import attrs
from harness import Figure, duel, rate, spread
from servicenow import FILE, ROWS, as_counted, imported, opened

from respond.audit.check import check
from respond.store.sql import SqlEventStore, engine_for

BATCH = 800
INSERT = f"INSERT INTO respond_events VALUES ({', '.join('?' * 11)})"


@attrs.define
class Importing:
    """Imports into a new file each round."""

    folder: Path
    files: Iterator[int] = attrs.field(factory=count)
    correct: bool = True
    last: Path = Path()
    """The file of the last round: the other rows read it."""

    def ours(self) -> tuple[int, float]:
        """Return how many rows were imported, and the seconds."""
        self.last = self.folder / f"ours-{next(self.files)}.db"
        with opened(self.last) as engine:
            started = perf_counter()
            report = imported(engine)
            seconds = perf_counter() - started
            self.correct = self.correct and as_counted(report) and engine.store.head().position == report.events
        return ROWS, seconds

    def raw(self) -> tuple[int, float]:
        """Return how many rows a loop stored as they are, in the same tables and batches, and the seconds."""
        url = f"sqlite:///{self.folder / f'raw-{next(self.files)}.db'}"
        SqlEventStore.open(url, clock=lambda: None).close()  # type: ignore[arg-type, return-value]
        engine = engine_for(url)
        connection: Any = engine.raw_connection()
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        started = perf_counter()
        with gzip.open(FILE, "rt", encoding="utf-8", newline="") as lines:
            rows = _rows(csv.reader(lines))
            while batch := list(islice(rows, BATCH)):
                cursor.execute("BEGIN IMMEDIATE")
                cursor.executemany(INSERT, batch)
                cursor.execute("COMMIT")
        seconds = perf_counter() - started
        stored = cursor.execute("SELECT count(*) FROM respond_events").fetchone()[0]
        self.correct = self.correct and stored == ROWS
        connection.close()
        engine.dispose()
        return ROWS, seconds

    def figure(self, *, rounds: int) -> Figure:
        """Return rows a second, the log of the last round checked."""
        measured = duel(self.ours, self.raw, rounds=rounds)
        with opened(self.last) as engine:
            clean = check(engine.store).clean  # type: ignore[arg-type]
        return Figure(
            name="import of the ServiceNow log, SQLite",
            value=median(measured.ours),
            unit="rows/s",
            bar=12_000,
            peer=f"a loop over csv and the driver alone stores {rate(measured.theirs)}",
            spread=spread(measured.ours),
            correct=self.correct and clean,
        )


def _rows(reader: Iterator[list[str]]) -> Iterator[tuple[Any, ...]]:
    next(reader)
    for position, cells in enumerate(reader, start=1):
        name, body = cells[0], "\x1f".join(cells).encode()
        key = position.to_bytes(16, "big")
        yield (position, position, "default", "real", name, position, key, "Row", name, body, bytes(32))
