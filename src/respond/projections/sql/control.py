"""Control: what people see of a projection, and what they do to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from sqlalchemy import Connection

from respond.errors import NotFound
from respond.projections.sql.builds import Builds
from respond.projections.sql.place import Build
from respond.store.checkpoint import RUNNING, Checkpoint, DeadLetter


@attrs.frozen(kw_only=True)
class Kept:
    """One build of a projection, as people look at it."""

    name: str
    build: str
    """The version of its code, and the how-manieth making of its tables."""
    status: str
    """`running` answers, `building` fills beside it, `paused` waits for a person, `retired` waits to be pruned."""
    position: int
    lag: int
    """How many positions of the log it has not read."""
    dead_letters: int
    owner: str | None
    """Who runs it, or did last."""
    attempts: int
    """How often the next event has failed."""
    error: str | None
    updated_us: int


class Control:
    """Looks at one projection, stops it where it stands, and lets it go on."""

    def __init__(self, builds: Builds) -> None:
        self._builds = builds
        self._store = builds.store
        self._checkpoints = builds.checkpoints
        self._name = builds.name

    def kept(self) -> Sequence[Kept]:
        """Return all builds, the oldest first."""
        head = self._store.head().position
        with self._store.reading() as connection:
            found = self._builds.listed(connection)
            letters = self._checkpoints.dead_letters(connection, self._name)
        return [_kept(one, head, [letter for letter in letters if letter.version == one.version]) for one in found]

    def dead_letters(self) -> Sequence[DeadLetter]:
        """Return the events that it gave up on, in all of its builds."""
        with self._store.reading() as connection:
            return self._checkpoints.dead_letters(connection, self._name)

    def pause(self, *, now: datetime) -> Checkpoint:
        """Stop it where it stands: it no longer answers.  Raises `NotFound` when it has no tables."""
        with self._store.transaction() as connection:
            live = self._live(connection)
            paused = self._checkpoints.pause(connection, self._name, live.version, now=now)
            return live if paused is None else paused

    def resume(self, *, now: datetime) -> Checkpoint:
        """Let it go on, and try the event again that it was paused at.  Raises `NotFound` when it has no tables."""
        with self._store.transaction() as connection:
            live = self._live(connection)
            letter = self._next_letter(connection, live)
            if letter is not None:
                self._checkpoints.settle(connection, letter)
            resumed = self._checkpoints.resume(connection, self._name, live.version, now=now)
            return live if resumed is None else resumed

    def skip(self, *, now: datetime) -> DeadLetter:
        """Let it go on behind the event that it was paused at, and return that; raises `NotFound` without one."""
        with self._store.transaction() as connection:
            live = self._live(connection)
            letter = self._next_letter(connection, live)
            if letter is None:
                raise NotFound(f"{self._name} was not paused at an event; see `respond projection list`")
            past = {"position": letter.position, "attempts": 0, "retry_at": 0, "error": None}
            self._checkpoints.set_status(connection, self._name, live.version, RUNNING, now=now, **past)
            return letter

    def _live(self, connection: Connection) -> Checkpoint:
        live = self._builds.live(connection)
        if live is None:
            raise NotFound(f"{self._name} has no tables yet; run `respond projection rebuild {self._name}`")
        return live

    def _next_letter(self, connection: Connection, live: Checkpoint) -> DeadLetter | None:
        """Return the dead letter of the event that *live* stands before."""
        letters = self._checkpoints.dead_letters(connection, self._name, after=live.position)
        return next((letter for letter in letters if letter.version == live.version), None)


def _kept(one: Checkpoint, head: int, letters: Sequence[DeadLetter]) -> Kept:
    return Kept(
        name=one.name,
        build=str(Build.of(one.version)),
        status=one.status,
        position=one.position,
        lag=max(0, head - one.position),
        dead_letters=len(letters),
        owner=one.owner,
        attempts=one.attempts,
        error=one.error,
        updated_us=one.updated_at,
    )
