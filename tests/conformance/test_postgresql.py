"""A log in PostgreSQL keeps the promise of every store, on both of its append paths."""

from __future__ import annotations

import pytest

from stores import SqlConformance, SqlStores


class PostgresqlConformance(SqlConformance):
    """What both paths share."""

    position_column = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"


class TestOneStatement(PostgresqlConformance):
    """An append to one stream is one statement that commits by itself."""

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> SqlStores:
        return SqlStores(postgresql_url)


@pytest.mark.matrix
class TestTransaction(PostgresqlConformance):
    """Every append takes the head, checks, inserts and commits, as for a group or in the caller's own transaction."""

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> SqlStores:
        return SqlStores(postgresql_url, append_path="transaction")


@pytest.mark.matrix
class TestAlone(PostgresqlConformance):
    """No two appends share a commit."""

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> SqlStores:
        return SqlStores(postgresql_url, group=False)


@pytest.mark.matrix
class TestTransactionAlone(PostgresqlConformance):
    """No two appends share a transaction."""

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> SqlStores:
        return SqlStores(postgresql_url, group=False, append_path="transaction")


@pytest.mark.matrix
class TestInline(PostgresqlConformance):
    """Something is kept up within every append."""

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> SqlStores:
        return SqlStores(postgresql_url, inline=True)
