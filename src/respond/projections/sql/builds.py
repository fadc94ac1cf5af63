"""Builds: which making of a projection's tables answers, which one fills beside it, and which are past use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, MetaData, Table, delete, inspect, select

from respond.errors import InvalidInput, StoreReadOnly
from respond.projections.sql.place import Build, Place, search_indexes
from respond.projections.sql.projection import TableProjection
from respond.store.checkpoint import PAUSED, RETIRED, RUNNING, Checkpoint
from respond.store.sql.checkpoints import Checkpoints
from respond.store.sql.event_store import SqlEventStore
from respond.store.sql.rights import share
from respond.store.sql.schema import name, tables
from respond.store.sql.standing import sees_all

BUILDING: Final = "building"
"""It fills beside the one that answers."""


class Builds:
    """The builds of one projection, for one tenant, that of the store when none is named, as their checkpoints tell."""

    def __init__(self, store: SqlEventStore, kind: type[TableProjection], *, tenant: str | None = None) -> None:
        self.store = store
        self._tenant = store.tenant if tenant is None else tenant
        self.kind = kind
        self.name = kind.name
        self._tables = tables(store.prefix, store.schema)
        self.checkpoints = Checkpoints(self._tables, self._tenant)
        self._made: dict[Build, TableProjection] = {}

    def at(self, build: Build) -> TableProjection:
        """Return the projection on the tables of *build*."""
        made = self._made.get(build)
        if made is None:
            place = Place(
                name=self.name,
                build=build,
                tenant=self._tenant,
                prefix=self.store.prefix,
                schema=self.store.schema,
            )
            made = self._made[build] = self.kind(place)
        return made

    def of(self, checkpoint: Checkpoint) -> TableProjection:
        """Return the projection on the tables that *checkpoint* speaks of."""
        return self.at(Build.of(checkpoint.version))

    def listed(self, connection: Connection) -> list[Checkpoint]:
        """Return the checkpoints of all builds, of every version of the code, the oldest first."""
        return self.checkpoints.listed(connection, self.name)

    def live(self, connection: Connection) -> Checkpoint | None:
        """Return the checkpoint of the build that answers, or would if it were not paused; None when there is none.

        One that another version of the code has made is none: its tables may be of another shape.
        """
        return self._one(connection, RUNNING, PAUSED)

    def filling(self, connection: Connection) -> Checkpoint | None:
        """Return the checkpoint of the build that fills; None when there is none."""
        return self._one(connection, BUILDING)

    def newer(self, connection: Connection) -> Build | None:
        """Return the build that a newer version of the code has made, and that answers or is to; None without one."""
        return self._newer(self.listed(connection))

    def create(self, checkpoint: Checkpoint) -> None:
        """Make the tables that *checkpoint* speaks of, those that are not there yet.

        Who has rights on the checkpoints has the same on them.  A build that begins finds no rows: others may have kept
        the tables, and this tenant's rows of an earlier one.  Raises `StoreReadOnly` when this account may make none:
        nothing is begun then.
        """
        made = self.of(checkpoint)
        try:
            with self.store.transaction() as connection:
                made.create(connection)
                share(connection, [one.name for one in made.tables], prefix=self.store.prefix, schema=self.store.schema)
        except StoreReadOnly as error:
            if checkpoint.position == 0:
                with self.store.transaction() as connection:
                    self.checkpoints.delete(connection, self.name, checkpoint.version)
            raise StoreReadOnly(
                f"{self.name} cannot be built: this account may make no tables; let the owner of the log run "
                f"`respond projection rebuild {self.name}`, or `respond projection run` for all that are missing"
            ) from error
        if checkpoint.position == 0:
            self._clear(checkpoint)

    def begin(self, connection: Connection, *, now: datetime, older: bool = False, missing: bool = False) -> Checkpoint:
        """Return the build that fills, begun when there is none; if *missing* is asked for, one that answers will do.

        Raises `InvalidInput` when newer code has made one, unless code that is *older* may replace it.
        """
        found = self.listed(connection)  # in one look: between two of them somebody else may be done
        if not older and (newer := self._newer(found)) is not None:
            raise InvalidInput(
                f"{self.name} was built by version {newer.version} of its code, this is version {self.kind.version}; "
                "upgrade this program, or rebuild it for the older version",
                place="projection",
            )
        mine = [one for one in found if Build.of(one.version).version == self.kind.version]
        wanted = {BUILDING, RUNNING, PAUSED} if missing else {BUILDING}
        there = [one for one in mine if one.status in wanted]
        if there:
            return there[-1]
        build = Build.of(mine[-1].version).next() if mine else Build(self.kind.version)
        return self.checkpoints.create(connection, self.name, build.key, now=now, status=BUILDING)

    def swap(self, connection: Connection, held: Checkpoint, *, now: datetime) -> None:
        """Let the build that *held* has filled answer from now on, and no other; raises `CheckpointLost`.

        What the others gave up on is forgotten: this one has taken it on, or has given it up itself.
        """
        self.checkpoints.renew(connection, held, now=now, lease_seconds=1)  # which makes sure that it is held still
        for one in self.listed(connection):
            if one.version == held.version:
                self.checkpoints.set_status(connection, self.name, one.version, RUNNING, now=now)
            elif one.status in {RUNNING, PAUSED}:
                self.checkpoints.retire(connection, self.name, one.version, now=now)

    def abandon(self, *, now: datetime) -> Build | None:
        """Retire the build that fills, and return it; None when there is none."""
        with self.store.transaction() as connection:
            filling = self.filling(connection)
            if filling is None:
                return None
            self.checkpoints.retire(connection, self.name, filling.version, now=now)
            return Build.of(filling.version)

    def prune(self) -> list[Build]:
        """Forget the retired builds of this tenant, and return them, whichever version of the code has made them.

        Their rows are removed, and tables that no tenant uses any more are dropped.
        """
        with self.store.reading() as connection:
            retired = [one for one in self.listed(connection) if one.status == RETIRED]
        for one in retired:
            with self.store.reading() as connection:
                shared = self._is_shared(connection, one.version)
            if shared:
                self._clear(one)
            else:
                self._drop(one)
            with self.store.transaction() as connection:
                self.checkpoints.delete(connection, self.name, one.version)
        return [Build.of(one.version) for one in retired]

    def _clear(self, checkpoint: Checkpoint) -> None:
        """Remove the tenant's rows; those of others stay."""
        with self.store.transaction() as connection:
            for found in self._tables_of(connection, checkpoint):
                connection.execute(delete(found).where(found.c.tenant == self._tenant))

    def _drop(self, checkpoint: Checkpoint) -> None:
        """Remove the tables, with the rows of all tenants."""
        with self.store.transaction() as connection:
            for found in self._tables_of(connection, checkpoint):
                found.drop(connection, checkfirst=True)
            for index in search_indexes(connection, self.of(checkpoint).place.stem):
                connection.exec_driver_sql(f"DROP TABLE {index}")

    def _tables_of(self, connection: Connection, checkpoint: Checkpoint) -> list[Table]:
        """Return the tables of a build by their names: another version of the code may have made others than this.

        An index that SQLite keeps in tables of its own is none of them.
        """
        stem, schema = self.of(checkpoint).place.stem, self.store.schema
        names = set(inspect(connection).get_table_names(schema=schema))
        for index in search_indexes(connection, stem):
            names -= {found for found in names if found == index or found.startswith(f"{index}_")}
        mine = (found for found in sorted(names) if found == stem or found.startswith(f"{stem}_"))
        return [Table(found, MetaData(), Column("tenant", name()), schema=schema) for found in mine]

    def _is_shared(self, connection: Connection, version: int) -> bool:
        """Return whether another tenant has this build, or may have: the rows of others can be hidden."""
        if not sees_all(connection, self.store.prefix, self.store.schema):
            return True
        rows = self._tables.checkpoints.c
        others = select(rows.tenant).where(rows.name == self.name, rows.version == version, rows.tenant != self._tenant)
        return connection.execute(others.limit(1)).first() is not None

    def _newer(self, listed: Sequence[Checkpoint]) -> Build | None:
        builds = (Build.of(one.version) for one in listed if one.status != RETIRED)
        return next((build for build in builds if build.version > self.kind.version), None)

    def _one(self, connection: Connection, *statuses: str) -> Checkpoint | None:
        found = [
            one
            for one in self.listed(connection)
            if one.status in statuses and Build.of(one.version).version == self.kind.version
        ]
        return found[-1] if found else None
