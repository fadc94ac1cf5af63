"""The log in an SQL database: opening, refusing, giving back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, create_engine, event, text
from sqlalchemy.pool import StaticPool

from respond.domain.streams import ANY, NO_STREAM, StreamId, exactly
from respond.errors import (
    InvalidInput,
    SchemaTooNew,
    SchemaTooOld,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
    VersionConflict,
    WrongDatabase,
    WrongIsolation,
)
from respond.store.records import Write
from respond.store.sql import SqlEventStore, create, drop_triggers, engine_for, schema_state, tables, upgrade
from respond.store.sql.schema import REVISION
from respond.store.sql.sqlite import WAL_SINCE, driver
from respond.testing.conformance.samples import ONE, START, TWO, ManualClock, events, ids, ids_of
from respond.testing.conformance.samples import event as sample

SAFE_WAL = driver().sqlite_version_info >= WAL_SINCE


def clock() -> Any:
    return START


def opened(database: Any, **options: Any) -> SqlEventStore:
    return SqlEventStore.open(database, clock=clock, **options)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty database, of each kind in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@contextmanager
def raw(url: str) -> Iterator[Any]:
    """Lend a connection that the store knows nothing of, each statement for itself."""
    engine = engine_for(url)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection
    finally:
        engine.dispose()


# -- opening -----------------------------------------------------------------------------------------------------------


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
    with raw(url) as connection:
        connection.execute(text(f"UPDATE respond_alembic_version SET version_num = '{revision}'"))
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


@pytest.mark.parametrize(
    "url", ["postgresql://postgres@127.0.0.1:1/x", "mariadb://root@127.0.0.1:1/x"], ids=["postgresql", "mariadb"]
)
def test_open_unreachable(url: str) -> None:
    """A server that does not answer is an error of the store."""
    with pytest.raises(StoreUnavailable):
        opened(url)


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


# -- engines of the host -----------------------------------------------------------------------------------------------


def test_engine_of_the_host(url: str) -> None:
    """A store on the host's engine leaves its connections as they were, and its pool open."""
    create(url)
    engine = engine_for(url)
    try:
        with opened(engine) as store:
            store.append(Write(ONE, events(1)))
            assert engine.pool.checkedout() == 0
        with engine.connect() as connection:
            assert connection.execute(tables().events.select()).all() != []
            if engine.dialect.name == "postgresql":
                assert connection.execute(text("SHOW lock_timeout")).scalar() == "0"
                assert connection.execute(text("SHOW enable_seqscan")).scalar() == "on"
    finally:
        engine.dispose()


def test_metadata_of_the_host() -> None:
    """The tables join the host's metadata under their prefix."""
    metadata = MetaData()
    tables("drill_", "ops", metadata)
    assert set(metadata.tables) == {f"ops.drill_{name}" for name in ("log", "head", "events", "manifest")}


def test_memory_shared() -> None:
    """Stores on one engine in memory share the log; each URL is a log of its own."""
    engine = engine_for("sqlite://")
    with opened(engine) as one, opened(engine) as two, opened("sqlite://") as other:
        one.append(Write(ONE, events(1)))
        assert (ids(two.read_stream(ONE)), other.read_all()) == (ids_of(1), [])


def test_memory_of_many_connections() -> None:
    """An engine in memory that gives each thread its own database is refused."""
    engine = create_engine("sqlite://")
    with pytest.raises(InvalidInput, match="StaticPool"):
        opened(engine)
    engine.dispose()


# -- what cannot be written --------------------------------------------------------------------------------------------

READ_ONLY = """
import os, sys
from respond.domain.streams import StreamId
from respond.errors import StoreReadOnly
from respond.store.records import Write
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import START, events, ONE
from respond.store.sql.sqlite import driver
driver()
os.setgid(65534); os.setuid(65534)  # the modules of the interpreter may be out of reach from here on
with SqlEventStore.open(sys.argv[1], clock=lambda: START) as store:
    assert len(store.read_stream(ONE)) == 2, store.read_all()
    try:
        store.append(Write(ONE, events("new")))
    except StoreReadOnly as error:
        print(error)
    assert len(store.read_stream(ONE)) == 2
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user; others meet the same in test_role")
@pytest.mark.parametrize("journal_mode", ["delete", pytest.param("wal", marks=[] if SAFE_WAL else pytest.mark.skip)])
@pytest.mark.parametrize("protected", ["file", "folder", "both"])
def test_read_only_file(tmp_path: Path, journal_mode: str, protected: str) -> None:
    """A log that may only be read can be read; an append says what is missing."""
    folder = tmp_path / "log"
    folder.mkdir()
    path = folder / "respond.db"
    with opened(f"sqlite:///{path}", journal_mode=journal_mode) as store:
        store.append(Write(ONE, events(1, 2)))
    for above in (folder, *folder.parents[:3]):
        above.chmod(0o755)
    path.chmod(0o666 if protected == "folder" else 0o444)
    folder.chmod(0o777 if protected == "file" else 0o555)
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

    acknowledged = []
    with opened(engine, create=True) as store:
        with pytest.raises(StoreFull):
            for number in range(1000):
                store.append(Write(StreamId.of("note", str(number)), [sample(number, data={"text": "x" * 1000})]))
                acknowledged.append(number)
        assert ids(store.read_all()) == ids_of(*acknowledged)
        assert len(acknowledged) > 10
        pages[0] = 1000
        store.append(Write(ONE, events("more")))
        assert store.head().position == len(acknowledged) + 1
    engine.dispose()


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

        with pytest.raises(WrongIsolation):
            store.append(Write(ONE, events(2)))
        assert ids(store.read_all()) == ids_of(1)
    engine.dispose()


# -- what the database refuses -----------------------------------------------------------------------------------------

COLUMNS = "position, recorded_at, tenant, realm, stream, version, id, type, subject, body, leaf"


def copy_of(position: str = "position + 10", version: str = "version + 10", event_id: str = "id") -> str:
    columns = COLUMNS.replace("position", position, 1).replace("version", version, 1).replace("id,", f"{event_id},", 1)
    return f"SELECT {columns} FROM respond_events WHERE position = 1"


def refused_statements(name: str) -> list[str]:
    both = ["UPDATE respond_events SET type = 'x' WHERE position = 1", "DELETE FROM respond_events WHERE position = 1"]
    match name:
        case "sqlite":
            new_id = "zeroblob(16)"
            replacing = [
                copy_of(position="position", event_id=new_id),
                copy_of(),
                copy_of(version="version", event_id=new_id),
            ]
            return [
                *both,
                *(f"INSERT OR REPLACE INTO respond_events ({COLUMNS}) {each}" for each in replacing),
                *(f"REPLACE INTO respond_events ({COLUMNS}) {each}" for each in replacing),
                f"INSERT INTO respond_events ({COLUMNS}) {copy_of(position='position')} "
                "ON CONFLICT (position) DO UPDATE SET type = 'x'",
            ]
        case "postgresql":
            return [
                *both,
                "TRUNCATE respond_events",
                f"INSERT INTO respond_events ({COLUMNS}) {copy_of(position='position')} "
                "ON CONFLICT (position) DO UPDATE SET type = 'x'",
                "SET session_replication_role = replica; DELETE FROM respond_events",
            ]
        case _:
            return [
                *both,
                f"REPLACE INTO respond_events ({COLUMNS}) {copy_of(position='position')}",
                f"INSERT INTO respond_events ({COLUMNS}) {copy_of(position='position')} "
                "ON DUPLICATE KEY UPDATE type = 'x'",
            ]


def test_events_are_only_appended(url: str) -> None:
    """The database itself refuses to change, delete or replace an event, on any connection."""
    with opened(url) as store, raw(url) as connection:
        store.append(Write(ONE, events(1, 2)))
        before = store.read_log()
        for statement in refused_statements(connection.dialect.name):
            with pytest.raises(Exception, match="only ever appended"):  # noqa: B017 - each driver has its own
                connection.exec_driver_sql(statement)
        assert store.read_log() == before
        with pytest.raises(VersionConflict):
            store.append(Write(ONE, events(3), exactly(1)))


def test_triggers_can_be_dropped(url: str) -> None:
    """An owner can drop the triggers: what stops an owner is a digest kept elsewhere."""
    with opened(url) as store, raw(url) as connection:
        store.append(Write(ONE, events(1, 2)))
        for statement in drop_triggers(connection.dialect.name, "respond_"):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("UPDATE respond_events SET type = 'x' WHERE position = 1")
        connection.exec_driver_sql("DELETE FROM respond_events WHERE position = 2")
        assert [row.type for row in store.read_log()] == ["x"]


def test_truncate_on_mariadb(mariadb_url: str) -> None:
    """TRUNCATE fires no trigger on MariaDB: grants are the control there, and the head shows the loss."""
    with opened(mariadb_url) as store, raw(mariadb_url) as connection:
        store.append(Write(ONE, events(1, 2)))
        connection.exec_driver_sql("TRUNCATE respond_events")
        assert (store.read_log(), store.head().position) == ([], 2)


def test_row_beyond_the_head(url: str) -> None:
    """A row that stands where the next one belongs is reported, not overwritten and not skipped."""
    with opened(url) as store, raw(url) as connection:
        store.append(Write(ONE, events(1)))
        connection.exec_driver_sql("UPDATE respond_head SET position = 0")
        for write in (Write(TWO, events(2)), Write(TWO, events(2), NO_STREAM)):
            with pytest.raises(StoreError, match="respond check"):
                store.append(write)
        connection.exec_driver_sql("DELETE FROM respond_head")
        for act in (store.head, lambda: store.append(Write(TWO, events(2)))):
            with pytest.raises(StoreError, match="respond check"):
                act()


# -- migrations --------------------------------------------------------------------------------------------------------


def test_migrations_make_the_tables(url: str) -> None:
    """What the migrations make is what the code says the tables are."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    opened(url).close()
    metadata = MetaData()
    tables(metadata=metadata)
    with raw(url) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "respond_alembic_version"})
        assert compare_metadata(context, metadata) == []


def test_revision_is_the_last() -> None:
    """The revision that the code knows is the last one of the migrations, and revisions sort by age."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    import respond.store.sql

    config = Config()
    config.set_main_option("script_location", str(Path(respond.store.sql.__file__).parent / "migrations"))
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    assert revisions[0] == REVISION


def test_upgrade(url: str) -> None:
    """Upgrading a current log changes nothing; what is no log, or a newer one, is refused."""
    with pytest.raises(WrongDatabase):
        upgrade(url)
    create(url)
    assert upgrade(url) == schema_state(url)
    with raw(url) as connection:
        connection.execute(text("UPDATE respond_alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew):
        upgrade(url)


def test_upgrade_of_an_unknown_revision(url: str) -> None:
    """A revision that was never released cannot be upgraded."""
    create(url)
    with raw(url) as connection:
        connection.execute(text("UPDATE respond_alembic_version SET version_num = '0000'"))
    with pytest.raises(WrongDatabase, match="0000"):
        upgrade(url)


# -- sizes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["x", '"', "\\", "医"])
def test_large_bodies(url: str, sign: str) -> None:
    """A body of 1 MiB and a batch of 16 MiB are stored as they are, however much a driver must escape."""
    size = len(sign.encode()) * (2 if sign in '"\\' else 1)
    text_ = sign * ((1024 * 1024 - 400) // size)
    large = [sample(number, data={"text": text_}) for number in range(16)]
    with opened(url) as store:
        store.append(Write(ONE, large[:1], NO_STREAM))
        appended = store.append(Write(ONE, large[1:]), Write(TWO, events("small")))
        assert appended.last == 17
        assert all(row.mapping()["data"]["text"] == text_ for row in store.read_stream(ONE))
        assert store.append(Write(ONE, large[1:]), Write(TWO, events("small"))).replayed


# -- processes, threads, lost connections ------------------------------------------------------------------------------


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
            others = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            while connection.execute(text(others)).scalar():  # the server notices a moment later
                pass
    elif url.startswith("sqlite"):
        assert not [name for name in os.listdir("/proc/self/fd") if url[10:] in _target(name)]


def _target(descriptor: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""


def test_connection_lost_between(url: str) -> None:
    """A connection that died while nobody used it is replaced unseen."""
    if url.startswith("sqlite"):
        return
    with opened(url) as store, raw(url) as connection:
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


def test_plan_without_statistics(postgresql_url: str) -> None:
    """Pages are read along the primary key even before the table was ever analysed; the control sorts them all."""
    with opened(postgresql_url) as store:
        for start in range(0, 3000, 1000):
            writes = [Write(StreamId.of("note", str(key)), events(key)) for key in range(start, start + 1000)]
            store.append(*writes)
        statement = f"EXPLAIN {store._dialect.sql.read_all}".replace("%s", "{}").format(500, "'default'", 1000)
        with store._connections.reading() as cursor:
            plan = " ".join(row[0] for row in cursor.execute(statement).fetchall())
    with raw(postgresql_url) as connection:
        control = " ".join(row[0] for row in connection.execute(text(statement)).all())
    assert "Index Scan using respond_events_pkey" in plan
    assert "Sort" not in plan
    assert "Sort" in control


def test_clock_of_the_store(url: str) -> None:
    """A clock that is read once for each append: all events of one append share its time."""
    moved = ManualClock()
    with SqlEventStore.open(url, clock=moved) as store:
        store.append(Write(ONE, events(1, 2)))
        moved.move(seconds=1)
        store.append(Write(ONE, events(3)))
        first, second, third = (row.recorded_us for row in store.read_log())
    assert (first, third - first) == (second, 1_000_000)


def test_static_pool_of_the_host() -> None:
    """A host's engine in memory with one connection is taken as it is."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    with opened(engine) as store:
        assert store.append(Write(ONE, events(1)), Write(TWO, events(2))).last == 2
    engine.dispose()
