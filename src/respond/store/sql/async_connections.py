"""Connections for asyncio: those of one event loop, lent to its tasks."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.util.concurrency import in_greenlet

from respond.errors import StoreError
from respond.store.sql.awaited import TaskWaiting
from respond.store.sql.connections import FileConnections, PooledConnections
from respond.store.sql.dialect import Dialect
from respond.store.sql.turns import Waiting


class AwaitedConnections(PooledConnections):
    """Connections of a server: each task has its own while it works."""

    waiting: Waiting = TaskWaiting()

    def __init__(self, engine: Engine, dialect: Dialect) -> None:
        self._loop = asyncio.get_running_loop()
        super().__init__(engine, dialect)

    def _mine(self) -> Any:
        if self._own.pid != os.getpid():
            raise StoreError("the store was opened by the process that this one was forked from; open one here")
        if not in_greenlet() or asyncio.get_running_loop() is not self._loop:
            raise StoreError("the store belongs to one event loop; await it there, or call what is inside by `run`")
        return super()._mine()


class AwaitedFileConnections(AwaitedConnections, FileConnections):
    """Connections of an SQLite file through the host's own driver: one writer, taken by one task at a time."""
