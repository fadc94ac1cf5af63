from __future__ import annotations

import sqlite3

import psycopg
import pytest
from sqlalchemy.engine import make_url

from command_line import CommandLine
from respond.store.sql import drop_triggers
from respond.store.sql.checkpoints import Checkpoints
from respond.store.sql.schema import tables
from respond.testing.conformance.samples import START
from sql_logs import opened, raw

SETTINGS = {
    "sqlite_url": ["journal_mode", "sqlite_version", "append_only_triggers"],
    "postgresql_url": [
        "data_sync_retry",
        "fsync",
        "full_page_writes",
        "synchronous_commit",
        "append_only_triggers",
        "account",
    ],
    "mariadb_url": [
        "innodb_doublewrite",
        "innodb_flush_log_at_trx_commit",
        "engine",
        "append_only_triggers",
        "account",
    ],
}


@pytest.mark.parametrize("database", SETTINGS)
def test_status_tells_how_the_log_stands(request, capsys, database):
    """The end of the log, what is registered, and the settings on which durability depends; 1 if one endangers it."""
    cli = CommandLine(request.getfixturevalue(database), capsys)
    cli.ask("report", "--category", "other", "--title", "A")
    said = cli.run("status", "--json")
    status = said.document
    assert (status["position"], status["tenant"], status["ahead_seconds"]) == (1, "default", 0)
    assert status["plans"] == ["first-steps@1"]
    assert status["workflows"] == [
        {"category": "incident", "definition": "incident@5"},
        {"category": "warning", "definition": "warning@1"},
        {"category": "plan", "definition": "plan@3"},
        {"category": "pool", "definition": "pool@1"},
        {"category": "party", "definition": "party@1"},
        {"category": "action", "definition": "action@1"},
        {"category": "accountability", "definition": "accountability@1"},
        {"category": "lesson", "definition": "lesson@1"},
        {"category": "drill", "definition": "drill@1"},
    ]
    names = [setting["name"] for setting in status["settings"] if setting["name"] != "sync_binlog"]
    assert names == SETTINGS[database]
    assert said.status == int(any(setting["danger"] for setting in status["settings"]))
    assert SETTINGS[database][0] in cli.run("status").out


def test_a_commit_that_does_not_wait_for_the_disk_is_bad_news(postgresql_url, capsys):
    """The control: a PostgreSQL database set to lose commits is named, with what to set instead."""
    cli = CommandLine(postgresql_url, capsys)
    cli.ask("db", "init")
    url = make_url(postgresql_url)
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.execute(f'ALTER DATABASE "{url.database}" SET synchronous_commit = off')
    dangers = {setting["name"]: setting["danger"] for setting in cli.ask("status", status=1)["settings"]}
    assert dangers["synchronous_commit"] == "a crash can lose events that were acknowledged; set it to on"


def test_a_wal_under_an_old_sqlite_is_bad_news(cli, tmp_path, monkeypatch):
    """The control: a WAL that the library can damage is named, with what to install; one that it cannot is fine."""
    cli.ask("db", "init")
    with sqlite3.connect(tmp_path / "respond.db") as database:
        assert database.execute("PRAGMA journal_mode = wal").fetchone() == ("wal",)
    database.close()
    for since, status in (((3, 0, 0), 0), ((99, 0, 0), 1)):
        monkeypatch.setattr("respond.store.sql.settings.WAL_SINCE", since)
        mode, version, _ = cli.ask("status", status=status)["settings"]
        assert (mode["value"], mode["danger"]) == ("wal", "")
        assert ("before 99.0.0" in version["danger"]) is bool(status)


NARROWED = """
CREATE OR REPLACE TRIGGER respond_events_no_delete BEFORE DELETE ON respond_events FOR EACH ROW
WHEN (OLD.position = 0) EXECUTE FUNCTION respond_events_refuse('x')
"""
WEAKENED = [
    ("sqlite_url", "DROP TRIGGER respond_events_no_replace", "respond_events_no_replace is missing"),
    (
        "postgresql_url",
        "DROP TRIGGER respond_events_no_delete ON respond_events",
        "respond_events_no_delete is missing",
    ),
    ("postgresql_url", "DROP FUNCTION respond_events_refuse CASCADE", "respond_events_no_truncate is missing"),
    (
        "postgresql_url",
        "ALTER TABLE respond_events DISABLE TRIGGER respond_events_no_update",
        "respond_events_no_update is disabled",
    ),
    (
        "postgresql_url",
        "ALTER TABLE respond_events ENABLE TRIGGER respond_events_no_update",
        "respond_events_no_update is disabled for replicas",
    ),
    ("mariadb_url", "DROP TRIGGER respond_events_no_update", "respond_events_no_update is missing"),
    (
        "postgresql_url",
        "CREATE OR REPLACE FUNCTION respond_events_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "respond_events_no_delete is not what respond made",
    ),
    (
        "postgresql_url",
        NARROWED,
        "respond_events_no_delete is not what respond made",
    ),
    (
        "mariadb_url",
        "CREATE OR REPLACE TRIGGER respond_events_no_delete BEFORE DELETE ON respond_events FOR EACH ROW SET @x = 1",
        "respond_events_no_delete is not what respond made",
    ),
]
ALTERED_ON_SQLITE = [
    "DROP TRIGGER respond_events_no_delete",
    "CREATE TRIGGER respond_events_no_delete BEFORE DELETE ON respond_events BEGIN SELECT 1; END",
]


def triggers(cli: CommandLine) -> tuple[dict[str, str], int, int]:
    """Return what `status` says of the triggers, and how both kinds of status end."""
    cli.ask("report", "--category", "other", "--title", "A")
    said = cli.run("status", "--json")
    (found,) = [one for one in said.document["settings"] if one["name"] == "append_only_triggers"]
    state = cli.run("db", "status", "--json")
    assert state.document["triggers"] == found
    if found["danger"]:
        assert found["danger"] in cli.run("status").out
        assert found["danger"] in cli.run("db", "status").out
    return found, said.status, state.status


@pytest.mark.parametrize(("database", "statement", "says"), WEAKENED)
def test_a_log_that_could_be_changed_is_bad_news_until_it_is_upgraded(request, capsys, database, statement, says):
    """A trigger that is missing or disabled is named, and `db upgrade` makes it anew; a whole set is the control."""
    cli = CommandLine(request.getfixturevalue(database), capsys)
    whole, _, status = triggers(cli)
    assert (whole["danger"], status) == ("", 0)
    assert cli.ask("db", "upgrade")["triggers_restored"] is False
    with raw(cli.url) as connection:
        connection.exec_driver_sql(statement)
        found, *statuses = triggers(cli)
        assert statuses == [1, 1]
        assert says in found["danger"]
        assert found["danger"].endswith("run `respond db upgrade`")
        assert cli.ask("db", "upgrade")["triggers_restored"] is True
        assert triggers(cli) == (whole, cli.run("status").status, 0)
        for statement_again in ("UPDATE respond_events SET type = 'x'", "DELETE FROM respond_events"):
            with pytest.raises(Exception, match="only ever appended"):
                connection.exec_driver_sql(statement_again)


def test_a_trigger_that_does_nothing_is_bad_news(cli):
    """A trigger of the right name that refuses nothing does not pass for the one that respond made."""
    cli.ask("db", "init")
    with raw(cli.url) as connection:
        for statement in ALTERED_ON_SQLITE:
            connection.exec_driver_sql(statement)
    found, *statuses = triggers(cli)
    assert (found["value"], statuses) == ("update, replace", [1, 1])
    assert "respond_events_no_delete is not what respond made" in found["danger"]
    assert cli.ask("db", "upgrade")["triggers_restored"] is True
    assert triggers(cli)[1:] == (0, 0)


def test_status_tells_who_is_how_far_behind(cli):
    """A projection that left out an event is in danger, and named with its lag; before that nobody follows."""
    cli.ask("report", "--category", "other", "--title", "A")
    assert cli.ask("status")["checkpoints"] == []
    with opened(cli.url) as store:
        checkpoints = Checkpoints(tables(), store.tenant)
        with store.transaction() as connection:
            checkpoints.create(connection, "board", 1, now=START)
            held = checkpoints.claim(connection, "board", 1, owner="desk-4", now=START, lease_seconds=9)
            checkpoints.dead_letter(connection, held, store.read_all()[0], "torn", now=START)
    said = cli.ask("status", status=1)
    (one,) = said["checkpoints"]
    assert (one["name"], one["lag"], one["dead_letters"], one["owner"]) == ("board", 1, 1, "desk-4")
    assert one["lease_until"] == "2026-11-20T09:00:09.000000Z"
    assert said["dead_letters"] == 1
    (danger,) = said["dangers"]
    assert danger.startswith("board left out an event that failed; see `respond readers dead-letters board`")
    page = cli.run("status").out
    assert "desk-4" in page
    assert said["dangers"][0] in page
    cli.ask("readers", "settle", "board", 1)
    assert cli.ask("status")["dead_letters"] == 0


def test_status_tells_what_fails_and_is_tried_again(cli):
    """A publisher whose target refuses is shown with its error before patience ends; 1 until it works."""
    cli.ask("report", "--category", "other", "--title", "A")
    cli.ask("publish", "--to", "nats://127.0.0.1:9", "--name", "bus", "--once", status=1)
    said = cli.ask("status", status=1)
    (one,) = said["checkpoints"]
    assert (one["status"], one["attempts"], one["error"] in said["dangers"][0]) == ("running", 1, True)
    page = cli.run("status").out
    assert "attempts" in page
    assert said["dangers"][0] in page
    assert cli.run("publish", "--to", "-", "--name", "bus", "--once", "--resume").status == 0
    assert cli.ask("status")["dangers"] == []


def test_status_finds_holes(cli):
    """Positions without an event are bad news, and the first one is named."""
    for title in ("A", "B", "C"):
        cli.ask("report", "--category", "other", "--title", title)
    assert cli.ask("status")["holes"] == 0
    with raw(cli.url) as connection:
        for statement in (*drop_triggers("sqlite", "respond_"), "DELETE FROM respond_events WHERE position = 2"):
            connection.exec_driver_sql(statement)
    said = cli.ask("status", status=1)
    assert (said["events"], said["holes"], said["first_hole"]) == (2, 1, 2)
