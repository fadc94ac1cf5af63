"""Places: where the tables of a projection stand, and whose rows are in them."""

from __future__ import annotations

import re
from typing import Any, Self

import attrs
from sqlalchemy import Column, Connection, Index, MetaData, Table
from sqlalchemy.sql import quoted_name
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from respond.domain.streams import DEFAULT_TENANT
from respond.errors import InvalidInput
from respond.store.sql.schema import DEFAULT_PREFIX, INNODB, name, tables

BUILDS_MAX = 1000
"""One version of a projection is built less often than this."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,15}")


@attrs.frozen(order=True)
class Build:
    """One making of a projection's tables: by which version of its code, and the how-manieth."""

    version: int
    number: int = 1

    def __attrs_post_init__(self) -> None:
        if self.version < 1 or not 0 < self.number < BUILDS_MAX:
            raise InvalidInput(
                f"{self} is not a build: versions begin at 1, numbers end at {BUILDS_MAX - 1}; raise the version",
                place="build",
            )

    @classmethod
    def of(cls, key: int) -> Self:
        """Return the build that a checkpoint names."""
        return cls(*divmod(key, BUILDS_MAX))

    @property
    def key(self) -> int:
        """What a checkpoint calls it: later builds have larger keys."""
        return self.version * BUILDS_MAX + self.number

    def next(self) -> Build:
        """Return the build of the same version that follows."""
        return Build(self.version, self.number + 1)

    def __str__(self) -> str:
        return f"{self.version}.{self.number}"


@attrs.frozen(kw_only=True)
class Place:
    """Where one build of a projection keeps its rows, those of one tenant among others."""

    name: str
    """Of the projection."""
    build: Build
    tenant: str = DEFAULT_TENANT
    prefix: str = DEFAULT_PREFIX
    schema: str | None = None
    metadata: MetaData = attrs.field(factory=MetaData, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InvalidInput(
                f"{self.name!r} is not a name; write a small letter, then up to 15 small letters, digits and _",
                place="projection",
                value=self.name,
            )

    @property
    def stem(self) -> str:
        """What the names of the tables begin with, or are; behind it comes a `_`."""
        return f"{self.prefix}{self.name}_v{self.build.version}_{self.build.number}"

    def table(self, *columns: Column[Any] | Index, suffix: str = "") -> Table:
        """Return a table of *columns*, and of the tenant, the first part of its key.

        The names of indexes are given without the name of the table, which is put before them.
        """
        table_name = f"{self.stem}_{suffix}" if suffix else self.stem
        for index in columns:
            if isinstance(index, Index):
                index.name = quoted_name(f"{table_name}_{index.name}", quote=None)
        tenant = Column("tenant", name(), primary_key=True)
        return Table(table_name, self.metadata, tenant, *columns, schema=self.schema, **INNODB)

    def dead_letters(self) -> ReadOnlyColumnCollection[str, Column[Any]]:
        """Return the columns of the table of the events that were given up on."""
        return tables(self.prefix, self.schema).dead_letters.c


def search_indexes(connection: Connection, stem: str) -> list[str]:
    """Return the names of the search indexes whose names begin with *stem*, where they are tables, as on SQLite."""
    if connection.dialect.name != "sqlite":
        return []
    found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")
    return sorted(name for name in found.scalars() if name.startswith(f"{stem}_"))
