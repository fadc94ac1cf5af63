"""The follower for asyncio: the same rounds, awaited."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Self

from respond.errors import StoreUnavailable
from respond.projections.sql.follower import Rounds
from respond.projections.sql.runner import Runner, Step
from respond.store.async_event_store import AsyncEventStore
from respond.store.async_subscription import AsyncWaiter


class AsyncFollower(Rounds[AsyncWaiter]):
    """Runs projections in one task; stop it, or cancel the task and close it."""

    def __init__(
        self,
        store: AsyncEventStore,
        runners: Sequence[Runner],
        *,
        progress: Callable[[int], None] | None = None,
        around: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Run *runners* over *store*, as a `Follower` does."""
        super().__init__(store.inner, runners, new_waiter=AsyncWaiter, progress=progress, around=around)
        self._store = store

    async def catch_up(self) -> Mapping[str, Step]:
        """Run all to the end of the log, and say of each how it came to rest; raises `StoreUnavailable`."""
        return await self._store.run(self._caught_up)

    async def follow(self) -> None:
        """Run all as the log grows, until `stop` is called; a store that cannot be reached is waited for."""
        source = self._hearing.source
        while not self._stopped:
            try:
                if source is not None and source.fileno() is None:  # before the look: what comes after is heard of
                    await self._store.run(source.mend)
                seconds = self._rest_after(await self.catch_up())
            except StoreUnavailable as error:
                seconds = self._cut_off(error)
            if not self._stopped:
                await self._hearing.waiter.wait(seconds, source)

    async def close(self) -> None:
        """Let others run the projections, and give back what it listens with; closing twice does nothing."""
        self.stop()
        await self._store.run(self._release)
        self._hearing.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
