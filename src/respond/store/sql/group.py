"""Group commit: appends that meet share a transaction, and each caller gets a verdict of its own.

The first caller to arrive leads: it carries what has gathered, then hands over to the next one that waits.  Nobody
lingers for company, so a lone writer pays for a lock and no more.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from weakref import ref

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
    leads: bool = False
    """Whether its caller is the one that carries."""
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
        *,
        queue_max: int = QUEUE_MAX,
    ) -> None:
        self._carry = carry
        self._new_turn = new_turn
        self._queue_max = queue_max
        self._lock = Lock()
        self._queue: deque[Append] = deque()
        self._led = False
        os.register_at_fork(after_in_child=partial(_begin_anew, ref(self)))

    def append(self, rows: Sequence[Prepared]) -> Landing | None:
        """Carry *rows* into the log, with those of others; None when they do not fit where the stream is.

        Raises `StoreBusy` when too many wait already, and what the database says of this append or of its batch.
        """
        mine = Append(rows)
        with self._lock:
            if not self._led:
                self._led = mine.leads = True
            elif len(self._queue) < self._queue_max:
                mine.turn = self._new_turn()
                self._queue.append(mine)
            else:
                raise StoreBusy(f"{len(self._queue)} appends are waiting already; let some finish, then try again")
        if mine.turn is None:
            self._lead([mine])
        else:
            self._follow(mine, mine.turn)
            if mine.leads:
                self._lead(self._gather())
        return mine.outcome()

    def begin(self) -> None:
        """Start without anybody: in a child process nobody of the parent's callers goes on."""
        self._lock = Lock()
        self._queue.clear()
        self._led = False

    def _follow(self, mine: Append, turn: Turn) -> None:
        """Wait until the append is settled, or until it is time to lead."""
        try:
            turn.wait()
        except BaseException:  # the caller gives up: what is under way goes on, what waits is taken back
            with self._lock:
                if mine in self._queue:
                    self._queue.remove(mine)
            if mine.leads:
                self._hand_over()
            raise

    def _lead(self, batch: Sequence[Append]) -> None:
        """Carry *batch*, and hand over."""
        try:
            self._carry(batch)
        except Exception as error:  # noqa: BLE001 - it is told to every caller that it concerns
            _settle(batch, error)
        except BaseException:  # the leader itself was stopped, who knows how far it came
            _settle(batch, OutcomeUnknown("the append was interrupted; append again with the same ids to learn more"))
            raise
        finally:
            _settle(batch, None)
            self._hand_over()

    def _gather(self) -> list[Append]:
        """Take the next batch from the queue: at most one append for each stream, the others keep their order."""
        with self._lock:
            batch: list[Append] = []
            streams: set[tuple[object, ...]] = set()
            size = 0
            kept: deque[Append] = deque()
            while self._queue and len(batch) < BATCH:
                one = self._queue.popleft()
                if one.stream in streams or (batch and size + one.size > BATCH_BYTES):
                    kept.append(one)
                    continue
                streams.add(one.stream)
                size += one.size
                batch.append(one)
            self._queue.extendleft(reversed(kept))
        return batch

    def _hand_over(self) -> None:
        """Make the first one that waits the leader."""
        with self._lock:
            self._led = bool(self._queue)
            if self._led:
                heir = self._queue[0]
                heir.leads = True
                if heir.turn is not None:
                    heir.turn.wake()


def _begin_anew(group: ref[Group]) -> None:
    found = group()
    if found is not None:
        found.begin()


def _settle(batch: Sequence[Append], error: BaseException | None) -> None:
    """Tell every caller of *batch* that is not told yet what became of its append."""
    for one in batch:
        if one.settled:
            continue
        if one.landing is None and one.error is None:
            one.error = error
        one.settled = True
        if one.turn is not None and not one.leads:
            one.turn.wake()
