"""Archived events: tables that have read them go on, and a build that has not reads them from their folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engines import REPORTED, engine_on
from lives import live as lives
from respond.engine.engine import Engine
from respond.errors import EventArchived
from respond.projections.sql import TableListing
from respond.projections.sql.builds import BUILDING
from respond.store.checkpoint import RUNNING
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import ManualClock
from respond.transfer.archive import archive_log


class Later(TableListing):
    """The list, as a projection that was written after the archive."""

    name = "later"


@contextmanager
def opened(url: str, clock: ManualClock, archives: Path | None = None) -> Iterator[Engine]:
    """Lend an engine that knows of the folder of *archives*, or does not."""
    with SqlEventStore.open(url, clock=clock, archives=archives) as store:
        yield engine_on(store, clock, seed=1, projections="catch_up", tables=[Later])


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture
def folder(url, clock, tmp_path) -> Path:
    """Return the folder of a log whose finished incidents have left it, once the list and the statistics had them."""
    (tmp_path / "archives").mkdir()
    with opened(url, clock) as engine:
        lives(engine.store, clock)
        engine.projections.build_missing(["listing", "statistics"])
        clock.move(days=30)
        report = archive_log(
            engine.store, tmp_path / "archives", workflows=engine.workflows, before=clock(), reason="finished"
        )
        assert report.events > 0
    return tmp_path / "archives"


def builds(engine: Engine, name: str) -> dict[str, tuple[str, int]]:
    """Return how each build of a projection stands, and where."""
    return {one.build: (one.status, one.position) for one in engine.projections.listed() if one.name == name}


def test_a_build_reads_what_was_archived(url, clock, folder):
    """With the folder a rebuild, and a first build, take archived events on, and hold what a fold says."""
    with opened(url, clock, folder) as engine:
        head = engine.store.head().position
        before = engine.incidents(), engine.statistics()
        assert engine.projections.rebuild("listing").compared
        assert engine.projections.rebuild("later").compared
        assert (engine.incidents(), engine.statistics()) == before
        assert builds(engine, "later") == {"1.1": (RUNNING, head)}
        engine.report(**REPORTED)
        with engine.projections.follower() as follower:
            assert set(follower.catch_up().values()) == {"idle"}


def test_without_the_folder_a_build_waits_for_it(url, clock, folder):
    """The control: it names the option it lacks, the old tables go on, and so does the new build with the folder."""
    with opened(url, clock) as engine:
        before = engine.incidents()
        with pytest.raises(EventArchived, match="--archives FOLDER"):
            engine.projections.rebuild("listing")
        assert [status for status, _ in builds(engine, "listing").values()] == [RUNNING, BUILDING]
        assert engine.projections.dead_letters() == []
        assert engine.incidents() == before
        engine.report(**REPORTED)
        with engine.projections.follower(["listing"]) as follower:
            assert follower.catch_up() == {"listing": "idle"}
    with opened(url, clock, folder) as engine:
        engine.projections.rebuild("listing")
        assert len(engine.incidents().rows) == len(before.rows) + 1
