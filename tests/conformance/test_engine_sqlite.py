"""The engine on a log in an SQLite file."""

from __future__ import annotations

import pytest

from engine_suite import EngineConformance
from stores import SqlStores


class TestSqlite(EngineConformance):
    """Workers are threads, each with a store of its own."""

    worker_kind = "thread"

    @pytest.fixture
    def store_factory(self, sqlite_url: str) -> SqlStores:
        return SqlStores(sqlite_url)
