"""SQLite keeps the promise of every store, in a file and in memory, with each journal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import Engine

from respond.domain.streams import DEFAULT_TENANT
from respond.store.protocol import Clock
from respond.store.sql import SqlEventStore, engine_for
from respond.testing.store_conformance import StoreConformance


@attrs.frozen
class SqlStores:
    """Opens one log of an SQL database again and again."""

    database: str | Engine
    options: dict[str, Any] = attrs.field(factory=dict)

    def __call__(self, *, clock: Clock, tenant: str = DEFAULT_TENANT, allow_skew: bool = False) -> SqlEventStore:
        return SqlEventStore.open(self.database, clock=clock, tenant=tenant, allow_skew=allow_skew, **self.options)


class TestSqliteFile(StoreConformance):
    """The journal mode that the driver's version allows."""

    @pytest.fixture
    def store_factory(self, sqlite_url: str) -> SqlStores:
        return SqlStores(sqlite_url)


class TestSqliteRollbackJournal(StoreConformance):
    """The journal of an SQLite whose WAL is not safe."""

    @pytest.fixture
    def store_factory(self, tmp_path: Path) -> SqlStores:
        return SqlStores(f"sqlite:///{tmp_path / 'delete.db'}", {"journal_mode": "delete"})


class TestSqliteMemory(StoreConformance):
    """Workers are threads: a log in memory cannot be opened from another process."""

    worker_kind = "thread"

    @pytest.fixture
    def store_factory(self) -> SqlStores:
        return SqlStores(engine_for("sqlite://"))
