"""The engine on a log in MariaDB."""

from __future__ import annotations

import pytest

from engine_suite import EngineConformance
from stores import SqlStores


class TestMariadb(EngineConformance):
    """Workers are processes, each with a store of its own."""

    @pytest.fixture
    def store_factory(self, mariadb_url: str) -> SqlStores:
        return SqlStores(mariadb_url)
