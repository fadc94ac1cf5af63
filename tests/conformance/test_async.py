"""A log for asyncio keeps the promise of every store, on every database."""

from __future__ import annotations

import pytest

from async_stores import AsyncHostStores, AsyncMemoryStores, AsyncSqlStores
from respond.testing.store_conformance import StoreConformance
from stores import SqlConformance


class TestMemory(StoreConformance):
    """Nothing waits; workers are threads, whose calls are tasks."""

    worker_kind = "thread"

    @pytest.fixture
    def store_factory(self) -> AsyncMemoryStores:
        return AsyncMemoryStores()


class TestPostgresql(SqlConformance):
    """Greenlets wait for psycopg."""

    position_column = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> AsyncSqlStores:
        return AsyncSqlStores(postgresql_url)


@pytest.mark.matrix
class TestPostgresqlTransaction(TestPostgresql):
    """The same where every append is a transaction."""

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> AsyncSqlStores:
        return AsyncSqlStores(postgresql_url, append_path="transaction")


@pytest.mark.matrix
class TestPostgresqlAlone(TestPostgresql):
    """No two appends share a commit."""

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> AsyncSqlStores:
        return AsyncSqlStores(postgresql_url, group=False)


@pytest.mark.matrix
class TestPostgresqlInline(TestPostgresql):
    """Something is kept up within every append."""

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> AsyncSqlStores:
        return AsyncSqlStores(postgresql_url, inline=True)


@pytest.mark.matrix
class TestMariadb(SqlConformance):
    """Greenlets wait for aiomysql."""

    position_column = "BIGINT AUTO_INCREMENT PRIMARY KEY"

    @pytest.fixture
    def store_factory(self, mariadb_url: str) -> AsyncSqlStores:
        return AsyncSqlStores(mariadb_url)


@pytest.mark.matrix
class TestMariadbAlone(TestMariadb):
    """No two appends share a commit."""

    @pytest.fixture
    def store_factory(self, mariadb_url: str) -> AsyncSqlStores:
        return AsyncSqlStores(mariadb_url, group=False)


@pytest.mark.matrix
class TestMariadbInline(TestMariadb):
    """Something is kept up within every append."""

    @pytest.fixture
    def store_factory(self, mariadb_url: str) -> AsyncSqlStores:
        return AsyncSqlStores(mariadb_url, inline=True)


@pytest.mark.matrix
class TestSqlite(SqlConformance):
    """Each call is handed to a thread."""

    @pytest.fixture
    def store_factory(self, sqlite_url: str) -> AsyncSqlStores:
        return AsyncSqlStores(sqlite_url)


@pytest.mark.matrix
class TestSqliteOfTheHost(SqlConformance):
    """Greenlets wait for a host's own aiosqlite; what each statement costs there leaves time for fewer turns."""

    turns = 20
    subscribed_turns = 12

    @pytest.fixture
    def store_factory(self, sqlite_url: str) -> AsyncHostStores:
        return AsyncHostStores(sqlite_url)
