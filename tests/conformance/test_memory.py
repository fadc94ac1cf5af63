"""The log in memory keeps the promise of every store."""

from __future__ import annotations

import attrs
import pytest

from respond.domain.streams import DEFAULT_TENANT
from respond.store.memory import MemoryEventStore
from respond.store.protocol import Clock
from respond.testing.conformance.samples import ManualClock
from respond.testing.store_conformance import StoreConformance


@attrs.frozen
class MemoryStores:
    """Opens views of one log in memory."""

    root: MemoryEventStore = attrs.field(factory=lambda: MemoryEventStore(clock=ManualClock(), log="log in memory"))

    def __call__(self, *, clock: Clock, tenant: str = DEFAULT_TENANT, allow_skew: bool = False) -> MemoryEventStore:
        return self.root.for_tenant(tenant, clock=clock, allow_skew=allow_skew)


class TestMemory(StoreConformance):
    """Workers are threads: a log in memory cannot be opened from another process."""

    worker_kind = "thread"

    @pytest.fixture
    def store_factory(self) -> MemoryStores:
        return MemoryStores()
