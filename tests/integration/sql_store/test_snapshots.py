"""Snapshots in their table: kept, found again, replaced, and in nobody's way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import func, select, text

from respond.domain.streams import StreamId
from respond.engine.async_engine import AsyncEngine
from respond.engine.engine import Engine
from respond.errors import InvalidInput
from respond.store.snapshot import Snapshot
from respond.store.sql import SqlEventStore, tables
from respond.store.sql.snapshots import SqlSnapshots
from respond.testing.conformance.samples import ManualClock
from respond.transfer.archive import archive_log
from sql_logs import opened, raw

EVERY = 5
KEPT = tables().snapshots
ONE, DRILL = StreamId.of("incident", "a"), StreamId.of("incident", "a", "drill")
FIRST = Snapshot(version=5, position=5, definition="d", state_schema="s", state=b'{"first":1}')


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Yield an engine that keeps snapshots, on each kind of database."""
    with Engine.open(url, clock=ManualClock(), snapshot_every=EVERY) as engine:
        yield engine


def report(engine: Engine, notes: int = 9) -> str:
    """Report an incident, note progress so often, and return its id."""
    incident = engine.report(category="network", title="A", actor="wang.li")
    for number in range(notes):
        incident.note(f"{number}", actor="wang.li")
    return incident.id


def rows(engine: Engine) -> list[Any]:
    """Return what the table holds, by stream."""
    with engine.store.reading() as connection:
        return list(connection.execute(select(KEPT.c.tenant, KEPT.c.version, KEPT.c.position)))


def test_a_state_is_kept_and_found_again(engine: Engine, url: str) -> None:
    """A state that was folded from many events is kept; another process reads what came since, and no more."""
    key = report(engine)
    folded = engine.state("incident", key)
    assert rows(engine) == [("default", 10, 10)]
    with Engine.open(url, clock=engine.clock, snapshot_every=EVERY) as other:
        asked: list[int] = []
        read = other.store.read_stream
        other.store.read_stream = lambda *one, after=0, **more: asked.append(after) or read(*one, after=after, **more)
        assert other.state("incident", key) == folded
        other.incident(key).note("one more", actor="chen.yu")
        assert other.state("incident", key).notes == 10
        assert asked == [9, 0, 9]  # the one between finds the incident by its first event


def test_nothing_is_kept_unless_asked(url: str) -> None:
    """Without the option nothing is written."""
    with Engine.open(url, clock=ManualClock()) as engine:
        key = report(engine)
        assert engine.state("incident", key).notes == 9
        assert rows(engine) == []


def test_the_later_snapshot_stays(url: str) -> None:
    """Of two readers at once the later state stays; one of another kind takes the place of any."""
    with opened(url, snapshot_every=EVERY) as store:
        kept = store.snapshots
        for changes, left in (
            ({}, 5),
            ({"version": 7, "position": 9}, 7),
            ({"version": 6}, 7),
            ({"version": 3, "definition": "e"}, 3),
            ({"version": 2, "definition": "e", "state_schema": "t", "state": b"\x00\xff"}, 2),
        ):
            kept.keep(ONE, attrs.evolve(FIRST, **changes))
            assert kept.load([ONE])[ONE].version == left
        assert kept.load([ONE])[ONE].state == b"\x00\xff"


def test_streams_tenants_and_realms_are_apart(url: str) -> None:
    """A snapshot is of one stream of one tenant in one realm; many are loaded at once."""
    with opened(url, snapshot_every=EVERY) as store, opened(url, tenant="branch", snapshot_every=EVERY) as branch:
        many = [StreamId.of("incident", str(number)) for number in range(600)]
        store.snapshots.keep(ONE, FIRST)
        store.snapshots.keep(DRILL, attrs.evolve(FIRST, version=6))
        store.snapshots.keep(many[599], attrs.evolve(FIRST, version=7))
        assert branch.snapshots.load([ONE, DRILL]) == {}
        branch.snapshots.keep(ONE, attrs.evolve(FIRST, version=8))
        found = store.snapshots.load([ONE, DRILL, *many])
        assert {stream: one.version for stream, one in found.items()} == {ONE: 5, DRILL: 6, many[599]: 7}


def test_a_snapshot_that_someone_inserts_meanwhile_is_no_error(url: str) -> None:
    """Two readers that keep the first snapshot at the same instant do not disturb each other."""
    with opened(url, snapshot_every=EVERY) as store:
        kept = store.snapshots
        behind = SqlSnapshots(tables(), "default", EVERY, reading=store.reading, transaction=store.transaction)
        behind._replace = behind._replace.where(text("1 = 0"))  # it looked before the other one had inserted
        kept.keep(ONE, FIRST)
        behind.keep(ONE, attrs.evolve(FIRST, version=4))
        assert kept.load([ONE])[ONE].version == 5


def test_an_account_that_only_reads(postgresql_url: str) -> None:
    """Who may not write is answered all the same, and asks to write once."""
    with Engine.open(postgresql_url, clock=ManualClock()) as engine:
        key = report(engine)
    role = postgresql_url.partition("?")[0].rsplit("/", 1)[1] + "_reader"
    with raw(postgresql_url) as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        try:
            connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
            url = postgresql_url.replace("postgres@", f"{role}@")
            with Engine.open(url, clock=ManualClock(), snapshot_every=EVERY, create=False) as reader:
                for _ in range(3):
                    assert reader.state("incident", key).notes == 9
                assert rows(reader) == []
        finally:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))


def test_damaged_rows_are_passed_over(sqlite_url: str) -> None:
    """SQLite takes any value in any column; the events answer."""
    with Engine.open(sqlite_url, clock=ManualClock(), snapshot_every=EVERY) as engine:
        key = report(engine)
        folded = engine.state("incident", key)
        for column in ("version", "position", "definition", "state_schema", "state"):
            for value in ("'x'", "x'ff'", "-1", "1.5", "zeroblob(100)"):
                with raw(sqlite_url) as connection:
                    connection.execute(text(f"UPDATE respond_snapshots SET {column} = {value}"))
                assert engine.state("incident", key) == folded, (column, value)


def test_an_archived_stream_has_none(engine: Engine, tmp_path: Path) -> None:
    """What was folded from bodies that leave is forgotten with them."""
    key = report(engine)
    engine.incident(key).cancel(reason="x", actor="chen.yu")
    other = report(engine)
    for one in (key, other):
        engine.state("incident", one)
    assert len(rows(engine)) == 2
    assert archive_log(engine.store, tmp_path, before=engine.clock() + timedelta(days=1)).streams == 1
    assert rows(engine) == [("default", 10, 21)]


def test_none_are_kept_within_the_callers_transaction(engine: Engine, url: str) -> None:
    """What a caller may still roll back is folded, and not kept."""
    key = report(engine, notes=2)
    from respond.store.sql import engine_for

    host = engine_for(url)
    try:
        level = "SERIALIZABLE" if url.startswith("sqlite") else "READ COMMITTED"
        with (
            host.connect().execution_options(isolation_level=level) as connection,
            connection.begin() as transaction,
        ):
            if url.startswith("sqlite"):
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            with engine.transaction(connection) as joined:
                for number in range(9):
                    joined.incident(key).note(str(number), actor="wang.li")
                assert joined.state("incident", key).notes == 11
            transaction.rollback()
    finally:
        host.dispose()
    assert engine.state("incident", key).notes == 2
    assert rows(engine) == []


def test_an_engine_for_asyncio_keeps_them_too(sqlite_url: str) -> None:
    """The option means the same when the engine is awaited."""

    async def play() -> tuple[int, int]:
        async with await AsyncEngine.open(sqlite_url, clock=ManualClock(), snapshot_every=EVERY) as engine:
            incident = await engine.report(category="network", title="A", actor="wang.li")
            for number in range(9):
                await incident.note(str(number), actor="wang.li")
            state = await engine.state("incident", incident.id)
            found = await engine.run(engine.inner.store.snapshots.load, [StreamId.of("incident", incident.id)])
            return state.notes, len(found)

    assert asyncio.run(play()) == (9, 1)


@pytest.mark.parametrize("every", [0, -1, 1.5, "5", True])
def test_how_often_is_a_number(sqlite_url: str, every: Any) -> None:
    """The option is a number of events, and nothing is opened with another one."""
    with pytest.raises(InvalidInput, match="is not a number of events"):
        SqlEventStore.open(sqlite_url, clock=ManualClock(), snapshot_every=every)
    assert not Path(sqlite_url.removeprefix("sqlite:///")).exists()


def test_many_streams_leave_one_row_each(engine: Engine) -> None:
    """The table holds one row for each long stream, however often states are asked for."""
    keys = [report(engine, notes=6) for _ in range(3)]
    for _ in range(2):
        for key in keys:
            engine.state("incident", key)
            for number in range(6):
                engine.incident(key).note(f"again {number}", actor="wang.li")
    with engine.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(KEPT)).scalar() == 3
