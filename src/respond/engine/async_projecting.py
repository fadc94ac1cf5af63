"""Projections in tables for asyncio: how they are run, waited for and put right, to be awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from respond.engine.bulk import rare_collections
from respond.engine.projecting import Projecting
from respond.projections.sql.async_follower import AsyncFollower
from respond.projections.sql.runner import Step
from respond.store.bridge import awaited
from respond.store.checkpoint import Patience

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from respond.engine.async_engine import AsyncEngine


class AsyncProjecting:
    """What `Projecting` does, as coroutines."""

    def __init__(self, engine: AsyncEngine, inner: Projecting) -> None:
        self.inner = inner
        self.run = engine.run
        self._store = engine.store

    @property
    def names(self) -> Sequence[str]:
        """Of the projections."""
        return self.inner.names

    keep_inline = awaited(Projecting.keep_inline)
    build_missing = awaited(Projecting.build_missing)
    rebuild = awaited(Projecting.rebuild)

    async def catch_up(self, names: Iterable[str] | None = None) -> Mapping[str, Step]:
        """Run the projections called *names*, all when None, to the end of the log; see `AsyncFollower.catch_up`."""
        async with self.follower(names) as follower:
            return await follower.catch_up()

    def follower(
        self,
        names: Iterable[str] | None = None,
        *,
        patience: Patience | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> AsyncFollower:
        """Return what runs the live builds of the projections called *names*, of all when None; close it."""
        runners = self.inner.runners(names, patience=patience)
        return AsyncFollower(self._store, runners, progress=progress, around=rare_collections)

    async def wait_for(
        self,
        position: int,
        timeout: float = 5.0,  # noqa: ASYNC109 - the parameters are those of the plain one
        *,
        names: Iterable[str] | None = None,
    ) -> None:
        """Return once the projections called *names*, all when None, have read up to *position*; other tasks go on.

        Raises `ProjectionBehind` as `Projecting.wait_for` does.
        """
        waits = self.inner.waits(position, timeout, names=names)
        while (seconds := await self.run(next, waits, None)) is not None:  # noqa: ASYNC110 - a table wakes nobody
            await asyncio.sleep(seconds)

    listed = awaited(Projecting.listed)
    dead_letters = awaited(Projecting.dead_letters)
    pause = awaited(Projecting.pause)
    resume = awaited(Projecting.resume)
    skip = awaited(Projecting.skip)
    abandon = awaited(Projecting.abandon)
    prune = awaited(Projecting.prune)
