"""Publishing: what goes out next, and how far it came; who tells it, and waits, is a publisher's own matter."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Generic, Literal, TypeVar

import attrs

from respond.domain.moments import to_microseconds
from respond.engine.clock import runner_name
from respond.errors import CheckpointLost, InvalidInput, StoreUnavailable, UnreadableEvent
from respond.integrations.cloudevents import CloudEvent, cloud_event
from respond.integrations.target import Outgoing, Refused
from respond.store.checkpoint import PAUSED, Checkpoint, DeadLetter, Patience, microseconds
from respond.store.protocol import Clock
from respond.store.records import Recorded
from respond.store.sql.checkpoints import Checkpoints
from respond.store.sql.event_store import SqlEventStore
from respond.store.sql.schema import tables
from respond.store.subscription import Cursor, Selection
from respond.store.waiting import WaiterT

StoreT = TypeVar("StoreT")
TargetT = TypeVar("TargetT")

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


Telling = Generator[Sequence[Outgoing], Refused | None, Step]
"""Yields what the target is to be told next, is sent what it refused, and returns what was done."""


class Publishing(ABC, Generic[StoreT, TargetT, WaiterT]):
    """What a publisher and its twin for asyncio share: all but telling and waiting."""

    def __init__(
        self,
        store: StoreT,
        target: TargetT | Callable[[CloudEvent], object],
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
        self._log = log = self._log_of(store)
        self._target = self._target_of(target)
        self._clock = clock
        self._after = after
        self._patience = patience or Patience()
        self._lease_seconds = lease_seconds
        self._owner = owner or runner_name()
        self._checkpoints = Checkpoints(tables(log.prefix, log.schema), log.tenant)
        selection = Selection.of(categories=categories, types=types, realm="real")
        self._cursor = Cursor(selection=selection, position=after, page_events=batch)
        self._held: Checkpoint | None = None
        self._claims = False
        self.events = 0
        """How many events the target took from this publisher."""
        self._stopped = False
        self._waiter: WaiterT | None = None

    @property
    def position(self) -> int:
        """The position up to which it has published, as far as it knows."""
        return self._cursor.position

    def _resume(self) -> None:
        """Let publishers of this name go on at once."""
        with self._log.transaction() as connection:
            found = self._checkpoints.load(connection, self.name, self.version)
            if found is not None and (found.status == PAUSED or found.attempts):
                self._checkpoints.resume(connection, self.name, self.version, now=self._clock())

    def stop(self) -> None:
        """Let `run` end after the step that is going on; may be called from any thread, and from a signal handler."""
        self._stopped = True
        if self._waiter is not None:
            self._waiter.wake()

    def _step(self) -> Telling:
        """Publish the next batch, if there is one and this publisher may."""
        head = self._log.head().position
        if self._held is not None and head <= self._cursor.position:
            return Step(state="idle")
        try:
            held = self._hold()
            if isinstance(held, Step):
                return held
            return (yield from self._published(held, head))
        except CheckpointLost:
            self._held = None
            return Step(state="elsewhere", wait_seconds=LOOK_SECONDS)

    def _retry(self) -> Telling:
        """Tell once more what patience has skipped."""
        told, error = 0, None
        try:
            for letter in self._letters():
                held = self._hold()
                if isinstance(held, Step):
                    return attrs.evolve(held, events=told)
                (row,) = self._log.read_all(after=letter.position - 1, limit=1, realm="real")
                refused = yield from self._tell([row])
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

    def _cut_off(self, error: StoreUnavailable) -> Step:
        """Return that the store, which cannot be reached, is waited for."""
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
        with self._log.reading() as connection:
            found = self._checkpoints.load(connection, self.name, self.version)
        if found is not None and found.status == PAUSED:
            return Step(state="paused", wait_seconds=LOOK_SECONDS, error=found.error)
        if found is not None and not found.is_free(self._owner, now):
            return Step(state="elsewhere", wait_seconds=LOOK_SECONDS)
        self._claims = True
        with self._log.transaction() as connection:
            if found is None:
                self._checkpoints.create(connection, self.name, self.version, now=now, position=self._after)
            taken = self._checkpoints.claim(
                connection, self.name, self.version, owner=self._owner, now=now, lease_seconds=self._lease_seconds
            )
        if taken is None:  # someone was faster
            return Step(state="elsewhere", wait_seconds=LOOK_SECONDS)
        self._keep(taken)
        return taken

    def _published(self, held: Checkpoint, head: int) -> Telling:
        """Publish the next batch and move the checkpoint behind it."""
        page = self._log.read_all(after=self._cursor.position, limit=self._cursor.limit, realm="real")
        chosen = self._cursor.take(page, head)
        refused = yield from self._tell(chosen)
        self.events += len(chosen) if refused is None else refused.index
        if refused is not None:
            return self._fallen_back(held, chosen, refused)
        if self._cursor.position > held.position:
            with self._log.transaction() as connection:
                held = self._checkpoints.advance(
                    connection, held, self._cursor.position, now=self._clock(), lease_seconds=self._lease_seconds
                )
        self._keep(held)
        return Step(state="published", events=len(chosen))

    def _letters(self) -> Iterator[DeadLetter]:
        """Yield the dead letters of this publisher, in the order of the log."""
        after = 0
        while True:
            with self._log.reading() as connection:
                page = self._checkpoints.dead_letters(connection, self.name, after=after)
            if not page:
                return
            yield from (letter for letter in page if letter.version == self.version)
            after = page[-1].position

    def _settle(self, held: Checkpoint, letter: DeadLetter, row: Recorded, error: str | None) -> None:
        """Forget a dead letter that was told; where an *error* says that it was not, keep that."""
        now = self._clock()
        with self._log.transaction() as connection:
            self._held = self._checkpoints.renew(connection, held, now=now, lease_seconds=self._lease_seconds)
            self._checkpoints.settle(connection, letter)
            if error is not None:
                tried = attrs.evolve(held, attempts=letter.attempts)
                self._checkpoints.dead_letter(connection, tried, row, error, now=now)

    def _tell(self, rows: Sequence[Recorded]) -> Generator[Sequence[Outgoing], Refused | None, Refused | None]:
        """Let the target take *rows*; return the first that it did not take, or that cannot be told."""
        batch: list[Outgoing] = []
        unreadable: Refused | None = None
        for row in rows:
            try:
                batch.append(Outgoing(row, cloud_event(row, log=self._log.log)))
            except UnreadableEvent as error:
                unreadable = Refused(len(batch), error)
                break
        refused = (yield batch) if batch else None
        return refused or unreadable

    def _fallen_back(self, held: Checkpoint, rows: Sequence[Recorded], refused: Refused) -> Step:
        """Move the checkpoint before the event that was refused, and do what patience says about it."""
        row, now = rows[refused.index], self._clock()
        error = _reason(row.position, row.type, refused.error)
        with self._log.transaction() as connection:
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
        self._held = None
        if not self._claims:
            return
        self._claims = False
        with suppress(StoreUnavailable), self._log.transaction() as connection:  # else its lease will end
            self._checkpoints.release(connection, self.name, owner=self._owner, now=self._clock())

    @abstractmethod
    def _log_of(self, store: StoreT) -> SqlEventStore:
        """Return the log that is published."""

    @abstractmethod
    def _target_of(self, target: TargetT | Callable[[CloudEvent], object]) -> TargetT:
        """Return the target, made of a function where it is one."""


def go_on(work: Telling, refused: Refused | None = None) -> Sequence[Outgoing] | Step:
    """Go on with *work*, after the target has *refused* what it was told or not; return what to tell, or the end."""
    try:
        return work.send(refused)
    except StopIteration as end:
        step: Step = end.value
        return step


def _reason(position: int, kind: str, error: Exception) -> str:
    return f"position {position}, {kind}: {type(error).__name__}: {error}"
