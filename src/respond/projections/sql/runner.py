"""The runner: moves the live build of one projection on, as long as it holds the checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Literal

import attrs

from respond.domain.moments import to_microseconds
from respond.errors import CheckpointLost, ProjectionFailed, StoreUnavailable
from respond.projections.sql.builds import BUILDING, Builds
from respond.projections.sql.feed import Batch, Feed
from respond.store.checkpoint import PAUSED, RUNNING, Checkpoint, Patience, microseconds

_LOGGER = logging.getLogger("respond.projections")

BATCH = 2000
"""How many events are taken on in one transaction."""
LEASE_SECONDS = 30.0

Step = Literal["moved", "idle", "waiting", "paused", "absent"]
"""It moved on; there is nothing to read; another runner, or the time of a retry, is waited for; nothing to run."""


@attrs.frozen(kw_only=True)
class Running:
    """How runners run."""

    owner: str
    """Who runs: a name that no other runner has."""
    clock: Callable[[], datetime]
    batch: int = BATCH
    lease_seconds: float = LEASE_SECONDS
    patience: Patience = attrs.field(factory=Patience)


class Runner:
    """Takes the events of the log on, batch by batch; each is committed together with the checkpoint that says so.

    The checkpoint is moved first, only from where this runner believes it is and by the fence that it was given: one
    that was overtaken while it slept writes nothing, for its transaction ends there.
    """

    def __init__(self, builds: Builds, feed: Feed, running: Running, *, status: str = RUNNING) -> None:
        """Run the build that has *status*: the live one, or the one that fills."""
        self._builds = builds
        self._checkpoints = builds.checkpoints
        self._feed = feed
        self._running = running
        self._status = status
        self._size = running.batch
        self._narrowed = builds.kind.handles != feed.handles
        self._claimed = False
        self.held: Checkpoint | None = None
        """The checkpoint, as long as it is held."""

    @property
    def name(self) -> str:
        """Of the projection."""
        return self._builds.name

    def step(self) -> Step:
        """Take one batch on, and say what came of it; raises `StoreUnavailable`."""
        reason = self.claim()
        held = self.held
        if held is None:
            return reason
        if not held.is_due(self._running.clock()):
            return "waiting"
        try:
            batch = self._feed.read(held.position, self._size)
            if batch.last == held.position:
                self.keep()
                return "idle"
            self._take(held, batch)
        except CheckpointLost:  # the next step sees who has it
            self.held = None
            return "moved"
        except StoreUnavailable:  # perhaps it was committed: the next claim tells how far it came
            self.held = None
            raise
        return "moved" if self.held is not None else "paused"

    def claim(self) -> Step:
        """Hold the checkpoint, if there is a build that nobody else runs; say why not where there is none."""
        running = self._running
        if self.held is not None:
            return "idle"
        with self._builds.store.reading() as connection:  # a look is free; a claim keeps writers waiting
            found = self._builds.filling(connection) if self._status == BUILDING else self._builds.live(connection)
        if found is None:
            return "absent"
        if found.status == PAUSED:
            return "paused"
        if not found.is_free(running.owner, running.clock()):
            return "waiting"
        self._claimed = True
        with self._builds.store.transaction() as connection:
            held = self._checkpoints.claim(
                connection,
                found.name,
                found.version,
                owner=running.owner,
                now=running.clock(),
                lease_seconds=running.lease_seconds,
            )
        self.held = held if held is not None and held.status == self._status else None
        return "waiting"

    def keep(self) -> None:
        """Renew the lease before it runs out, though there is nothing to take on; raises `CheckpointLost`."""
        now, seconds = self._running.clock(), self._running.lease_seconds
        if self.held is not None and self.held.lease_until - to_microseconds(now) < microseconds(seconds / 2):
            with self._builds.store.transaction() as connection:
                self.held = self._checkpoints.renew(connection, self.held, now=now, lease_seconds=seconds)

    def release(self) -> None:
        """Let others run it at once, also when a task was cancelled, or the store lost, at a commit."""
        self.held = None
        if self._claimed:
            self._claimed = False
            running = self._running
            try:
                with self._builds.store.transaction() as connection:
                    self._checkpoints.release(connection, self.name, owner=running.owner, now=running.clock())
            except StoreUnavailable as error:
                _LOGGER.warning("%s: others have to wait until the lease ends: %s", self.name, error)

    def _take(self, held: Checkpoint, batch: Batch) -> None:
        try:
            self.held = self._moved(held, batch)
        except (CheckpointLost, StoreUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - a handler may raise whatever it likes
            if len(batch.rows) > 1:  # whose fault it is, smaller batches tell
                self._size = max(1, len(batch.rows) // 16)
                return
            self._fail(held, batch, error)
        else:
            self._size = min(self._running.batch, self._size * 2)

    def _moved(self, held: Checkpoint, batch: Batch) -> Checkpoint:
        """Commit the batch and the checkpoint, and return that."""
        running, projection = self._running, self._builds.of(held)
        events, now = batch.events, running.clock()
        if self._narrowed and projection.handles is not None:
            events = [event for event in events if event.body["type"] in projection.handles]
        with self._builds.store.transaction() as connection:
            moved = self._checkpoints.advance(
                connection, held, batch.last, now=now, lease_seconds=running.lease_seconds
            )
            for unread in batch.unread:
                if projection.handles is None or unread.row.type in projection.handles:
                    self._checkpoints.dead_letter(connection, held, unread.row, unread.error, now=now)
            if events:
                projection.apply(connection, events)
        return moved

    def _fail(self, held: Checkpoint, batch: Batch, error: Exception) -> None:
        """Let the one event of *batch* be tried again later, or give it up, as patience says.

        A build that fills is not paused: raises `ProjectionFailed` instead, and the next one to fill it tries again.
        """
        row, text = batch.rows[0], f"{type(error).__name__}: {error}"
        running, now = self._running, self._running.clock()
        patience, failures = running.patience, held.attempts + 1
        _LOGGER.warning(
            "%s: the event at position %d failed, %d times by now: %s", self.name, row.position, failures, text
        )
        stop = self._status == BUILDING and patience.then == "pause" and failures >= patience.attempts
        with self._builds.store.transaction() as connection:
            if stop:
                after = self._checkpoints.fail(connection, held, text, now=now, retry_at=now)
            else:
                after = self._checkpoints.failed(connection, held, row, text, now=now, patience=patience)
            if after.status == PAUSED:
                self._checkpoints.dead_letter(connection, held, row, text, now=now)
        self.held = None if after.status == PAUSED else after
        if stop:
            raise ProjectionFailed(f"{self.name}: the event at position {row.position} failed {failures} times: {text}")
