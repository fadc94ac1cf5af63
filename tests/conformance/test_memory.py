"""The log in memory keeps the promise of every store."""

from __future__ import annotations

import pytest

from memory_stores import MemoryStores
from respond.testing.store_conformance import StoreConformance


class TestMemory(StoreConformance):
    """Workers are threads: a log in memory cannot be opened from another process."""

    worker_kind = "thread"

    @pytest.fixture
    def store_factory(self) -> MemoryStores:
        return MemoryStores()
