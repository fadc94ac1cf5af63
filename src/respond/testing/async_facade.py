"""A store for asyncio under the suites of plain stores: every call is awaited on an event loop of its own."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import attrs

from respond.domain.streams import DEFAULT_TENANT
from respond.store.protocol import Clock

ResultT = TypeVar("ResultT")


class AsyncFacade:
    """Any object whose methods are awaited, as one whose methods are called; any thread may call them.

    Calls of many threads are as many tasks of the one loop.  Use it as a context manager, or close it.
    """

    def __init__(self, opening: Awaitable[Any]) -> None:
        """Open the object on the new loop by awaiting *opening*."""
        self._loop = _LoopThread()
        try:
            self._awaited = self._loop.run(_await(opening))
        except BaseException:
            self._loop.stop()
            raise

    def close(self) -> None:
        """Close the object, and end the loop; closing twice does nothing."""
        if self._loop.runs:
            try:
                self._loop.run(self._awaited.close())
            finally:
                self._loop.stop()

    def awaiting(self, use: Callable[[Any], Coroutine[Any, Any, ResultT]]) -> ResultT:
        """Return what comes of *use*, which is given the object that is awaited, on its own loop."""
        return self._loop.run(use(self._awaited))

    @contextmanager
    def exclusively(self, *args: Any) -> Iterator[Any]:
        """Lend what the object's own `exclusively` lends; one task enters the block, works in it, and leaves it."""
        lent = _Lent(self._loop, lambda: self._awaited.exclusively(*args))
        lent.open()
        try:
            yield lent
        except BaseException as error:
            lent.close(error)
            raise
        lent.close(None)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._awaited, name)
        if inspect.iscoroutinefunction(found):
            return self._called(found)
        return self._iterated(found) if inspect.isasyncgenfunction(found) else found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _called(self, method: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
        return lambda *args, **kwargs: self._loop.run(method(*args, **kwargs))

    def _iterated(self, method: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
        def iterate(*args: Any, **kwargs: Any) -> Iterator[Any]:
            items = method(*args, **kwargs)
            while True:
                try:
                    yield self._loop.run(_await(anext(items)))
                except StopAsyncIteration:
                    return

        return iterate


class AsyncStoreFactory(Protocol):
    """Open the same log again for asyncio, as often as it is called; see `StoreFactory`."""

    def __call__(self, *, clock: Clock, tenant: str = DEFAULT_TENANT, allow_skew: bool = False) -> Awaitable[Any]: ...


@attrs.frozen
class Awaiting:
    """A factory of stores that are called, made of one whose stores are awaited; travels to other processes with it."""

    factory: AsyncStoreFactory

    def __call__(self, **options: Any) -> AsyncFacade:
        return AsyncFacade(self.factory(**options))


class _Lent:
    """What an asynchronous block lends; its calls are done by the task that entered the block."""

    def __init__(self, loop: _LoopThread, entering: Callable[[], Any]) -> None:
        self._loop = loop
        self._entering = entering
        self._calls: asyncio.Queue[tuple[Callable[[], Awaitable[Any]], Future[Any]]] = asyncio.Queue()
        self._entered: Future[Any] = Future()
        self._left: Any = None

    def open(self) -> None:
        """Enter the block; raises what entering raises."""
        self._left = self._loop.start(self._stay())
        self._entered.result()

    def close(self, error: BaseException | None) -> None:
        """Leave the block, by *error* when there is one; raises what leaving raises."""

        async def leave() -> Any:
            raise _Leave(error)

        self._ask(leave)
        try:
            self._left.result()
        except BaseException as raised:
            if raised is not error:
                raise

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._entered.result(), name)
        if not inspect.iscoroutinefunction(found):
            return found
        return lambda *args, **kwargs: self._ask(lambda: found(*args, **kwargs)).result()

    def _ask(self, work: Callable[[], Awaitable[Any]]) -> Future[Any]:
        answer: Future[Any] = Future()
        self._loop.call(self._calls.put_nowait, (work, answer))
        return answer

    async def _stay(self) -> None:
        try:
            async with self._entering() as view:
                self._entered.set_result(view)
                await self._serve()
        except BaseException as error:
            if self._entered.done():
                raise
            self._entered.set_exception(error)

    async def _serve(self) -> None:
        """Do what is asked, until it is time to leave."""
        while True:
            work, answer = await self._calls.get()
            try:
                answer.set_result(await work())
            except _Leave as leaving:
                if leaving.error is not None:
                    raise leaving.error from None
                return
            except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the caller
                answer.set_exception(error)


class _Leave(Exception):
    """It is time to leave a block."""

    def __init__(self, error: BaseException | None) -> None:
        super().__init__()
        self.error = error


class _LoopThread:
    """An event loop in a thread, for other threads to have something awaited."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._thread = Thread(target=self._loop.run_forever, name="event loop", daemon=True)
        self._thread.start()

    @property
    def runs(self) -> bool:
        """Whether the loop was not stopped yet."""
        return self._thread.is_alive()

    def run(self, coroutine: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Return what *coroutine* returns."""
        return self.start(coroutine).result()

    def start(self, coroutine: Coroutine[Any, Any, ResultT]) -> Future[ResultT]:
        """Let *coroutine* run as a task, and return what will hold its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def call(self, function: Callable[..., object], *args: Any) -> None:
        """Call *function* on the loop, soon."""
        self._loop.call_soon_threadsafe(function, *args)

    def stop(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._runner.close()


async def _await(awaitable: Awaitable[ResultT]) -> ResultT:
    return await awaitable
