"""The log for asyncio: the names of a store, to be awaited; the code is that of the store inside."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import update_wrapper
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from respond.store.bridge import Bridge, DirectBridge
from respond.store.protocol import Clock, EventStore, LogReader

if TYPE_CHECKING:
    from sqlalchemy.engine import URL
    from sqlalchemy.ext.asyncio import AsyncEngine

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


def _awaited(
    method: Callable[Concatenate[Any, P], ResultT],
) -> Callable[Concatenate[AsyncEventStore, P], Coroutine[Any, Any, ResultT]]:
    """Return *method* of a store as one to be awaited, with the same parameters."""
    name = method.__name__

    async def call(self: AsyncEventStore, /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        answer: ResultT = await self.run(getattr(self.inner, name), *args, **kwargs)
        return answer

    update_wrapper(call, method)
    return call


class AsyncEventStore:
    """Every method of an `EventStore` and `LogReader`, as a coroutine; safe to share between the tasks of one loop.

    A call that is cancelled leaves no half of an append: its events are all in the log, or none; look with `known`, or
    append them again.
    """

    def __init__(self, inner: EventStore, bridge: Bridge | None = None) -> None:
        """Let tasks use *inner*, by *bridge*; directly when there is none: a log in memory keeps nobody waiting."""
        self.inner = inner
        self.bridge = bridge or DirectBridge()

    @classmethod
    async def open(cls, database: str | URL | AsyncEngine, *, clock: Clock, **options: Any) -> Self:
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

    append = _awaited(EventStore.append)
    read_stream = _awaited(EventStore.read_stream)
    read_streams = _awaited(EventStore.read_streams)
    read_subject = _awaited(EventStore.read_subject)
    read_all = _awaited(EventStore.read_all)
    read_bodies = _awaited(EventStore.read_bodies)
    read_log = _awaited(LogReader.read_log)
    versions = _awaited(EventStore.versions)
    known = _awaited(EventStore.known)
    head = _awaited(EventStore.head)

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
