"""Watching deadlines for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from respond.engine.watch import Watch
from respond.store.bridge import awaited

if TYPE_CHECKING:
    from respond.engine.async_engine import AsyncEngine


class AsyncWatch:
    """Every method of a `Watch`, as a coroutine."""

    def __init__(self, engine: AsyncEngine, inner: Watch) -> None:
        self.engine = engine
        self.inner = inner
        self.run = engine.run

    due = awaited(Watch.due)
    round = awaited(Watch.round)
    next_at = awaited(Watch.next_at)
