"""Projections in tables, of one store: who answers, who moves them on, and how they are put right."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from time import monotonic
from typing import Any, Generic, TypeVar

import attrs

from respond.engine.bulk import rare_collections
from respond.engine.clock import runner_name
from respond.errors import (
    ArchiveUnreadable,
    EventArchived,
    InvalidInput,
    NotFound,
    ProjectionBehind,
    StoreBusy,
    StoreUnavailable,
)
from respond.projections.sql import TableListing, TableProjection, TableStatistics
from respond.projections.sql.builds import Builds
from respond.projections.sql.control import Control, Kept
from respond.projections.sql.feed import Feed
from respond.projections.sql.follower import Follower
from respond.projections.sql.inline import GAP_MAX, Inline
from respond.projections.sql.listing_answers import ListingAnswers
from respond.projections.sql.place import Build
from respond.projections.sql.rebuild import Progress, Rebuild, Rebuilt
from respond.projections.sql.runner import Runner, Running
from respond.projections.sql.statistics_answers import StatisticsAnswers
from respond.store.checkpoint import PAUSED, RUNNING, Checkpoint, DeadLetter, Patience
from respond.store.codec import Codec
from respond.store.protocol import EventStore, WaitingEventStore
from respond.store.sql.event_store import SqlEventStore

SHIPPED: tuple[type[TableProjection], ...] = (TableListing, TableStatistics)

ANSWER_SECONDS = 1.0
"""How long a question waits for a runner that is at work, before it folds the log itself."""
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.002, 0.1


ProjectionT = TypeVar("ProjectionT", bound=TableProjection)


@attrs.frozen
class Asked(Generic[ProjectionT]):
    """A projection that is up to date, and a connection to ask it on."""

    projection: ProjectionT
    connection: Any


class Answering(ABC):
    """Lends projections that are up to date."""

    @abstractmethod
    def answering(self, kind: type[ProjectionT]) -> AbstractContextManager[Asked[ProjectionT] | None]:
        """Lend the projection *kind*, up to date with the log as it is now; None when that cannot be."""

    @contextmanager
    def listing(self) -> Iterator[ListingAnswers | None]:
        """Lend the list of all incidents, up to date; None when there is none."""
        with self.answering(TableListing) as asked:
            yield None if asked is None else asked.projection.answers(asked.connection)

    @contextmanager
    def statistics(self) -> Iterator[StatisticsAnswers | None]:
        """Lend the statistics, up to date; None when there are none."""
        with self.answering(TableStatistics) as asked:
            yield None if asked is None else asked.projection.answers(asked.connection)


class Projecting(Answering):
    """The projections of one tenant; safe to share between threads."""

    def __init__(
        self,
        store: EventStore,
        codec: Codec,
        *,
        clock: Callable[[], datetime],
        kinds: Iterable[type[TableProjection]] = (),
        patience: Patience | None = None,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        """Keep those that ship, and *kinds*.

        Raises `InvalidInput` for a store that has no tables, and for one in a caller's transaction: projections are run
        and waited for in transactions of their own.
        """
        if isinstance(store, WaitingEventStore):
            raise InvalidInput(
                "this engine is in a transaction of the caller; ask the one that lent it", place="projections"
            )
        if not isinstance(store, SqlEventStore):
            raise InvalidInput("this log has no tables; open one in a database", place="projections")
        self._store = store
        self._codec = codec
        self._clock = clock
        self._patience = Patience() if patience is None else patience
        self._answer_seconds = answer_seconds
        self._builds = {kind.name: Builds(store, kind) for kind in (*SHIPPED, *kinds)}
        self._inline = Inline(list(self._builds.values()), codec, clock=clock, patience=self._patience)

    @property
    def names(self) -> Sequence[str]:
        """Of the projections."""
        return list(self._builds)

    # -- who moves them on ---------------------------------------------------------------------------------------------

    def keep_inline(self) -> None:
        """Bring all up to date within each append from now on; one that has no tables yet is built first."""
        self.build_missing()
        self._store.project_inline(self._inline)

    def build_missing(
        self, names: Iterable[str] | None = None, *, progress: Callable[[Progress], None] | None = None
    ) -> Sequence[Rebuilt]:
        """Build those of *names*, of all when None, that no tables of their version answer for, and say which.

        One that somebody else is filling is waited for, and one that newer code has built is left to that.
        """
        found = [self._build_missing(builds, progress) for builds in self._chosen(names)]
        return [rebuilt for rebuilt in found if rebuilt is not None]

    def rebuild(
        self,
        name: str,
        *,
        compare: bool = True,
        older: bool = False,
        patience: Patience | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Rebuilt:
        """Build the projection anew beside the tables that answer, then let the new ones answer; see `Rebuild.run`.

        One that was broken off goes on.  Raises `NotFound`.
        """
        with rare_collections():
            return self._rebuild(self._of(name), patience, progress).run(compare=compare, older=older)

    def follower(
        self,
        names: Iterable[str] | None = None,
        *,
        patience: Patience | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Follower:
        """Return what runs the live builds of the projections called *names*, of all when None; close it."""
        runners = self.runners(names, patience=patience)
        return Follower(self._store, runners, progress=progress, around=rare_collections)

    def runners(self, names: Iterable[str] | None = None, *, patience: Patience | None = None) -> Sequence[Runner]:
        """Return runners of the live builds of the projections called *names*, of all when None."""
        chosen, running = self._chosen(names), self._running(patience)
        feed = self._feed(chosen)
        return [Runner(builds, feed, running) for builds in chosen]

    # -- who answers ---------------------------------------------------------------------------------------------------

    @contextmanager
    def answering(self, kind: type[ProjectionT]) -> Iterator[Asked[ProjectionT] | None]:
        """Lend the projection *kind*, up to date with the log as it is now.

        None when it has no tables, is paused, or cannot be brought up to date in time.
        """
        builds = self._of(kind.name)
        checkpoint = self._up_to_date(builds, self._store.head().position)
        if checkpoint is None:
            yield None
            return
        projection: Any = builds.of(checkpoint)
        with self._store.reading() as connection:
            yield Asked(projection, connection)

    def within(self, store: WaitingEventStore) -> Answering:
        """Return who answers within the transaction of the caller that *store* is in."""
        return _Within(self._builds, store)

    def wait_for(self, position: int, timeout: float = 5.0, *, names: Iterable[str] | None = None) -> None:
        """Return once the projections called *names*, all when None, have read up to *position*: your own write.

        Raises `ProjectionBehind` when *timeout* seconds were not enough, and at once for one that is paused before it.
        """
        for seconds in self.waits(position, timeout, names=names):
            self._store.sleep(seconds)

    def waits(self, position: int, timeout: float = 5.0, *, names: Iterable[str] | None = None) -> Iterator[float]:
        """Look as `wait_for` does, and yield how long to wait before the next look: tasks wait in their own way."""
        until = monotonic() + timeout
        for builds in self._chosen(names):
            yield from self._waits(builds, position, until)

    # -- how they are, and are put right -------------------------------------------------------------------------------

    def listed(self) -> Sequence[Kept]:
        """Return every build of this tenant."""
        return [kept for builds in self._builds.values() for kept in Control(builds).kept()]

    def dead_letters(self, name: str | None = None) -> Sequence[DeadLetter]:
        """Return the events that were given up on, of one projection when it is named."""
        chosen = self._builds.values() if name is None else [self._of(name)]
        return [letter for builds in chosen for letter in Control(builds).dead_letters()]

    def pause(self, name: str) -> Checkpoint:
        """Stop the projection where it stands; see `Control.pause`."""
        return Control(self._of(name)).pause(now=self._clock())

    def resume(self, name: str) -> Checkpoint:
        """Let the projection go on, and try again what it was paused at; see `Control.resume`."""
        return Control(self._of(name)).resume(now=self._clock())

    def skip(self, name: str) -> DeadLetter:
        """Let the projection go on behind what it was paused at; see `Control.skip`."""
        return Control(self._of(name)).skip(now=self._clock())

    def abandon(self, name: str) -> Build | None:
        """Give up the build that fills, and return it; None when there is none."""
        return self._of(name).abandon(now=self._clock())

    def prune(self) -> Mapping[str, Sequence[Build]]:
        """Drop the tables of retired builds, and return those."""
        return {name: builds.prune() for name, builds in self._builds.items()}

    # -- the inside ----------------------------------------------------------------------------------------------------

    def _of(self, name: str) -> Builds:
        builds = self._builds.get(name)
        if builds is None:
            raise NotFound(f"there is no projection {name!r}; there are {', '.join(self._builds)}")
        return builds

    def _feed(self, builds: Iterable[Builds]) -> Feed:
        return Feed(self._store, self._codec, [one.kind.handles for one in builds])

    def _rebuild(
        self, builds: Builds, patience: Patience | None, progress: Callable[[Progress], None] | None
    ) -> Rebuild:
        return Rebuild(builds, self._feed([builds]), self._running(patience), progress=progress)

    def _build_missing(self, builds: Builds, progress: Callable[[Progress], None] | None) -> Rebuilt | None:
        while True:
            with self._store.reading() as connection:
                if builds.live(connection) is not None or builds.newer(connection) is not None:
                    return None
            try:
                with rare_collections():
                    return self._rebuild(builds, None, progress).run_missing()
            except StoreBusy:
                with self._store.reading() as connection:
                    filling = builds.filling(connection)
                if filling is not None and filling.owner is None:
                    raise
                self._store.sleep(_LONGEST_WAIT_SECONDS)

    def _chosen(self, names: Iterable[str] | None) -> list[Builds]:
        return [self._of(name) for name in (self.names if names is None else names)]

    def _running(self, patience: Patience | None = None) -> Running:
        return Running(owner=runner_name(), clock=self._clock, patience=patience or self._patience)

    def _up_to_date(self, builds: Builds, head: int) -> Checkpoint | None:
        """Return the checkpoint of the live build once it has read up to position *head*; None when it cannot."""
        with self._store.reading() as connection:
            found = builds.live(connection)
        if found is None or found.status != RUNNING:
            return None
        if _has_read(found, self._store, head):
            return found
        if not found.is_due(self._clock()):
            return None
        try:
            self._carry_on(builds, found, head)
            for seconds in self._waits(builds, head, monotonic() + self._answer_seconds):
                self._store.sleep(seconds)
            with self._store.reading() as connection:
                found = builds.live(connection)
        except (ArchiveUnreadable, EventArchived, ProjectionBehind, StoreUnavailable):
            return None  # memory may know; where it cannot be asked either, it says why
        return found if found is not None and found.status == RUNNING and found.position >= head else None

    def _carry_on(self, builds: Builds, found: Checkpoint, head: int) -> None:
        """Read on up to position *head*, unless somebody else is at it; what failed is for a runner, event by event."""
        if not found.attempts and head - found.position <= GAP_MAX:
            with self._store.transaction() as connection:
                self._inline.close_gap(connection, head)
            return
        with self.follower([builds.name]) as follower:
            follower.catch_up()

    def _waits(self, builds: Builds, position: int, until: float) -> Iterator[float]:
        seconds = _FIRST_WAIT_SECONDS
        while True:
            with self._store.reading() as connection:
                found = builds.live(connection)
            if found is not None and found.position >= position:
                return
            left = until - monotonic()
            if left <= 0 or (found is not None and found.status == PAUSED):
                at = None if found is None else found.position
                raise ProjectionBehind(builds.name, at, position, _reason(found))
            yield min(seconds, left)
            seconds = min(seconds * 2, _LONGEST_WAIT_SECONDS)


class _Within(Answering):
    """Answers on the connection of a caller's transaction; it changes nothing there."""

    def __init__(self, builds: Mapping[str, Builds], store: WaitingEventStore) -> None:
        self._builds = builds
        self._store = store

    @contextmanager
    def answering(self, kind: type[ProjectionT]) -> Iterator[Asked[ProjectionT] | None]:
        """Lend the projection *kind* where it is up to date and nothing waits: no table has that."""
        builds, head = self._builds[kind.name], self._store.head().position
        with self._store.reading() as connection:
            found = None if self._store.waiting else builds.live(connection)
            if found is None or found.status != RUNNING or not _has_read(found, self._store, head):
                yield None
                return
            projection: Any = builds.of(found)
            yield Asked(projection, connection)


def _has_read(found: Checkpoint, store: EventStore, head: int) -> bool:
    """Return whether *found* has read all up to position *head*, or what it has not is none of its business."""
    lag = head - found.position
    return lag <= 0 or (lag <= GAP_MAX and not store.read_all(after=found.position, limit=1, realm="real"))


def _reason(found: Checkpoint | None) -> str:
    if found is None:
        return "it was not built"
    known = ["it is paused"] if found.status == PAUSED else []
    known += [] if found.error is None else [f"the next event fails: {found.error}"]
    return ", ".join(known) or "nobody brought it there in time"
