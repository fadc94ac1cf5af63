"""The engine on a log in memory."""

from __future__ import annotations

import pytest

from engine_suite import EngineConformance
from memory_stores import MemoryStores


class TestMemory(EngineConformance):
    """Workers are threads: a log in memory cannot be opened from another process."""

    worker_kind = "thread"

    @pytest.fixture
    def store_factory(self) -> MemoryStores:
        return MemoryStores()
