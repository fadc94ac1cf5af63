"""The first schema: log, head, events, manifest, and the triggers that keep events as they are."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from respond.store.sql.schema import big, body, digest, name, qualified, uuid
from respond.store.sql.triggers import create_triggers

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_INNODB: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_nopad_bin"))
}


def upgrade() -> None:
    """Create everything; what a broken-off run left behind on MariaDB, which commits each step, is kept."""
    prefix, schema = context.config.attributes["prefix"], context.config.attributes["schema"]
    options: dict[str, Any] = {"schema": schema, "if_not_exists": True, **_INNODB}
    op.create_table(
        f"{prefix}log",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("log", name(), nullable=False),
        sa.Column("format", sa.SmallInteger, nullable=False),
        sa.CheckConstraint("id = 1", name=f"{prefix}log_one_row"),
        **options,
    )
    op.create_table(
        f"{prefix}head",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("position", big(), nullable=False),
        sa.Column("recorded_at", big(), nullable=False),
        sa.CheckConstraint("id = 1", name=f"{prefix}head_one_row"),
        **options,
    )
    if op.get_bind().dialect.name == "postgresql":
        # Room for the row's next versions on its page, so that no index is touched; SQLAlchemy 2.0 has no word for it.
        op.execute(sa.text(f"ALTER TABLE {qualified(f'{prefix}head', schema, 'postgresql')} SET (fillfactor = 10)"))
    op.create_table(
        f"{prefix}manifest",
        sa.Column("first", big(), primary_key=True, autoincrement=False),
        sa.Column("last", big(), nullable=False),
        sa.Column("file", name(), nullable=False),
        sa.Column("digest", digest(), nullable=False),
        sa.Column("reason", name(), nullable=False),
        **options,
    )
    _create_events(prefix, schema, options)
    for statement in create_triggers(op.get_bind().dialect.name, prefix, schema):
        op.execute(sa.text(statement))


def _create_events(prefix: str, schema: str | None, options: dict[str, Any]) -> None:
    op.create_table(
        f"{prefix}events",
        sa.Column("position", big(), primary_key=True, autoincrement=False),
        sa.Column("recorded_at", big(), nullable=False),
        sa.Column("tenant", name(), nullable=False),
        sa.Column("realm", name(5), nullable=False),
        sa.Column("stream", name(), nullable=False),
        sa.Column("version", big(), nullable=False),
        sa.Column("id", uuid(), nullable=False),
        sa.Column("type", name(128), nullable=False),
        sa.Column("subject", name(), nullable=False),
        sa.Column("body", body(), nullable=True),
        sa.Column("leaf", digest(), nullable=False),
        sa.UniqueConstraint("tenant", "realm", "stream", "version", name=f"{prefix}events_stream_key"),
        sa.UniqueConstraint("tenant", "id", name=f"{prefix}events_id_key"),
        sa.CheckConstraint("length(leaf) = 32", name=f"{prefix}events_leaf_length"),
        **options,
    )
    op.create_index(
        f"{prefix}events_subject",
        f"{prefix}events",
        ["tenant", "realm", "subject", "position"],
        schema=schema,
        if_not_exists=True,
    )


def downgrade() -> None:
    """Refuse: a log is only ever moved forward."""
    raise NotImplementedError("a log is only ever moved forward; restore a copy to go back")
