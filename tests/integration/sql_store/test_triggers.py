"""What the database itself refuses, and what it cannot refuse."""

from __future__ import annotations

import pytest

from respond.domain.streams import NO_STREAM, exactly
from respond.errors import (
    StoreError,
    VersionConflict,
)
from respond.store.records import Write
from respond.store.sql import drop_triggers
from respond.testing.conformance.samples import ONE, TWO, events, ids_of
from sql_logs import opened, raw

COLUMNS = "position, recorded_at, tenant, realm, stream, version, id, type, subject, body, leaf"


def copy_of(position: str = "position + 10", version: str = "version + 10", event_id: str = "id") -> str:
    """Return the statement that inserts the first event again, but for what is given."""
    columns = COLUMNS.replace("position", position, 1).replace("version", version, 1).replace("id,", f"{event_id},", 1)
    return f"INTO respond_events ({COLUMNS}) SELECT {columns} FROM respond_events WHERE position = 1"


SAME_POSITION, SAME_ID, SAME_VERSION = (
    copy_of(position="position"),
    copy_of(),
    copy_of(version="version", event_id="zeroblob(16)"),
)
EVERYWHERE = [
    "UPDATE respond_events SET type = 'x' WHERE position = 1",
    "DELETE FROM respond_events WHERE position = 1",
]
UPSERT = f"INSERT {SAME_POSITION} ON CONFLICT (position) DO UPDATE SET type = 'x'"
REFUSED = {
    "sqlite": [
        *EVERYWHERE,
        UPSERT,
        *(f"INSERT OR REPLACE {same}" for same in (SAME_POSITION, SAME_ID, SAME_VERSION)),
        *(f"REPLACE {same}" for same in (SAME_POSITION, SAME_ID, SAME_VERSION)),
    ],
    "postgresql": [
        *EVERYWHERE,
        UPSERT,
        "TRUNCATE respond_events",
        "SET session_replication_role = replica; DELETE FROM respond_events",
    ],
    "mariadb": [
        *EVERYWHERE,
        f"REPLACE {SAME_POSITION}",
        f"INSERT {SAME_POSITION} ON DUPLICATE KEY UPDATE type = 'x'",
    ],
}


def test_events_are_only_appended(url: str) -> None:
    """The database itself refuses to change, delete or replace an event, on any connection."""
    with opened(url) as store, raw(url) as connection:
        store.append(Write(ONE, events(1, 2)))
        before = store.read_log()
        for statement in REFUSED[connection.dialect.name]:
            with pytest.raises(Exception, match="only ever appended"):
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


@pytest.mark.parametrize(
    "column", ["recorded_at", "tenant", "realm", "stream", "version", "id", "type", "subject", "body"]
)
@pytest.mark.parametrize("value", ["x'ff00'", "CAST(x'ff00' AS text)", "12", "1.5", "''"])
def test_damaged_row_is_shown(sqlite_url: str, column: str, value: str) -> None:
    """SQLite takes any value in any column; an auditor is shown the row all the same, and the ones beside it."""
    with opened(sqlite_url) as store:
        store.append(Write(ONE, events(1, 2, 3)))
        with raw(sqlite_url) as connection:
            for statement in drop_triggers("sqlite", "respond_"):
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(f"UPDATE respond_events SET {column} = {value} WHERE position = 2")
        rows = store.read_log()
        assert [row.position for row in rows] == [1, 2, 3]
        assert (rows[0].id, rows[2].id) == (ids_of(1)[0], ids_of(3)[0])
        assert store.append(Write(TWO, events(4))).first == 4
