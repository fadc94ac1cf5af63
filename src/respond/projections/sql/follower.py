"""The follower: keeps runners going, side by side, to the end of the log and as it grows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Generic, Self

from respond.errors import StoreUnavailable
from respond.projections.sql.runner import Runner, Step
from respond.store.protocol import EventStore
from respond.store.waiting import Hearing, Waiter, WaiterT

_LOGGER = logging.getLogger("respond.projections")

LOOK_SECONDS = 0.5
"""How long to wait at most before looking again for what no append tells of: a lease that ends, the time of a retry."""
UNREACHABLE_SECONDS = 2.0
"""How long to wait before a store that could not be reached is asked again."""


class Rounds(Generic[WaiterT]):
    """What a follower and its twin for asyncio share: rounds to the end of the log, one at a time."""

    def __init__(
        self,
        store: EventStore,
        runners: Sequence[Runner],
        *,
        new_waiter: Callable[[], WaiterT],
        progress: Callable[[int], None] | None,
        around: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self.runners = runners
        self._progress = progress
        self._around = around
        self._hearing = Hearing(store, new_waiter)
        self._lock = store.new_lock()
        self._stopped = False

    def stop(self) -> None:
        """End `follow` after the batch in hand, at once when it waits."""
        self._stopped = True
        self._hearing.waiter.wake()

    def _caught_up(self) -> Mapping[str, Step]:
        with self._lock, self._around():
            return self._to_the_end()

    def _release(self) -> None:
        with self._lock:  # a task that was cancelled may have left its round in a thread
            for runner in self.runners:
                runner.release()

    def _rest_after(self, steps: Mapping[str, Step]) -> float:
        """Return how long to wait for news."""
        seconds = self._hearing.poll_seconds
        return seconds if all(step == "idle" for step in steps.values()) else min(seconds, LOOK_SECONDS)

    def _cut_off(self, error: StoreUnavailable) -> float:
        """Say that the log cannot be reached, and return how long to wait."""
        _LOGGER.warning("the log cannot be reached, trying again: %s", error)
        return UNREACHABLE_SECONDS

    def _to_the_end(self) -> Mapping[str, Step]:
        steps: dict[str, Step] = {}
        moving = list(self.runners)
        while moving and not self._stopped:
            for runner in moving:
                steps[runner.name] = runner.step()
            moving = [runner for runner in moving if steps[runner.name] == "moved"]
            held = [runner.held.position for runner in self.runners if runner.held is not None]
            if self._progress is not None and held:
                self._progress(min(held))
        return steps


class Follower(Rounds[Waiter]):
    """Runs projections in one thread; `stop` may be called from any other, and from a signal handler."""

    def __init__(
        self,
        store: EventStore,
        runners: Sequence[Runner],
        *,
        progress: Callable[[int], None] | None = None,
        around: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Run *runners* over *store*; *progress* is told the least position after every round.

        *around* is entered for each run to the end of the log.
        """
        super().__init__(store, runners, new_waiter=Waiter, progress=progress, around=around)

    def catch_up(self) -> Mapping[str, Step]:
        """Run all to the end of the log, and say of each how it came to rest; raises `StoreUnavailable`."""
        return self._caught_up()

    def follow(self) -> None:
        """Run all as the log grows, until `stop` is called; a store that cannot be reached is waited for."""
        if self._hearing.source is not None:  # before the first look: what comes after is heard of
            self._hearing.source.mend()
        while not self._stopped:
            try:
                seconds = self._rest_after(self.catch_up())
            except StoreUnavailable as error:
                seconds = self._cut_off(error)
            if not self._stopped:
                self._hearing.waiter.wait(seconds, self._hearing.source)

    def close(self) -> None:
        """Let others run the projections, and give back what it listens with; closing twice does nothing."""
        self.stop()
        self._release()
        self._hearing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
