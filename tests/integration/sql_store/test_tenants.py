"""The filter by tenant, which no statement forgets: on the text of each, on what is sent, and on what is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from respond.domain.streams import StreamId, exactly
from respond.engine.engine import Engine
from respond.errors import IdempotencyConflict, RespondError
from respond.store.memory import MemoryEventStore
from respond.store.records import Recorded, Write
from respond.store.sql import SqlEventStore, engine_for
from respond.store.sql.checkpoints import Checkpoints
from respond.store.sql.dialects import dialect_for
from respond.store.sql.schema import tables
from respond.store.sql.sqlite import SqliteDialect
from respond.testing.conformance.samples import ONE, START, TWO, event, events, id_of
from sql_logs import opened

TENANT = "here"
URLS = {"sqlite": "sqlite://", "postgresql": "postgresql://host/name", "mariadb": "mariadb://host/name"}
OF_ALL = {"read_log", "read_head", "read_log_id", "take_head", "give_back"}
"""What is asked over all tenants: the whole log, as an auditor reads it, and its head."""
SHARED = {"respond_head", "respond_log", "respond_manifest", "respond_alembic_version"}
"""Tables that have no tenant."""
NAMED = re.compile(r"\b(?:FROM|JOIN|UPDATE)\s+[\"`]?(respond_\w+)", re.IGNORECASE)
FILTER = re.compile(r"\btenant\s*=\s*(?:%s|%\(tenant\)s|\?|'here')|\bVALUES\s*\('here'|\(SELECT 'here'", re.IGNORECASE)


def unfiltered(statement: str) -> list[str]:
    """Return the tables that *statement* reads, changes or deletes from more often than it names the tenant."""
    named = [table for table in NAMED.findall(statement) if table not in SHARED]
    return named if len(FILTER.findall(statement)) < len(named) else []


def texts(dialect: Any) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every statement that a dialect holds."""
    for holder in (dialect, dialect.sql):
        names = getattr(holder, "__dict__", None) or [field.name for field in holder.__attrs_attrs__]
        for name in names:
            if isinstance(value := getattr(holder, name), str):
                yield name.removeprefix("_"), value


@pytest.mark.parametrize("database", URLS)
def test_every_statement_binds_the_tenant(database: str) -> None:
    """Each statement of the store that names events names the tenant as often; the whole log is the one exception."""
    held = dict(texts(dialect_for(engine_for(URLS[database]), prefix="respond_", schema=None)))
    about = {name for name, text in held.items() if "respond_events" in NAMED.findall(text)}
    assert {"read_stream", "read_subject", "read_all", "read_bodies", "versions", "rows_by_id"} <= about
    assert {name for name in about if unfiltered(held[name])} == {"read_log"}
    assert {name for name in held if name in OF_ALL} == OF_ALL


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("SELECT * FROM respond_events WHERE tenant = 'here' AND version > 1", []),
        ("SELECT * FROM respond_events WHERE version > 1", ["respond_events"]),
        ("SELECT * FROM respond_events WHERE tenant = tenant", ["respond_events"]),
        ("SELECT * FROM respond_events WHERE tenant = 'there'", ["respond_events"]),
        ("DELETE FROM respond_snapshots", ["respond_snapshots"]),
        ("UPDATE respond_checkpoints SET position = 1", ["respond_checkpoints"]),
        ("SELECT 1 FROM respond_events WHERE EXISTS (SELECT 1 FROM respond_listing_v1_1 WHERE tenant = 'here')", 2),
        ("SELECT position FROM respond_head", []),
    ],
)
def test_a_planted_statement_without_the_filter_is_found(statement: str, found: Any) -> None:
    """The control: a statement that forgets the tenant is told, and one that does not is let pass."""
    seen = unfiltered(statement)
    assert (len(seen) if isinstance(found, int) else seen) == found


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the statements that SQLite runs, their parameters filled in, whoever sends them."""
    seen: list[str] = []
    prepare = SqliteDialect.prepare

    def traced(self: SqliteDialect, connection: Any) -> None:
        prepare(self, connection)
        connection.set_trace_callback(seen.append)

    monkeypatch.setattr(SqliteDialect, "prepare", traced)
    return seen


def read_everything(store: Any) -> None:
    """Ask a store every question that it answers about its tenant."""
    first = store.read_all()[0]
    store.read_stream(ONE)
    store.read_streams([ONE, TWO])
    store.read_subject("one")
    store.read_all(realm="real")
    store.read_bodies()
    store.read_bodies(realm="drill")
    store.versions([ONE, TWO])
    store.known([first.id, id_of("nobody")])


def append_everything(store: SqlEventStore) -> None:
    """Append in every way: to one stream, to several, with streams that were only read, again, and in conflict."""
    store.append(Write(ONE, events(1, 2)))
    store.append(Write(ONE, events(3)), Write(TWO, events(4)), require={TWO: 0})
    store.append(Write(ONE, events(1, 2)))
    for write in (Write(ONE, events(9), exactly(1)), Write(ONE, [event(1, data={"note": "another"})])):
        with pytest.raises(RespondError):
            store.append(write)


def keep_everything(store: SqlEventStore) -> None:
    """Read and write what stands beside the log: checkpoints, dead letters, tables of projections."""
    checkpoints = Checkpoints(tables(), store.tenant)
    row = store.read_all()[0]
    with store.transaction() as connection:
        checkpoints.create(connection, "board", 1, now=START)
        held = checkpoints.claim(connection, "board", 1, owner="a", now=START, lease_seconds=9)
        checkpoints.renew(connection, held, now=START, lease_seconds=9)
        checkpoints.fail(connection, held, "torn", now=START, retry_at=START)
        checkpoints.dead_letter(connection, held, row, "torn", now=START)
        held = checkpoints.advance(connection, held, 1, now=START)
        checkpoints.release(connection, "board", owner="a", now=START)
        checkpoints.pause(connection, "board", 1, now=START)
        checkpoints.resume(connection, "board", 1, now=START)
        checkpoints.listed(connection)
        (letter,) = checkpoints.dead_letters(connection, "board")
        checkpoints.settle(connection, letter)
        checkpoints.delete(connection, "board", 1)


def project_everything(store: SqlEventStore) -> None:
    """Build projections, let appends and runners move them on, and ask them."""
    engine = Engine(store, clock=lambda: START, projections="inline")
    for name in engine.projections.names:
        engine.projections.rebuild(name)
    incident = engine.report(category="other", title="Tills offline", reference="T-1")
    Engine(store, clock=lambda: START).report(category="other", title="Doors open")
    with engine.projections.follower() as follower:
        follower.catch_up()
    assert len(engine.incidents(text="offline", state="reported").rows) == 1
    assert engine.incident(incident.number).id == engine.incident("T-1").id == incident.id
    assert engine.board().open == 2
    assert engine.statistics().incidents == 2


@pytest.mark.parametrize("append_path", ["statement", "transaction"])
def test_every_statement_that_is_sent_names_the_tenant(sqlite_url: str, sent: list[str], append_path: Any) -> None:
    """Whatever a store of one tenant does, each statement that it sends about rows of tenants is about its own."""
    with opened(sqlite_url, tenant=TENANT, append_path=append_path) as store:
        append_everything(store)
        read_everything(store)
        keep_everything(store)
        project_everything(store)
        with engine_for(sqlite_url).connect() as connection:
            connection.connection.dbapi_connection.set_trace_callback(sent.append)
            with connection.begin(), store.in_transaction(connection) as joined:
                joined.append(Write(TWO, events(5)))
                read_everything(joined)
                joined.flush()
        assert len([statement for statement in sent if NAMED.search(statement)]) > 30
        assert [statement for statement in sent if unfiltered(statement)] == []
        store.read_log()
        assert unfiltered(sent[-1]) == ["respond_events"]  # the control: the whole log is everybody's


NAMES = st.sampled_from([ONE, TWO, StreamId(ONE.name, "drill"), StreamId.of("measure", "one")])
STEPS = st.lists(st.tuples(st.booleans(), NAMES, st.integers(1, 3), st.integers(0, 5)), max_size=12)


def as_alone(rows: list[Recorded]) -> list[tuple[Any, ...]]:
    """Return what of *rows* does not hang on who else wrote in between."""
    return [(row.tenant, row.realm, row.stream, row.version, row.id, row.subject, row.body) for row in rows]


def seen_by(store: Any) -> list[Any]:
    """Return everything that a tenant can read, but for positions."""
    streams = [ONE, TWO, StreamId(ONE.name, "drill"), StreamId.of("measure", "one")]
    bodies = store.read_streams(streams)
    return [
        [as_alone(store.read_stream(stream)) for stream in streams],
        [
            as_alone(store.read_subject(subject, realm=realm))
            for subject in ("one", "two")
            for realm in ("real", "drill")
        ],
        [as_alone(store.read_all(realm=realm)) for realm in (None, "real", "drill")],
        [[row.body for row in store.read_bodies(realm=realm)] for realm in (None, "real", "drill")],
        {stream: [row.body for row in rows] for stream, rows in bodies.items()},
        store.versions(streams),
        {key: as_alone([row]) for key, row in store.known([id_of(number) for number in range(60)]).items()},
    ]


@settings(max_examples=40)
@given(steps=STEPS)
def test_a_tenant_sees_what_it_would_see_alone(steps: list[tuple[bool, StreamId, int, int]]) -> None:
    """However two tenants take turns in the same streams, with the same ids, each reads what it would read alone."""
    engine = engine_for("sqlite://")
    stores = [opened(engine, tenant=tenant) for tenant in ("here", "there")]
    alone = [MemoryEventStore(clock=lambda: START, log=stores[0].log, tenant=tenant) for tenant in ("here", "there")]
    try:
        for turn, stream, count, key in steps:
            write = Write(stream, events(*range(key * 10, key * 10 + count)))
            for store in (stores[turn], alone[turn]):
                with suppress(IdempotencyConflict):
                    store.append(write)
            assert [seen_by(store) for store in stores] == [seen_by(store) for store in alone]
    finally:
        for store in stores:
            store.close()
        engine.dispose()
