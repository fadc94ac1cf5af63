"""What opening a log says of settings that lose what was acknowledged."""

from __future__ import annotations

import logging

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from respond.errors import InvalidInput, UnsafeSettings
from respond.store.sql import engine_for, schema_state
from respond.store.sql.sqlite import driver
from sql_logs import opened, raw

LOSES = "a crash can lose events that were acknowledged"
UNSAFE = [
    ("postgresql", "VALUES ('fsync', 'off')", "fsync is off"),
    ("postgresql", "VALUES ('full_page_writes', 'off')", "full_page_writes is off"),
    ("postgresql", "VALUES ('synchronous_commit', 'off')", "synchronous_commit is off"),
    ("postgresql", "VALUES ('data_sync_retry', 'on')", "data_sync_retry is on"),
    ("mariadb", "SELECT 0, 1, 0, 0, 'InnoDB'", "innodb_doublewrite is 0"),
    ("mariadb", "SELECT 1, 0, 0, 0, 'InnoDB'", "innodb_flush_log_at_trx_commit is 0"),
    ("mariadb", "SELECT 1, 2, 0, 0, 'InnoDB'", "innodb_flush_log_at_trx_commit is 2"),
    ("mariadb", "SELECT 1, 1, 1, 0, 'InnoDB'", "sync_binlog is 0"),
    ("mariadb", "SELECT 1, 3, 0, 0, 'Aria'", "engine is Aria"),
]
SAFE = [
    ("postgresql", "VALUES ('synchronous_commit', 'remote_apply'), ('data_sync_retry', 'off')"),
    ("mariadb", "SELECT 1, 3, 1, 1, NULL"),
    ("mariadb", "SELECT 1, 1, 0, 0, 'InnoDB'"),
]


def lose_commits(url: str) -> None:
    """Let a PostgreSQL database answer before a commit is on the disk."""
    parsed = make_url(url)
    with psycopg.connect(parsed.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.execute(f'ALTER DATABASE "{parsed.database}" SET synchronous_commit = off')


def test_a_database_that_loses_commits_is_warned_of(postgresql_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Opening warns by one record of `respond.store`, with fields for programs and no password; a safe one is quiet."""
    with opened(postgresql_url):
        assert caplog.records == []
    lose_commits(postgresql_url)
    with opened(postgresql_url):
        (record,) = caplog.records
    assert (record.name, record.levelno) == ("respond.store", logging.WARNING)
    assert record.getMessage().endswith(f"synchronous_commit is off: {LOSES}; set it to on")
    assert (record.setting, record.value, record.danger) == ("synchronous_commit", "off", f"{LOSES}; set it to on")
    assert make_url(postgresql_url).database in record.database


def test_a_database_that_loses_commits_can_be_refused(postgresql_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Asked to refuse, opening raises and makes no table; asked to ignore, it says nothing."""
    lose_commits(postgresql_url)
    with pytest.raises(UnsafeSettings, match=f"synchronous_commit is off: {LOSES}; set it to on") as caught:
        opened(postgresql_url, durability="refuse")
    assert caught.value.code == "unsafe-settings"
    assert schema_state(postgresql_url).kind == "empty"
    opened(postgresql_url, durability="ignore").close()
    assert caplog.records == []


def test_a_safe_database_is_not_refused(url: str) -> None:
    """The control: as the databases of these tests are set, nothing is refused, and a new file neither."""
    for _ in range(2):
        opened(url, durability="refuse").close()


def test_a_wal_under_an_old_sqlite_is_refused(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A WAL that the SQLite library may damage is refused when that is asked, and so is a journal in memory only."""
    opened(sqlite_url).close()
    with raw(sqlite_url) as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = wal")
    monkeypatch.setattr("respond.store.sql.settings.WAL_SINCE", (*driver().sqlite_version_info[:2], 999))
    with pytest.raises(UnsafeSettings, match=r"sqlite_version is .*: a WAL can be damaged by SQLite before"):
        opened(sqlite_url, durability="refuse")


@pytest.mark.parametrize(("database", "answer", "says"), UNSAFE)
def test_every_unsafe_setting_is_named(request, monkeypatch, database, answer, says) -> None:
    """Whatever the server would answer that endangers events, the refusal names it with what to set instead."""
    monkeypatch.setattr(f"respond.store.sql.settings._{database.upper()}", text(answer))
    with pytest.raises(UnsafeSettings, match=rf"{says}: .*; (set it to|run ALTER TABLE)"):
        opened(request.getfixturevalue(f"{database}_url"), durability="refuse")


@pytest.mark.parametrize(("database", "answer"), SAFE)
def test_safe_settings_pass(request, monkeypatch, database, answer) -> None:
    """The control: other values of the same settings are not refused."""
    monkeypatch.setattr(f"respond.store.sql.settings._{database.upper()}", text(answer))
    opened(request.getfixturevalue(f"{database}_url"), durability="refuse").close()


def test_a_table_of_another_engine_is_refused(mariadb_url: str) -> None:
    """Events in a table without transactions are in danger: the engine is asked for, not assumed."""
    opened(mariadb_url).close()
    with raw(mariadb_url) as connection:
        connection.exec_driver_sql("ALTER TABLE respond_events ENGINE = Aria")
    with pytest.raises(UnsafeSettings, match="engine is Aria"):
        opened(mariadb_url, durability="refuse")


def test_a_cluster_that_loses_updates_is_never_used(mariadb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Galera cluster is refused whatever is asked, before anything is made in it."""
    monkeypatch.setattr("respond.store.sql.mariadb._CLUSTER", "SELECT 'wsrep_on', 'ON'")
    with pytest.raises(UnsafeSettings, match="Galera"):
        opened(mariadb_url, durability="ignore")
    assert schema_state(mariadb_url).kind == "empty"


def test_a_cluster_is_no_place_for_a_transaction_of_the_caller(
    mariadb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does the log join a transaction in a cluster."""
    host = create_engine(engine_for(mariadb_url).url, isolation_level="READ COMMITTED")
    with opened(mariadb_url) as store, host.begin() as connection:
        monkeypatch.setattr("respond.store.sql.mariadb._CLUSTER", "SELECT 'wsrep_on', 'ON'")
        with pytest.raises(UnsafeSettings, match="Galera"):
            store.in_transaction(connection)
    host.dispose()


def test_an_unknown_policy_is_refused(sqlite_url: str) -> None:
    """What to do about unsafe settings is one of three words."""
    with pytest.raises(InvalidInput, match="'maybe' is not one of warn, refuse, ignore"):
        opened(sqlite_url, durability="maybe")
