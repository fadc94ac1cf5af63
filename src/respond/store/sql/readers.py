"""Readers of a log, projections and publishers, as people put them right: letters settled, names forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from respond.domain.moments import format_utc, from_microseconds
from respond.errors import InvalidInput, NotFound
from respond.store.checkpoint import PAUSED, Checkpoint, DeadLetter
from respond.store.sql.checkpoints import Checkpoints
from respond.store.sql.event_store import SqlEventStore
from respond.store.sql.schema import tables
from respond.store.sql.standing import CheckpointStanding, checkpoints


class Readers:
    """The readers of the log in *store*, those of its tenant."""

    def __init__(self, store: SqlEventStore) -> None:
        self._store = store
        self._checkpoints = Checkpoints(tables(store.prefix, store.schema), store.tenant)

    def listed(self) -> list[CheckpointStanding]:
        """Return how far each reader is behind, by name and version."""
        with self._store.reading() as connection:
            found = checkpoints(connection, prefix=self._store.prefix, schema=self._store.schema)
        return [one for one in found if one.checkpoint.tenant == self._store.tenant]

    def dead_letters(self, name: str | None = None, *, after: int = 0) -> Sequence[DeadLetter]:
        """Return the first page of dead letters past position *after*; raises `NotFound` when *name* is no reader."""
        with self._store.reading() as connection:
            if name is not None:
                self._named(connection, name)
            return self._checkpoints.dead_letters(connection, name, after=after)

    def settle(self, name: str, positions: Iterable[int]) -> list[DeadLetter]:
        """Forget the dead letters of *name* at *positions*, all or none, and return them.

        Raises `NotFound` when there is none, and `InvalidInput` for the event that a projection is paused before.
        """
        with self._store.transaction() as connection:
            paused = {one.version: one.position for one in self._named(connection, name) if one.status == PAUSED}
            settled = [letter for at in sorted(set(positions)) for letter in self._letters(connection, name, at)]
            for letter in settled:
                if letter.position > paused.get(letter.version, letter.position):
                    raise InvalidInput(
                        f"{name} is paused before it and has left nothing out; run `respond projection resume {name}` "
                        f"or `respond projection skip {name}`",
                        place="position",
                        value=letter.position,
                    )
                self._checkpoints.settle(connection, letter)
        return settled

    def forget(self, name: str, *, now: datetime) -> list[Checkpoint]:
        """Delete the checkpoints of *name* and its dead letters, and return those: the name begins anew, if ever.

        Raises `NotFound`, and `InvalidInput` while somebody is at work on it.
        """
        with self._store.transaction() as connection:
            found = self._left(connection, name, now)
            for one in found:
                self._checkpoints.delete(connection, name, one.version)
        return found

    def retire(self, name: str, *, now: datetime) -> list[Checkpoint]:
        """Let *name* hold nothing back any more, and return its checkpoints; its dead letters go, its tables wait.

        Raises `NotFound`, and `InvalidInput` while somebody is at work on it.
        """
        with self._store.transaction() as connection:
            found = self._left(connection, name, now)
            for one in found:
                self._checkpoints.retire(connection, name, one.version, now=now)
        return found

    def _named(self, connection: Connection, name: str) -> list[Checkpoint]:
        found = self._checkpoints.listed(connection, name)
        if not found:
            raise NotFound(f"no projection and no publisher is called {name}; see `respond readers list`")
        return found

    def _left(self, connection: Connection, name: str, now: datetime) -> list[Checkpoint]:
        """Return the checkpoints of *name*, on which nobody is at work."""
        found = self._named(connection, name)
        for one in found:
            if not one.is_free("", now):
                until = format_utc(from_microseconds(one.lease_until))
                raise InvalidInput(
                    f"{one.owner} is at work on it until {until}; stop that program first", place="name", value=name
                )
        return found

    def _letters(self, connection: Connection, name: str, position: int) -> list[DeadLetter]:
        page = self._checkpoints.dead_letters(connection, name, after=position - 1)
        found = [letter for letter in page if letter.position == position]
        if not found:
            raise NotFound(
                f"{name} has no dead letter at position {position}; see `respond readers dead-letters {name}`"
            )
        return found
