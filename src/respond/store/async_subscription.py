"""Subscriptions for asyncio: the same cursor, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from respond.store.async_event_store import AsyncEventStore
from respond.store.protocol import EventStore
from respond.store.records import Recorded
from respond.store.subscription import Following
from respond.store.waiting import LOST_SECONDS, Source


class AsyncWaiter:
    """Waits for one reader, in the loop that it was made in; `wake` may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._woken = False

    async def wait(self, seconds: float, source: Source | None = None) -> bool:
        """Return whether there was news within *seconds*; it is forgotten, so look at the log afterwards."""
        number = None if source is None else source.fileno()
        if source is not None and number is None:
            seconds = min(seconds, LOST_SECONDS)
        if number is not None:
            self._loop.add_reader(number, self._news.set)
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        finally:
            if number is not None:
                self._loop.remove_reader(number)
        self._woken = False
        self._news.clear()
        if source is not None:
            source.drain()
        return True

    def wake(self) -> None:
        """End the wait that is going on, or the next one."""
        if not self._woken:  # one call is enough, however many events are appended meanwhile
            self._woken = True
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._news.set)

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""


class AsyncSubscription(Following[AsyncEventStore, AsyncWaiter]):
    """Events past a position, in log order, as long as it is not stopped; for one task.

        async with AsyncSubscription(store, after=position, categories={"incident"}) as subscription:
            async for record in subscription:
                ...                                # keep subscription.position with what was done

    When reading raises, the subscription stays where it was, and iterating again goes on from there.
    """

    async def pages(self) -> AsyncIterator[list[Recorded]]:
        """Yield what comes through, page by page; a page may be empty, `position` is further on all the same.

        Ends when the subscription is stopped, or, when it is not *live*, at the end of the log.
        """
        cursor, hearing = self._cursor, self._hearing
        source = None if hearing is None else hearing.source
        if source is not None:  # before the first look: what comes after is heard of
            await self._store.run(source.mend)
        head = (await self._store.head()).position
        cursor.more = head > cursor.position
        while not self._stopped:
            if cursor.more:
                before = cursor.position
                page = await self._store.read_all(after=before, limit=cursor.limit, realm=cursor.selection.realm)
                chosen = cursor.take(page, head)
                if cursor.position > before:
                    yield chosen
            elif hearing is None:
                return
            elif await hearing.waiter.wait(hearing.poll_seconds, source):
                cursor.more = True  # whoever told of it, reading is the way to know
            else:
                head = (await self._store.head()).position
                cursor.more = head > cursor.position
            if source is not None and source.fileno() is None:
                await self._store.run(source.mend)

    async def __aiter__(self) -> AsyncIterator[Recorded]:
        """Yield events one by one; `position` is that of the event in hand."""
        async for page in self.pages():
            end = self._cursor.position
            for row in page:
                if self._stopped:
                    return
                self._cursor.position = row.position
                yield row
            self._cursor.position = end

    async def close(self) -> None:
        """Give back what it listens with; closing twice does nothing."""
        self._end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _log_of(self, store: AsyncEventStore) -> EventStore:
        return store.inner

    def _new_waiter(self) -> AsyncWaiter:
        return AsyncWaiter()
