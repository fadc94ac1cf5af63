"""The door through which bodies leave for an archive, and a manifest that is only ever appended to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from respond.store.sql.triggers import remake_triggers

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the triggers anew.  A later revision that changes them does the same, and this one keeps what it needs."""
    prefix, schema = context.config.attributes["prefix"], context.config.attributes["schema"]
    for statement in remake_triggers(op.get_bind().dialect.name, prefix, schema):
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Refuse: a log is only ever moved forward."""
    raise NotImplementedError("a log is only ever moved forward; restore a copy to go back")
