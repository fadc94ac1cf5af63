"""The line to a server goes dead while an append commits: nothing is confirmed any more, and nobody hangs up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Unfinished
from typing import Any
from unittest.mock import patch

import pytest

from fault_sizes import size_of
from load import under_load
from proxy import Cut, proxied
from respond.errors import OutcomeUnknown
from respond.store.async_event_store import AsyncEventStore
from respond.store.records import Write
from respond.testing.async_facade import AsyncFacade
from respond.testing.conformance.samples import ONE, TWO, ManualClock, events, ids, ids_of
from sql_logs import opened
from syscalls import PATIENCE

SILENCE = 2
"""Seconds after which a silent line counts as lost, in these tests."""
WAYS = ["postgresql-statement", "postgresql-transaction", "mariadb-transaction"]
WRITERS = 4
CUTS: list[Cut] = ["before", "after"]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return the URL of an empty database, and a way to append to it."""
    name, _, path = request.param.partition("-")
    return str(request.getfixturevalue(f"{name}_url")), path


@pytest.fixture
def silence(request: pytest.FixtureRequest) -> Any:
    """Let a silent line count as lost soon, or as late as a test says."""
    with patch("respond.store.sql.engines.SILENCE_SECONDS", getattr(request, "param", SILENCE)):
        yield


def awaited(url: str, **options: Any) -> AsyncFacade:
    """Return a store for asyncio as a plain one."""
    return AsyncFacade(AsyncEventStore.open(url, clock=ManualClock(), **options))


@pytest.mark.usefixtures("silence")
@pytest.mark.parametrize("open_it", [opened, awaited])
@pytest.mark.parametrize("cut", CUTS)
def test_silent_at_commit(
    way: tuple[str, str], cut: Cut, open_it: Callable[..., Any], told: Callable[..., None], request: Any
) -> None:
    """An append whose line goes dead at its commit is in the log once, and its caller gets the place it has."""
    url, path = way
    rounds = size_of("silent-line")
    with proxied(url) as (behind, proxy), open_it(behind, create=True, append_path=path) as store:
        store.append(Write(TWO, events("before")))
        for number in range(rounds):
            proxy.cut, proxy.silent = cut, True
            first, keys = 2 * number + 2, (2 * number, 2 * number + 1)
            appended = in_time(lambda keys=keys: store.append(Write(ONE, events(*keys))))
            assert (appended.first, appended.last, appended.versions) == (first, first + 1, {ONE: first})
            assert not appended.replayed
        assert proxy.cuts == rounds
        assert ids(store.read_log()) == ids_of("before", *range(2 * rounds))
    case = [*request.node.callspec.params["way"].split("-"), "threads" if open_it is opened else "tasks", f"cut {cut}"]
    told("silent-line", case=", ".join(case), rounds=rounds)


@pytest.mark.usefixtures("silence")
@pytest.mark.parametrize("cut", CUTS)
def test_silent_and_gone(way: tuple[str, str], cut: Cut) -> None:
    """While the server cannot be reached anew the caller is told that the outcome is unknown; later it is settled."""
    url, path = way
    with proxied(url) as (behind, proxy), opened(behind, create=True, append_path=path) as store:
        store.append(Write(TWO, events("before")))
        proxy.cut, proxy.silent, proxy.refuses = cut, True, True
        with pytest.raises(OutcomeUnknown):
            in_time(lambda: store.append(Write(ONE, events(1, 2))))
        proxy.refuses = False
        again = store.append(Write(ONE, events(1, 2)))
        assert (again.first, again.last, again.replayed) == (2, 3, cut == "after")


@pytest.mark.usefixtures("silence")
@pytest.mark.parametrize("cut", CUTS)
def test_a_group(way: tuple[str, str], cut: Cut) -> None:
    """Those who share the commit, and those who wait behind it, go on; the log keeps what each was told."""
    url, path = way
    with proxied(url) as (behind, proxy), opened(behind, create=True, append_path=path) as store:
        with under_load([store] * WRITERS) as load:
            load.wait_for(WRITERS)
            proxy.cut, proxy.silent = cut, True
            load.wait_for(WRITERS)
            while not proxy.cuts:
                load.wait_for(1)
            load.wait_for(WRITERS)
        assert load.ledger.faults(store) == []


@pytest.mark.usefixtures("silence")
@pytest.mark.parametrize("silence", [3600], indirect=True)
def test_control(way: tuple[str, str]) -> None:
    """An append that gives the line more time waits as long as it is dead."""
    url, path = way
    with proxied(url) as (behind, proxy), opened(behind, create=True, append_path=path) as store:
        store.append(Write(TWO, events("before")))
        proxy.cut, proxy.silent = "before", True
        waiting = begun(lambda: store.append(Write(ONE, events(1, 2))))
        with pytest.raises(Unfinished):
            waiting.result(3 * SILENCE)
        proxy.over.set()
        assert waiting.result(PATIENCE).first == 2


def begun(work: Callable[[], Any]) -> Future[Any]:
    """Do *work* in a thread."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(work)
    finally:
        pool.shutdown(wait=False)


def in_time(work: Callable[[], Any]) -> Any:
    """Return what *work* does; one that hangs is an error."""
    return begun(work).result(PATIENCE)
