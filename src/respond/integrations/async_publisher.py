"""The publisher for asyncio: the same events, told by a task; no thread waits for the target, or for the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from respond.errors import InvalidInput, StoreUnavailable
from respond.integrations.cloudevents import CloudEvent
from respond.integrations.publishing import Publishing, Step, Telling, go_on
from respond.integrations.target import AsyncCallableTarget, AsyncTarget, Outgoing, Refused
from respond.store.async_event_store import AsyncEventStore
from respond.store.async_subscription import AsyncWaiter
from respond.store.bridge import Bridge
from respond.store.sql.event_store import SqlEventStore
from respond.store.waiting import Hearing


class AsyncPublisher(Publishing[AsyncEventStore, AsyncTarget, AsyncWaiter]):
    """What `Publisher` does, as coroutines, for one task.

    A function as target may be plain or a coroutine function; a plain one must not block.  Cancel the task of `run`, or
    stop it: another publisher of the name may go on at once.
    """

    async def resume(self) -> None:
        """Let publishers of this name go on at once: from a pause, or from waiting for another try."""
        await self._store.run(self._resume)

    async def run(self, *, live: bool = True) -> Step:
        """Publish until stopped, or, when not *live*, until there is nothing more or something stands in the way.

        Return the last step.  Raises `StoreUnavailable` when not *live*.
        """
        hearing = Hearing(self._log, AsyncWaiter)
        source = hearing.source
        self._waiter = hearing.waiter
        try:
            async with self._store.bridge.alone() as bridge:  # where it was broken off, nothing is under way still
                try:
                    while True:
                        if source is not None and source.fileno() is None:  # before the look: what follows is heard of
                            await bridge.run(source.mend)
                        step = await self._step_or_wait(bridge, live=live)
                        if self._stopped or (not live and step.state != "published"):
                            return step
                        if step.state == "idle":
                            await hearing.waiter.wait(hearing.poll_seconds, source)
                        elif step.wait_seconds:
                            await self._rest(step.wait_seconds, hearing.waiter)
                finally:
                    await bridge.run(self._release)
        finally:
            self._waiter = None
            hearing.close()

    async def step(self) -> Step:
        """Publish the next batch, if there is one and this publisher may; return what it did, or waits for."""
        return await self._carried_out(self._step(), self._store.bridge)

    async def retry(self) -> Step:
        """Tell once more what patience has skipped; see `Publisher.retry`."""
        return await self._carried_out(self._retry(), self._store.bridge)

    async def _carried_out(self, work: Telling, bridge: Bridge) -> Step:
        told = await bridge.run(go_on, work)
        while not isinstance(told, Step):
            told = await bridge.run(go_on, work, await self._publish(told))
        return told

    async def _publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        try:
            return await self._target.publish(batch)
        except Exception as error:  # noqa: BLE001 - a target's own defect takes nothing
            return Refused(0, error)

    async def _step_or_wait(self, bridge: Bridge, *, live: bool) -> Step:
        """Make a step; a store that cannot be reached is waited for."""
        try:
            return await self._carried_out(self._step(), bridge)
        except StoreUnavailable as error:
            if not live:
                raise
            return self._cut_off(error)

    async def _rest(self, seconds: float, waiter: AsyncWaiter) -> None:
        """Wait until the time is over or this publisher is stopped, whatever is appended meanwhile."""
        until = monotonic() + seconds
        while not self._stopped and (left := until - monotonic()) > 0:
            await waiter.wait(left)

    def _log_of(self, store: AsyncEventStore) -> SqlEventStore:
        if not isinstance(store.inner, SqlEventStore):
            raise InvalidInput("this log keeps no checkpoints; open one in a database", place="store")
        return store.inner

    def _target_of(self, target: AsyncTarget | Callable[[CloudEvent], object]) -> AsyncTarget:
        return AsyncCallableTarget(target) if callable(target) else target
