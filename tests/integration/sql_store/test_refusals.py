"""A log that cannot be written: read-only, full, locked, or at the wrong isolation."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text

from respond.domain.streams import StreamId
from respond.errors import (
    StoreBusy,
    StoreFull,
    StoreReadOnly,
    WrongIsolation,
)
from respond.store.records import Write
from respond.store.sql import SqlEventStore, engine_for
from respond.store.sql.sqlite import driver
from respond.testing.conformance.samples import ONE, events, ids, ids_of
from respond.testing.conformance.samples import event as sample
from sql_logs import opened, raw

READ_ONLY = """
import os, sys
from respond.domain.streams import StreamId
from respond.errors import StoreReadOnly
from respond.store.records import Write
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import START, events, ONE
from respond.store.sql.sqlite import driver
driver()
if os.geteuid() == 0:  # nothing is read-only for root; the modules of the interpreter may be out of reach from here on
    os.setgid(65534)
    os.setuid(65534)
with SqlEventStore.open(sys.argv[1], clock=lambda: START) as store:
    assert len(store.read_stream(ONE)) == 2, store.read_all()
    try:
        store.append(Write(ONE, events("new")))
    except StoreReadOnly as error:
        print(error)
    assert len(store.read_stream(ONE)) == 2
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that other users can reach; pytest's own are closed to them."""
    with TemporaryDirectory(prefix="respond-") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
@pytest.mark.parametrize("protected", ["file", "folder", "both"])
def test_read_only_file(open_folder: Path, journal_mode: str, protected: str) -> None:
    """A log that may only be read can be read; an append says what is missing."""
    path = open_folder / "respond.db"
    with opened(f"sqlite:///{path}", journal_mode=journal_mode) as store:
        store.append(Write(ONE, events(1, 2)))
    path.chmod(0o666 if protected == "folder" else 0o444)
    open_folder.chmod(0o777 if protected == "file" else 0o555)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, f"sqlite:///{path}"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "write access" in done.stdout


def test_read_only_role(postgresql_url: str) -> None:
    """A role that may only read reads; its append is refused, and so is one on a standby."""
    with opened(postgresql_url) as store, raw(postgresql_url) as connection:
        store.append(Write(ONE, events(1)))
        role = postgresql_url.partition("?")[0].rsplit("/", 1)[1] + "_reader"
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        try:
            connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
            for path in ("statement", "transaction"):
                with opened(postgresql_url.replace("postgres@", f"{role}@"), append_path=path) as reader:
                    assert ids(reader.read_all()) == ids_of(1)
                    with pytest.raises(StoreReadOnly, match="may append"):
                        reader.append(Write(ONE, events(2)))
            connection.execute(text(f"ALTER ROLE {role} SET default_transaction_read_only = on"))
            with opened(postgresql_url.replace("postgres@", f"{role}@")) as reader, pytest.raises(StoreReadOnly):
                reader.append(Write(ONE, events(2)))
        finally:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))


def test_read_only_user(mariadb_url: str) -> None:
    """A user that may only read reads; its append is refused."""
    with opened(mariadb_url) as store, raw(mariadb_url) as connection:
        store.append(Write(ONE, events(1)))
        name = mariadb_url.rsplit("/", 1)[1]
        connection.execute(text(f"CREATE USER {name}@'127.0.0.1'"))
        try:
            connection.execute(text(f"GRANT SELECT ON {name}.* TO {name}@'127.0.0.1'"))
            with opened(mariadb_url.replace("root@", f"{name}@")) as reader:
                assert ids(reader.read_all()) == ids_of(1)
                with pytest.raises(StoreReadOnly, match="may append"):
                    reader.append(Write(ONE, events(2)))
        finally:
            connection.execute(text(f"DROP USER {name}@'127.0.0.1'"))


def test_full(tmp_path: Path) -> None:
    """A full database refuses, keeps what it acknowledged, and goes on when there is room."""
    pages = [60]
    engine = host_engine(tmp_path / "full.db")

    @event.listens_for(engine, "checkout")
    def limit(connection: Any, record: Any, proxy: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages[0]}")

    acknowledged: list[int] = []
    with opened(engine, create=True) as store:
        with pytest.raises(StoreFull):
            fill(store, acknowledged)
        assert ids(store.read_all()) == ids_of(*acknowledged)
        assert len(acknowledged) > 10
        pages[0] = 1000
        store.append(Write(ONE, events("more")))
        assert store.head().position == len(acknowledged) + 1
    engine.dispose()


def fill(store: SqlEventStore, acknowledged: list[int]) -> None:
    """Append until the store refuses, and note what it took."""
    for number in range(1000):
        store.append(Write(StreamId.of("note", str(number)), [sample(number, data={"text": "x" * 1000})]))
        acknowledged.append(number)


def host_engine(path: Path) -> Engine:
    """Return an engine as a host would make it, for the newest SQLite."""
    return create_engine(f"sqlite:///{path}", module=driver())


def test_busy_sqlite(sqlite_url: str) -> None:
    """A lock that another program holds for too long is a typed error that may be tried again."""
    with opened(sqlite_url, lock_timeout=0.05) as store, closing(driver().connect(sqlite_url[10:])) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy) as busy:
            store.append(Write(ONE, events(1)))
        assert busy.value.retryable
        other.execute("ROLLBACK")
        assert store.append(Write(ONE, events(1))).first == 1


@pytest.mark.parametrize("path", ["statement", "transaction"])
def test_busy_postgresql(postgresql_url: str, path: Any) -> None:
    """The same where another session holds the head."""
    busy_server(postgresql_url, append_path=path, lock_timeout=0.05)


def test_busy_mariadb(mariadb_url: str) -> None:
    """The same where another session holds the head."""
    busy_server(mariadb_url, lock_timeout=1)


def busy_server(url: str, **options: Any) -> None:
    """Hold the head from another session while the store appends."""
    engine = engine_for(url)
    with opened(url, **options) as store, engine.connect() as other:
        with other.begin() as transaction:
            other.execute(text("UPDATE respond_head SET position = position WHERE id = 1"))
            other.execute(text("SELECT * FROM respond_head FOR UPDATE"))
            with pytest.raises(StoreBusy):
                store.append(Write(ONE, events(1)))
            transaction.rollback()
        assert store.append(Write(ONE, events(1))).first == 1
    engine.dispose()


@pytest.mark.parametrize("name", ["postgresql", "mariadb"])
def test_wrong_isolation(request: pytest.FixtureRequest, name: str) -> None:
    """An append in a transaction that keeps an old snapshot is refused, and writes nothing."""
    url = request.getfixturevalue(f"{name}_url")
    engine = engine_for(url)
    level = {
        "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "mariadb": "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    }[name]
    with opened(engine, append_path="transaction") as store:
        store.append(Write(ONE, events(1)))  # from here on the connection has its settings

        @event.listens_for(store._connections._own.pool, "checkout")
        def change(connection: Any, record: Any, proxy: Any) -> None:
            cursor = connection.cursor()
            cursor.execute(level)
            cursor.close()

        store._connections._own.give_back_idle()
        with pytest.raises(WrongIsolation):
            store.append(Write(ONE, events(2)))
        assert ids(store.read_all()) == ids_of(1)
    engine.dispose()
