"""Schedules that Hypothesis makes up, more of them than in the conformance suite."""

from __future__ import annotations

import pytest

from fault_sizes import size_of
from respond.testing.conformance.schedules import Schedules
from stores import SqlFixtures, SqlStores


class ManySchedules(SqlFixtures, Schedules):
    """What all databases share."""

    schedules = size_of("schedules")

    def test_any_schedule(self, store, store_factory, open_writer, told):
        """Whatever the order of steps, readers see what was committed, in that order, once, and nothing else."""
        super().test_any_schedule(store, store_factory, open_writer)
        told("schedules", case=type(self).__name__.removeprefix("Test"), rounds=self.schedules)


class TestSqlite(ManySchedules):
    """One file."""

    @pytest.fixture
    def store_factory(self, sqlite_url: str) -> SqlStores:
        return SqlStores(sqlite_url)


class TestPostgresqlStatement(ManySchedules):
    """An append to one stream is one statement."""

    position_column = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> SqlStores:
        return SqlStores(postgresql_url)


class TestPostgresqlTransaction(TestPostgresqlStatement):
    """Every append is a transaction."""

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> SqlStores:
        return SqlStores(postgresql_url, append_path="transaction")


class TestMariadb(ManySchedules):
    """Every append is a transaction."""

    position_column = "BIGINT AUTO_INCREMENT PRIMARY KEY"

    @pytest.fixture
    def store_factory(self, mariadb_url: str) -> SqlStores:
        return SqlStores(mariadb_url)
