"""What stands beside the log: checkpoints, dead letters and snapshots.  All can be made again from the log."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from respond.store.sql.schema import big, body, name, words

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INNODB: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_nopad_bin"))
}


def upgrade() -> None:
    """Create the tables; what a broken-off run left behind on MariaDB, which commits each step, is kept."""
    prefix, schema = context.config.attributes["prefix"], context.config.attributes["schema"]
    options: dict[str, Any] = {"schema": schema, "if_not_exists": True, **_INNODB}
    op.create_table(
        f"{prefix}checkpoints",
        sa.Column("tenant", name(), primary_key=True),
        sa.Column("name", name(128), primary_key=True),
        sa.Column("version", big(), primary_key=True, autoincrement=False),
        sa.Column("status", name(16), nullable=False),
        sa.Column("position", big(), nullable=False),
        sa.Column("owner", name(), nullable=True),
        sa.Column("lease_until", big(), nullable=False),
        sa.Column("fence", big(), nullable=False),
        sa.Column("attempts", big(), nullable=False),
        sa.Column("retry_at", big(), nullable=False),
        sa.Column("error", words(), nullable=True),
        sa.Column("started_at", big(), nullable=False),
        sa.Column("updated_at", big(), nullable=False),
        **options,
    )
    op.create_table(
        f"{prefix}dead_letters",
        sa.Column("tenant", name(), primary_key=True),
        sa.Column("name", name(128), primary_key=True),
        sa.Column("version", big(), primary_key=True, autoincrement=False),
        sa.Column("position", big(), primary_key=True, autoincrement=False),
        sa.Column("id", name(36), nullable=False),
        sa.Column("type", name(128), nullable=False),
        sa.Column("error", words(), nullable=False),
        sa.Column("attempts", big(), nullable=False),
        sa.Column("failed_at", big(), nullable=False),
        **options,
    )
    op.create_table(
        f"{prefix}snapshots",
        sa.Column("tenant", name(), primary_key=True),
        sa.Column("realm", name(5), primary_key=True),
        sa.Column("stream", name(), primary_key=True),
        sa.Column("version", big(), nullable=False),
        sa.Column("position", big(), nullable=False),
        sa.Column("definition", name(), nullable=False),
        sa.Column("state_schema", name(), nullable=False),
        sa.Column("state", body(), nullable=False),
        **options,
    )


def downgrade() -> None:
    """Refuse: a log is only ever moved forward."""
    raise NotImplementedError("a log is only ever moved forward; restore a copy to go back")
