"""The power of the disk is cut while a log on it is written."""

from __future__ import annotations

import random
from collections import Counter
from multiprocessing.connection import Connection
from unittest.mock import patch

import pytest

from disks import Disk, disk
from fault_sizes import size_of
from ledger import Ledger
from respond.store.sql.sqlite import SqliteDialect
from sql_logs import opened
from ticker import Batch
from writers import append, note, started

MEGABYTES = 24
MOST = 150
"""How many appends are acknowledged at most before the power goes."""


def write(line: Connection, url: str, journal: str, weak: bool) -> None:
    """Append until an append fails; *weak* is a writer whose commits do not wait for the disk."""
    prepare = SqliteDialect.prepare_writer

    def prepare_weakly(dialect: SqliteDialect, connection: object) -> None:
        prepare(dialect, connection)
        connection.execute("PRAGMA synchronous = NORMAL")

    with patch.object(SqliteDialect, "prepare_writer", prepare_weakly if weak else prepare):
        store = opened(url, journal_mode=journal)
        number = 0
        while append(line, store, Batch("writer", number)):
            number += 1


def cut_once(journal: str, *, after: int, weak: bool, on: Disk) -> tuple[Ledger, list[str]]:
    """Cut the power when *after* appends are acknowledged; return what was told, and what is wrong with the log."""
    for path in on.folder.glob("log.db*"):
        path.unlink()
    url = f"sqlite:///{on.folder / 'log.db'}"
    opened(url, journal_mode=journal).close()
    ledger = Ledger()
    with started(write, url, journal, weak) as writer:
        writer.go()
        while len(ledger.acknowledged) < after:
            note(ledger, writer.hear())
        told = dict(ledger.acknowledged)
        on.cut_power()
        writer.listen(ledger)
    # The writer lives on for a moment, which it could not without power: what it was told since then does not count.
    ledger.acknowledged = told
    ledger.refused.clear()
    on.start_again()
    with opened(url, journal_mode=journal) as store:
        return ledger, ledger.faults(store)


def cuts(journal: str, *, weak: bool) -> tuple[Counter[str], list[str]]:
    """Cut the power again and again, each time at another moment; return what was counted, and what was wrong."""
    moments = random.Random(f"{journal} {weak}")
    counted, found = Counter(), []
    with disk(MEGABYTES) as small:
        for _ in range(size_of("power-cut")):
            ledger, faults = cut_once(journal, after=moments.randint(1, MOST), weak=weak, on=small)
            lost = sum(fault.startswith("lost") for fault in faults)
            counted += Counter(acknowledged=len(ledger.acknowledged), lost=lost, rounds_that_lost=bool(lost))
            found += faults
    return counted, found


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_nothing_acknowledged_is_lost(journal, told):
    """When the power goes, what was acknowledged is on the disk, nothing is in half, and the log is sound."""
    counted, found = cuts(journal, weak=False)
    assert not found, f"{len(found)} faults, the first of them: {'; '.join(found[:5])}"
    told("power-cut", case=f"SQLite, {journal}", rounds=size_of("power-cut"), **counted)


def test_control(told):
    """A writer whose commits do not wait for the disk loses what it acknowledged, and nothing else is wrong."""
    counted, found = cuts("wal", weak=True)
    assert counted["lost"] > 0
    assert {fault.partition(":")[0] for fault in found} == {"lost"}
    told("power-cut", case="control, synchronous=NORMAL", rounds=size_of("power-cut"), **counted)
