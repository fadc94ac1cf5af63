"""How a log stands: holes, lag, dead letters, and what is in danger."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from respond.domain.streams import StreamId
from respond.store.checkpoint import PAUSED, RETIRED
from respond.store.records import Head, Write
from respond.store.sql import SqlEventStore, drop_triggers
from respond.store.sql.checkpoints import Checkpoints
from respond.store.sql.schema import tables
from respond.store.sql.standing import Standing, standing
from respond.testing.conformance.samples import ONE, START, TWO, ManualClock, events
from sql_logs import opened, raw

DRILL = StreamId(ONE.name, "drill")


def stands(store: SqlEventStore) -> Standing:
    """Return how the log of *store* stands."""
    with store.reading() as connection:
        return standing(connection)


def holed(url: str, *statements: str) -> Standing:
    """Return how a log of five events stands after *statements* past its triggers."""
    with opened(url) as store:
        store.append(Write(ONE, events(1, 2, 3, 4, 5)))
        assert stands(store).holes == 0
        with raw(url) as connection:
            for statement in (*drop_triggers(connection.dialect.name, "respond_"), *statements):
                connection.exec_driver_sql(statement)
        return stands(store)


def test_an_empty_log(url: str) -> None:
    """A log without events has no holes, and nobody is behind."""
    with opened(url) as store:
        found = stands(store)
    assert (found.head, found.events, found.holes, found.first_hole, found.beyond_head) == (Head(0, 0), 0, 0, None, 0)
    assert (found.archived, found.snapshots, found.checkpoints, found.dead_letters) == (0, 0, (), 0)


@pytest.mark.parametrize(
    ("where", "holes", "first"),
    [("position = 1", 1, 1), ("position IN (2, 4)", 2, 2), ("position > 3", 2, 4), ("position > 0", 5, 1)],
)
def test_holes_are_counted(url: str, where: str, holes: int, first: int) -> None:
    """Positions without a row are counted, at the start, within and at the end, and the first one is named."""
    found = holed(url, f"DELETE FROM respond_events WHERE {where}")
    assert (found.events, found.holes, found.first_hole, found.beyond_head) == (5 - holes, holes, first, 0)
    assert any(danger.endswith(f"no event, from {first} on; run `respond check`") for danger in found.dangers)


def test_rows_past_the_head_are_told(url: str) -> None:
    """A head that was set back endangers the next append, though no position lacks its row."""
    found = holed(url, "UPDATE respond_head SET position = 3")
    assert (found.holes, found.beyond_head) == (0, 2)
    assert "rows stand 2 positions past the head; run `respond check`" in found.dangers


def test_lag_counts_the_real_events_of_the_tenant(url: str) -> None:
    """A checkpoint is behind by the real events of its own tenant; drills and other tenants' events do not count."""
    clock = ManualClock()
    with SqlEventStore.open(url, clock=clock) as store, opened(url, tenant="elsewhere") as other:
        store.append(Write(ONE, events(1, 2)))
        other.append(Write(ONE, events(3)))
        store.append(Write(DRILL, events(4)))
        clock.move(minutes=5)
        store.append(Write(TWO, events(5, 6)))
        with store.transaction() as connection:
            mine, others = (Checkpoints(tables(), tenant) for tenant in (store.tenant, "elsewhere"))
            for position in (0, 2, 4, 6):
                mine.create(connection, f"at-{position}", 1, now=START, position=position)
            others.create(connection, "theirs", 1, now=START)
        found = stands(store)
    later = START + timedelta(minutes=5)
    assert [(one.checkpoint.name, one.lag, one.waiting_since) for one in found.checkpoints] == [
        ("at-0", 4, START),
        ("at-2", 2, later),
        ("at-4", 2, later),
        ("at-6", 0, None),
        ("theirs", 1, START),
    ]
    assert found.dangers == of_settings(found)


def of_settings(found: Standing) -> tuple[str, ...]:
    """Return the dangers that come from how the database is set, which is not what is tested here."""
    return tuple(f"{one.name} is {one.value}: {one.danger}" for one in found.settings if one.danger)


def test_what_a_projection_could_not_take_is_in_danger(url: str) -> None:
    """Dead letters, and a pause after a failure, are told with what to do; a pause that a person asked for is not."""
    with opened(url) as store:
        store.append(Write(ONE, events(1, 2)))
        checkpoints = Checkpoints(tables(), store.tenant)
        with store.transaction() as connection:
            for name in ("board", "search", "wall"):
                checkpoints.create(connection, name, 1, now=START)
            held = checkpoints.claim(connection, "board", 1, owner="a", now=START, lease_seconds=9)
            for row in store.read_all():
                checkpoints.dead_letter(connection, held, row, "torn", now=START)
            checkpoints.pause(connection, "search", 1, now=START, error="out of words")
            checkpoints.pause(connection, "wall", 1, now=START)
        found = stands(store)
    told = {one.checkpoint.name: (one.checkpoint.status, one.dead_letters, one.danger) for one in found.checkpoints}
    left_out = "left out 2 events that failed; see `respond readers dead-letters board`, and settle each one"
    assert told["board"][1:] == (2, f"{left_out} that is dealt with")
    assert told["search"] == (PAUSED, 0, "is paused at position 0: out of words; mend the cause and resume it")
    assert told["wall"] == (PAUSED, 0, "")
    assert found.dead_letters == 2
    assert len(found.dangers) == 2 + len(of_settings(found))


def test_what_fails_and_is_tried_again_is_in_danger(url: str) -> None:
    """A failure that is not yet given up on is told with its error, beside what was left out; success forgets it."""
    with opened(url, tenant="shop") as store:
        store.append(Write(ONE, events(1, 2)))
        checkpoints = Checkpoints(tables(), store.tenant)
        first, second = store.read_all()
        with store.transaction() as connection:
            checkpoints.create(connection, "board", 1, now=START)
            held = checkpoints.claim(connection, "board", 1, owner="a", now=START, lease_seconds=9)
            checkpoints.dead_letter(connection, held, first, "torn", now=START)
            held = checkpoints.advance(connection, held, 1, now=START)
            held = checkpoints.fail(connection, held, "no such column", now=START, retry_at=START)
        found = stands(store)
        (one,) = found.checkpoints
        failing = "has failed once behind position 1: no such column; it is tried again, mend the cause"
        left_out = (
            "left out an event that failed; see `respond readers dead-letters board --tenant shop`, and settle each "
            "one that is dealt with"
        )
        assert one.danger == f"{failing}; it {left_out}"
        assert set(found.dangers) - set(of_settings(found)) == {f"board {one.danger}"}
        with store.transaction() as connection:
            held = checkpoints.fail(connection, held, "no such column", now=START, retry_at=START)
        assert stands(store).checkpoints[0].danger.startswith("has failed 2 times behind position 1: ")
        with store.transaction() as connection:
            checkpoints.settle(connection, checkpoints.dead_letters(connection)[0])
            checkpoints.advance(connection, held, second.position, now=START)
        found = stands(store)
        assert found.dangers == of_settings(found)


def test_what_is_retired_endangers_nothing(url: str) -> None:
    """A build that another one replaced is behind for good, and what it left out matters no more; live it is told."""
    with opened(url) as store:
        store.append(Write(ONE, events(1, 2)))
        checkpoints = Checkpoints(tables(), store.tenant)
        with store.transaction() as connection:
            checkpoints.create(connection, "board", 1, now=START)
            held = checkpoints.claim(connection, "board", 1, owner="a", now=START, lease_seconds=9)
            checkpoints.dead_letter(connection, held, store.read_all()[0], "torn", now=START)
        assert stands(store).dead_letters == 1
        with store.transaction() as connection:
            checkpoints.set_status(connection, "board", 1, RETIRED, now=START)
        found = stands(store)
    assert (found.dead_letters, found.dangers) == (0, of_settings(found))


def test_what_is_archived_and_kept_is_counted(url: str) -> None:
    """Archived positions and snapshots are counted."""
    ours = tables()
    with opened(url) as store:
        store.append(Write(ONE, events(1, 2, 3)))
        with raw(url) as connection:
            connection.execute(
                insert(ours.snapshots).values(
                    tenant="t",
                    realm="real",
                    stream="s",
                    version=1,
                    position=1,
                    definition="",
                    state_schema="",
                    state=b"",
                )
            )
            rows = [{"first": 1, "last": 2}, {"first": 4, "last": 4}]
            for row in rows:
                connection.execute(insert(ours.manifest).values(**row, file="f", digest=b"0" * 32, reason="r"))
        found = stands(store)
    assert (found.archived, found.snapshots) == (3, 1)
