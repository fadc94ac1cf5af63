"""The disk under a log is full, and freed again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from disks import Disk, disk
from fault_sizes import size_of
from ledger import Ledger, Place
from own_servers import OWN
from respond.errors import RespondError, StoreFull
from respond.store.sql import SqlEventStore
from respond.testing.conformance.concurrency import whole_log
from sql_logs import opened
from ticker import Batch

MEGABYTES = {"sqlite-wal": 16, "sqlite-delete": 16, "postgresql": 320, "mariadb": 320}
APPENDS = 20
MOST = 5000
"""How many appends find room at most on a disk that is full: in pages and files that were made before."""


@pytest.fixture(params=MEGABYTES)
def small(request: pytest.FixtureRequest) -> Iterator[tuple[str, Disk, str]]:
    """Yield what lies on a small disk, the disk, and the URL of a log there."""
    name = request.param.partition("-")[0]
    with ExitStack() as stack:
        under = stack.enter_context(disk(MEGABYTES[request.param]))
        if name == "sqlite":
            yield request.param, under, f"sqlite:///{under.folder / 'log.db'}"
        else:
            server = stack.enter_context(OWN[name](under.folder))
            yield name, under, stack.enter_context(server.fresh())


def append(store: SqlEventStore, ledger: Ledger, number: int) -> RespondError | None:
    """Append one batch and return the error, if there is one; the ledger knows either way."""
    batch = Batch("writer", number)
    ledger.ask(batch)
    try:
        ledger.acknowledge(batch, Place.of(store.append(*batch.writes)))
    except RespondError as error:
        ledger.refuse(batch, error.code)
        return error
    return None


def test_full_and_freed(small, told):
    """While the disk is full an append is a clear error and reads work; once there is room, appends go on."""
    name, under, url = small
    journal = name.partition("-")[2] or None
    ledger, counted, number = Ledger(), Counter(), 0
    with opened(url, journal_mode=journal) as store:
        for _ in range(size_of("full-disk")):
            for _ in range(APPENDS):
                number += 1
                assert append(store, ledger, number) is None
            under.fill()
            refusals: list[RespondError] = []
            while len(refusals) < APPENDS:
                number += 1
                assert number < MOST, "the disk was never full"
                if (error := append(store, ledger, number)) is not None:
                    refusals.append(error)
            assert {type(error) for error in refusals} == {StoreFull}, refusals
            counted["refused"] += len(refusals)
            with opened(url, journal_mode=journal) as reader:
                assert [row.position for row in whole_log(reader)] == list(range(1, store.head().position + 1))
            under.free()
        assert append(store, ledger, number + 1) is None
        assert ledger.faults(store) == []
    told("full-disk", case=name, rounds=size_of("full-disk"), acknowledged=len(ledger.acknowledged), **counted)
