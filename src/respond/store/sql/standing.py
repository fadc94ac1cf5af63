"""How a log stands in its database: settings, holes, and how far behind its projections and publishers are.

It is told over all tenants, as far as the account may see them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, ScalarSelect, and_, exists, func, select, text

from respond.domain.moments import from_microseconds
from respond.domain.streams import DEFAULT_TENANT
from respond.store.checkpoint import PAUSED, RETIRED, Checkpoint
from respond.store.records import Head
from respond.store.sql.append_only import guarded
from respond.store.sql.postgresql import ONE_TENANT
from respond.store.sql.schema import DEFAULT_PREFIX, Tables, qualified, tables
from respond.store.sql.settings import Setting, durability

CHECKPOINTS_MAX = 1000
"""How many checkpoints are told of."""

_ONE_TENANT = text(ONE_TENANT.format(_=":place"))


@attrs.frozen(kw_only=True)
class CheckpointStanding:
    """How far a projection or a publisher is behind."""

    checkpoint: Checkpoint
    lag: int
    """How many real events of its tenant it has not read."""
    waiting_since: datetime | None
    """When the log took the first of them."""
    dead_letters: int

    @property
    def is_retired(self) -> bool:
        """Whether nobody follows the log with it any more."""
        return self.checkpoint.status == RETIRED

    @property
    def danger(self) -> str:
        """What keeps it from being what it promises; empty when nothing does."""
        of = self.checkpoint
        if self.is_retired:
            return ""
        if of.status == PAUSED and of.error is not None:
            return f"is paused at position {of.position}: {of.error}; mend the cause and resume it"
        return "; it ".join(self._failures())

    def _failures(self) -> Iterator[str]:
        of = self.checkpoint
        if of.attempts and of.error is not None:
            times = "once" if of.attempts == 1 else f"{of.attempts} times"
            yield f"has failed {times} behind position {of.position}: {of.error}; it is tried again, mend the cause"
        if self.dead_letters:
            events = "an event" if self.dead_letters == 1 else f"{self.dead_letters} events"
            whose = "" if of.tenant == DEFAULT_TENANT else f" --tenant {of.tenant}"
            yield (
                f"left out {events} that failed; see `respond readers dead-letters {of.name}{whose}`, and settle each "
                "one that is dealt with"
            )


@attrs.frozen(kw_only=True)
class Standing:
    """How a log stands."""

    settings: tuple[Setting, ...]
    head: Head
    events: int
    """How many rows there are."""
    holes: int | None
    """How many positions have no row; None for an account that cannot see the rows of all tenants."""
    first_hole: int | None
    beyond_head: int
    """How far rows stand past the head."""
    archived: int
    """How many positions lie in archived ranges."""
    snapshots: int
    checkpoints: tuple[CheckpointStanding, ...]

    @property
    def dead_letters(self) -> int:
        return sum(one.dead_letters for one in self.checkpoints if not one.is_retired)

    @property
    def dangers(self) -> tuple[str, ...]:
        """What endangers the log, or what projections and publishers make of it."""
        return tuple(self._dangers())

    def _dangers(self) -> Iterator[str]:
        yield from (f"{one.name} is {one.value}: {one.danger}" for one in self.settings if one.danger)
        if self.holes:
            lacking = "1 position has" if self.holes == 1 else f"{self.holes} positions have"
            yield f"{lacking} no event, from {self.first_hole} on; run `respond check`"
        if self.beyond_head:
            yield f"rows stand {self.beyond_head} positions past the head; run `respond check`"
        for one in self.checkpoints:
            if one.danger:
                yield f"{one.checkpoint.name} {one.danger}"


def standing(connection: Connection, *, prefix: str = DEFAULT_PREFIX, schema: str | None = None) -> Standing:
    """Return how the log stands as *connection* shows it; changes nothing, and reads the whole index of positions."""
    ours = tables(prefix, schema)
    head_at, head_us, rows, last = connection.execute(_extent(ours)).one()
    end = max(head_at, last or 0)
    whole = sees_all(connection, prefix, schema)
    holes = end - rows if whole else None
    return Standing(
        settings=(*durability(connection, prefix, schema), *guarded(connection, prefix=prefix, schema=schema)),
        head=Head(head_at, head_us),
        events=rows,
        holes=holes,
        first_hole=_first_hole(connection, ours) if holes else None,
        beyond_head=end - head_at,
        archived=connection.execute(_archived(ours)).scalar_one(),
        snapshots=connection.execute(select(func.count()).select_from(ours.snapshots)).scalar_one(),
        checkpoints=checkpoints(connection, prefix=prefix, schema=schema),
    )


def holes_between(
    connection: Connection, after: int, upto: int, *, prefix: str = DEFAULT_PREFIX, schema: str | None = None
) -> int | None:
    """Return how many positions past *after*, up to *upto*, have no row; None where rows are hidden from us."""
    if not sees_all(connection, prefix, schema):
        return None
    ours = tables(prefix, schema)
    within = ours.events.c.position.between(after + 1, upto)
    return upto - after - connection.execute(select(func.count()).select_from(ours.events).where(within)).scalar_one()


def checkpoints(
    connection: Connection, *, prefix: str = DEFAULT_PREFIX, schema: str | None = None
) -> tuple[CheckpointStanding, ...]:
    """Return how far each projection and publisher is behind, by tenant, name and version."""
    ours = tables(prefix, schema)
    of = ours.checkpoints.c
    rows = connection.execute(
        select(ours.checkpoints, _lag(ours), _waiting(ours), _letters(ours))
        .order_by(of.tenant, of.name, of.version)
        .limit(CHECKPOINTS_MAX)
    )
    return tuple(_checkpoint(dict(row)) for row in rows.mappings())


def _checkpoint(row: dict[str, Any]) -> CheckpointStanding:
    lag, waiting_us, letters = row.pop("lag"), row.pop("waiting"), row.pop("letters")
    return CheckpointStanding(
        checkpoint=Checkpoint(**row),
        lag=lag,
        waiting_since=None if waiting_us is None else from_microseconds(waiting_us),
        dead_letters=letters,
    )


def _extent(ours: Tables) -> Any:
    """Return the query of head, rows and last position: one statement sees all of them at one instant."""
    head, events = ours.head.c, ours.events.c
    rows = select(func.count()).select_from(ours.events).scalar_subquery()
    last = select(func.max(events.position)).scalar_subquery()
    return select(head.position, head.recorded_at, rows, last)


def _first_hole(connection: Connection, ours: Tables) -> int:
    """Return the lowest position from 1 on that has no row."""
    events, after = ours.events.alias(), ours.events.alias()
    first = connection.execute(select(exists().where(events.c.position == 1))).scalar()
    if not first:
        return 1
    follows = exists().where(after.c.position == events.c.position + 1)
    lonely = select(events.c.position + 1).where(events.c.position > 0, ~follows).order_by(events.c.position).limit(1)
    return int(connection.execute(lonely).scalar_one())


def _archived(ours: Tables) -> Any:
    ranges = ours.manifest.c
    return select(func.coalesce(func.sum(ranges.last - ranges.first + 1), 0))


def _unread(ours: Tables) -> Any:
    """Return the condition that an event is one past a checkpoint, and of its tenant."""
    events, of = ours.events.c, ours.checkpoints.c
    return and_(events.position > of.position, events.tenant == of.tenant, events.realm == "real")


def _lag(ours: Tables) -> Any:
    return _beside(ours, select(func.count()).select_from(ours.events).where(_unread(ours))).label("lag")


def _waiting(ours: Tables) -> Any:
    events = ours.events.c
    first = select(events.recorded_at).where(_unread(ours)).order_by(events.position).limit(1)
    return _beside(ours, first).label("waiting")


def _letters(ours: Tables) -> Any:
    letters, of = ours.dead_letters.c, ours.checkpoints.c
    mine = and_(letters.tenant == of.tenant, letters.name == of.name, letters.version == of.version)
    return _beside(ours, select(func.count()).select_from(ours.dead_letters).where(mine)).label("letters")


def _beside(ours: Tables, one: Any) -> ScalarSelect[Any]:
    """Return a query of one value for each checkpoint."""
    return one.correlate(ours.checkpoints).scalar_subquery()  # type: ignore[no-any-return]


def sees_all(connection: Connection, prefix: str, schema: str | None) -> bool:
    """Return whether *connection* shows the rows of all tenants."""
    if connection.dialect.name != "postgresql":
        return True
    place = qualified(f"{prefix}events", schema, "postgresql")
    return not connection.execute(_ONE_TENANT, {"place": place}).scalar()
