"""Connections for asyncio: those of one event loop, lent to its tasks."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import Engine

from respond.errors import StoreError
from respond.store.sql.awaited import TaskWaiting
from respond.store.sql.connections import FileConnections, PooledConnections
from respond.store.sql.dialect import Dialect


class AwaitedConnections(PooledConnections):
    """Connections of a server: each task has its own while it works."""

    waiting: TaskWaiting

    def __init__(self, engine: Engine, dialect: Dialect) -> None:
        self.waiting = TaskWaiting()
        super().__init__(engine, dialect)

    def _mine(self) -> Any:
        if self._own.pid != os.getpid():
            raise StoreError("the store was opened by the process that this one was forked from; open one here")
        self.waiting.refuse_others()
        return super()._mine()


class AwaitedFileConnections(AwaitedConnections, FileConnections):
    """Connections of an SQLite file through the host's own driver: one writer, taken by one task at a time."""
