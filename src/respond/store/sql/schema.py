"""The tables of the log: one schema for SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import re
from typing import Any

import attrs
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeEngine

from respond.domain.streams import NAME_MAX
from respond.errors import InvalidInput

DEFAULT_PREFIX = "respond_"
REVISION = "0003"
"""The schema that this code reads and writes: the last revision in `migrations/versions`.  Later ones sort after it."""
FORMAT = 1
"""What the row of the log table says of the layout of rows; the bodies have their own `v`."""

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,30}")
INNODB: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_nopad_bin"))
}
"""The options of every table, for MariaDB: transactions, and text compared by its code points."""


def _check_name(name: str, place: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is not a name; write a small letter or _, then up to 30 small letters, digits and _",
            place=place,
            value=name,
        )


def checked_names(prefix: str, schema: str | None) -> None:
    """Raise `InvalidInput` when the prefix of a log, or its schema, is not a name."""
    _check_name(prefix, "prefix")
    if schema is not None:
        _check_name(schema, "schema")


def quoted(schema: str, dialect: str) -> str:
    """Return a schema's name in quotes: it may be a word that the database keeps for itself."""
    return f'"{schema}"' if dialect == "postgresql" else f"`{schema}`"


def qualified(table: str, schema: str | None, dialect: str) -> str:
    """Return the name of a table, or of what belongs to one, with its schema."""
    return table if schema is None else f"{quoted(schema, dialect)}.{table}"


def big() -> TypeEngine[int]:
    """64 bits everywhere; on SQLite INTEGER, so that a primary key of it is the row's own address."""
    return BigInteger().with_variant(Integer(), "sqlite")


def name(length: int = NAME_MAX) -> TypeEngine[str]:
    """Text compared by its code points: names that differ by case, blank, accent or width stay apart."""
    binary = mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_nopad_bin")
    plain = String(length).with_variant(postgresql.TEXT(collation="C"), "postgresql")
    return plain.with_variant(binary, "mysql", "mariadb")


def uuid() -> TypeEngine[bytes]:
    """16 bytes; PostgreSQL has a type for them."""
    return (
        LargeBinary(16)
        .with_variant(postgresql.UUID(as_uuid=False), "postgresql")
        .with_variant(mysql.BINARY(16), "mysql", "mariadb")
    )


def digest() -> TypeEngine[bytes]:
    """32 bytes."""
    return LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")


def words() -> TypeEngine[str]:
    """Text of any length that no index holds: what went wrong."""
    return Text().with_variant(mysql.MEDIUMTEXT(charset="utf8mb4", collation="utf8mb4_nopad_bin"), "mysql", "mariadb")


def body() -> TypeEngine[bytes]:
    """Bytes, up to 1 MiB and more."""
    return LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")


@attrs.frozen
class Tables:
    """The tables of one log; all but the first four can be made again from these."""

    log: Table
    head: Table
    events: Table
    manifest: Table
    checkpoints: Table
    dead_letters: Table
    snapshots: Table


def tables(prefix: str = DEFAULT_PREFIX, schema: str | None = None, metadata: MetaData | None = None) -> Tables:
    """Return the tables of the log whose names begin with *prefix*; raises `InvalidInput` for a bad name.

    With *metadata* they join the host's own tables, for its migrations to see.  Triggers are not part of them.
    """
    checked_names(prefix, schema)
    metadata = MetaData() if metadata is None else metadata
    return Tables(
        log=Table(
            f"{prefix}log",
            metadata,
            Column("id", SmallInteger, primary_key=True, autoincrement=False),
            Column("log", name(), nullable=False),
            Column("format", SmallInteger, nullable=False),
            CheckConstraint("id = 1", name=f"{prefix}log_one_row"),
            schema=schema,
            **INNODB,
        ),
        head=Table(
            f"{prefix}head",
            metadata,
            Column("id", SmallInteger, primary_key=True, autoincrement=False),
            Column("position", big(), nullable=False),
            Column("recorded_at", big(), nullable=False),
            CheckConstraint("id = 1", name=f"{prefix}head_one_row"),
            schema=schema,
            **INNODB,
        ),
        events=_events(prefix, schema, metadata),
        manifest=Table(
            f"{prefix}manifest",
            metadata,
            Column("first", big(), primary_key=True, autoincrement=False),
            Column("last", big(), nullable=False),
            Column("file", name(), nullable=False),
            Column("digest", digest(), nullable=False),
            Column("reason", name(), nullable=False),
            schema=schema,
            **INNODB,
        ),
        checkpoints=_checkpoints(prefix, schema, metadata),
        dead_letters=_dead_letters(prefix, schema, metadata),
        snapshots=_snapshots(prefix, schema, metadata),
    )


def _checkpoints(prefix: str, schema: str | None, metadata: MetaData) -> Table:
    """Return the table of how far each projection and publisher has read, and who is at work on it."""
    return Table(
        f"{prefix}checkpoints",
        metadata,
        Column("tenant", name(), primary_key=True),
        Column("name", name(128), primary_key=True),
        Column("version", big(), primary_key=True, autoincrement=False),
        Column("status", name(16), nullable=False),
        Column("position", big(), nullable=False),
        Column("owner", name(), nullable=True),
        Column("lease_until", big(), nullable=False),
        Column("fence", big(), nullable=False),
        Column("attempts", big(), nullable=False),
        Column("retry_at", big(), nullable=False),
        Column("error", words(), nullable=True),
        Column("started_at", big(), nullable=False),
        Column("updated_at", big(), nullable=False),
        schema=schema,
        **INNODB,
    )


def _dead_letters(prefix: str, schema: str | None, metadata: MetaData) -> Table:
    """Return the table of the events that a projection or publisher gave up on."""
    return Table(
        f"{prefix}dead_letters",
        metadata,
        Column("tenant", name(), primary_key=True),
        Column("name", name(128), primary_key=True),
        Column("version", big(), primary_key=True, autoincrement=False),
        Column("position", big(), primary_key=True, autoincrement=False),
        Column("id", name(36), nullable=False),
        Column("type", name(128), nullable=False),
        Column("error", words(), nullable=False),
        Column("attempts", big(), nullable=False),
        Column("failed_at", big(), nullable=False),
        schema=schema,
        **INNODB,
    )


def _snapshots(prefix: str, schema: str | None, metadata: MetaData) -> Table:
    """Return the table of folded states, a cache: a row that does not fit is as good as none."""
    return Table(
        f"{prefix}snapshots",
        metadata,
        Column("tenant", name(), primary_key=True),
        Column("realm", name(5), primary_key=True),
        Column("stream", name(), primary_key=True),
        Column("version", big(), nullable=False),
        Column("position", big(), nullable=False),
        Column("definition", name(), nullable=False),
        Column("state_schema", name(), nullable=False),
        Column("state", body(), nullable=False),
        schema=schema,
        **INNODB,
    )


def _events(prefix: str, schema: str | None, metadata: MetaData) -> Table:
    return Table(
        f"{prefix}events",
        metadata,
        Column("position", big(), primary_key=True, autoincrement=False),
        Column("recorded_at", big(), nullable=False),
        Column("tenant", name(), nullable=False),
        Column("realm", name(5), nullable=False),
        Column("stream", name(), nullable=False),
        Column("version", big(), nullable=False),
        Column("id", uuid(), nullable=False),
        Column("type", name(128), nullable=False),
        Column("subject", name(), nullable=False),
        Column("body", body(), nullable=True),
        Column("leaf", digest(), nullable=False),
        UniqueConstraint("tenant", "realm", "stream", "version", name=f"{prefix}events_stream_key"),
        UniqueConstraint("tenant", "id", name=f"{prefix}events_id_key"),
        Index(f"{prefix}events_subject", "tenant", "realm", "subject", "position"),
        CheckConstraint("length(leaf) = 32", name=f"{prefix}events_leaf_length"),
        schema=schema,
        **INNODB,
    )
