"""Whatever is altered in the database itself is found, on SQLite, PostgreSQL and MariaDB; what cannot be is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import orjson
import pytest
from sqlalchemy import Connection, Engine, delete, insert, select, text, update

from respond.audit.check import check
from respond.audit.finding import CheckReport
from respond.domain.canonical import canonical
from respond.store.records import leaf_of
from respond.store.sql import SqlEventStore, drop_triggers, engine_for, tables
from respond.testing.conformance.samples import ManualClock, id_of
from small_log import EVENTS, fill

BACKENDS = ("sqlite", "postgresql", "mariadb")
TABLES = tables()
COLUMNS = tuple(column.name for column in TABLES.events.columns)
FIRST, MIDDLE, LAST = 1, 15, EVENTS
Row = dict[str, Any]


@attrs.define
class Database:
    """A database that holds the small log, its triggers dropped, and puts the log back after each tampering."""

    url: str
    engine: Engine
    """Knows nothing of respond."""
    store: SqlEventStore
    rows: list[Row]
    head: Row

    def after(self, tamper: Callable[[Connection, Sequence[Row]], object]) -> CheckReport:
        """Return what a check finds after *tamper*; then put the log back."""
        with self.engine.begin() as connection:
            tamper(connection, self.rows)
        try:
            return check(self.store)
        finally:
            with self.engine.begin() as connection:
                connection.execute(delete(TABLES.events))
                connection.execute(insert(TABLES.events), self.rows)
                connection.execute(delete(TABLES.head))
                connection.execute(insert(TABLES.head), self.head)


@contextmanager
def filled(url: str) -> Iterator[Database]:
    """Yield a database that was filled through the store and has lost its triggers."""
    fill(lambda tenant, clock: SqlEventStore.open(url, clock=clock, tenant=tenant), ManualClock())
    engine = engine_for(url)
    try:
        with engine.begin() as connection:
            for statement in drop_triggers(connection.dialect.name, "respond_"):
                connection.execute(text(statement))
            rows = [dict(row._mapping) for row in connection.execute(select(TABLES.events).order_by("position"))]
            head = dict(connection.execute(select(TABLES.head)).one()._mapping)
        with SqlEventStore.open(url, clock=ManualClock()) as store:
            yield Database(url, engine, store, rows, head)
    finally:
        engine.dispose()


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Yield the small log on one of the databases."""
    with filled(request.getfixturevalue(f"{request.param}_url")) as database:
        yield database


@pytest.fixture(params=BACKENDS[1:])
def on_server(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Yield the small log on a database whose constraints can be dropped one by one."""
    with filled(request.getfixturevalue(f"{request.param}_url")) as database:
        yield database


@pytest.fixture
def on_sqlite(sqlite_url: str) -> Iterator[Database]:
    """Yield the small log on SQLite."""
    with filled(sqlite_url) as database:
        yield database


def missed(database: Database, tamperings: dict[str, tuple[int, Any]]) -> list[str]:
    """Return the names of the tamperings after which no finding names the row."""
    return [
        name
        for name, (position, tamper) in tamperings.items()
        if position not in {finding.position for finding in database.after(tamper).findings}
    ]


def setting(place: int, **values: Any) -> tuple[int, Any]:
    """Return the tampering that sets columns of the row at position *place*."""
    return place, lambda connection, _: connection.execute(
        update(TABLES.events).where(TABLES.events.c.position == place).values(**values)
    )


def flipped(raw: bytes, at: int) -> bytes:
    """Return *raw* with one bit changed."""
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def other_data(raw: bytes) -> bytes:
    """Return a body that tells something else, in canonical form."""
    return canonical({**orjson.loads(raw), "data": {"text": "nothing happened"}})


def other_id(row: Row) -> Any:
    """Return another id, as the column takes it."""
    return flipped(row["id"], 15) if isinstance(row["id"], bytes) else id_of("another")


def test_a_log_that_nobody_touched_is_clean(database: Database) -> None:
    """The control: before any tampering, and after the log was put back, nothing is found."""
    report = check(database.store)
    assert (report.events, report.streams, report.findings) == (EVENTS, 5, ())
    assert database.after(lambda connection, _: connection.execute(delete(TABLES.events))).counts == {
        "log-short": 1,
        "head-recorded-at": 1,
    }
    assert check(database.store) == report


def test_each_altered_column_is_found(database: Database) -> None:
    """Each column of the first, a middle and the last row in turn: a finding names the row."""
    tamperings: dict[str, tuple[int, Any]] = {}
    for place in (FIRST, MIDDLE, LAST):
        row = database.rows[place - 1]
        changes = {
            "position past the end": {"position": EVENTS + 100},
            "position before the first": {"position": 0},
            "recorded_at later": {"recorded_at": row["recorded_at"] + 1},
            "recorded_at earlier": {"recorded_at": row["recorded_at"] - 1},
            "tenant": {"tenant": "another"},
            "realm": {"realm": "drill"},
            "stream": {"stream": row["stream"] + " "},
            "version": {"version": row["version"] + 100},
            "id": {"id": other_id(row)},
            "type": {"type": row["type"].upper()},
            "subject": {"subject": row["subject"] + "é"},
            "body, one bit": {"body": flipped(row["body"], len(row["body"]) // 2)},
            "body, a blank more": {"body": row["body"] + b" "},
            "body, a key written otherwise": {"body": row["body"].replace(b'"data"', b'"d\\u0061ta"')},
            "body, other data": {"body": other_data(row["body"])},
            "body, empty": {"body": b""},
            "body, null": {"body": None},
            "leaf": {"leaf": flipped(row["leaf"], 0)},
        }
        assert {name.partition(",")[0].partition(" ")[0] for name in changes} == set(COLUMNS)
        tamperings |= {f"{name} at {place}": setting(place, **values) for name, values in changes.items()}
    assert missed(database, tamperings) == []
    assert check(database.store).clean


def test_a_body_that_is_not_canonical_is_found_with_its_leaf_right(database: Database) -> None:
    """A leaf that was computed again hides no blank, no data that does not fit, and no other identity."""
    row = database.rows[MIDDLE - 1]

    def rewritten(body: bytes) -> set[str]:
        leaf = leaf_of(body, row["recorded_at"], MIDDLE)
        return set(database.after(setting(MIDDLE, body=body, leaf=leaf)[1]).counts)

    body = orjson.loads(row["body"])
    assert rewritten(row["body"]) == set()
    assert rewritten(row["body"] + b"\n") == {"body-not-canonical"}
    assert rewritten(canonical({**body, "subject": "another"})) == {"column-subject"}
    assert rewritten(canonical({**body, "log": "another"})) == {"body-log"}
    assert rewritten(canonical({**body, "v": 2})) == {"body-format", "event-unreadable"}


def exchange(first: int, second: int, columns: Sequence[str]) -> Callable[[Connection, Sequence[Row]], None]:
    """Return the tampering that exchanges *columns* of two rows."""

    def tamper(connection: Connection, rows: Sequence[Row]) -> None:
        one, two = rows[first - 1], rows[second - 1]
        connection.execute(delete(TABLES.events).where(TABLES.events.c.position.in_([first, second])))
        for row, other in ((one, two), (two, one)):
            connection.execute(insert(TABLES.events), {**row, **{name: other[name] for name in columns}})

    return tamper


def test_rows_that_were_exchanged_are_found(database: Database) -> None:
    """Exchanged bodies with their leaves, exchanged positions, and all but the positions: found where they are."""
    rest = tuple(name for name in COLUMNS if name != "position")
    assert (
        missed(
            database,
            {
                "bodies, first": (MIDDLE, exchange(MIDDLE, MIDDLE + 2, ("body", "leaf"))),
                "bodies, second": (MIDDLE + 2, exchange(MIDDLE, MIDDLE + 2, ("body", "leaf"))),
                "positions": (MIDDLE + 1, exchange(MIDDLE, MIDDLE + 1, ("position",))),
                "rows of one stream": (5, exchange(1, 5, rest)),
                "last rows": (LAST - 1, exchange(LAST - 2, LAST - 1, ("position",))),
            },
        )
        == []
    )


@pytest.mark.parametrize("place", [FIRST, MIDDLE, LAST - 1, LAST])
def test_rows_that_were_deleted_are_found(database: Database, place: int) -> None:
    """A row that is gone leaves its position, the last one too."""

    def tamper(connection: Connection, _: Sequence[Row]) -> None:
        connection.execute(delete(TABLES.events).where(TABLES.events.c.position == place))

    report = database.after(tamper)
    assert {finding.code for finding in report.findings if finding.position == place} >= {
        "log-short" if place == LAST else "position-gap"
    }


def forged(row: Row, position: int) -> Row:
    """Return an event that goes on after *row* in its stream, in every detail as the store would write it."""
    recorded_at = row["recorded_at"] + 1
    event_id = id_of("forged")
    body = orjson.loads(row["body"])
    raw = canonical({**body, "version": row["version"] + 1, "id": event_id})
    return {
        **row,
        "position": position,
        "recorded_at": recorded_at,
        "version": row["version"] + 1,
        "id": bytes.fromhex(event_id.replace("-", "")) if isinstance(row["id"], bytes) else event_id,
        "body": raw,
        "leaf": leaf_of(raw, recorded_at, position),
    }


def test_rows_that_were_inserted_are_found(database: Database) -> None:
    """A forged row past the end is found by the head, one before the first by its position."""

    def insert_at(position: int) -> CheckReport:
        return database.after(
            lambda connection, rows: connection.execute(insert(TABLES.events), forged(rows[-1], position))
        )

    assert {(finding.code, finding.position) for finding in insert_at(LAST + 1).findings} == {
        ("head-behind", LAST + 1),
        ("head-recorded-at", LAST + 1),
    }
    assert {("position-gap", LAST + 1), ("head-behind", LAST + 9)} <= {
        (finding.code, finding.position) for finding in insert_at(LAST + 9).findings
    }
    assert ("position-order", -3) in {(finding.code, finding.position) for finding in insert_at(-3).findings}


def test_a_head_that_was_altered_is_found(database: Database) -> None:
    """A head that is moved, set to another time, or deleted does not fit the last row."""

    def heads(**values: Any) -> dict[str, int]:
        return dict(
            database.after(lambda connection, _: connection.execute(update(TABLES.head).values(**values))).counts
        )

    assert heads(position=LAST + 1) == {"log-short": 1}
    assert heads(position=LAST - 1) == {"head-behind": 1}
    assert heads(recorded_at=0) == {"head-recorded-at": 1}
    assert database.after(lambda connection, _: connection.execute(delete(TABLES.head))).counts == {"head-missing": 1}


def test_a_log_that_calls_itself_by_another_name_is_found(database: Database) -> None:
    """The id of the log is in every body."""
    with database.engine.begin() as connection:
        connection.execute(update(TABLES.log).values(log="another"))
    with SqlEventStore.open(database.url, clock=ManualClock()) as store:
        assert check(store).counts == {"body-log": EVENTS}


def test_rows_of_one_append_that_were_exchanged_are_found(database: Database) -> None:
    """Two events of one append, in different streams, that exchange their positions are found at both."""
    assert database.rows[-1]["recorded_at"] == database.rows[-2]["recorded_at"]
    report = database.after(exchange(LAST - 1, LAST, ("position",)))
    assert {(finding.code, finding.position) for finding in report.findings} == {("leaf", LAST - 1), ("leaf", LAST)}


# -- what a check without seals cannot see -----------------------------------------------------------------------------


def test_a_forgery_that_computes_everything_again_is_not_seen(database: Database) -> None:
    """Documented in the how-to: a whole new tail, a cut tail, an emptied log, another body."""
    rows = database.rows

    def move_head(connection: Connection, row: Row) -> None:
        connection.execute(update(TABLES.head).values(position=row["position"], recorded_at=row["recorded_at"]))

    def new_tail(connection: Connection, _: Sequence[Row]) -> None:
        row = forged({**rows[-1], "position": LAST + 1}, LAST + 1)
        connection.execute(insert(TABLES.events), row)
        move_head(connection, row)

    def cut_tail(connection: Connection, _: Sequence[Row]) -> None:
        connection.execute(delete(TABLES.events).where(TABLES.events.c.position > MIDDLE))
        move_head(connection, rows[MIDDLE - 1])

    def emptied(connection: Connection, _: Sequence[Row]) -> None:
        connection.execute(delete(TABLES.events))
        move_head(connection, {"position": 0, "recorded_at": 0})

    def one_body(connection: Connection, _: Sequence[Row]) -> None:
        row = next(row for row in rows if row["type"] == "ProgressNoted")
        body = other_data(row["body"])
        changes = {"body": body, "leaf": leaf_of(body, row["recorded_at"], row["position"])}
        connection.execute(update(TABLES.events).where(TABLES.events.c.position == row["position"]).values(**changes))

    assert [database.after(tamper).clean for tamper in (new_tail, cut_tail, emptied, one_body)] == [True] * 4


# -- rows that no store would write ------------------------------------------------------------------------------------


def test_sqlite_rows_of_odd_types_are_findings(on_sqlite: Database) -> None:
    """SQLite keeps any type in any column: each odd value is a finding at its row, and none stops the check."""
    with on_sqlite.engine.begin() as connection:
        connection.execute(text("PRAGMA writable_schema = ON"))
        connection.execute(
            text("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE name = 'respond_events'")
        )
        connection.execute(text("PRAGMA writable_schema = RESET"))
    values = ("NULL", "'text'", "x'ff00'", "CAST(x'ff41' AS TEXT)", "1.5", "-1", "9223372036854775807", "''")
    columns = [name for name in COLUMNS if name != "position"]

    def odd(column: str, value: str) -> Callable[[Connection, Sequence[Row]], None]:
        def tamper(connection: Connection, _: Sequence[Row]) -> None:
            connection.execute(text("PRAGMA ignore_check_constraints = ON"))
            connection.execute(text(f"UPDATE respond_events SET {column} = {value} WHERE position = {MIDDLE}"))

        return tamper

    tamperings = {f"{column} = {value}": (MIDDLE, odd(column, value)) for column in columns for value in values}
    tamperings["id as text"] = (MIDDLE, odd("id", "lower(hex(id))"))
    said = orjson.loads(on_sqlite.rows[MIDDLE - 1]["body"])["id"]
    tamperings["id as the text of the body"] = (MIDDLE, odd("id", f"'{said}'"))
    tamperings["body as text"] = (MIDDLE, odd("body", "CAST(body AS TEXT)"))
    assert missed(on_sqlite, tamperings) == []


def test_null_in_a_column_is_a_finding(on_server: Database) -> None:
    """A column that lost its NOT NULL may hold nothing: a finding at its row, and the check goes on."""
    columns = [column for column in TABLES.events.columns if column.name not in {"position", "body"}]
    with on_server.engine.begin() as connection:
        connection.execute(text("ALTER TABLE respond_events DROP CONSTRAINT respond_events_leaf_length"))
        for column in columns:
            kind = column.type.compile(connection.dialect)
            change = (
                f"ALTER COLUMN {column.name} DROP NOT NULL"
                if connection.dialect.name == "postgresql"
                else f"MODIFY {column.name} {kind}"
            )
            connection.execute(text(f"ALTER TABLE respond_events {change}"))
    assert missed(on_server, {column.name: setting(MIDDLE, **{column.name: None}) for column in columns}) == []


def test_an_id_or_a_version_that_stands_twice_is_found(on_server: Database) -> None:
    """Where the unique keys were dropped, a copied event is found by its version and its id."""
    with on_server.engine.begin() as connection:
        for key in ("stream_key", "id_key"):
            drop = "CONSTRAINT" if connection.dialect.name == "postgresql" else "INDEX"
            connection.execute(text(f"ALTER TABLE respond_events DROP {drop} respond_events_{key}"))

    def copied(connection: Connection, rows: Sequence[Row]) -> None:
        row = {**rows[MIDDLE - 1], "position": LAST + 1}
        row |= {"recorded_at": rows[-1]["recorded_at"], "leaf": leaf_of(row["body"], rows[-1]["recorded_at"], LAST + 1)}
        connection.execute(insert(TABLES.events), row)
        connection.execute(update(TABLES.head).values(position=LAST + 1))

    report = on_server.after(copied)
    assert {(finding.code, finding.position) for finding in report.findings} == {
        ("version-gap", LAST + 1),
        ("id-twice", LAST + 1),
    }
