"""The clock is set back by an hour while a log is written."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from engines import REPORTED, engine_on
from fault_sizes import size_of
from respond.audit.check import check
from respond.domain.moments import to_microseconds
from respond.errors import ClockSkew
from respond.store.sql.rows import placed, prepared
from respond.testing.conformance.concurrency import whole_log
from respond.testing.conformance.samples import START, ManualClock
from respond.testing.conformance.tailing import holes
from sql_logs import opened
from stores import SqlStores
from ticker import TICKER, Batch

DATABASES = ["sqlite", "postgresql", "mariadb"]
HOUR = timedelta(hours=1)


@pytest.fixture(params=DATABASES)
def stores(request: pytest.FixtureRequest) -> SqlStores:
    """Return what opens one log."""
    return SqlStores(str(request.getfixturevalue(f"{request.param}_url")))


def test_an_hour_back(stores):
    """Commands are refused and nothing is written, answers go on; who allows the skew, and time itself, mend it."""
    clock = ManualClock()
    with engine_on(stores(clock=clock), clock) as engine:
        incident = engine.report(**REPORTED)
        clock.now = START - HOUR
        before = engine.store.head()
        with pytest.raises(ClockSkew):
            incident.note("back", command_id="one")
        with pytest.raises(ClockSkew):
            engine.report(**REPORTED)
        assert engine.store.head() == before
        assert engine.incident(incident.id).state().title == REPORTED["title"]
        with engine_on(stores(clock=clock, allow_skew=True), clock, seed=1) as other:
            other.incident(incident.id).note("allowed")
        clock.now = START
        assert not incident.note("back", command_id="one").replayed
        assert incident.note("back", command_id="one").replayed
        log = whole_log(engine.store)
        assert [row.recorded_at for row in log] == [START] * len(log)
        assert check(engine.store).clean


def test_a_clock_that_jumps(stores, told):
    """Over a clock that jumps to and fro by up to an hour, order and times only go forward, and the log is sound."""
    clock, jumps = ManualClock(), random.Random(stores.url.partition(":")[0])
    rounds = size_of("clock")
    with engine_on(stores(clock=clock, allow_skew=True), clock) as engine:
        incident = engine.report(**REPORTED)
        for number in range(rounds):
            clock.now = START + number * timedelta(minutes=1) + jumps.uniform(-1, 1) * HOUR
            incident.note(f"note {number}")
        log = whole_log(engine.store)
        assert [row.recorded_us for row in log] == sorted(row.recorded_us for row in log)
        assert not holes(log)
        assert len(log) == rounds + 1
        assert check(engine.store).clean
    told("clock", case=stores.url.partition(":")[0].partition("+")[0], rounds=rounds)


def test_control(stores):
    """A row whose time is the clock's own, in place of the head's, is found by the same check."""
    write = Batch("late", 0).writes[0]
    with opened(stores.url) as store, stores.raw_connection() as (connection, dialect):
        store.append(*Batch("early", 0).writes)
        assert check(store, workflows=[TICKER]).clean
        rows = prepared([write], {write.stream: 0}, log=store.log, tenant=store.tenant, dialect=dialect)
        cursor = dialect.cursor(connection)
        cursor.execute(dialect.begin)
        last, _ = dialect.take_head(cursor, 1, to_microseconds(START), to_microseconds(START))
        dialect.insert(cursor, placed(rows, first=last, recorded_us=to_microseconds(START - HOUR)))
        cursor.execute("COMMIT")
        assert check(store, workflows=[TICKER]).counts["recorded-back"] == 1
