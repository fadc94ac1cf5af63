"""Turns: how one caller waits for another of the same process."""

from __future__ import annotations

from threading import Lock
from typing import Protocol


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
