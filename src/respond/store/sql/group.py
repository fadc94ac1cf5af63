"""Group commit: appends that meet share a transaction, and each caller gets a verdict of its own.

The first caller to arrive leads: it carries what has gathered, then hands over to the next one that waits.  Nobody
lingers for company, so a lone writer pays for a lock and no more.  Where the last commit was shared, the next leader
lets those run first who can at once: tasks that have their answer, and append again.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from weakref import WeakSet

import attrs

from respond.errors import OutcomeUnknown, StoreBusy
from respond.store.sql.landing import Landing
from respond.store.sql.rows import Prepared
from respond.store.sql.turns import Turn

BATCH = 64
"""How many appends share a transaction at most."""
BATCH_BYTES = 16 * 1024 * 1024
"""How many bytes of bodies share a transaction at most; a single append may fill it alone."""
QUEUE_MAX = 1024
"""How many appends may wait; the next one is turned away."""


@attrs.define(eq=False)
class Append:
    """Prepared rows for one stream, and what became of them."""

    rows: Sequence[Prepared]
    landing: Landing | None = None
    """Where they landed; None when the stream is at another version, or the head too late."""
    error: BaseException | None = None
    settled: bool = False
    turn: Turn | None = None

    @property
    def stream(self) -> tuple[object, ...]:
        """The tenant, the realm and the name of the stream."""
        return tuple(self.rows[0][:3])

    @property
    def size(self) -> int:
        """The bytes of all bodies."""
        return sum(len(row[7]) for row in self.rows)

    def outcome(self) -> Landing | None:
        """Return the landing, or raise what went wrong."""
        if self.error is not None:
            raise self.error
        return self.landing


class Group:
    """Leads or follows, as it comes."""

    def __init__(
        self,
        carry: Callable[[Sequence[Append]], None],
        new_turn: Callable[[], Turn],
        let_others_come: Callable[[], None],
        *,
        queue_max: int = QUEUE_MAX,
    ) -> None:
        self._carry = carry
        self._new_turn = new_turn
        self._let_others_come = let_others_come
        """Returns once all have run who could."""
        self._shared = False
        """Whether the last commit carried more than one append."""
        self._queue_max = queue_max
        self._lock = Lock()
        self._queue: deque[Append] = deque()
        self._leader: Append | None = None
        """Whose caller is the one that carries."""
        _groups.add(self)

    def append(self, rows: Sequence[Prepared]) -> Landing | None:
        """Carry *rows* into the log, with those of others; None when they do not fit where the stream is.

        Raises `StoreBusy` when too many wait already, and what the database says of this append or of its batch.
        """
        mine = Append(rows)
        try:
            self._join(mine)
            if mine.turn is not None:
                mine.turn.wait()  # until it is settled, or until it is time to lead
            elif self._shared:
                self._let_others_come()
            if self._leader is mine:
                self._lead(mine)
        finally:  # whatever stops the caller, at whichever step: what is under way goes on, what waits is taken back
            self._leave(mine)
        return mine.outcome()

    def begin(self) -> None:
        """Start without anybody: in a child process nobody of the parent's callers goes on."""
        self._lock = Lock()
        self._queue.clear()
        self._leader = None
        self._shared = False

    def _join(self, mine: Append) -> None:
        """Lead, where nobody does, or wait in the queue."""
        with self._lock:
            if self._leader is None:
                self._leader = mine
            elif len(self._queue) < self._queue_max:
                mine.turn = self._new_turn()
                self._queue.append(mine)
            else:
                raise StoreBusy(f"{len(self._queue)} appends are waiting already; let some finish, then try again")

    def _lead(self, mine: Append) -> None:
        """Carry *mine*, with those who wait when it has waited itself, or has let them come."""
        batch = [mine]
        try:
            if self._queue:
                self._gather(batch)
            self._shared = len(batch) > 1
            self._carry(batch)
        except Exception as error:  # noqa: BLE001 - it is told to every caller that it concerns
            _settle(batch, error)
        except BaseException:  # the leader itself was stopped, who knows how far it came
            _settle(batch, OutcomeUnknown("the append was interrupted; append again with the same ids to learn more"))
            raise
        finally:
            _settle(batch, None)

    def _gather(self, batch: list[Append]) -> None:
        """Take the next batch from the queue: at most one append for each stream, the others keep their order."""
        with self._lock:
            taken: list[Append] = []
            streams: set[tuple[object, ...]] = set()
            size = 0
            kept: deque[Append] = deque()
            if batch[0].turn is None:  # it leads without having waited
                self._queue.appendleft(batch[0])
            for one in self._queue:
                full = len(taken) == BATCH or (taken and size + one.size > BATCH_BYTES)
                if full or one.stream in streams:
                    kept.append(one)
                    continue
                streams.add(one.stream)
                size += one.size
                taken.append(one)
            batch[:] = taken
            self._queue = kept

    def _leave(self, mine: Append) -> None:
        """Take *mine* back if it waits; if it leads, make the first one that waits the leader."""
        if mine.settled and self._leader is not mine:
            return
        with self._lock:
            if mine in self._queue:
                self._queue.remove(mine)
            if self._leader is mine:
                while self._queue and self._queue[0].settled:  # its leader was stopped while it took it
                    self._queue.popleft()
                heir = self._queue[0] if self._queue else None
                self._leader = heir
                if heir is not None and heir.turn is not None:
                    heir.turn.wake()


_groups: WeakSet[Group] = WeakSet()


def _begin_anew() -> None:
    for group in list(_groups):
        group.begin()


os.register_at_fork(after_in_child=_begin_anew)


def _settle(batch: Sequence[Append], error: BaseException | None) -> None:
    """Tell every caller of *batch* that is not told yet what became of its append."""
    for one in batch:
        if one.settled:
            continue
        if one.landing is None and one.error is None:
            one.error = error if one is batch[0] else _like(error)
        one.settled = True
        if one.turn is not None and one is not batch[0]:  # who leads waits no more
            one.turn.wake()


def _like(error: BaseException | None) -> BaseException | None:
    """Return an error of its own for one more caller, with *error* as its cause: who raises one writes into it."""
    if error is None:
        return None
    own = type(error).__new__(type(error), *error.args)
    own.__dict__.update(error.__dict__)
    own.__cause__ = error
    return own
