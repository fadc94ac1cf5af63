"""Waiting for a log to grow: until someone wakes the waiter, a source stirs, or the time is over."""

from __future__ import annotations

import logging
import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Generic, Protocol, TypeVar, runtime_checkable

from respond.errors import InvalidInput

_LOGGER = logging.getLogger("respond.store")

WaiterT = TypeVar("WaiterT", bound="Wakeable")

POLL_SECONDS = 1.0
"""How long a store of which nothing else is known is left alone."""
LOST_SECONDS = 1.0
"""How long to wait at most while a source is lost, before it is looked for, and the log looked at."""

_POLL_MAX_SECONDS = 3600.0
_MORE_THAN_WAS_SENT = 4096


class Source(Protocol):
    """Something outside this process that tells that the log may have grown.  It may be lost; it is never the truth."""

    def fileno(self) -> int | None:
        """Return what becomes readable when there is news; None while the source is lost."""
        ...

    def drain(self) -> None:
        """Forget the news that arrived, without waiting; notice when the source is lost."""
        ...

    def mend(self) -> None:
        """Find the source, the first time and when it was lost, if it is time to try."""
        ...

    def close(self) -> None:
        """Give it back; closing twice does nothing."""
        ...


@runtime_checkable
class Announcing(Protocol):
    """A store that tells of its own appends, in the process that makes them."""

    def on_append(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Call *listener* with the last position after each append; return what ends that."""
        ...


@runtime_checkable
class Audible(Protocol):
    """A store whose appends by other processes can be heard of, or must be looked for in a rhythm of its own."""

    @property
    def poll_seconds(self) -> float:
        """How long to wait before looking for events that nobody told of."""
        ...

    def listen(self) -> Source | None:
        """Return a new source of news, to be mended first; None when the database has none."""
        ...


class Listeners:
    """Who is told of appends in this process; one that raises does no harm to the append, which is in the log."""

    def __init__(self) -> None:
        self._listeners: tuple[Callable[[int], None], ...] = ()
        self._lock = Lock()

    def add(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Tell *listener* too, from now on; return what ends that."""
        own = partial(listener)  # so that what is added twice is removed once
        with self._lock:
            self._listeners = (*self._listeners, own)
        return partial(self._remove, own)

    def tell(self, last: int) -> None:
        """Tell all that the log ends at position *last*, or further on."""
        for listener in self._listeners:
            try:
                listener(last)
            except Exception:
                _LOGGER.exception("a listener failed after the append up to position %d, which is done", last)

    def __len__(self) -> int:
        return len(self._listeners)

    def _remove(self, own: Callable[[int], None]) -> None:
        with self._lock:
            self._listeners = tuple(one for one in self._listeners if one is not own)


class Waiter:
    """Waits for one reader; `wake` may be called from any thread, and from a signal handler."""

    def __init__(self) -> None:
        self._receiver, self._sender = socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._receiver, selectors.EVENT_READ)
        self._woken = False

    def wait(self, seconds: float, source: Source | None = None) -> bool:
        """Return whether there was news within *seconds*; it is forgotten, so look at the log afterwards."""
        number = None if source is None else source.fileno()
        if source is not None and number is None:
            seconds = min(seconds, LOST_SECONDS)
        if number is not None:
            self._selector.register(number, selectors.EVENT_READ)
        try:
            ready = bool(self._selector.select(seconds))
        finally:
            if number is not None:
                self._selector.unregister(number)
        self._woken = False  # before what was sent is taken: a wake in between sends another byte
        with suppress(BlockingIOError):
            self._receiver.recv(_MORE_THAN_WAS_SENT)
        if source is not None:
            source.drain()
            source.mend()
        return ready

    def wake(self) -> None:
        """End the wait that is going on, or the next one."""
        if not self._woken:  # one byte is enough, however many events are appended meanwhile
            self._woken = True
            with suppress(OSError):  # full, or closed: nobody waits any more
                self._sender.send(b"\0")

    def close(self) -> None:
        """Give back what it holds; closing twice does nothing."""
        self._selector.close()
        self._receiver.close()
        self._sender.close()


class Wakeable(Protocol):
    """A waiter, of threads or of tasks."""

    def wake(self) -> None:
        """End the wait that is going on, or the next one."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


class Hearing(Generic[WaiterT]):
    """How a reader hears that a log has grown: from its store in this process, from a source, or by looking."""

    def __init__(self, log: object, new_waiter: Callable[[], WaiterT], poll_seconds: float | None = None) -> None:
        """Listen to *log*; look at it every *poll_seconds*, or in its own rhythm.  Raises `InvalidInput`."""
        self.poll_seconds = _rhythm(log, poll_seconds)
        self.waiter = new_waiter()
        self.source = log.listen() if isinstance(log, Audible) else None
        self._unhook = log.on_append(self._wake) if isinstance(log, Announcing) else None

    def close(self) -> None:
        """Wake the waiter, and listen no more; closing twice does nothing."""
        self.waiter.wake()
        if self._unhook is not None:
            self._unhook()
        if self.source is not None:
            self.source.close()
        self.waiter.close()

    def _wake(self, _last: int) -> None:
        self.waiter.wake()


def _rhythm(log: object, poll_seconds: float | None) -> float:
    if poll_seconds is None:
        return log.poll_seconds if isinstance(log, Audible) else POLL_SECONDS
    if not 0 < poll_seconds <= _POLL_MAX_SECONDS:
        raise InvalidInput(
            f"{poll_seconds} is not a rhythm; give more than 0 and at most {_POLL_MAX_SECONDS:.0f} seconds",
            place="poll_seconds",
            value=poll_seconds,
        )
    return poll_seconds
