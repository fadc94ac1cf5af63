"""The engine on a log in PostgreSQL."""

from __future__ import annotations

import pytest

from engine_suite import EngineConformance
from stores import SqlStores


class TestPostgresql(EngineConformance):
    """Workers are processes, each with a store of its own."""

    @pytest.fixture
    def store_factory(self, postgresql_url: str) -> SqlStores:
        return SqlStores(postgresql_url)
