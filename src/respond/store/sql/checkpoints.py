"""Checkpoints in their table: one runner at a time holds one, by a lease; an overtaken runner cannot write."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs
from sqlalchemy import ColumnElement, Connection, and_, delete, null, select, update

from respond.domain.moments import to_microseconds
from respond.domain.streams import indexed
from respond.errors import CheckpointLost, InvalidInput
from respond.store.checkpoint import (
    PAUSED,
    RETIRED,
    RUNNING,
    WAIT_MAX_SECONDS,
    Checkpoint,
    DeadLetter,
    Patience,
    microseconds,
)
from respond.store.records import Recorded
from respond.store.sql import checkpoint_statements as statements
from respond.store.sql.schema import Tables

NAME_MAX = 128
ERROR_MAX = 4000
"""How much of an error's text is kept, in characters."""
LISTED_MAX = 1000


class Checkpoints:
    """The checkpoints and dead letters of one tenant.

    Every method takes the connection that it works on, within a transaction of the caller: what a runner writes and
    the checkpoint that says so are committed together, or not at all.
    """

    def __init__(self, tables: Tables, tenant: str) -> None:
        self.tenant = indexed(tenant, "tenant")
        self._rows = tables.checkpoints
        self._letters = tables.dead_letters
        self._one = statements.one(self._rows)
        self._claim = statements.claim(self._rows)
        self._held = statements.held(self._rows)
        self._unlocked = statements.unlocked(self._rows)
        self._moved = statements.moved(self._rows)

    def load(self, connection: Connection, name: str, version: int) -> Checkpoint | None:
        """Return the checkpoint, or None when there is none yet."""
        row = connection.execute(self._one, self._key(name, version)).mappings().one_or_none()
        return None if row is None else Checkpoint(**row)

    def create(
        self,
        connection: Connection,
        name: str,
        version: int,
        *,
        now: datetime,
        position: int = 0,
        status: str = RUNNING,
    ) -> Checkpoint:
        """Return the checkpoint, made at *position* when there is none yet."""
        values = {
            "tenant": self.tenant,
            "name": indexed(name, "name", maximum=NAME_MAX),
            "version": version,
            "status": status,
            "position": position,
            "owner": None,
            "lease_until": 0,
            "fence": 0,
            "attempts": 0,
            "retry_at": 0,
            "error": None,
            "started_at": to_microseconds(now),
            "updated_at": to_microseconds(now),
        }
        connection.execute(statements.insert_absent(connection, self._rows), values)
        made = self.load(connection, name, version)
        if made is None:  # made and deleted by others in between
            raise CheckpointLost(f"{name} version {version}: the checkpoint is gone; begin again")
        return made

    def listed(self, connection: Connection, name: str | None = None) -> list[Checkpoint]:
        """Return the checkpoints of this tenant, of one *name* when given, by name and version."""
        mine = self._rows.c.tenant == self.tenant
        where = mine if name is None else and_(mine, self._rows.c.name == name)
        ordered = select(self._rows).where(where).order_by(self._rows.c.name, self._rows.c.version)
        return [Checkpoint(**row) for row in connection.execute(ordered.limit(LISTED_MAX)).mappings()]

    def locked(self, connection: Connection, names: Collection[str]) -> list[Checkpoint]:
        """Return the running checkpoints that have one of *names*, and keep others from them until the commit.

        One that somebody is writing is left out: nobody waits.  They may be moved as by a holder, or all at once.
        """
        found = connection.execute(self._unlocked, {"of_tenant": self.tenant, "of_names": list(names)})
        return [Checkpoint(**row) for row in found.mappings()]

    def move(self, connection: Connection, locked: Collection[Checkpoint], position: int, *, now: datetime) -> None:
        """Move all that are *locked* on to *position*, in one step."""
        keys = [(one.name, one.version) for one in locked]
        values = {"of_tenant": self.tenant, "keys": keys, "to": position, "now": to_microseconds(now)}
        connection.execute(self._moved, values)

    def claim(
        self, connection: Connection, name: str, version: int, *, owner: str, now: datetime, lease_seconds: float
    ) -> Checkpoint | None:
        """Take the checkpoint for *lease_seconds* and return it with its new fence.

        None when another runner holds it, it is paused, or there is none.  A lease that ends later than any may was
        taken by a clock that has been set back since: it counts as over.
        """
        now_us = to_microseconds(now)
        taken = connection.execute(
            self._claim,
            {
                **self._key(name, version),
                "new_owner": indexed(owner, "owner"),
                "new_lease": now_us + _lease(lease_seconds),
                "now": now_us,
                "beyond": now_us + microseconds(WAIT_MAX_SECONDS),
            },
        )
        return self.load(connection, name, version) if taken.rowcount else None

    def renew(self, connection: Connection, held: Checkpoint, *, now: datetime, lease_seconds: float) -> Checkpoint:
        """Hold the checkpoint for another *lease_seconds*, and return it as it is now; raises `CheckpointLost`."""
        return self._change(connection, held, now, lease_until=to_microseconds(now) + _lease(lease_seconds))

    def advance(
        self,
        connection: Connection,
        held: Checkpoint,
        position: int,
        *,
        now: datetime,
        lease_seconds: float | None = None,
    ) -> Checkpoint:
        """Move the held checkpoint on to *position*, and return it as it is now; what failed before is forgotten.

        It must be where *held* says, held by the fence that *held* names; raises `CheckpointLost` when it is not.
        The lease is renewed when *lease_seconds* is given.
        """
        values: dict[str, Any] = {"position": position, "attempts": 0, "retry_at": 0, "error": None}
        if lease_seconds is not None:
            values["lease_until"] = to_microseconds(now) + _lease(lease_seconds)
        return self._change(connection, held, now, **values)

    def fail(
        self, connection: Connection, held: Checkpoint, error: str, *, now: datetime, retry_at: datetime
    ) -> Checkpoint:
        """Count a failure of the event after the held checkpoint, to be tried again at *retry_at*."""
        limit = to_microseconds(now) + microseconds(WAIT_MAX_SECONDS)
        return self._change(
            connection,
            held,
            now,
            attempts=held.attempts + 1,
            error=_kept(error),
            retry_at=min(to_microseconds(retry_at), limit),
        )

    def put_off(
        self, connection: Connection, held: Checkpoint, error: str, *, now: datetime, patience: Patience
    ) -> Checkpoint:
        """Count a failure that is no event's fault: wait, longer each time, and give nothing up."""
        wait = timedelta(seconds=patience.wait_seconds(held.attempts + 1))
        return self.fail(connection, held, error, now=now, retry_at=now + wait)

    def failed(
        self,
        connection: Connection,
        held: Checkpoint,
        event: Recorded,
        error: str,
        *,
        now: datetime,
        patience: Patience,
        final: bool = False,
    ) -> Checkpoint:
        """Do what *patience* says after *event*, the next one, failed; return the checkpoint as it is then.

        It waits for a retry, or is paused, or is past the event, which is a dead letter.  *final* says that trying
        again is of no use.  Raises `CheckpointLost`.
        """
        if not final and held.attempts + 1 < patience.attempts:
            return self.put_off(connection, held, error, now=now, patience=patience)
        if patience.then == "skip":
            self.dead_letter(connection, held, event, error, now=now)
            return self.advance(connection, held, event.position, now=now)
        self.fail(connection, held, error, now=now, retry_at=now)  # which makes sure that it is held still
        paused = self.pause(connection, held.name, held.version, now=now)
        return held if paused is None else paused

    def release(self, connection: Connection, name: str, *, owner: str, now: datetime) -> None:
        """Let others claim at once what *owner* holds under *name*, wherever it stands: a commit may have been cut."""
        mine = (self._rows.c.tenant == self.tenant, self._rows.c.name == name, self._rows.c.owner == owner)
        free = update(self._rows).where(*mine).values(owner=null(), lease_until=0, updated_at=to_microseconds(now))
        connection.execute(free)

    def pause(
        self, connection: Connection, name: str, version: int, *, now: datetime, error: str | None = None
    ) -> Checkpoint | None:
        """Stop the reader: who is at work on it can no longer write.  Return the checkpoint; None when there is none.

        The *error* that it is paused for replaces the one that is kept.
        """
        reason = {} if error is None else {"error": _kept(error)}
        return self.set_status(connection, name, version, PAUSED, now=now, **reason)

    def resume(self, connection: Connection, name: str, version: int, *, now: datetime) -> Checkpoint | None:
        """Let the reader go on from where it was paused, its failures forgotten; None when there is none."""
        forgotten = {"attempts": 0, "retry_at": 0, "error": None}
        return self.set_status(connection, name, version, RUNNING, now=now, **forgotten)

    def set_status(
        self, connection: Connection, name: str, version: int, status: str, *, now: datetime, **values: Any
    ) -> Checkpoint | None:
        """Give the checkpoint another *status* and take it from whoever holds it; None when there is none."""
        changed = (
            update(self._rows)
            .where(*self._is(name, version))
            .values(
                status=status,
                owner=null(),
                lease_until=0,
                fence=self._rows.c.fence + 1,
                updated_at=to_microseconds(now),
                **values,
            )
        )
        return self.load(connection, name, version) if connection.execute(changed).rowcount else None

    def retire(self, connection: Connection, name: str, version: int, *, now: datetime) -> None:
        """Let the reader hold nothing back any more, and forget what it gave up on."""
        self.set_status(connection, name, version, RETIRED, now=now)
        self._forget_letters(connection, name, version)

    def delete(self, connection: Connection, name: str, version: int) -> None:
        """Forget the checkpoint and its dead letters."""
        connection.execute(delete(self._rows).where(*self._is(name, version)))
        self._forget_letters(connection, name, version)

    def dead_letter(
        self, connection: Connection, held: Checkpoint, event: Recorded, error: str, *, now: datetime
    ) -> None:
        """Keep that the reader gave up on *event*; advance past it in the same transaction."""
        values = {
            "tenant": self.tenant,
            "name": held.name,
            "version": held.version,
            "position": event.position,
            "id": event.id,
            "type": event.type,
            "error": _kept(error),
            "attempts": held.attempts + 1,
            "failed_at": to_microseconds(now),
        }
        connection.execute(statements.insert_absent(connection, self._letters), values)

    def dead_letters(
        self, connection: Connection, name: str | None = None, *, after: int = 0, limit: int = LISTED_MAX
    ) -> list[DeadLetter]:
        """Return dead letters past position *after*, of one *name* when given, by position."""
        letters = self._letters.c
        where = [letters.tenant == self.tenant, letters.position > after]
        if name is not None:
            where.append(letters.name == name)
        ordered = select(self._letters).where(*where).order_by(letters.position, letters.name, letters.version)
        return [DeadLetter(**row) for row in connection.execute(ordered.limit(limit)).mappings()]

    def settle(self, connection: Connection, letter: DeadLetter) -> bool:
        """Forget a dead letter that was dealt with; return whether it was there."""
        letters = self._letters.c
        this = (
            letters.tenant == self.tenant,
            letters.name == letter.name,
            letters.version == letter.version,
            letters.position == letter.position,
        )
        return bool(connection.execute(delete(self._letters).where(*this)).rowcount)

    def _forget_letters(self, connection: Connection, name: str, version: int) -> None:
        letters = self._letters.c
        mine = (letters.tenant == self.tenant, letters.name == name, letters.version == version)
        connection.execute(delete(self._letters).where(*mine))

    def _change(self, connection: Connection, held: Checkpoint, now: datetime, **values: Any) -> Checkpoint:
        """Write *values* where the checkpoint is still as it is *held*; raises `CheckpointLost` where it is not."""
        after = attrs.evolve(held, updated_at=to_microseconds(now), **values)
        changed = connection.execute(
            self._held,
            {
                **self._key(held.name, held.version),
                "held_fence": held.fence,
                "held_position": held.position,
                **{f"new_{column}": getattr(after, column) for column in statements.CHANGED},
            },
        )
        if not changed.rowcount:
            raise CheckpointLost(
                f"{held.name} version {held.version}: another runner took over at position {held.position}, or it was "
                "paused; roll back, and claim it again"
            )
        return after

    def _key(self, name: str, version: int) -> Mapping[str, Any]:
        return {"of_tenant": self.tenant, "of_name": name, "of_version": version}

    def _is(self, name: str, version: int) -> tuple[ColumnElement[bool], ...]:
        rows = self._rows.c
        return rows.tenant == self.tenant, rows.name == name, rows.version == version


def _lease(seconds: float) -> int:
    if not 0 < seconds <= WAIT_MAX_SECONDS:
        raise InvalidInput(
            f"{seconds} is not a lease; give more than 0 and at most {WAIT_MAX_SECONDS:.0f} seconds",
            place="lease_seconds",
            value=seconds,
        )
    return microseconds(seconds)


def _kept(error: str) -> str:
    """Return what a column takes of an error's text."""
    return error.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()[:ERROR_MAX]
