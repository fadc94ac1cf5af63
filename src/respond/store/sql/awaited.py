"""Awaited: what the synchronous code of the store waits with when it runs in a greenlet of an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from functools import partial
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from sqlalchemy.util import await_only, greenlet_spawn
from sqlalchemy.util.concurrency import in_greenlet

from respond.errors import StoreError
from respond.store.bridge import Bridge
from respond.store.sql.postgresql import PostgresqlDialect
from respond.store.sql.sqlite import SqliteDialect
from respond.store.sql.turns import Turn

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


class GreenletBridge:
    """Runs the code in a greenlet of the task: whenever it waits for the database, other tasks run.  No thread."""

    awaits = True

    async def run(self, function: Callable[P, ResultT], /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
        """Return what *function* returns."""
        return await greenlet_spawn(partial(function, *args, **kwargs))

    def alone(self) -> AbstractAsyncContextManager[Bridge]:
        """Lend itself: its locks are held by no thread."""
        return nullcontext(self)

    async def close(self) -> None:
        """Do nothing."""


class AwaitedLock:
    """A lock between tasks, for code that may hold it while it waits for the database."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    def __enter__(self) -> None:
        await_only(self._lock.acquire())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()


class AwaitedTurn:
    """Where a task waits until another one wakes it; the wake may come first."""

    def __init__(self) -> None:
        self._woken = asyncio.get_running_loop().create_future()

    def wait(self) -> None:
        """Let other tasks run until `wake` was called."""
        await_only(self._woken)

    def wake(self) -> None:
        """Let the task go on."""
        if not self._woken.done():  # a task that was cancelled waits no more
            self._woken.set_result(None)


class TaskWaiting:
    """Each caller is a task of one event loop, in a greenlet of it."""

    def __init__(self) -> None:
        """Belong to the loop that runs."""
        self._loop = asyncio.get_running_loop()

    def refuse_others(self) -> None:
        """Raise `StoreError` for a caller who cannot be made to wait: of another loop or thread, or in no greenlet."""
        if not in_greenlet() or asyncio.get_running_loop() is not self._loop:
            raise StoreError("the store belongs to one event loop; await it there, or call what is inside by `run`")

    def new_lock(self) -> AbstractContextManager[Any]:
        """Return a lock that may be held while a connection is lent."""
        return AwaitedLock()

    def new_turn(self) -> Turn:
        """Return where one task waits for another."""
        self.refuse_others()
        return AwaitedTurn()

    def let_others_come(self) -> None:
        """Return once all tasks have run that could; none of them is waited for."""
        self.refuse_others()
        await_only(asyncio.sleep(0))

    def sleep(self, seconds: float) -> None:
        """Let time pass for this task."""
        await_only(asyncio.sleep(seconds))


class AwaitedCursor:
    """A driver's cursor for asyncio, as plain code uses one."""

    def __init__(self, cursor: Any, connection: Any) -> None:
        self._cursor = cursor
        self.connection = connection
        """The driver's own connection."""

    def execute(self, *statement: Any) -> Any:
        """Run a statement; return what the driver does, or this cursor where that is the driver's own."""
        answer = await_only(self._cursor.execute(*statement))
        return self if answer is self._cursor else answer

    def executemany(self, *statement: Any) -> None:
        """Run a statement for many rows."""
        await_only(self._cursor.executemany(*statement))

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return await_only(self._cursor.fetchone())

    def fetchall(self) -> Any:
        """Return the rows that are left."""
        return await_only(self._cursor.fetchall())

    def close(self) -> None:
        """Give the cursor back."""
        await_only(self._cursor.close())


class AwaitedPostgresqlDialect(PostgresqlDialect):
    """A PostgreSQL server, through psycopg's connections for asyncio."""

    def cursor(self, connection: Any) -> Any:
        """Return a cursor that gives rows as tuples, in binary, which SQLAlchemy's own cursors cannot be asked for."""
        own = connection.driver_connection
        return AwaitedCursor(super().cursor(own), own)


class AwaitedSqliteDialect(SqliteDialect):
    """An SQLite file, through the aiosqlite of a host."""

    def cursor(self, connection: Any) -> Any:
        """Return a cursor that gives rows as tuples."""
        own = connection.driver_connection
        return AwaitedCursor(await_only(own.cursor()), own)
