"""Bridges: how a task of an event loop runs the one synchronous code."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack, asynccontextmanager, nullcontext
from contextvars import copy_context
from functools import partial, update_wrapper
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from respond.errors import HeadHeld

P = ParamSpec("P")
ResultT = TypeVar("ResultT")

THREADS = 16
"""How many calls run at once where each needs a thread; more would only wait for the one writer of a file."""


class Bridge(Protocol):
    """Runs synchronous code for a task, and lets other tasks run while that code waits."""

    awaits: bool
    """Whether that code may wait for a connection of the host's own for asyncio."""

    async def run(self, function: Callable[P, ResultT], /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        """Return what *function* returns."""
        ...

    def alone(self) -> AbstractAsyncContextManager[Bridge]:
        """Lend a bridge for one task, whose calls may hold a lock from one to the next."""
        ...

    async def close(self) -> None:
        """Wait for what is under way, and give back what the bridge is made of."""
        ...


def awaited(
    method: Callable[Concatenate[Any, P], ResultT],
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, ResultT]]:
    """Return *method* of an object's `inner` as one of the object itself: the same parameters, to be awaited."""
    name = method.__name__

    async def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        answer: ResultT = await self.run(getattr(self.inner, name), *args, **kwargs)
        return answer

    update_wrapper(call, method)
    return call


@asynccontextmanager
async def lent(bridge: Bridge, context: AbstractContextManager[ResultT]) -> AsyncIterator[ResultT]:
    """Lend what a synchronous *context* lends; it is entered and left by *bridge*."""
    entered = ExitStack()  # which leaves nothing that was not entered: the task may be cancelled before, or meanwhile
    try:
        yield await bridge.run(entered.enter_context, context)
    except BaseException as error:
        if not await bridge.run(entered.__exit__, type(error), error, error.__traceback__):
            raise
    else:
        await bridge.run(entered.__exit__, None, None, None)


class DirectBridge:
    """Calls the code at once: it never waits, as in memory."""

    awaits = False

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None

    async def run(self, function: Callable[P, ResultT], /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        """Return what *function* returns."""
        return function(*args, **kwargs)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Bridge]:
        """Keep other tasks waiting that ask for the same: a lock of threads keeps none of them out."""
        task = asyncio.current_task()
        if self._holder is task:
            raise HeadHeld("this task has the log to itself already, and would wait for itself; use the view")
        async with self._lock:
            self._holder = task
            try:
                yield DirectBridge()
            finally:
                self._holder = None

    async def close(self) -> None:
        """Do nothing."""


class ThreadBridge:
    """Hands the whole call to a thread: one hop, however many statements the call makes.

    A cancelled task leaves its call running; what it writes may be written all the same.
    """

    awaits = False

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._threads = _threads()
        self._closed = False

    async def run(self, function: Callable[P, ResultT], /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        """Return what *function* returns; it sees the context variables of the task."""
        if self._closed:  # what is inside was closed first, and says so at once
            return function(*args, **kwargs)
        if self._pid != os.getpid():  # the threads stayed in the parent
            self._pid, self._threads = os.getpid(), _threads()
        call = partial(copy_context().run, function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Bridge]:
        """Lend a thread: what one call has locked there the next one has, or unlocks."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="respond")
        try:
            yield _OneThread(thread)
        finally:
            thread.shutdown(wait=False)  # it carries out what it was given, and ends

    async def close(self) -> None:
        """Wait for the calls that are under way, those of cancelled tasks too."""
        self._closed = True
        if self._pid == os.getpid():
            await asyncio.to_thread(self._threads.shutdown)


class _OneThread:
    """Hands each call of a block to the same thread, which carries out all of them: a lock must not stay behind."""

    awaits = False

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread = thread

    async def run(self, function: Callable[P, ResultT], /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        """Return what *function* returns; it sees the context variables of the task, which sees what it sets."""
        context = copy_context()
        call = partial(context.run, function, *args, **kwargs)
        answer = await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, call))
        for variable, value in context.items():
            if variable.get(None) is not value:
                variable.set(value)
        return answer

    def alone(self) -> AbstractAsyncContextManager[Bridge]:
        """Lend itself: it is for one task."""
        return nullcontext(self)

    async def close(self) -> None:
        """Do nothing: the thread ends with the block."""


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="respond")
