"""Cancelling: a task may be cancelled at any of its waits, and the log is whole all the same.  For asyncio only."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from functools import partial
from itertools import count
from typing import Any

import attrs

from respond.domain.streams import StreamId
from respond.store.records import Write
from respond.testing.async_facade import AsyncFacade
from respond.testing.conformance.samples import event, ids, ids_of
from respond.testing.conformance.stores import Tested

WAITS = 200
"""At how many waits an append is cancelled at most."""


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
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
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


async def _append(write: Write, wait: int, store: Any) -> bool:
    return await cancelled_at(store.append(write), wait)


async def _read(stream: StreamId, wait: int, store: Any) -> bool:
    return await cancelled_at(store.read_stream(stream), wait)


class Cancelling(Tested):
    """What is left when the task of an append is cancelled."""

    def test_a_cancelled_append_is_whole(self, store: AsyncFacade) -> None:
        """Cancelled at its first wait, its second and so on, an append is in the log as a whole or not at all."""
        expected: list[str] = []
        for wait in count(1):
            assert wait <= WAITS, f"an append still waits after {WAITS} waits"
            stream = StreamId.of("cancelled", str(wait))
            keys = f"{wait} a", f"{wait} b"
            write = Write(stream, [event(key) for key in keys])
            cancelled = store.awaiting(partial(_append, write, wait))
            version = store.versions([stream])[stream]
            assert version in {0, 2}
            assert cancelled or version == 2
            if version == 0:  # a retry with the same ids writes it, and nothing of the first attempt comes later
                assert not store.append(write).replayed
            expected += ids_of(*keys)
            log = store.read_log()
            assert ids(log) == expected
            assert [row.position for row in log] == list(range(1, len(log) + 1))
            if not cancelled:
                return

    def test_a_cancelled_reader_leaves_the_store_usable(self, store: AsyncFacade) -> None:
        """After a reading that was cancelled at any wait, the store reads and appends as before."""
        stream = StreamId.of("cancelled", "reader")
        store.append(Write(stream, [event(0)]))
        for wait in count(1):
            assert wait <= WAITS, f"a reading still waits after {WAITS} waits"
            cancelled = store.awaiting(partial(_read, stream, wait))
            assert store.append(Write(stream, [event(wait)])).first == wait + 1
            if not cancelled:
                return
