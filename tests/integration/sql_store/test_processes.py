"""Forks, closing, and connections that die."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import text

from respond.domain.streams import ANY, NO_STREAM
from respond.errors import (
    StoreError,
    StoreUnavailable,
    VersionConflict,
)
from respond.store.records import Write
from respond.store.sql import engine_for
from respond.testing.conformance.samples import ONE, TWO, events, ids, ids_of
from sql_logs import opened, raw


def test_fork(url: str) -> None:
    """A child process goes on with connections of its own; the parent's still work."""
    with opened(url) as store:
        store.append(Write(ONE, events("parent")))
        assert in_child(lambda: store.append(Write(ONE, events("child"))).first) == 2
        assert store.append(Write(ONE, events("parent again"))).first == 3
        assert in_child(lambda: len(store.read_stream(ONE))) == 3
        assert store.versions([ONE]) == {ONE: 3}


def test_fork_while_appending(url: str) -> None:
    """A lock that another thread held when the process forked does not stop the child."""
    with opened(url) as store:
        store.append(Write(ONE, events("parent")))
        with store._connections._own.lock:
            assert in_child(lambda: store.append(Write(TWO, events("child"))).first) == 2


def test_fork_in_memory() -> None:
    """A log in memory does not follow into a child process: it would be another log."""
    with opened("sqlite://") as store:

        def read() -> int:
            with pytest.raises(StoreUnavailable, match="process"):
                store.read_all()
            return 1

        assert in_child(read) == 1


def test_fork_in_memory_while_reading() -> None:
    """The lock of a log in memory, held by another thread when the process forked, does not stop the child."""
    with opened("sqlite://") as store:
        held, done = Event(), Event()

        def hold() -> None:
            with store._connections.reading():
                held.set()
                done.wait()

        def read() -> int:
            signal.alarm(5)
            with pytest.raises(StoreUnavailable, match="process"):
                store.read_all()
            with pytest.raises(StoreUnavailable, match="process"):
                store.append(Write(ONE, events(1)))
            return 1

        holder = Thread(target=hold)
        holder.start()
        held.wait()
        try:
            assert in_child(read) == 1
        finally:
            done.set()
            holder.join()


def in_child(work: Any) -> int:
    """Return what *work* returns in a forked child; 255 when it raises."""
    child = os.fork()
    if child == 0:
        status = 255
        try:
            status = work()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def test_close(url: str) -> None:
    """A closed store gives back its connections and says that it is closed; closing twice does nothing."""
    store = opened(url)
    store.append(Write(ONE, events(1)))
    store.read_all()
    store.close()
    store.close()
    for act in (store.read_all, lambda: store.append(Write(ONE, events(2)))):
        with pytest.raises(StoreError, match="closed"):
            act()
    if url.startswith("postgresql"):
        with raw(url) as connection:
            listed = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            assert any(connection.execute(text(listed)).first() is None for _ in range(10_000))  # seen a moment later
    elif url.startswith("sqlite"):
        open_files = [os.path.realpath(descriptor) for descriptor in Path("/proc/self/fd").iterdir()]
        assert not [path for path in open_files if path.startswith(url.removeprefix("sqlite:///"))]


def test_close_while_a_writer_waits(tmp_path: Path) -> None:
    """A writer that waited for its turn while the store was closed writes nothing, and opens no file again."""
    store = opened(f"sqlite:///{tmp_path}/log.db")
    store.append(Write(ONE, events(1)))
    refused: list[StoreError] = []

    def write() -> None:
        with pytest.raises(StoreError, match="closed") as caught:
            store.append(Write(ONE, events(2)))
        refused.append(caught.value)

    connections = store._connections
    own, waits = connections._own, Event()
    connections._mine = lambda: waits.set() or own  # the check that the writer passed before the store was closed
    with own.lock:
        writer = Thread(target=write)
        writer.start()
        assert waits.wait(5)
        del connections._mine
        store.close()
    writer.join()
    assert (len(refused), own.writer) == (1, None)


def test_idle_session_is_replaced(postgresql_url: str) -> None:
    """A session that the server ended because it was idle is replaced unseen, as any other that died."""
    with opened(postgresql_url) as store, raw(postgresql_url) as watcher:
        for number in range(2):
            for act in (lambda: store.head(), lambda: store.append(Write(ONE, events(number)))):  # noqa: B023, PLW0108
                with store._connections.reading() as cursor:
                    pid = cursor.execute("SELECT pg_backend_pid()").fetchone()[0]
                    cursor.execute("SET idle_session_timeout = 1")
                gone = text(f"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = {pid}")
                assert any(watcher.execute(gone).scalar() for _ in range(10_000))
                act()
        assert store.head().position == 2


def test_connection_lost_between(server_url: str) -> None:
    """A connection that died while nobody used it is replaced unseen."""
    with opened(server_url) as store, raw(server_url) as connection:
        for number in range(3):
            appended = store.append(Write(ONE, events(number)))
            assert (appended.first, appended.replayed) == (number + 1, False)
            kill_others(connection)
            assert len(store.read_stream(ONE)) == number + 1
            kill_others(connection)
        with pytest.raises(VersionConflict):
            store.append(Write(ONE, events("x")), require={TWO: 1})


def kill_others(connection: Any) -> None:
    """End every other session of the database."""
    if connection.dialect.name == "postgresql":
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(text(f"SELECT pg_terminate_backend(pid, 5000) {others}"))
    else:
        mine = connection.execute(text("SELECT connection_id()")).scalar()
        listed = "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> :mine"
        for (other,) in connection.execute(text(listed), {"mine": mine}).all():
            connection.execute(text(f"KILL {other}"))


@pytest.mark.parametrize("path", ["statement", "transaction"])
@pytest.mark.parametrize("expected", [ANY, NO_STREAM], ids=str)
def test_connection_lost_while_appending(postgresql_url: str, path: Any, expected: Any) -> None:
    """An append whose connection is cut while it waits is made once, on a fresh one."""
    results: list[Any] = []
    engine = engine_for(postgresql_url)
    with opened(postgresql_url, append_path=path) as store, engine.connect() as holder, raw(postgresql_url) as watcher:
        holder.execute(text("SELECT * FROM respond_head FOR UPDATE"))
        writer = Thread(target=lambda: results.append(store.append(Write(ONE, events(1, 2), expected))))
        writer.start()
        waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while (pid := watcher.execute(text(waiting)).scalar()) is None:
            assert writer.is_alive()
        watcher.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))
        while watcher.execute(text(f"{waiting} AND pid <> {pid}")).scalar() is None:
            assert writer.is_alive()
        holder.rollback()
        writer.join()
        assert (results[0].first, results[0].last) == (1, 2)
        assert ids(store.read_log()) == ids_of(1, 2)
    engine.dispose()
