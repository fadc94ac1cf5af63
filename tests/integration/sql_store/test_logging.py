"""What the store tells those who run it, under one logger's name, and what it leaves alone."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from respond.store.records import Write
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import ONE, START, ManualClock, events, ids, ids_of
from sql_logs import opened, raw

END_OTHERS = {
    "postgresql": "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "mariadb": "SELECT concat('KILL ', id) FROM information_schema.processlist "
    "WHERE db = database() AND id <> connection_id()",
}
QUIET = """
import json, logging, sys
import respond.engine.engine, respond.store.sql, respond.integrations.telemetry, respond.cli.program
logger, root = logging.getLogger("respond"), logging.getLogger()
print(json.dumps([logger.handlers, logger.level, logger.propagate, root.handlers, root.level, logging.raiseExceptions]))
"""


def end_sessions(url: str) -> None:
    """End every other session in a database, as a server does that is restarted."""
    with raw(url) as connection:
        found = connection.execute(text(END_OTHERS[connection.dialect.name])).scalars().all()
        for statement in found:
            if isinstance(statement, str):
                connection.exec_driver_sql(statement)


def test_a_lost_connection_is_told_once_for_each_call(server_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A call that goes on after its connection was lost succeeds, and leaves one record with fields for programs."""
    with opened(server_url) as store:
        store.append(Write(ONE, events(1)))
        assert caplog.records == []
        end_sessions(server_url)
        store.append(Write(ONE, events(2)))
        end_sessions(server_url)
        assert ids(store.read_all()) == ids_of(1, 2)
        assert [(record.name, record.levelno) for record in caplog.records] == [("respond.store", logging.WARNING)] * 2
        assert {record.log for record in caplog.records} == {store.log}
        assert all(record.getMessage().endswith("; going on with a fresh one") for record in caplog.records)


def test_a_clock_that_runs_behind_is_told_when_that_begins_and_ends(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With leave to skew, appends go on behind the clock's back; that it is behind is told once, and that it is not."""
    clock = ManualClock()
    with SqlEventStore.open(sqlite_url, clock=clock, allow_skew=True) as store:
        for number, minutes in enumerate((0, -10, 0, 4, 10)):
            clock.move(minutes=minutes)
            store.append(Write(ONE, events(number)))
    assert [(record.getMessage(), record.ahead_seconds) for record in caplog.records] == [
        ("the log is 600 s ahead of the clock", 600.0),
        ("the clock has caught up; the log is 0 s ahead", 0.0),
    ]
    assert clock.now > START


def test_what_fails_beside_the_log_quotes_no_parameters(url: str) -> None:
    """An error of a statement of others, on a connection of the store, tells the statement and not what was written."""
    secret = "Wang Li fell ill"
    with opened(url) as store, store.reading() as lent, pytest.raises(DBAPIError) as caught:
        lent.execute(text("INSERT INTO respond_nowhere VALUES (:said)"), {"said": secret})
    assert "respond_nowhere" in str(caught.value)
    assert secret not in str(caught.value)


def test_importing_configures_no_logging() -> None:
    """Importing respond gives no logger a handler or a level: that is the program's own matter."""
    done = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], logging.NOTSET, True, [], logging.WARNING, True]
