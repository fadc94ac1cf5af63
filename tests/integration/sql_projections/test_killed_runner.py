"""Runners that are killed, stopped and woken, and run side by side: every event counts once."""

from __future__ import annotations

import os
import signal

import attrs
import pytest
from sqlalchemy import update

from engines import REPORTED, responding
from mortal import DONE, at_point, child, ended, stopped
from projecting import live, opened, runner, wrong
from respond.projections.sql import TableStatistics
from respond.projections.sql.runner import Runner
from respond.store.sql import SqlEventStore
from respond.store.sql.checkpoints import Checkpoints
from respond.testing.conformance.samples import ManualClock

HOUR = 3600
POINTS_MAX = 200


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture
def engine(url, clock):
    """Yield an engine on a log whose projections were built when it was empty."""
    with opened(url, clock) as engine:
        engine.projections.build_missing()
        yield engine


def run(url, clock, *, owner="first", kind=TableStatistics, ready=lambda: None):
    """Run a projection to the end of the log: the work of a process of its own."""
    with SqlEventStore.open(url, clock=clock) as store:
        running = runner(store, kind, clock, owner=owner, batch=3)
        ready()
        while running.step() == "moved":
            pass
        running.release()


def killed_at_every_point(engine, url, clock, prepare=lambda: None):
    """Kill a runner at each point in turn, each time with one more event; return what was ever wrong, and how often.

    Each process has a clock an hour ahead of the last one's: the lease of the dead is over.
    """
    found = []
    for number in range(POINTS_MAX):
        engine.report(**REPORTED)
        clock.move(seconds=HOUR)

        def work(number=number):
            prepare()
            run(url, clock, ready=lambda: at_point(number, signal.SIGKILL))

        status = ended(child(work))
        found += wrong(engine.store, TableStatistics)
        if status == DONE:
            return found, number
        assert status == -signal.SIGKILL
    raise AssertionError("it never lived to the end")


def test_a_runner_killed_at_any_point_counts_every_event_once(engine, url, clock):
    """After every kill the tables hold what a fold up to their checkpoint says, and the next runner goes on there."""
    found, points = killed_at_every_point(engine, url, clock)
    assert found == []
    assert points > 15
    assert live(engine.store, TableStatistics).position == engine.store.head().position


def apart(self, held, batch):
    """Commit the rows first and the checkpoint later: the mistake."""
    projection = self._builds.of(held)
    with self._builds.store.transaction() as connection:
        projection.apply(connection, batch.events)
    with self._builds.store.transaction() as connection:
        return self._checkpoints.advance(connection, held, batch.last, now=self._running.clock())


def test_rows_and_checkpoint_committed_apart_count_twice(sqlite_url, clock):
    """The control: a runner that commits rows and checkpoint one after the other is found out by the same kills."""
    with opened(sqlite_url, clock) as engine:
        engine.projections.build_missing()
        found, _ = killed_at_every_point(engine, sqlite_url, clock, lambda: setattr(Runner, "_moved", apart))
    assert found != []


def anyhow(self, connection, held, position, *, now, lease_seconds=None):
    """Move the checkpoint without asking who holds it: the mistake."""
    rows = self._rows
    mine = update(rows).where(rows.c.name == held.name, rows.c.version == held.version)
    connection.execute(mine.values(position=position))
    return attrs.evolve(held, position=position)


def woken(engine, url, clock, prepare=lambda: None):
    """Let a runner be stopped before it writes, another one take over, and the first one wake up; return what is wrong.

    It has its claim, and has read its first batch, when it asks for its second transaction.
    """
    responding(engine)

    def work():
        prepare()
        run(url, clock, ready=lambda: at_point(1, signal.SIGSTOP, only="asked"))

    sleeper = child(work)
    stopped(sleeper)
    try:
        assert live(engine.store, TableStatistics).owner == "first"
        clock.move(seconds=HOUR)
        run(url, clock, owner="second")
        assert live(engine.store, TableStatistics).position == 4
    finally:
        os.kill(sleeper, signal.SIGCONT)
    assert ended(sleeper) == DONE
    return wrong(engine.store, TableStatistics)


def test_a_stopped_runner_that_wakes_up_cannot_write(engine, url, clock):
    """A runner that sleeps through its lease is overtaken; what it had read is not written when it wakes."""
    assert woken(engine, url, clock) == []


def test_without_the_fence_it_does(sqlite_url, clock):
    """The control: where nobody asks for the fence and the place, the sleeper counts its events a second time."""
    with opened(sqlite_url, clock) as engine:
        engine.projections.build_missing()
        assert woken(engine, sqlite_url, clock, lambda: setattr(Checkpoints, "advance", anyhow)) != []


def test_runners_side_by_side(engine, url, clock):
    """Of several processes one advances at any time, while others write: every event counts once."""

    def work(name):
        own = ManualClock(clock.now)
        with SqlEventStore.open(url, clock=own) as store:
            running = runner(store, TableStatistics, own, owner=name, batch=2)
            while live(store, TableStatistics).position < 40:
                running.step()
                own.move(seconds=HOUR)  # nobody's lease lasts: they take over from each other all the time

    workers = [child(lambda name=f"runner {number}": work(name)) for number in range(3)]
    for _ in range(10):
        responding(engine)
    assert [ended(worker) for worker in workers] == [DONE] * 3
    assert wrong(engine.store, TableStatistics) == []
