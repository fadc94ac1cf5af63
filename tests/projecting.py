"""Projections of a real log for tests: a log with a clock, runners that run by hand, and what tables must hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import attrs
from sqlalchemy import Connection

from engines import engine_on
from respond.domain.events import Event
from respond.engine.engine import Engine
from respond.projections.sql import TableListing, TableProjection, TableStatistics
from respond.projections.sql.builds import Builds
from respond.projections.sql.comparing import differences
from respond.projections.sql.feed import Feed
from respond.projections.sql.runner import Runner, Running
from respond.store.checkpoint import Checkpoint, Patience
from respond.store.codec import Codec
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import INCIDENT

CODEC = Codec(INCIDENT.event_types)
SHIPPED: Sequence[type[TableProjection]] = (TableListing, TableStatistics)


@contextmanager
def opened(url: str, clock: ManualClock, *, tenant: str = "default", seed: int = 0, **options: Any) -> Iterator[Engine]:
    """Lend an engine on the log at *url*."""
    store_options = {name: options.pop(name) for name in ("group", "lock_timeout") if name in options}
    with SqlEventStore.open(url, clock=clock, tenant=tenant, **store_options) as store:
        engine = engine_on(store, clock, seed=seed, **options)
        if options.get("projections") == "inline":
            engine.projections.keep_inline()
        yield engine


def live(store: SqlEventStore, kind: type[TableProjection]) -> Checkpoint:
    """Return the checkpoint of the build that answers."""
    with store.reading() as connection:
        found = Builds(store, kind).live(connection)
    assert found is not None
    return found


def runner(
    store: SqlEventStore,
    kind: type[TableProjection],
    clock: ManualClock,
    *,
    owner: str = "first",
    patience: Patience | None = None,
    **options: Any,
) -> Runner:
    """Return a runner of the live build of *kind*."""
    running = Running(owner=owner, clock=clock, patience=patience or Patience(), **options)
    return Runner(Builds(store, kind), Feed(store, CODEC, [kind.handles]), running)


def wrong(store: SqlEventStore, kind: type[TableProjection]) -> list[str]:
    """Return how the live tables differ from a fold of the log up to their checkpoint."""
    builds, checkpoint = Builds(store, kind), live(store, kind)
    history = [
        event for batch in Feed(store, CODEC, [kind.handles]).batches(checkpoint.position, 500) for event in batch
    ]
    with store.reading() as connection:
        projection = builds.of(checkpoint)
        return differences(projection.content(connection), projection.fold(history))


@attrs.define
class Trouble:
    """What goes wrong in `Troubled` projections; shared by all of a test."""

    positions: set[int] = attrs.field(factory=set)
    """The events that cannot be taken on."""
    taken: list[int] = attrs.field(factory=list)
    """The positions that were taken on, committed or not."""


class Troubled(TableListing):
    """The list, with events that it cannot take on: half of its rows are written before it fails."""

    name: ClassVar[str] = "troubled"
    trouble: ClassVar[Trouble] = Trouble()

    def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Take *events* on, and fail behind that when one of them is troubled."""
        super().apply(connection, events)
        self.trouble.taken += [event.position for event in events]
        for event in events:
            if event.position in self.trouble.positions:
                raise RuntimeError(f"no way with {event.position}")
