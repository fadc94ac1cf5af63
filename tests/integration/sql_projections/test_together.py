"""Processes that append at once, each with the tables inline, beside one without: every event counts once."""

from __future__ import annotations

import pytest

from engines import REPORTED, responding
from mortal import DONE, child, ended
from projecting import CODEC, SHIPPED, live, opened, wrong
from respond.projections.sql import TableStatistics
from respond.projections.sql.builds import Builds
from respond.projections.sql.feed import Feed
from respond.testing.conformance.samples import ManualClock

WRITERS = 3
TURNS = 5


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until it is moved."""
    return ManualClock()


@pytest.mark.parametrize("group", [True, False])
def test_processes_that_append_at_once_count_every_event_once(url, clock, group):
    """When all have ended the tables hold what a fold says, and nothing was put off or given up on the way."""
    with opened(url, clock) as engine:
        engine.projections.build_missing()

    def work(number):
        options = {"projections": "inline"} if number else {}
        with opened(url, ManualClock(), seed=number + 1, group=group, lock_timeout=60, **options) as own:
            for _ in range(TURNS):
                responding(own)

    writers = [child(lambda number=number: work(number)) for number in range(WRITERS + 1)]
    assert [ended(writer) for writer in writers] == [DONE] * len(writers)
    with opened(url, clock, projections="inline") as engine:
        engine.report(**REPORTED)
        events = (WRITERS + 1) * TURNS * 4 + 1
        assert [(live(engine.store, kind).position, live(engine.store, kind).error) for kind in SHIPPED] == [
            (events, None)
        ] * len(SHIPPED)
        assert engine.projections.dead_letters() == []
        assert [wrong(engine.store, kind) for kind in SHIPPED] == [[], []]
        assert engine.statistics().incidents == (WRITERS + 1) * TURNS + 1


def test_who_looks_before_the_head_is_held_counts_twice(url, clock):
    """The control: writers that look how far the tables are outside of their append take the same events on."""
    with opened(url, clock) as engine, opened(url, clock, seed=1) as other:
        engine.projections.build_missing()
        begun = live(engine.store, TableStatistics).position
        for one in (engine, other):
            responding(one)
        for one in (engine, other):
            builds = Builds(one.store, TableStatistics)
            batch = Feed(one.store, CODEC, [TableStatistics.handles]).read(begun, 100)
            with one.store.transaction() as connection:
                held = builds.live(connection)
                builds.of(held).apply(connection, batch.events)
                builds.checkpoints.move(connection, [held], batch.last, now=clock())
        assert wrong(engine.store, TableStatistics) != []
