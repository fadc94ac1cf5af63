"""A log in an SQLite file keeps the promise of every store."""

from __future__ import annotations

import pytest

from stores import SqlConformance, SqlStores


class TestSqlite(SqlConformance):
    """One file, opened anew by every store and by every process."""

    @pytest.fixture
    def store_factory(self, sqlite_url: str) -> SqlStores:
        return SqlStores(sqlite_url)


class TestAlone(SqlConformance):
    """No two appends share a commit."""

    @pytest.fixture
    def store_factory(self, sqlite_url: str) -> SqlStores:
        return SqlStores(sqlite_url, group=False)


@pytest.mark.matrix
class TestTransaction(SqlConformance):
    """Every append takes the head, checks, inserts and commits."""

    @pytest.fixture
    def store_factory(self, sqlite_url: str) -> SqlStores:
        return SqlStores(sqlite_url, append_path="transaction")


@pytest.mark.matrix
class TestRollbackJournal(SqlConformance):
    """The journal is deleted at each commit, as on an SQLite whose WAL is not to be trusted."""

    @pytest.fixture
    def store_factory(self, sqlite_url: str) -> SqlStores:
        return SqlStores(sqlite_url, journal_mode="delete")


class TestInline(SqlConformance):
    """Something is kept up within every append."""

    @pytest.fixture
    def store_factory(self, sqlite_url: str) -> SqlStores:
        return SqlStores(sqlite_url, inline=True)
