"""A log in an SQLite file keeps the promise of every store."""

from __future__ import annotations

import pytest

from stores import SqlConformance, SqlStores


class TestSqlite(SqlConformance):
    """One file, opened anew by every store and by every process."""

    @pytest.fixture
    def store_factory(self, sqlite_url: str) -> SqlStores:
        return SqlStores(sqlite_url)
