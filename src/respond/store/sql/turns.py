"""Turns: how one caller waits for another of the same process."""

from __future__ import annotations

from contextlib import AbstractContextManager
from threading import Lock, RLock
from time import sleep
from typing import Any, Protocol


class Turn(Protocol):
    """Where one caller waits until another one wakes it; the wake may come first."""

    def wait(self) -> None:
        """Return once `wake` was called."""
        ...

    def wake(self) -> None:
        """Let the one who waits go on."""
        ...


class ThreadTurn:
    """A turn for threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lock.acquire()

    def wait(self) -> None:
        """Block the thread until `wake` was called."""
        self._lock.acquire()

    def wake(self) -> None:
        """Let the thread go on."""
        self._lock.release()


class Waiting(Protocol):
    """How the callers of one store wait; whoever waits lets the others run."""

    def new_lock(self) -> AbstractContextManager[Any]:
        """Return a lock that may be held while a connection is lent."""
        ...

    def new_turn(self) -> Turn:
        """Return where one caller waits for another."""
        ...

    def let_others_come(self) -> None:
        """Return once all callers have run who could; none of them is waited for."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...


class ThreadWaiting:
    """Each caller is a thread."""

    def new_lock(self) -> AbstractContextManager[Any]:
        """Return a lock that may be held while a connection is lent."""
        return RLock()

    def new_turn(self) -> Turn:
        """Return where one thread waits for another."""
        return ThreadTurn()

    def let_others_come(self) -> None:
        """Do nothing: threads run anyway."""

    def sleep(self, seconds: float) -> None:
        """Let time pass for this thread."""
        sleep(seconds)
