"""A writer stops while it holds the head: by a signal within its append, or by leaving a transaction open."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing.connection import Connection
from unittest.mock import patch

import pytest

from fault_sizes import size_of
from ledger import Ledger, Place
from respond.errors import StoreBusy
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import START
from sql_logs import opened
from stores import SqlStores, SqlWriter
from syscalls import PATIENCE
from ticker import Batch
from writers import append, note, started

OTHERS = 3
LOCK_TIMEOUT = 0.3
"""Seconds; MariaDB knows whole ones."""
IDLE_SECONDS = 2
"""How long a server waits for a writer that does nothing in its transaction, in these tests."""
DATABASES = ["sqlite", "postgresql", "mariadb"]


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a log without events."""
    url = str(request.getfixturevalue(f"{request.param}_url"))
    opened(url).close()
    return url


def stop_within(line: Connection, url: str, number: int, idle_seconds: int) -> None:
    """Append one batch, and be stopped after its events were inserted and before they are committed."""

    def stop(*_: object) -> None:
        line.send("holds the head")
        os.kill(os.getpid(), signal.SIGSTOP)

    with (
        patch("respond.store.sql.postgresql.IDLE_SECONDS", idle_seconds),
        patch("respond.store.sql.mariadb.IDLE_SECONDS", idle_seconds),
        opened(url) as store,
    ):
        stops = [stop]
        store.project_inline(lambda *rows: stops.pop()(rows) if stops else None)
        append(line, store, Batch("stopped", number))


def all_busy(stores: list[SqlEventStore], ledger: Ledger, round_: int) -> None:
    """Assert that an append to each of *stores* ends with `StoreBusy`; one that hangs is an error too."""

    def busy(number: int) -> None:
        batch = Batch(f"other{number}", round_)
        ledger.ask(batch)
        with pytest.raises(StoreBusy) as refusal:
            stores[number].append(*batch.writes)
        ledger.refuse(batch, refusal.value.code)

    each(stores, busy)


def all_append(stores: list[SqlEventStore], ledger: Ledger, round_: int) -> None:
    """Assert that each of *stores* can append now what it could not before."""

    def succeed(number: int) -> None:
        batch = Batch(f"other{number}", round_)
        ledger.ask(batch)
        ledger.acknowledge(batch, Place.of(stores[number].append(*batch.writes)))

    each(stores, succeed)


def each(stores: list[SqlEventStore], work: Callable[[int], None]) -> None:
    """Do *work* for all stores at the same time."""
    pool = ThreadPoolExecutor(len(stores))
    try:
        for done in [pool.submit(work, number) for number in range(len(stores))]:
            done.result(PATIENCE)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@pytest.fixture
def others(url: str) -> Iterator[list[SqlEventStore]]:
    """Yield stores that wait not long; the last two are one store, in two threads."""
    with ExitStack() as stack:
        stores = [stack.enter_context(opened(url, lock_timeout=LOCK_TIMEOUT)) for _ in range(OTHERS)]
        yield [*stores, stores[-1]]


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_stopped_process(url, others, told, request):
    """While a process is stopped within its append others are told that the log is busy; then everybody goes on."""
    ledger = Ledger()
    rounds = size_of("stuck-writer")
    for round_ in range(rounds):
        with started(stop_within, url, round_, 60) as writer:
            writer.go()
            while (said := writer.hear()) != "holds the head":
                note(ledger, said)
            all_busy(others, ledger, round_)
            os.kill(writer.pid, signal.SIGCONT)
            writer.listen(ledger)
        assert Batch("stopped", round_) in ledger.acknowledged
        all_append(others, ledger, round_)
    with opened(url) as store:
        assert ledger.faults(store) == []
    told("stuck-writer", case=f"{request.node.callspec.id}, stopped", rounds=rounds, busy=rounds * len(others))


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_open_transaction(url, others, told, request):
    """The same while somebody leaves a transaction open that holds the head."""
    ledger = Ledger()
    rounds = size_of("stuck-writer")
    with SqlStores(url).raw_connection() as (connection, dialect):
        holder = SqlWriter(others[0].log, dialect.cursor(connection), dialect)
        for round_ in range(rounds):
            batch = Batch("held", 3 * round_)
            holder.append(*batch.writes, version=0, at=START)
            all_busy(others, ledger, round_)
            holder.rollback()
            all_append(others, ledger, round_)
    with opened(url) as store:
        assert ledger.faults(store) == []
    told("stuck-writer", case=f"{request.node.callspec.id}, open", rounds=rounds, busy=rounds * len(others))


@pytest.mark.parametrize("url", DATABASES[1:], indirect=True)
def test_server_frees_the_head(url):
    """A server ends a transaction in which nothing happens; who waited goes on, and the stopped writer asks again."""
    ledger = Ledger()
    with opened(url, lock_timeout=PATIENCE) as store, started(stop_within, url, 0, IDLE_SECONDS) as writer:
        writer.go()
        while (said := writer.hear()) != "holds the head":
            note(ledger, said)
        all_append([store], ledger, 0)
        os.kill(writer.pid, signal.SIGCONT)
        writer.listen(ledger)
        assert len(ledger.acknowledged) == 2
        assert ledger.faults(store) == []


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_control(url, others):
    """Without a writer that holds the head nobody is busy: it is the holder that the tests above see."""
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        all_busy(others, Ledger(), 0)
