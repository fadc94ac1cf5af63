"""The one door through which a body leaves the log, and every way around it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import DBAPIError

from respond.audit.check import check
from respond.store.records import Write
from respond.store.sql import SqlEventStore, tables
from respond.testing.conformance.samples import ONE, TWO, events
from sql_logs import opened, raw

TABLES = tables()
COVERED = (2, 3)
LEAVE = "UPDATE respond_events SET body = NULL WHERE position = 2"
REFUSAL = r"respond: (events are|the manifest is) only ever appended"
ANOTHER: dict[str, Any] = {
    "position": 99,
    "recorded_at": 1,
    "tenant": "other",
    "realm": "drill",
    "stream": "incident-other",
    "version": 99,
    "type": "NoteRemoved",
    "subject": "other",
    "leaf": b"\1" * 32,
}


@contextmanager
def filled(url: str, *, covered: bool = True) -> Iterator[tuple[SqlEventStore, Connection]]:
    """Open a log of four events, of which a row of the manifest covers the middle two."""
    with opened(url) as store, raw(url) as connection:
        store.append(Write(ONE, events(1, 2)))
        store.append(Write(TWO, events(3, 4)))
        if covered:
            connection.execute(insert(TABLES.manifest), row_of_manifest(*COVERED))
        yield store, connection


def row_of_manifest(first: int, last: int) -> dict[str, Any]:
    """Return a row of the manifest."""
    return {"first": first, "last": last, "file": "a.jsonl.gz", "digest": b"\7" * 32, "reason": "closed"}


def refused(connection: Connection, statement: Any, parameters: Any = None) -> None:
    """Expect that the database refuses *statement*."""
    made = text(statement) if isinstance(statement, str) else statement
    with pytest.raises(DBAPIError, match=REFUSAL):
        connection.execute(made, parameters or {})


def test_a_body_leaves_by_the_door(url: str) -> None:
    """Where the manifest covers a position its body can become null, and nothing else of the row changes."""
    with filled(url) as (store, connection):
        before = store.read_log()
        connection.execute(text("UPDATE respond_events SET body = NULL WHERE position BETWEEN 2 AND 3"))
        after = store.read_log()
        assert [row.body is None for row in after] == [False, True, True, False]
        assert [(row.id, row.leaf, row.version) for row in after] == [(row.id, row.leaf, row.version) for row in before]
        assert store.append(Write(ONE, events(5))).first == 5


def test_nothing_leaves_without_a_manifest(url: str) -> None:
    """A body whose position no row of the manifest covers stays, alone and beside others that may leave."""
    with filled(url, covered=False) as (store, connection):
        before = store.read_log()
        refused(connection, LEAVE)
        connection.execute(insert(TABLES.manifest), row_of_manifest(*COVERED))
        for position in (1, 4):
            refused(connection, f"UPDATE respond_events SET body = NULL WHERE position = {position}")
        refused(connection, "UPDATE respond_events SET body = NULL")
        refused(connection, "UPDATE respond_events SET body = NULL WHERE position >= 2")
        assert store.read_log() == before


def test_a_range_that_ended_covers_nothing_behind_it(url: str) -> None:
    """Only the last range that begins before a position counts: a later one does not lengthen an earlier one."""
    with filled(url, covered=False) as (_, connection):
        connection.execute(insert(TABLES.manifest), [row_of_manifest(1, 1), row_of_manifest(3, 3)])
        for position in (2, 4):
            refused(connection, f"UPDATE respond_events SET body = NULL WHERE position = {position}")
        connection.execute(text("UPDATE respond_events SET body = NULL WHERE position IN (1, 3)"))


def test_nothing_else_changes_with_the_body(url: str) -> None:
    """No column may change as the body leaves, nor without it."""
    with filled(url) as (store, connection):
        before = store.read_log()
        change = TABLES.events.update().where(TABLES.events.c.position == 2)
        for column, value in ANOTHER.items():
            refused(connection, change.values({column: value, "body": None}))
            refused(connection, change.values({column: value}))
        assert store.read_log() == before
        connection.execute(text(LEAVE))  # the control


def test_the_id_stays_as_the_body_leaves(url: str) -> None:
    """The same for the id, which each database keeps in its own way."""
    with filled(url) as (store, connection):
        before = store.read_log()
        taken = "(SELECT id FROM (SELECT id FROM respond_events WHERE position = 4) AS other)"
        refused(connection, f"UPDATE respond_events SET body = NULL, tenant = 'x', id = {taken} WHERE position = 2")
        assert store.read_log() == before


def test_no_other_body_takes_its_place(url: str) -> None:
    """A body is not changed into another, nor put back: not even the same bytes, nor null for null."""
    with filled(url) as (store, connection):
        body = store.read_log()[1].body
        change = TABLES.events.update().where(TABLES.events.c.position == 2)
        for other in (b"{}", b"", body):
            refused(connection, change.values(body=other))
        connection.execute(text(LEAVE))
        for other in (b"{}", b"", body, None):
            refused(connection, change.values(body=other))
        refused(connection, change.values(type="x"))
        assert store.read_log()[1].body is None


def test_a_row_does_not_leave_by_the_door(url: str) -> None:
    """An event whose body left cannot be deleted, nor replaced."""
    with filled(url) as (store, connection):
        connection.execute(text(LEAVE))
        refused(connection, "DELETE FROM respond_events WHERE position = 2")
        assert len(store.read_log()) == 4


MANIFEST = "INTO respond_manifest (first, last, file, digest, reason) SELECT first, 9, file, digest, reason"
CHANGES = {
    "sqlite": [
        f"INSERT OR REPLACE {MANIFEST} FROM respond_manifest",
        f"REPLACE {MANIFEST} FROM respond_manifest",
        f"INSERT {MANIFEST} FROM respond_manifest WHERE true ON CONFLICT (first) DO UPDATE SET last = 9",
    ],
    "postgresql": [
        "TRUNCATE respond_manifest",
        "SET session_replication_role = replica; DELETE FROM respond_manifest",
        f"INSERT {MANIFEST} FROM respond_manifest ON CONFLICT (first) DO UPDATE SET last = 9",
        "SET session_replication_role = replica; UPDATE respond_events SET body = NULL WHERE position = 4",
        "MERGE INTO respond_events e USING respond_manifest ON position = 4 WHEN MATCHED THEN UPDATE SET body = NULL",
    ],
    "mariadb": [
        f"REPLACE {MANIFEST} FROM respond_manifest",
        f"INSERT {MANIFEST} FROM respond_manifest ON DUPLICATE KEY UPDATE last = 9",
        "UPDATE IGNORE respond_events SET body = NULL WHERE position = 4",
        "UPDATE respond_events, respond_manifest SET body = NULL WHERE position = 4",
    ],
}


def test_the_manifest_is_only_added_to(url: str) -> None:
    """A row of the manifest is never changed, deleted or replaced: what covers a position covers it for ever."""
    with filled(url) as (_, connection):
        before = connection.execute(TABLES.manifest.select()).all()
        for statement in (
            "UPDATE respond_manifest SET last = 9",
            "UPDATE respond_manifest SET file = 'b.jsonl.gz'",
            "DELETE FROM respond_manifest",
            *CHANGES[connection.dialect.name],
        ):
            refused(connection, statement)
        assert connection.execute(TABLES.manifest.select()).all() == before


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_a_manifest_of_the_session_opens_nothing(request, name: str) -> None:
    """A temporary table that calls itself the manifest is not asked."""
    url = request.getfixturevalue(f"{name}_url")
    with filled(url, covered=False) as (_, connection):
        connection.execute(text("CREATE TEMPORARY TABLE respond_manifest AS SELECT * FROM respond_manifest"))
        connection.execute(insert(TABLES.manifest), row_of_manifest(1, 4))
        assert connection.execute(text("SELECT last FROM respond_manifest")).scalar() == 4
        refused(connection, LEAVE)


def test_a_manifest_of_the_session_on_mariadb(mariadb_url: str) -> None:
    """MariaDB's triggers see a temporary table first: grants are the control there, and a check finds the body gone."""
    with filled(mariadb_url, covered=False) as (store, connection):
        connection.execute(text("CREATE TEMPORARY TABLE respond_manifest AS SELECT * FROM respond_manifest"))
        connection.execute(insert(TABLES.manifest), row_of_manifest(1, 4))
        connection.execute(text(LEAVE))
        assert next((one.code, one.position) for one in check(store).findings if one.position == 2) == (
            "body-missing",
            2,
        )


def test_only_the_owner_gets_through_on_postgresql(postgresql_url: str) -> None:
    """Whoever is not the owner is refused, with every privilege on both tables, and even a superuser."""
    role = postgresql_url.partition("?")[0].rsplit("/", 1)[1] + "_writer"
    with filled(postgresql_url) as (store, connection):
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        connection.execute(text(f"CREATE ROLE {role}_admin SUPERUSER LOGIN"))
        try:
            connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"))
            for name in (role, f"{role}_admin"):
                with raw(postgresql_url.replace("postgres@", f"{name}@")) as other:
                    refused(other, LEAVE)
            assert store.read_log()[1].body is not None
            connection.execute(text(LEAVE))  # the control: the owner
        finally:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}, {role}_admin"))


def test_operators_of_the_session_open_nothing(postgresql_url: str) -> None:
    """Operators and functions that a session puts before those of the catalog are not asked."""
    with filled(postgresql_url, covered=False) as (_, connection):
        connection.execute(text("CREATE SCHEMA forged"))
        connection.execute(
            text("CREATE FUNCTION forged.always(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'")
        )
        connection.execute(
            text("CREATE OPERATOR forged.<= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = forged.always)")
        )
        connection.execute(text("SET search_path = forged, pg_catalog, public"))
        connection.execute(insert(TABLES.manifest), row_of_manifest(4, 4))
        refused(connection, LEAVE)
