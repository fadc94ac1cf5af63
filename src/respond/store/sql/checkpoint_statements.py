"""The statements that checkpoints are read and written by."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite

from respond.store.checkpoint import PAUSED, RUNNING

CHANGED = ("position", "owner", "lease_until", "attempts", "retry_at", "error", "updated_at")
"""What its holder may change of a checkpoint."""


def _of(rows: Table) -> tuple[ColumnElement[bool], ...]:
    columns = rows.c
    return (
        columns.tenant == bindparam("of_tenant"),
        columns.name == bindparam("of_name"),
        columns.version == bindparam("of_version"),
    )


def one(rows: Table) -> Select[Any]:
    """Return the query of one checkpoint."""
    return select(rows).where(*_of(rows))


def claim(rows: Table) -> Update:
    """Return the update that takes a checkpoint which nobody holds."""
    free = or_(
        rows.c.owner.is_(None),
        rows.c.owner == bindparam("new_owner"),
        rows.c.lease_until <= bindparam("now"),
        rows.c.lease_until > bindparam("beyond"),
    )
    return (
        update(rows)
        .where(*_of(rows), rows.c.status != PAUSED, free)
        .values(
            owner=bindparam("new_owner"),
            lease_until=bindparam("new_lease"),
            fence=rows.c.fence + 1,
            updated_at=bindparam("now"),
        )
    )


def held(rows: Table) -> Update:
    """Return the update of a checkpoint that is still as its holder knows it."""
    held = (rows.c.fence == bindparam("held_fence"), rows.c.position == bindparam("held_position"))
    return update(rows).where(*_of(rows), *held).values({name: bindparam(f"new_{name}") for name in CHANGED})


def unlocked(rows: Table) -> Select[Any]:
    """Return the query that locks running checkpoints, but for those that somebody is writing."""
    named = rows.c.name.in_(bindparam("of_names", expanding=True))
    running = select(rows).where(rows.c.tenant == bindparam("of_tenant"), named, rows.c.status == RUNNING)
    return running.order_by(rows.c.name, rows.c.version).with_for_update(skip_locked=True)


def moved(rows: Table) -> Update:
    """Return the update that moves several checkpoints at once."""
    these = tuple_(rows.c.name, rows.c.version).in_(bindparam("keys", expanding=True))
    return (
        update(rows)
        .where(rows.c.tenant == bindparam("of_tenant"), these)
        .values(position=bindparam("to"), attempts=0, retry_at=0, error=null(), updated_at=bindparam("now"))
    )


def insert_absent(connection: Connection, table: Table) -> Insert:
    """Return an insert that leaves a row alone that is there already; where two insert at once, one waits."""
    match connection.dialect.name:
        case "sqlite":
            return sqlite.insert(table).on_conflict_do_nothing()
        case "postgresql":
            return postgresql.insert(table).on_conflict_do_nothing()
        case _:
            return mysql.insert(table).on_duplicate_key_update(tenant=table.c.tenant)
