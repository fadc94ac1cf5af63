"""Processes that are killed, or stopped, at a point of their work that the test chooses."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import sqlalchemy
from sqlalchemy import event

from respond.store.sql import SqlEventStore

DONE = 0
WRONG = 70


def child(work: Callable[[], Any]) -> int:
    """Fork a process that does *work*, and return its id; it ends with `DONE`, or with `WRONG` when that raises."""
    pid = os.fork()
    if pid:
        return pid
    status = WRONG
    try:
        work()
        status = DONE
    finally:
        os._exit(status)


def ended(pid: int) -> int:
    """Wait for a process to end, and return its status, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def stopped(pid: int) -> None:
    """Wait for a process to be stopped."""
    _, status = os.waitpid(pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), f"it ended with {status} instead of stopping"


def at_point(number: int, which: signal.Signals, *, only: str | None = None) -> None:
    """Send this process the signal *which* at the point called *number* of what it does to the database from now on.

    Points are `asked` before each transaction that a store lends, `begun`, `ending` and `ended`, and `told` after each
    statement; given *only*, those of one kind are counted.
    """
    points = count()

    def point(kind: str) -> None:
        if only in {None, kind} and next(points) == number:
            os.kill(os.getpid(), which)

    lend = SqlEventStore.transaction

    @contextmanager
    def transaction(self: SqlEventStore) -> Iterator[Any]:
        point("asked")
        with lend(self) as connection:
            point("begun")
            yield connection
            point("ending")
        point("ended")

    SqlEventStore.transaction = transaction  # the process is ours, and ends
    event.listen(sqlalchemy.Engine, "after_cursor_execute", lambda *_: point("told"))
