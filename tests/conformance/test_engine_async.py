"""The engine for asyncio does what the engine does, in every database."""

from __future__ import annotations

import pytest

from async_stores import AsyncSqlStores
from engine_suite import EngineConformance


class TestPostgresql(EngineConformance):
    """Greenlets wait for psycopg."""

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> AsyncSqlStores:
        return AsyncSqlStores(postgresql_url)


@pytest.mark.matrix
class TestMariadb(EngineConformance):
    """Greenlets wait for aiomysql."""

    @pytest.fixture
    def store_factory(self, mariadb_url: str) -> AsyncSqlStores:
        return AsyncSqlStores(mariadb_url)


@pytest.mark.matrix
class TestSqlite(EngineConformance):
    """Each command is handed to a thread."""

    worker_kind = "thread"

    @pytest.fixture
    def store_factory(self, sqlite_url: str) -> AsyncSqlStores:
        return AsyncSqlStores(sqlite_url)
