"""The log for asyncio: the names of a store, to be awaited; the code is that of the store inside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from respond.domain.streams import StreamId
from respond.store.bridge import Bridge, DirectBridge, awaited, lent
from respond.store.protocol import Clock, EventStore, LogReader

if TYPE_CHECKING:
    from respond.store.sql.async_opening import Database

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


class AsyncEventStore:
    """Every method of an `EventStore` and `LogReader`, as a coroutine; safe to share between the tasks of one loop.

    An append that is cancelled is in the log whole, or not at all, and it may get there a moment later: append it again
    with the same ids to be sure.
    """

    def __init__(self, inner: EventStore, bridge: Bridge | None = None) -> None:
        """Let tasks use *inner*, by *bridge*; directly when there is none: a log in memory keeps nobody waiting."""
        self.inner = inner
        self.bridge = bridge or DirectBridge()

    @classmethod
    async def open(cls, database: Database, *, clock: Clock, **options: Any) -> Self:
        """Open the log in *database*, a URL or the host's own engine; *options* as for `SqlEventStore.open`.

        Raises what that raises, and `InvalidInput` when the driver for asyncio is not installed.
        """
        from respond.store.sql.async_opening import open_async  # noqa: PLC0415 - memory needs no database library

        inner, bridge = await open_async(database, clock=clock, **options)
        return cls(inner, bridge)

    @property
    def log(self) -> str:
        """The id of the log, part of every body."""
        return self.inner.log

    @property
    def tenant(self) -> str:
        """The tenant whose streams these are."""
        return self.inner.tenant

    async def run(self, function: Callable[P, ResultT], /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        """Return what *function* returns, which may use `inner` as often as it likes; other tasks run while it waits.

        Whatever else it does holds the loop, or a thread: no sleep, no network of its own.
        """
        return await self.bridge.run(function, *args, **kwargs)

    append = awaited(EventStore.append)
    read_stream = awaited(EventStore.read_stream)
    read_streams = awaited(EventStore.read_streams)
    read_subject = awaited(EventStore.read_subject)
    read_all = awaited(EventStore.read_all)
    read_bodies = awaited(EventStore.read_bodies)
    read_log = awaited(LogReader.read_log)
    manifest = awaited(LogReader.manifest)
    archived = awaited(LogReader.archived)
    versions = awaited(EventStore.versions)
    known = awaited(EventStore.known)
    head = awaited(EventStore.head)

    @asynccontextmanager
    async def exclusively(self, streams: Collection[StreamId]) -> AsyncIterator[AsyncEventStore]:
        """Lend a view that keeps out all others who ask the same for one of *streams*; see `EventStore.exclusively`.

        In memory it keeps out the tasks that share this store.
        """
        async with self.bridge.alone() as alone, lent(alone, self.inner.exclusively(streams)) as inner:
            yield AsyncEventStore(inner, alone)

    async def close(self) -> None:
        """Give back every connection; closing twice does nothing."""
        await self.run(self.inner.close)
        await self.bridge.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
