"""Runners of projections are killed, each at another step; the controls stand beside the tests of the runner.

Where rows and checkpoint are committed apart, the same kills find events that count twice.
"""

from __future__ import annotations

import random
import signal
from collections import Counter
from functools import partial

import pytest

from engines import REPORTED, responding
from fault_sizes import size_of
from mortal import DONE, at_point, child, ended
from projecting import SHIPPED, live, opened, runner, wrong
from respond.projections.sql import TableProjection
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import ManualClock

HOUR = 3600
POINTS = 40
"""A runner with a few batches before it passes about so many points at which it can be killed."""


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


def run(url: str, clock: ManualClock, kind: type[TableProjection], *, batch: int, point: int | None = None) -> None:
    """Run a projection to the end of the log, or to the point at which it is killed."""
    with SqlEventStore.open(url, clock=clock) as store:
        running = runner(store, kind, clock, batch=batch)
        if point is not None:
            at_point(point, signal.SIGKILL)
        while running.step() == "moved":
            pass
        running.release()


def test_every_event_counts_once(url, told):
    """After every kill the tables hold what a fold up to their checkpoint says, and the next runner goes on there."""
    chance, clock, counted = random.Random(url.partition(":")[0]), ManualClock(), Counter()
    with opened(url, clock) as engine:
        engine.projections.build_missing()
        for _ in range(size_of("killed-runner")):
            for _ in range(chance.randint(1, 3)):
                chance.choice([responding, lambda engine: engine.report(**REPORTED)])(engine)
            clock.move(seconds=HOUR)  # the lease of the dead is over
            kind, batch, point = chance.choice(SHIPPED), chance.randint(1, 6), chance.randrange(POINTS)
            status = ended(child(partial(run, url, clock, kind, batch=batch, point=point)))
            assert status in {DONE, -signal.SIGKILL}
            counted["killed"] += status != DONE
            assert wrong(engine.store, kind) == []
        clock.move(seconds=HOUR)
        for kind in SHIPPED:
            run(url, clock, kind, batch=100)
            assert wrong(engine.store, kind) == []
            assert live(engine.store, kind).position == engine.store.head().position
        counted["events"] = engine.store.head().position
    assert counted["killed"] > 0
    case = url.partition(":")[0].partition("+")[0]
    told("killed-runner", case=case, rounds=size_of("killed-runner"), **counted)
