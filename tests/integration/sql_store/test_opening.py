"""Opening a log: what is made, what is found, what is refused."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from respond.errors import (
    DatabaseMissing,
    InvalidInput,
    SchemaTooNew,
    SchemaTooOld,
    StoreError,
    StoreReadOnly,
    StoreUnavailable,
    WrongDatabase,
)
from respond.store.records import Write
from respond.store.sql import create, schema_state, upgrade
from respond.testing.conformance.samples import ONE, TWO, events, ids, ids_of
from sql_logs import opened, raw, set_revision


def test_open_makes_and_finds(url: str) -> None:
    """Opening an empty database makes the log; opening it again finds the same one, with its events."""
    with opened(url) as store:
        store.append(Write(ONE, events(1, 2)))
    with opened(url, create=False) as again:
        assert (again.log, ids(again.read_stream(ONE))) == (store.log, ids_of(1, 2))


def test_open_at_once(url: str) -> None:
    """Processes that open an empty database at the same time agree on one log."""
    with ProcessPoolExecutor(6, mp_context=get_context("spawn")) as pool:
        logs = list(pool.map(log_of, [url] * 6))
    assert len(set(logs)) == 1


def log_of(url: str) -> str:
    """Return the id of the log, made where there is none."""
    with opened(url) as store:
        return store.log


def test_open_without_making(url: str) -> None:
    """With create=False an empty database stays empty, and no file is made."""
    with pytest.raises(WrongDatabase, match="respond db init"):
        opened(url, create=False)
    if url.startswith("sqlite"):
        assert not Path(url.removeprefix("sqlite:///")).exists()
    else:
        assert schema_state(url).kind == "empty"


def test_open_beside_other_tables(url: str) -> None:
    """A database with other tables gets a log only when that is asked."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).touch()
    with raw(url) as connection:
        connection.execute(text("CREATE TABLE customer (id integer)"))
    with pytest.raises(WrongDatabase, match="respond db init"):
        opened(url)
    assert schema_state(url).kind == "foreign"
    log = create(url)
    with opened(url) as store:
        assert store.log == log
    assert create(url) == log


@pytest.mark.parametrize(("revision", "error", "kind"), [("9999", SchemaTooNew, "new"), ("0000", SchemaTooOld, "old")])
def test_open_another_revision(url: str, revision: str, error: type[Exception], kind: str) -> None:
    """A log of a newer or an older release is refused, and left alone."""
    opened(url).close()
    set_revision(url, revision)
    for act in (opened, create):
        with pytest.raises(error, match=revision):
            act(url)
    assert (schema_state(url).kind, schema_state(url).revision) == (kind, revision)


def test_open_unfinished(url: str) -> None:
    """A log whose making broke off is finished, and not used before."""
    opened(url).close()
    with raw(url) as connection:
        connection.execute(text("DELETE FROM respond_log"))
    assert schema_state(url).kind == "unfinished"
    with pytest.raises(WrongDatabase, match="broke off"):
        opened(url, create=False)
    with opened(url) as store:
        assert store.append(Write(ONE, events(1))).first == 1


def test_log_id_given(url: str) -> None:
    """A log may be made with an id of the caller's; a text that no index takes is refused."""
    assert create(url, log="incidents of 2026") == "incidents of 2026"
    with pytest.raises(InvalidInput):
        create(url, log="")


@pytest.mark.parametrize(
    ("database", "options"),
    [
        ("no url", {}),
        ("oracle://host/name", {}),
        ("sqlite+aiosqlite:///x.db", {}),
        ("sqlite://", {"prefix": "Respond"}),
        ("sqlite://", {"prefix": "a" * 32}),
        ("sqlite://", {"prefix": "x; DROP TABLE y"}),
        ("sqlite://", {"schema": "other"}),
        ("sqlite://", {"append_path": "both"}),
        ("sqlite://", {"journal_mode": "off"}),
        ("sqlite://", {"tenant": ""}),
    ],
)
def test_open_wrong_input(database: str, options: dict[str, Any]) -> None:
    """A URL, a name or an option that cannot be meant is refused by name."""
    with pytest.raises(InvalidInput):
        opened(database, **options)


@pytest.mark.parametrize("journal_mode", ["wal", "delete"])
def test_open_read_only(tmp_path: Path, journal_mode: str) -> None:
    """With mode=ro in its URL a file is read and never written; without it the same file is."""
    url = f"sqlite:///{tmp_path}/log.db"
    with opened(url, journal_mode=journal_mode) as store:
        store.append(Write(ONE, events(1)))
    with opened(f"{url}?mode=ro", journal_mode=journal_mode) as store:
        assert ids(store.read_stream(ONE)) == ids_of(1)
        with pytest.raises(StoreReadOnly):
            store.append(Write(ONE, events(2)))
    with opened(url, journal_mode=journal_mode) as store:
        assert store.append(Write(ONE, events(2))).last == 2


def test_open_read_only_makes_nothing(tmp_path: Path) -> None:
    """With mode=ro a file that is not there is missing, and is not made, not even when making is asked for."""
    for create_it in (None, True, False):
        with pytest.raises(DatabaseMissing, match="no such file"):
            opened(f"sqlite:///{tmp_path}/log.db?mode=ro", create=create_it)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("mode=memory", "write sqlite:// for a log in memory"),
        ("mode=rwc", "mode 'rwc' cannot be asked; write mode=ro"),
        ("mode=ro&mode=rw", "cannot be asked; write mode=ro"),
        ("timeout=3", "timeout is not an option of an SQLite URL"),
        ("mode=ro&cache=shared", "cache is not an option of an SQLite URL"),
    ],
)
def test_open_unknown_options(tmp_path: Path, query: str, message: str) -> None:
    """An option of an SQLite URL that is not mode=ro is refused by name, and no file is made."""
    with pytest.raises(InvalidInput, match=message):
        opened(f"sqlite:///{tmp_path}/log.db?{query}")
    assert list(tmp_path.iterdir()) == []


def test_open_memory_read_only() -> None:
    """A log in memory that nothing can be written to is refused: it would hold nothing."""
    with pytest.raises(InvalidInput, match="mode 'ro' cannot be asked"):
        opened("sqlite://?mode=ro")


@pytest.mark.parametrize(
    "url", ["postgresql://postgres@127.0.0.1:1/x", "mariadb://root@127.0.0.1:1/x"], ids=["postgresql", "mariadb"]
)
def test_open_unreachable(url: str) -> None:
    """A server that does not answer is an error of the store."""
    with pytest.raises(StoreUnavailable):
        opened(url)


@pytest.mark.parametrize("scheme", ["postgresql", "mariadb"])
def test_no_password_in_messages(scheme: str) -> None:
    """A password among the options of a URL is in no message, like one before the host."""
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1/x") as caught:
        opened(f"{scheme}://root:first-secret@127.0.0.1:1/x?password=second-secret")
    assert "secret" not in str(caught.value)


def test_no_password_in_states(postgresql_url: str) -> None:
    """What a database lacks is told without the options of its URL."""
    sign = "&" if "?" in postgresql_url else "?"
    with pytest.raises(WrongDatabase, match="is empty") as caught:
        opened(f"{postgresql_url}{sign}password=secret", create=False)
    assert "secret" not in str(caught.value)


def test_open_missing_folder(tmp_path: Path) -> None:
    """A file in a folder that does not exist cannot be made."""
    with pytest.raises(StoreUnavailable, match="folder"):
        opened(f"sqlite:///{tmp_path}/none/respond.db")


@pytest.mark.parametrize("content", [b"case,state\n1,new\n" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_open_no_database(tmp_path: Path, content: bytes) -> None:
    """A file that is no SQLite database is refused, and left as it was."""
    path = tmp_path / "incidents.csv"
    path.write_bytes(content)
    with pytest.raises((WrongDatabase, StoreUnavailable)):
        opened(f"sqlite:///{path}")
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (content, [path])


@pytest.mark.parametrize("schema", ["incidents", "order"])
def test_prefix_and_schema(postgresql_url: str, schema: str) -> None:
    """Logs of several prefixes and schemas live beside each other; a schema may be a word of SQL."""
    options = [{}, {"prefix": "drill_"}, {"schema": schema}, {"schema": schema, "prefix": "drill_"}]
    stores = [opened(postgresql_url, create=True, **each) for each in options]
    for number, store in enumerate(stores):
        store.append(Write(ONE, events(*range(number))) if number else Write(TWO, events("first")))
        assert store.append(Write(ONE, events("x")), require={TWO: 0 if number else 1}).last == max(number, 1) + 1
        store.close()
    assert len({store.log for store in stores}) == len(stores)


def test_schema_made_before(postgresql_url: str) -> None:
    """An account that may fill a schema and make none creates the log there, and is refused where there is none."""
    with raw(postgresql_url) as connection:
        role = postgresql_url.partition("?")[0].rsplit("/", 1)[1] + "_filler"
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        connection.execute(text(f"CREATE SCHEMA incidents AUTHORIZATION {role}"))
        try:
            theirs = postgresql_url.replace("postgres@", f"{role}@")
            with opened(theirs, schema="incidents") as store:
                assert store.append(Write(ONE, events(1))).first == 1
            with pytest.raises(StoreError, match="permission denied"):
                opened(theirs, schema="drills")
        finally:
            connection.execute(text(f"DROP OWNED BY {role} CASCADE"))
            connection.execute(text(f"DROP ROLE {role}"))


def test_upgrade_makes_no_schema(server_url: str) -> None:
    """Upgrading a log that is not there leaves no schema behind."""
    schema = f"{server_url.partition('?')[0].rsplit('/', 1)[1]}_y"
    with pytest.raises(WrongDatabase, match="is empty"):
        upgrade(server_url, schema=schema)
    with raw(server_url) as connection:
        assert schema not in inspect(connection).get_schema_names()


def test_prefix(url: str) -> None:
    """Two logs live in one database."""
    with opened(url, prefix="a_") as one, opened(url, prefix="b_", create=True) as two:
        one.append(Write(ONE, events(1)))
        assert (two.read_all(), two.head().position) == ([], 0)


def test_schema_on_mariadb(mariadb_url: str) -> None:
    """On MariaDB a schema is a database beside the one of the URL."""
    name = f"{mariadb_url.rsplit('/', 1)[1]}_x"
    try:
        with opened(mariadb_url, schema=name) as store:
            store.append(Write(ONE, events(1)))
        assert (schema_state(mariadb_url).kind, schema_state(mariadb_url, schema=name).kind) == ("empty", "current")
    finally:
        with raw(mariadb_url) as connection:
            connection.execute(text(f"DROP DATABASE {name}"))
