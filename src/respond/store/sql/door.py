"""The door: how bodies leave the log, once a file holds them.  For the owner of the tables alone."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, bindparam, insert, select, text, update

from respond.domain.streams import StreamId
from respond.errors import StoreError, StoreReadOnly, VersionConflict
from respond.store.archive import ArchiveFile
from respond.store.manifest import Archived
from respond.store.sql.engines import file_of, place_of
from respond.store.sql.event_store import SqlEventStore
from respond.store.sql.manifest import add_to_manifest
from respond.store.sql.schema import qualified, tables
from respond.store.sql.snapshots import forget_snapshots
from respond.store.sql.units import Taken

_IS_OWNER = text("SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE oid = to_regclass(:events)")


class Door:
    """Takes bodies out of the log in *store*."""

    def __init__(self, store: SqlEventStore) -> None:
        self._store = store
        self._tables = tables(store.prefix, store.schema)
        events, manifest = self._tables.events, self._tables.manifest
        self._hold_head = select(self._tables.head).with_for_update()
        self._leave = (
            update(events)
            .where(
                manifest.c.first.between(bindparam("first"), bindparam("last")),
                manifest.c.file == bindparam("name"),
                events.c.position.between(manifest.c.first, manifest.c.last),
                events.c.body.is_not(None),
            )
            .values(body=None)
        )

    def check_owner(self) -> None:
        """Raise `StoreReadOnly` unless this account owns the tables, or the file."""
        with self._store.transaction() as connection:
            if not self._owns(connection):
                raise StoreReadOnly(
                    f"{place_of(connection.engine)}: bodies leave the log at the word of its owner only; "
                    "connect as the account that owns the tables, or be the user that owns the file"
                )
            # What grants forbid is refused here, before a file is written; no row is touched.
            connection.execute(update(self._tables.events).where(text("1 = 0")).values(body=None))
            nothing = select(self._tables.manifest).where(text("1 = 0"))
            connection.execute(insert(self._tables.manifest).from_select(list(self._tables.manifest.c), nothing))

    def take_out(
        self, positions: Sequence[int], file: ArchiveFile, reason: str, *, versions: Mapping[StreamId, int]
    ) -> list[Archived]:
        """Let the bodies at *positions*, in ascending order, leave for *file*, all or none; return the new ranges.

        *versions* are those of the streams that they belong to: raises `VersionConflict` when one has moved on, and
        `StoreError` when another run took one of the bodies.  Appends wait meanwhile.
        """
        ranges = [
            Archived(first=first, last=last, file=file.name, digest=file.digest, reason=reason)
            for first, last in _runs(positions)
        ]
        try:
            with self._store.transaction() as connection:
                connection.execute(self._hold_head)
                self._check_bodies(connection, positions)
                self._check_versions(versions)
                add_to_manifest(connection, self._tables, ranges)
                bounds = {"first": positions[0], "last": positions[-1], "name": file.name}
                if connection.execute(self._leave, bounds).rowcount != len(positions):
                    raise StoreError("bodies are missing that were there a moment ago; run `respond check`")
                forget_snapshots(connection, self._tables, self._store.tenant, versions)
        except Taken as taken:
            raise StoreError("bodies left meanwhile by another hand; begin again") from taken
        return ranges

    def follow(self, ranges: Collection[Archived]) -> None:
        """Let bodies leave as they did in another database that holds the same log; those that are gone stay so."""
        with self._store.transaction() as connection:
            add_to_manifest(connection, self._tables, list(ranges))
            for one in ranges:
                bounds = {"first": one.first, "last": one.last, "name": one.file}
                connection.execute(self._leave, bounds)

    def _owns(self, connection: Connection) -> bool:
        dialect = connection.dialect.name
        if dialect == "postgresql":
            events = qualified(self._tables.events.name, self._store.schema, dialect)
            return bool(connection.execute(_IS_OWNER, {"events": events}).scalar())
        path = file_of(connection.engine)
        return path is None or not hasattr(os, "geteuid") or path.stat().st_uid == os.geteuid()

    def _check_bodies(self, connection: Connection, positions: Sequence[int]) -> None:
        """Raise `StoreError` when one of *positions* is in the manifest."""
        manifest = self._tables.manifest
        near = select(manifest).where(manifest.c.last >= positions[0], manifest.c.first <= positions[-1])
        for found in (Archived(**row) for row in connection.execute(near).mappings()):
            at = bisect_left(positions, found.first)
            if at < len(positions) and positions[at] <= found.last:
                raise taken_by_another(positions[at], found)

    def _check_versions(self, versions: Mapping[StreamId, int]) -> None:
        """Raise `VersionConflict` when a stream has moved on; the head is held, so none does from here on."""
        for stream, version in self._store.versions(versions).items():
            if version != versions[stream]:
                raise VersionConflict(stream, f"version {versions[stream]}", version)


def taken_by_another(position: int, found: Archived) -> StoreError:
    """Return the error of a run whose body another run took first."""
    return StoreError(
        f"position {position}: the body has left meanwhile for {found.file} by another run; begin again, one at a time"
    )


def _runs(positions: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and the last of each run of positions without a gap."""
    runs: list[tuple[int, int]] = []
    for position in positions:
        if runs and runs[-1][1] == position - 1:
            runs[-1] = (runs[-1][0], position)
        else:
            runs.append((position, position))
    return runs
