"""A log in MariaDB keeps the promise of every store."""

from __future__ import annotations

import pytest

from stores import SqlConformance, SqlStores


class TestMariadb(SqlConformance):
    """One database, opened anew by every store and by every process."""

    position_column = "BIGINT AUTO_INCREMENT PRIMARY KEY"

    @pytest.fixture
    def store_factory(self, mariadb_url: str) -> SqlStores:
        return SqlStores(mariadb_url)


@pytest.mark.matrix
class TestAlone(TestMariadb):
    """No two appends share a commit."""

    @pytest.fixture
    def store_factory(self, mariadb_url: str) -> SqlStores:
        return SqlStores(mariadb_url, group=False)


@pytest.mark.matrix
class TestInline(TestMariadb):
    """Something is kept up within every append."""

    @pytest.fixture
    def store_factory(self, mariadb_url: str) -> SqlStores:
        return SqlStores(mariadb_url, inline=True)
