"""The connection of a task dies: while an append commits, or while nobody uses it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from proxy import proxied
from respond.errors import OutcomeUnknown
from respond.store.async_event_store import AsyncEventStore
from respond.store.records import Write
from respond.testing.async_facade import AsyncFacade
from respond.testing.conformance.samples import ONE, TWO, ManualClock, events, ids, ids_of
from sql_logs import raw

ENDED = {
    "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
    "AND datname = current_database()",
    "mariadb": "SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND db = database()",
}


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


def facade(url: str, **options: object) -> AsyncFacade:
    """Return a store for asyncio as a plain one."""
    return AsyncFacade(AsyncEventStore.open(url, clock=ManualClock(), **options))


@pytest.mark.parametrize("group", [True, False])
@pytest.mark.parametrize("cut", ["before", "after"])
def test_cut_at_commit(server: str, cut: str, group: bool) -> None:
    """An append that is cut at its commit is in the log once, and its task gets the place it has."""
    with proxied(server) as (behind, proxy), facade(behind, create=True, group=group) as store:
        store.append(Write(TWO, events("before")))
        proxy.cut = cut
        appended = store.append(Write(ONE, events(1, 2)))
        assert proxy.cuts == 1
        assert (appended.first, appended.last, appended.versions, appended.replayed) == (2, 3, {ONE: 2}, False)
        assert store.append(Write(ONE, events(1, 2))).replayed
        assert ids(store.read_log()) == ids_of("before", 1, 2)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_cut_and_gone(server: str, cut: str) -> None:
    """When nobody can be asked what became of it, the task is told so; appending again later settles it."""
    with proxied(server) as (behind, proxy), facade(behind, create=True) as store:
        store.append(Write(TWO, events("before")))
        proxy.cut, proxy.refuses = cut, True
        with pytest.raises(OutcomeUnknown):
            store.append(Write(ONE, events(1, 2)))
        proxy.refuses = False
        again = store.append(Write(ONE, events(1, 2)))
        assert (again.first, again.last, again.replayed) == (2, 3, cut == "after")


def test_dead_connections(server: str) -> None:
    """Connections that died while nobody used them are replaced, and no task hears of it."""
    with facade(server) as store:
        store.append(Write(ONE, events(1)))
        end_sessions(server)
        assert ids(store.read_all()) == ids_of(1)
        end_sessions(server)
        assert store.append(Write(ONE, events(2))).first == 2


def end_sessions(url: str) -> None:
    """End every session of the database but the one that says so."""
    with raw(url) as connection:
        name = "postgresql" if connection.dialect.name == "postgresql" else "mariadb"
        for (number,) in connection.execute(text(ENDED[name])).all():
            if name == "mariadb":
                connection.execute(text(f"KILL {int(number)}"))
