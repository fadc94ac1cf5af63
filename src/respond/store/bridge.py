"""Bridges: how a task of an event loop runs the one synchronous code."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
ResultT = TypeVar("ResultT")

THREADS = 16
"""How many calls run at once where each needs a thread; more would only wait for the one writer of a file."""


class Bridge(Protocol):
    """Runs synchronous code for a task, and lets other tasks run while that code waits."""

    async def run(self, function: Callable[P, ResultT], /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        """Return what *function* returns."""
        ...

    async def close(self) -> None:
        """Wait for what is under way, and give back what the bridge is made of."""
        ...


class DirectBridge:
    """Calls the code at once: it never waits, as in memory."""

    async def run(self, function: Callable[P, ResultT], /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        """Return what *function* returns."""
        return function(*args, **kwargs)

    async def close(self) -> None:
        """Do nothing."""


class ThreadBridge:
    """Hands the whole call to a thread: one hop, however many statements the call makes.

    A cancelled task leaves its call running; what it writes may be written all the same.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._threads = _threads()

    async def run(self, function: Callable[P, ResultT], /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        """Return what *function* returns; it sees the context variables of the task."""
        if self._pid != os.getpid():  # the threads stayed in the parent
            self._pid, self._threads = os.getpid(), _threads()
        call = partial(copy_context().run, function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def close(self) -> None:
        """Wait for the calls that are under way, those of cancelled tasks too."""
        if self._pid == os.getpid():
            await asyncio.to_thread(self._threads.shutdown)


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="respond")
