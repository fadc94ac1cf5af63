"""The journal for asyncio: its calls are made in threads, so that the event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs

from journal_store import Journal
from respond import StreamId

_CALLS = (
    "append",
    "archived",
    "head",
    "known",
    "manifest",
    "read_all",
    "read_bodies",
    "read_log",
    "read_stream",
    "read_streams",
    "read_subject",
    "versions",
)


def _in_thread(name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def call(self: AsyncJournal, *args: Any, **kwargs: Any) -> Any:
        call = asyncio.ensure_future(asyncio.to_thread(getattr(self.inner, name), *args, **kwargs))
        return await asyncio.shield(call)  # a cancelled task leaves a thread at work: what it began it ends

    return call


class AsyncJournal:
    """A journal whose calls are awaited."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.inner = Journal(path, **options)

    (
        append,
        archived,
        head,
        known,
        manifest,
        read_all,
        read_bodies,
        read_log,
        read_stream,
        read_streams,
        read_subject,
        versions,
    ) = map(_in_thread, _CALLS)

    @property
    def log(self) -> str:
        return self.inner.log

    @property
    def tenant(self) -> str:
        return self.inner.tenant

    @asynccontextmanager
    async def exclusively(self, streams: Collection[StreamId]) -> AsyncIterator[AsyncJournal]:
        """Lend this store, and keep out whoever asks for one of *streams* too."""
        lent = self.inner.exclusively(streams)
        await asyncio.to_thread(lent.__enter__)
        try:
            yield self
        finally:
            await asyncio.to_thread(lent.__exit__, None, None, None)

    def new_lock(self) -> asyncio.Lock:
        """Return a lock of tasks."""
        return asyncio.Lock()

    async def close(self) -> None:
        """Do nothing: no file stays open."""


@attrs.frozen
class AsyncJournals:
    """Opens one journal for asyncio, as often as it is called; travels to other processes by its path."""

    path: Path
    kind: type = AsyncJournal

    async def __call__(self, **options: Any) -> Any:
        return self.kind(self.path, **options)
