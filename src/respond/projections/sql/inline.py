"""Inline: projections that are brought up to date within the transaction that appends."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import attrs
from sqlalchemy import Connection, select

from respond.domain.events import Event
from respond.projections.sql.builds import Builds
from respond.projections.sql.feed import Batch, Handles, Unread, batch_of
from respond.projections.sql.place import Build
from respond.projections.sql.projection import TableProjection
from respond.store.checkpoint import Checkpoint, Patience
from respond.store.codec import Codec
from respond.store.records import Recorded
from respond.store.sql.schema import tables

_LOGGER = logging.getLogger("respond.projections")

GAP_MAX = 1000
"""How many events a projection that is behind is given within one transaction; more are left to a runner."""
_WIDTH_MAX = 20 * GAP_MAX
"""How many positions are looked through for them: most may be other tenants'."""


@attrs.frozen
class _Turn:
    """What one projection has to take on within one transaction."""

    held: Checkpoint
    projection: TableProjection
    batches: Sequence[Batch]

    def events(self) -> list[Event]:
        handles = self.projection.handles
        events = (event for batch in self.batches for event in batch.events)
        return [event for event in events if handles is None or event.body["type"] in handles]

    def unread(self) -> list[Unread]:
        handles = self.projection.handles
        unread = (one for batch in self.batches for one in batch.unread)
        return [one for one in unread if handles is None or one.row.type in handles]


class Inline:
    """Brings the live builds of some projections up to date, set by set, with the rows of each commit.

    Called with the head of the log held, so one process at a time.  A projection that cannot take a commit on falls
    behind, visibly, and the commit goes through: the log comes first.  It is tried again ever later, then left to a
    runner, or to a question, which carries it on event by event.  One that a runner is at work on is left to it: nobody
    waits for a runner with the head in hand.
    """

    def __init__(
        self, projections: Sequence[Builds], codec: Codec, *, clock: Callable[[], datetime], patience: Patience
    ) -> None:
        self._projections = {builds.name: builds for builds in projections}
        store = projections[0].store
        self._checkpoints = projections[0].checkpoints
        self._events = tables(store.prefix, store.schema).events
        self._tenant = store.tenant
        self._codec = codec
        self._clock = clock
        self._patience = patience
        handles = [builds.kind.handles for builds in projections]
        self._handles: Handles = None if None in handles else frozenset[str]().union(*filter(None, handles))

    def __call__(self, connection: Connection, rows: Sequence[Recorded]) -> None:
        """Take the rows on that the transaction of *connection* has just appended."""
        mine = [row for row in rows if row.tenant == self._tenant and row.realm == "real"]
        batch = batch_of(self._codec, mine, self._handles, last=rows[-1].position)
        self._take(connection, batch, first=rows[0].position)

    def close_gap(self, connection: Connection, upto: int) -> None:
        """Take on what the live builds lack up to position *upto*, where that is little."""
        self._take(connection, Batch((), upto, (), ()), first=upto + 1)

    def _take(self, connection: Connection, batch: Batch, *, first: int) -> None:
        """Move those that can be moved on to the end of *batch*, which begins at position *first*."""
        turns = [turn for held in self._locked(connection) if (turn := self._turn(connection, held, batch, first))]
        failures: list[tuple[Checkpoint, str]] = []
        if not turns:
            return
        now = self._clock()
        connection.exec_driver_sql("SAVEPOINT respond_projections")
        while (failure := self._applied(connection, turns, now)) is not None:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT respond_projections")
            failures.append(failure)
            turns = [turn for turn in turns if turn.held is not failure[0]]
        if turns:
            self._checkpoints.move(connection, [turn.held for turn in turns], batch.last, now=now)
        connection.exec_driver_sql("RELEASE SAVEPOINT respond_projections")
        for held, text in failures:
            self._checkpoints.put_off(connection, held, text, now=now, patience=self._patience)
            _LOGGER.warning("%s: falls behind at position %d: %s", held.name, held.position, text)

    def _turn(self, connection: Connection, held: Checkpoint, batch: Batch, first: int) -> _Turn | None:
        """Return what one projection has to take on; None when there is nothing, or it is for a runner to do."""
        if held.attempts >= self._patience.attempts or not held.is_due(self._clock()) or held.position >= batch.last:
            return None
        gap = None
        if held.position < first - 1:
            gap = self._gap(connection, held, first)
            if gap is None:
                return None
        projection = self._projections[held.name].of(held)
        return _Turn(held, projection, [batch] if gap is None else [gap, batch])

    def _applied(self, connection: Connection, turns: Sequence[_Turn], now: datetime) -> tuple[Checkpoint, str] | None:
        """Let each projection take on what it has to; return the first that cannot, and why."""
        for turn in turns:
            try:
                for unread in turn.unread():
                    self._checkpoints.dead_letter(connection, turn.held, unread.row, unread.error, now=now)
                if events := turn.events():
                    turn.projection.apply(connection, events)
            except Exception as error:  # noqa: BLE001 - a handler may raise whatever it likes
                return turn.held, f"{type(error).__name__}: {error}"
        return None

    def _locked(self, connection: Connection) -> list[Checkpoint]:
        """Return the checkpoints of the live builds that nobody is writing, in one order, and keep others from them."""
        found = self._checkpoints.locked(connection, sorted(self._projections))
        return [one for one in found if Build.of(one.version).version == self._projections[one.name].kind.version]

    def _gap(self, connection: Connection, held: Checkpoint, first: int) -> Batch | None:
        """Return what *held* lacks before position *first*; None when that is too much to be taken on here."""
        if first - held.position > _WIDTH_MAX:
            return None
        events = self._events.c
        missing = (
            select(self._events)
            .where(events.position > held.position, events.position < first)
            .order_by(events.position)
            .limit(GAP_MAX + 1)
        )
        mine = missing.where(events.tenant == self._tenant, events.realm == "real")
        rows = [_recorded(*row) for row in connection.execute(mine)]
        return None if len(rows) > GAP_MAX else batch_of(self._codec, rows, self._handles, last=first - 1)


def _recorded(
    position: int,
    recorded_us: int,
    tenant: str,
    realm: str,
    stream: str,
    version: int,
    raw_id: bytes | str,
    kind: str,
    subject: str,
    body: bytes | None,
    leaf: bytes,
) -> Recorded:
    """Return one row of the events table, as SQLAlchemy reads it, as a record."""
    event_id = raw_id if isinstance(raw_id, str) else str(UUID(bytes=raw_id))
    return Recorded(position, recorded_us, tenant, realm, stream, version, event_id, kind, subject, body, leaf)
