"""The publisher: real events from the log to a target, each at least once, those of a stream in order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from time import monotonic
from typing import Literal

import attrs

from respond.domain.moments import to_microseconds
from respond.engine.clock import runner_name
from respond.errors import CheckpointLost, InvalidInput, StoreUnavailable, UnreadableEvent
from respond.integrations.cloudevents import CloudEvent, cloud_event
from respond.integrations.target import CallableTarget, Outgoing, Refused, Target
from respond.store.checkpoint import PAUSED, Checkpoint, DeadLetter, Patience, microseconds
from respond.store.protocol import Clock
from respond.store.records import Recorded
from respond.store.sql.checkpoints import Checkpoints
from respond.store.sql.event_store import SqlEventStore
from respond.store.sql.schema import tables
from respond.store.subscription import Cursor, Selection
from respond.store.waiting import Hearing, Waiter

NAME_PREFIX = "publisher:"
"""Sets the checkpoints of publishers apart from those of projections."""
BATCH = 100
"""How many events go out between two checkpoints."""
LOOK_SECONDS = 2.0
"""How often a publisher that may not work looks whether it may."""

_LOGGER = logging.getLogger("respond.publisher")


@attrs.frozen(kw_only=True)
class Step:
    """What one step of a publisher did, or what it waits for."""

    state: Literal["published", "idle", "waiting", "elsewhere", "paused"]
    """Events went out, or were passed over; none is there; a retry is due later; another publisher is at work; a person
    stopped it, or patience ended."""
    events: int = 0
    """How many events the target took."""
    wait_seconds: float = 0.0
    error: str | None = None
    """What went wrong the last time, when something did."""


class Publisher:
    """Publishes the log of *store* to *target* under a *name*; of several with one name, one is at work at a time.

    A target may be a function that is called with each event.  Drills are never published.  The checkpoint moves after
    the target took a batch: what a crash leaves in between is published again, with the same ids.
    """

    def __init__(
        self,
        store: SqlEventStore,
        target: Target | Callable[[CloudEvent], object],
        *,
        name: str,
        clock: Clock,
        version: int = 1,
        after: int = 0,
        categories: Collection[str] | None = None,
        types: Collection[str] | None = None,
        patience: Patience | None = None,
        lease_seconds: float = 30.0,
        batch: int = BATCH,
        owner: str | None = None,
    ) -> None:
        """Publish to *target*; a new name begins past position *after*.  Raises `InvalidInput`."""
        if not name:
            raise InvalidInput("must not be empty", place="name", value=name)
        self.name = f"{NAME_PREFIX}{name}"
        self.version = version
        self._store = store
        self._target: Target = CallableTarget(target) if callable(target) else target
        self._clock = clock
        self._after = after
        self._patience = patience or Patience()
        self._lease_seconds = lease_seconds
        self._owner = owner or runner_name()
        self._checkpoints = Checkpoints(tables(store.prefix, store.schema), store.tenant)
        selection = Selection.of(categories=categories, types=types, realm="real")
        self._cursor = Cursor(selection=selection, position=after, page_events=batch)
        self._held: Checkpoint | None = None
        self.events = 0
        """How many events the target took from this publisher."""
        self._stopped = False
        self._waiter: Waiter | None = None

    @property
    def position(self) -> int:
        """The position up to which it has published, as far as it knows."""
        return self._cursor.position

    def resume(self) -> None:
        """Let publishers of this name go on at once: from a pause, or from waiting for another try."""
        with self._store.transaction() as connection:
            found = self._checkpoints.load(connection, self.name, self.version)
            if found is not None and (found.status == PAUSED or found.attempts):
                self._checkpoints.resume(connection, self.name, self.version, now=self._clock())

    def run(self, *, live: bool = True) -> Step:
        """Publish until stopped, or, when not *live*, until there is nothing more or something stands in the way.

        Return the last step.  Raises `StoreUnavailable` when not *live*.
        """
        hearing = Hearing(self._store, Waiter)
        self._waiter = hearing.waiter
        try:
            if hearing.source is not None:  # before the first look: what comes after is heard of
                hearing.source.mend()
            while True:
                step = self._step_or_wait(live=live)
                if self._stopped or (not live and step.state != "published"):
                    return step
                if step.state == "idle":
                    hearing.waiter.wait(hearing.poll_seconds, hearing.source)
                elif step.wait_seconds:
                    self._rest(step.wait_seconds)
        finally:
            self._waiter = None
            hearing.close()
            self._release()

    def stop(self) -> None:
        """Let `run` end after the step that is going on; may be called from any thread, and from a signal handler."""
        self._stopped = True
        if self._waiter is not None:
            self._waiter.wake()

    def step(self) -> Step:
        """Publish the next batch, if there is one and this publisher may; return what it did, or waits for."""
        head = self._store.head().position
        if self._held is not None and head <= self._cursor.position:
            return Step(state="idle")
        try:
            held = self._hold()
            if isinstance(held, Step):
                return held
            return self._published(held, head)
        except CheckpointLost:
            self._held = None
            return Step(state="elsewhere", wait_seconds=LOOK_SECONDS)

    def retry(self) -> Step:
        """Tell once more what patience has skipped; what the target takes now is no dead letter any more.

        It comes behind later events of its stream, whose version tells its place.  What is refused again keeps the new
        reason, and stands in the way of no other.
        """
        told, error = 0, None
        try:
            for letter in self._letters():
                held = self._hold()
                if isinstance(held, Step):
                    return attrs.evolve(held, events=told)
                (row,) = self._store.read_all(after=letter.position - 1, limit=1, realm="real")
                refused = self._tell([row])
                if refused is not None:
                    error = _reason(row.position, row.type, refused.error)
                    if refused.is_outage:
                        return Step(state="waiting", events=told, wait_seconds=LOOK_SECONDS, error=error)
                self._settle(held, letter, row, None if refused is None else error)
                told += refused is None
                self.events += refused is None
        except CheckpointLost:
            self._held = None
            return Step(state="elsewhere", events=told, wait_seconds=LOOK_SECONDS)
        return Step(state="published", events=told, error=error)

    def _step_or_wait(self, *, live: bool) -> Step:
        """Make a step; a store that cannot be reached is waited for."""
        try:
            return self.step()
        except StoreUnavailable as error:
            if not live:
                raise
            self._held = None
            _LOGGER.warning("%s: the log cannot be reached: %s", self.name, error)
            return Step(state="waiting", wait_seconds=LOOK_SECONDS, error=str(error))

    def _hold(self) -> Checkpoint | Step:
        """Return the checkpoint, held for at least half a lease from now, or why it cannot be."""
        now = self._clock()
        lease = microseconds(self._lease_seconds)
        held: Checkpoint | Step | None = self._held
        if not isinstance(held, Checkpoint) or not lease // 2 < held.lease_until - to_microseconds(now) <= lease:
            held = self._claimed(now)
        if isinstance(held, Checkpoint) and not held.is_due(now):
            wait = (held.retry_at - to_microseconds(now)) / 1_000_000
            return Step(state="waiting", wait_seconds=wait, error=held.error)
        return held

    def _claimed(self, now: datetime) -> Checkpoint | Step:
        """Return the checkpoint, claimed and where it stands now, or why it cannot be."""
        self._held = None
        with self._store.reading() as connection:
            found = self._checkpoints.load(connection, self.name, self.version)
        if found is not None and found.status == PAUSED:
            return Step(state="paused", wait_seconds=LOOK_SECONDS, error=found.error)
        if found is not None and not found.is_free(self._owner, now):
            return Step(state="elsewhere", wait_seconds=LOOK_SECONDS)
        with self._store.transaction() as connection:
            if found is None:
                self._checkpoints.create(connection, self.name, self.version, now=now, position=self._after)
            taken = self._checkpoints.claim(
                connection, self.name, self.version, owner=self._owner, now=now, lease_seconds=self._lease_seconds
            )
        if taken is None:  # someone was faster
            return Step(state="elsewhere", wait_seconds=LOOK_SECONDS)
        self._keep(taken)
        return taken

    def _published(self, held: Checkpoint, head: int) -> Step:
        """Publish the next batch and move the checkpoint behind it."""
        page = self._store.read_all(after=self._cursor.position, limit=self._cursor.limit, realm="real")
        chosen = self._cursor.take(page, head)
        refused = self._tell(chosen)
        self.events += len(chosen) if refused is None else refused.index
        if refused is not None:
            return self._fallen_back(held, chosen, refused)
        if self._cursor.position > held.position:
            with self._store.transaction() as connection:
                held = self._checkpoints.advance(
                    connection, held, self._cursor.position, now=self._clock(), lease_seconds=self._lease_seconds
                )
        self._keep(held)
        return Step(state="published", events=len(chosen))

    def _letters(self) -> Iterator[DeadLetter]:
        """Yield the dead letters of this publisher, in the order of the log."""
        after = 0
        while True:
            with self._store.reading() as connection:
                page = self._checkpoints.dead_letters(connection, self.name, after=after)
            if not page:
                return
            yield from (letter for letter in page if letter.version == self.version)
            after = page[-1].position

    def _settle(self, held: Checkpoint, letter: DeadLetter, row: Recorded, error: str | None) -> None:
        """Forget a dead letter that was told; where an *error* says that it was not, keep that."""
        now = self._clock()
        with self._store.transaction() as connection:
            self._held = self._checkpoints.renew(connection, held, now=now, lease_seconds=self._lease_seconds)
            self._checkpoints.settle(connection, letter)
            if error is not None:
                tried = attrs.evolve(held, attempts=letter.attempts)
                self._checkpoints.dead_letter(connection, tried, row, error, now=now)

    def _tell(self, rows: Sequence[Recorded]) -> Refused | None:
        """Let the target take *rows*; return the first that it did not take, or that cannot be told."""
        batch: list[Outgoing] = []
        unreadable: Refused | None = None
        for row in rows:
            try:
                batch.append(Outgoing(row, cloud_event(row, log=self._store.log)))
            except UnreadableEvent as error:
                unreadable = Refused(len(batch), error)
                break
        try:
            refused = self._target.publish(batch) if batch else None
        except Exception as error:  # noqa: BLE001 - a target's own defect takes nothing
            refused = Refused(0, error)
        return refused or unreadable

    def _fallen_back(self, held: Checkpoint, rows: Sequence[Recorded], refused: Refused) -> Step:
        """Move the checkpoint before the event that was refused, and do what patience says about it."""
        row, now = rows[refused.index], self._clock()
        error = _reason(row.position, row.type, refused.error)
        with self._store.transaction() as connection:
            if row.position - 1 > held.position:
                held = self._checkpoints.advance(
                    connection, held, row.position - 1, now=now, lease_seconds=self._lease_seconds
                )
            if refused.is_outage:
                held = self._checkpoints.put_off(connection, held, error, now=now, patience=self._patience)
            else:
                final = isinstance(refused.error, UnreadableEvent)
                held = self._checkpoints.failed(
                    connection, held, row, error, now=now, patience=self._patience, final=final
                )
        self._keep(held)
        _LOGGER.warning("%s: not published: %s", self.name, error, extra={"publisher": self.name, "event": row.id})
        if held.status == PAUSED:
            self._held = None
            return Step(state="paused", events=refused.index, wait_seconds=LOOK_SECONDS, error=error)
        return Step(state="published", events=refused.index, error=error)

    def _keep(self, held: Checkpoint) -> None:
        self._held = held
        self._cursor.position = held.position

    def _release(self) -> None:
        """Let another publisher go on at once, as far as the log can be reached."""
        held, self._held = self._held, None
        if held is None:
            return
        try:
            with self._store.transaction() as connection:
                self._checkpoints.release(connection, held, now=self._clock())
        except (CheckpointLost, StoreUnavailable):
            return  # it is held by another, or its lease will end

    def _rest(self, seconds: float) -> None:
        """Wait until the time is over or this publisher is stopped, whatever is appended meanwhile."""
        until = monotonic() + seconds
        while not self._stopped and (left := until - monotonic()) > 0 and self._waiter is not None:
            self._waiter.wait(left)


def _reason(position: int, kind: str, error: Exception) -> str:
    return f"position {position}, {kind}: {type(error).__name__}: {error}"
