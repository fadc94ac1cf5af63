"""How the conformance suites open a log in memory."""

from __future__ import annotations

import attrs

from respond.domain.streams import DEFAULT_TENANT
from respond.store.memory import MemoryEventStore
from respond.store.protocol import Clock
from respond.testing.conformance.samples import ManualClock


@attrs.frozen
class MemoryStores:
    """Opens views of one log in memory."""

    root: MemoryEventStore = attrs.field(factory=lambda: MemoryEventStore(clock=ManualClock(), log="log in memory"))

    def __call__(self, *, clock: Clock, tenant: str = DEFAULT_TENANT, allow_skew: bool = False) -> MemoryEventStore:
        return self.root.for_tenant(tenant, clock=clock, allow_skew=allow_skew)
