"""Every way past the append-only log that is known, on each database: refused, or open and then found by a check.

The table of docs/how-to/secure-the-database.md is this one in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from accounts import OWNER, Visitors, visitors
from respond.audit.check import check
from respond.store.records import Write
from respond.store.sql import create
from respond.store.sql.roles import apply_recipe
from respond.testing.conformance.samples import ONE, events
from sql_logs import opened, raw

COLUMNS = "position, recorded_at, tenant, realm, stream, version, id, type, subject, body, leaf"
AGAIN = f"INTO respond_events ({COLUMNS}) SELECT * FROM respond_events WHERE position = 1"
UPDATE = "UPDATE respond_events SET type = 'x' WHERE position = 1"
DELETE = "DELETE FROM respond_events WHERE position = 2"
APPENDED = r"only ever appended"
DENIED = r"denied|must be owner|must have privileges"
HELD = r"foreign key constraint"

ON_POSTGRESQL = [
    UPDATE,
    DELETE,
    "TRUNCATE respond_events",
    f"INSERT {AGAIN} ON CONFLICT (position) DO UPDATE SET type = 'x'",
    "MERGE INTO respond_events AS old USING respond_head ON old.position = 1 WHEN MATCHED THEN UPDATE SET type = 'x'",
    "MERGE INTO respond_events AS old USING respond_head ON old.position = 1 WHEN MATCHED THEN DELETE",
]
ON_MARIADB = [
    UPDATE,
    DELETE,
    f"REPLACE {AGAIN}",
    f"INSERT {AGAIN} ON DUPLICATE KEY UPDATE type = 'x'",
    "DELETE respond_events FROM respond_events JOIN respond_head ON respond_events.position = 2",
    "UPDATE respond_events JOIN respond_head ON respond_events.position = 1 SET type = 'x'",
]
ON_SQLITE = [
    UPDATE,
    DELETE,
    f"INSERT {AGAIN} ON CONFLICT (position) DO UPDATE SET type = 'x'",
    f"INSERT OR REPLACE {AGAIN}",
    f"REPLACE {AGAIN}",
    "UPDATE OR REPLACE respond_events SET position = 2 WHERE position = 1",
    "UPDATE respond_events SET type = 'x' FROM respond_head WHERE respond_events.position = 1",
]
WRITER_ON_POSTGRESQL = [
    *ON_POSTGRESQL,
    "ALTER TABLE respond_events DISABLE TRIGGER USER",
    "DROP TRIGGER respond_events_no_update ON respond_events",
    "CREATE OR REPLACE FUNCTION respond_events_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "SET session_replication_role = replica",
    "CREATE RULE away AS ON INSERT TO respond_events DO INSTEAD NOTHING",
    "ALTER TABLE respond_events ALTER COLUMN type TYPE text USING 'x'",
    "ALTER TABLE respond_events OWNER TO CURRENT_USER",
    "DROP TABLE respond_events",
    "COPY respond_events FROM PROGRAM 'true'",
    "COPY respond_events TO PROGRAM 'true'",
    "SELECT 1 FROM respond_events FOR UPDATE",
    "BEGIN; LOCK TABLE respond_events IN ACCESS EXCLUSIVE MODE",
    f"GRANT UPDATE ON respond_events TO CURRENT_USER; {UPDATE}",
    "SET ROLE postgres",
]
WRITER_ON_MARIADB = [
    *ON_MARIADB,
    "TRUNCATE respond_events",
    "SET foreign_key_checks = 0; TRUNCATE respond_events",
    "DROP TRIGGER respond_events_no_update",
    "CREATE TRIGGER away BEFORE INSERT ON respond_events FOR EACH ROW SET NEW.type = 'x'",
    "ALTER TABLE respond_events MODIFY type varchar(1)",
    "DROP TABLE respond_events",
    "RENAME TABLE respond_events TO gone",
    "SELECT 1 FROM respond_events INTO OUTFILE '/tmp/respond-events'",
    "LOAD DATA INFILE '/dev/null' REPLACE INTO TABLE respond_events",
    "LOCK TABLES respond_events WRITE",
    "SET GLOBAL innodb_flush_log_at_trx_commit = 0",
]
RECONNECT = "on a new connection"
HOLD = ["TRUNCATE respond_events", "DROP TABLE respond_events"]
FORGED = f"""
INSERT INTO respond_events ({COLUMNS})
SELECT 4, recorded_at, tenant, realm, stream, 4, {{id}}, type, subject, body, leaf FROM respond_events
WHERE position = 3
"""
NO_FUNCTION = """
CREATE OR REPLACE FUNCTION respond_events_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'
"""
NO_TRIGGER = """
CREATE OR REPLACE TRIGGER respond_events_no_delete BEFORE DELETE ON respond_events FOR EACH ROW SET @x = 1
"""
NEW_COLUMN = """
ALTER TABLE respond_events DROP COLUMN subject, ADD COLUMN subject varchar(255) NOT NULL DEFAULT 'x' AFTER type,
DROP INDEX respond_events_subject
"""
REPLACING = f"""
INSERT OR REPLACE INTO respond_events ({COLUMNS})
SELECT position, recorded_at, tenant, realm, stream, version, id, 'x', subject, body, leaf FROM respond_events
WHERE position = 1
"""
DISABLED_IN_THE_CATALOG = "UPDATE pg_trigger SET tgenabled = 'D' WHERE tgrelid = 'respond_events'::regclass"
REWRITTEN = "ALTER TABLE respond_events ALTER COLUMN body TYPE bytea USING body || '\\x20'::bytea"
GONE = {"position-gap", "version-gap"}
EMPTY = {"log-short", "head-recorded-at"}
OPEN_TO_THE_WRITER = {
    "a head that is set forward": ("UPDATE respond_head SET position = 7", {"log-short"}),
    "a head that is set back": ("UPDATE respond_head SET position = 1", {"head-behind"}),
    "a time that is set forward": ("UPDATE respond_head SET recorded_at = recorded_at + 1", {"head-recorded-at"}),
    "a row that no append made": (FORGED, {"leaf", "head-behind", "column-version", "column-id"}),
}
SERVERS = ("postgresql", "mariadb")
OPEN = {
    "postgresql": {
        "disabled triggers": (["ALTER TABLE respond_events DISABLE TRIGGER USER", UPDATE], {"column-type"}),
        "dropped triggers": (["DROP TRIGGER respond_events_no_delete ON respond_events", DELETE], GONE),
        "another trigger function": ([NO_FUNCTION, "TRUNCATE respond_events"], EMPTY),
        "a table rewritten": ([REWRITTEN], {"leaf", "body-not-canonical"}),
    },
    "mariadb": {
        "truncation without checks": (["SET foreign_key_checks = 0", "TRUNCATE respond_events"], EMPTY),
        "dropped triggers": (["DROP TRIGGER respond_events_no_update", UPDATE], {"column-type"}),
        "another trigger": ([NO_TRIGGER, DELETE], GONE),
        "a table rewritten": ([NEW_COLUMN], {"column-subject"}),
    },
    "sqlite": {
        "dropped triggers": (["DROP TRIGGER respond_events_no_update", UPDATE], {"column-type"}),
        "a replacing insert": (["DROP TRIGGER respond_events_no_replace", REPLACING], {"column-type"}),
        "a writable schema": (
            ["PRAGMA writable_schema = ON", "DELETE FROM sqlite_master WHERE type = 'trigger'", RECONNECT, DELETE],
            GONE,
        ),
    },
}


def run(url: str, statements: Sequence[str]) -> None:
    """Run statements one by one, on one connection unless another one is asked for."""
    rest = list(statements)
    while rest:
        with raw(url) as connection:
            while rest and (statement := rest.pop(0)) != RECONNECT:
                connection.exec_driver_sql(statement)


def findings(url: str) -> set[str]:
    """Return what a check of the log finds."""
    with opened(url, create=False) as store:
        return set(check(store).counts) - {"workflow-unknown", "event-unreadable"}


def left_alone(url: str, scripts: list[str], refusal: str) -> None:
    """Make sure that each script is refused, and that all of them together have changed nothing."""
    for script in scripts:
        with pytest.raises(DBAPIError, match=refusal):
            run(url, script.split("; "))


@contextmanager
def secured(url: str) -> Iterator[Visitors]:
    """Yield the accounts of a log of three events, with all rights as the recipe gives them."""
    with visitors(url, "writer", "reader") as people:
        create(people.at(OWNER))
        apply_recipe(people.at(OWNER), people.accounts)
        with opened(people.at("writer"), create=False) as store:
            store.append(Write(ONE, events(1, 2, 3)))
        yield people


@pytest.fixture
def people(server_url: str) -> Iterator[Visitors]:
    """Return the accounts of a log of three events."""
    with secured(server_url) as found:
        yield found


def of(url: str, on_postgresql, on_mariadb):
    """Return what is meant for the database at *url*."""
    return on_postgresql if url.startswith("postgresql") else on_mariadb


def test_the_writer_gets_past_nothing(people: Visitors) -> None:
    """Whatever is known to change, delete, replace or lock events is refused to the writer, and a check is clean."""
    left_alone(people.at("writer"), of(people.url, WRITER_ON_POSTGRESQL, WRITER_ON_MARIADB), DENIED)
    assert findings(people.at("reader")) == set()


def test_the_owner_meets_the_triggers(people: Visitors) -> None:
    """What no grant keeps the owner from is refused by the database, as long as its triggers are there."""
    left_alone(people.at(OWNER), of(people.url, ON_POSTGRESQL, ON_MARIADB), APPENDED)
    assert findings(people.at(OWNER)) == set()


def test_an_administrator_who_plays_a_replica_meets_the_triggers(postgresql_url: str) -> None:
    """A session that replays what others did does not skip the triggers."""
    with secured(postgresql_url) as people:
        left_alone(people.url, [f"SET session_replication_role = replica; {one}" for one in ON_POSTGRESQL], APPENDED)
        assert findings(people.url) == set()


def test_mariadb_holds_the_table(mariadb_url: str) -> None:
    """TRUNCATE and DROP fire no trigger: a foreign key refuses them to the owner; without it is the control."""
    with secured(mariadb_url) as people:
        left_alone(people.at(OWNER), HOLD, HELD)
        assert findings(people.at(OWNER)) == set()
        run(people.at(OWNER), ["DROP TABLE respond_events_hold", "TRUNCATE respond_events"])
        assert findings(people.at(OWNER)) == EMPTY


def test_sqlite_refuses_every_connection(sqlite_url: str) -> None:
    """The triggers bind every connection, as it comes: nobody has to switch anything on."""
    with opened(sqlite_url) as store:
        store.append(Write(ONE, events(1, 2, 3)))
    left_alone(sqlite_url, ON_SQLITE, APPENDED)
    assert findings(sqlite_url) == set()


@pytest.mark.parametrize("name", OPEN_TO_THE_WRITER)
def test_what_the_writer_can_spoil_is_found(people: Visitors, name: str) -> None:
    """The writer can put the head in the wrong place and forge rows at the end: a check finds that."""
    script, expected = OPEN_TO_THE_WRITER[name]
    run(people.at("writer"), [script.format(id=of(people.url, "gen_random_uuid()", "x'00'"))])
    assert findings(people.at("reader")) == expected


@pytest.mark.parametrize("name", OPEN["sqlite"])
def test_what_stays_open_on_sqlite_is_found(sqlite_url: str, name: str) -> None:
    """Who may write the file can get past its triggers: a check finds what was changed."""
    statements, expected = OPEN["sqlite"][name]
    with opened(sqlite_url) as store:
        store.append(Write(ONE, events(1, 2, 3)))
    assert findings(sqlite_url) == set()
    run(sqlite_url, statements)
    assert findings(sqlite_url) == expected


@pytest.mark.parametrize(("server", "name"), [(server, name) for server in SERVERS for name in OPEN[server]])
def test_what_stays_open_to_the_owner_is_found(request: pytest.FixtureRequest, server: str, name: str) -> None:
    """Who owns the tables can get past triggers and grants: a check finds what was changed."""
    statements, expected = OPEN[server][name]
    with secured(request.getfixturevalue(f"{server}_url")) as people:
        assert findings(people.at(OWNER)) == set()
        run(people.at(OWNER), statements)
        assert findings(people.at(OWNER)) == expected


def test_what_stays_open_to_the_administrator_is_found(postgresql_url: str) -> None:
    """Who runs the server can change its catalog, which its owner cannot: a check finds what was changed."""
    with secured(postgresql_url) as people:
        left_alone(people.at(OWNER), [DISABLED_IN_THE_CATALOG], DENIED)
        run(people.url, [DISABLED_IN_THE_CATALOG, UPDATE])
        assert findings(people.url) == {"column-type"}


def test_a_file_that_is_edited_is_found(sqlite_url: str) -> None:
    """Nothing keeps whoever may write the file from writing other bytes into it: a check finds them."""
    with opened(sqlite_url, journal_mode="delete") as store:
        store.append(Write(ONE, events("alpha", "beta")))
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.write_bytes(path.read_bytes().replace(b'"note":"alpha"', b'"note":"omega"'))
    assert findings(sqlite_url) == {"leaf"}
