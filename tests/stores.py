"""How the conformance suite opens an SQL log; importable by the processes that it starts."""

from __future__ import annotations

from typing import Any

import attrs

from respond.domain.streams import DEFAULT_TENANT
from respond.store.protocol import Clock
from respond.store.sql.event_store import SqlEventStore


@attrs.frozen
class SqlStores:
    """Opens one log in an SQL database; travels to other processes by its URL."""

    url: str
    append_path: Any = None

    def __call__(self, *, clock: Clock, tenant: str = DEFAULT_TENANT, allow_skew: bool = False) -> SqlEventStore:
        return SqlEventStore.open(
            self.url,
            clock=clock,
            tenant=tenant,
            allow_skew=allow_skew,
            append_path=self.append_path,
            lock_timeout=30.0,
        )
