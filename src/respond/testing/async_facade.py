"""A store for asyncio under the suites of plain stores: every call is awaited on an event loop of its own.

class TestMyStore(StoreConformance):
    @pytest.fixture
    def store_factory(self):
        return lambda **options: AsyncFacade(MyAsyncStore.open(URL, **options))
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

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
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def stop(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._runner.close()


async def _await(awaitable: Awaitable[ResultT]) -> ResultT:
    return await awaitable
