"""Projections in tables for asyncio: how they are run, waited for and put right, to be awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from respond.engine.projecting import Projecting
from respond.projections.sql.runner import Step
from respond.store.bridge import awaited

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from respond.engine.async_engine import AsyncEngine


class AsyncProjecting:
    """What `Projecting` does, as coroutines; what follows the log for ever is for a process of its own."""

    def __init__(self, engine: AsyncEngine, inner: Projecting) -> None:
        self.inner = inner
        self.run = engine.run

    @property
    def names(self) -> Sequence[str]:
        """Of the projections."""
        return self.inner.names

    keep_inline = awaited(Projecting.keep_inline)
    build_missing = awaited(Projecting.build_missing)
    rebuild = awaited(Projecting.rebuild)

    async def catch_up(self, names: Iterable[str] | None = None) -> Mapping[str, Step]:
        """Run the projections called *names*, all when None, to the end of the log; see `Follower.catch_up`."""
        return await self.run(self._catch_up, names)

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

    def _catch_up(self, names: Iterable[str] | None) -> Mapping[str, Step]:
        with self.inner.follower(names) as follower:
            return follower.catch_up()
