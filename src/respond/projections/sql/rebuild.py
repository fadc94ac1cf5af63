"""The rebuild: a new build fills beside the one that answers, is compared with a fold, and takes its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Literal

import attrs

from respond.domain.events import Event
from respond.errors import ProjectionDiffers, StoreBusy
from respond.projections.sql.builds import BUILDING, Builds
from respond.projections.sql.comparing import differences
from respond.projections.sql.feed import Feed
from respond.projections.sql.place import Build
from respond.projections.sql.runner import Runner, Running
from respond.store.checkpoint import Checkpoint

BATCH = 5000
"""How many events are taken on in one transaction."""
RETRY_SECONDS = 0.2
"""How long to wait before looking whether the time of a retry has come."""


@attrs.frozen(kw_only=True)
class Progress:
    """How far a rebuild has come."""

    stage: Literal["filling", "comparing"]
    position: int
    head: int
    events_per_second: float
    seconds_left: float | None
    """None while nobody knows."""


@attrs.frozen(kw_only=True)
class Rebuilt:
    """What a rebuild made."""

    name: str
    build: Build
    position: int
    """Up to where it was filled when it took its place."""
    compared: bool
    seconds: float


class Rebuild:
    """Fills one build; killed midway, the next one goes on where it stopped."""

    def __init__(
        self,
        builds: Builds,
        feed: Feed,
        running: Running,
        *,
        batch: int = BATCH,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self._builds = builds
        self._feed = feed
        self._running = attrs.evolve(running, batch=batch)
        self._runner = Runner(builds, feed, self._running, status=BUILDING)
        self._progress = progress

    def run(self, *, compare: bool = True, older: bool = False) -> Rebuilt:
        """Fill the build that was begun, or a new one, and let it answer in the place of the one that does.

        Code that is *older* may replace what newer code has made.

        Raises `StoreBusy` when somebody else is filling it, `ProjectionDiffers` when its tables do not hold what a fold
        says, `ProjectionFailed` when an event cannot be taken on, `InvalidInput` when newer code has made the tables.
        """
        with self._builds.store.transaction() as connection:
            self._builds.begin(connection, now=self._running.clock(), older=older)
        return self._fill(compare=compare)

    def run_missing(self) -> Rebuilt | None:
        """Do as `run` does, unless a build answers already: then return None."""
        with self._builds.store.transaction() as connection:
            found = self._builds.begin(connection, now=self._running.clock(), missing=True)
        return self._fill(compare=True) if found.status == BUILDING else None

    def _fill(self, *, compare: bool) -> Rebuilt:
        started = perf_counter()
        held = self._claimed()
        try:
            self._builds.create(held)
            held = self._filled()
            if compare:
                self._compare(held)
                held = self._filled()
            with self._builds.store.transaction() as connection:
                self._builds.swap(connection, held, now=self._running.clock())
        except BaseException:
            self._runner.release()
            raise
        return Rebuilt(
            name=self._builds.name,
            build=Build.of(held.version),
            position=held.position,
            compared=compare,
            seconds=perf_counter() - started,
        )

    def _claimed(self) -> Checkpoint:
        self._runner.claim()
        if self._runner.held is None:
            raise StoreBusy(f"{self._builds.name}: somebody else is filling it; wait until that is done, or try again")
        return self._runner.held

    def _filled(self) -> Checkpoint:
        """Return the checkpoint once it is at the end of the log."""
        pace = _Pace("filling", self._claimed().position)
        while (step := self._runner.step()) != "idle":
            held = self._claimed()
            if step == "waiting":
                self._builds.store.sleep(RETRY_SECONDS)
            self._tell(pace, held.position)
        return self._claimed()

    def _compare(self, held: Checkpoint) -> None:
        projection = self._builds.of(held)
        with self._builds.store.reading() as connection:
            found = differences(projection.content(connection), projection.fold(self._history(held.position)))
        if found:
            raise ProjectionDiffers(projection.name, str(projection.place.build), held.position, found)

    def _history(self, upto: int) -> Iterator[Event]:
        """Yield every event up to position *upto*, and keep hold of the checkpoint meanwhile."""
        pace = _Pace("comparing", 0)
        for batch in self._feed.batches(upto, self._running.batch):
            yield from batch
            self._runner.keep()
            self._tell(pace, batch[-1].position if batch else upto, upto)

    def _tell(self, pace: _Pace, position: int, end: int | None = None) -> None:
        if self._progress is not None:
            self._progress(pace.at(position, self._builds.store.head().position if end is None else end))


class _Pace:
    """How fast a stage goes."""

    def __init__(self, stage: Literal["filling", "comparing"], position: int) -> None:
        self._stage = stage
        self._first = position
        self._started = perf_counter()

    def at(self, position: int, head: int) -> Progress:
        seconds = perf_counter() - self._started
        rate = (position - self._first) / seconds if seconds else 0.0
        return Progress(
            stage=self._stage,
            position=position,
            head=head,
            events_per_second=rate,
            seconds_left=max(0, head - position) / rate if rate else None,
        )
