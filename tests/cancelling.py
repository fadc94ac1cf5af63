"""Tasks that are cancelled while they wait, at the wait that a test names."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any

import attrs


@attrs.define
class CancelledAt:
    """Awaits *coroutine*; the task is cancelled as it begins its first, second, ... wait: at those in *waits*."""

    coroutine: Coroutine[Any, Any, Any]
    waits: frozenset[int]
    seen: int = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self.coroutine.__await__()
        error: BaseException | None = None
        while True:
            try:
                future = next(steps) if error is None else steps.throw(error)
            except StopIteration as end:
                return end.value
            finally:
                error = None  # a frame that keeps the error that passed it would keep all that the error has seen
            self.seen += 1
            if self.seen in self.waits:
                asyncio.current_task().cancel()
            try:
                yield future
            except BaseException as raised:  # noqa: BLE001 - handed on to whoever waits inside
                error = raised


async def cancelled_at(coroutine: Coroutine[Any, Any, Any], *waits: int) -> bool:
    """Run *coroutine* as a task that is cancelled at these *waits*; return whether that ended it."""
    step = CancelledAt(coroutine, frozenset(waits))

    async def whole() -> None:
        await step

    try:
        await asyncio.ensure_future(whole())
    except asyncio.CancelledError:
        return True
    return False
