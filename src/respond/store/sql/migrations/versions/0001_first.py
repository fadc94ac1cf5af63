"""The first schema: log, head, events, manifest, and the triggers that keep events as they are."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from respond.store.sql.schema import big, body, digest, name, qualified, uuid

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_INNODB: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_nopad_bin"))
}

# The triggers as they were then: later revisions make them anew.
_SQLITE_REFUSAL = """
CREATE TRIGGER {trigger} BEFORE {action} ON {events}
BEGIN SELECT RAISE(ABORT, 'respond: events are only ever appended'); END
"""
_SQLITE_NO_REPLACE = """
CREATE TRIGGER {trigger} BEFORE INSERT ON {events}
WHEN EXISTS (SELECT 1 FROM {events} WHERE position = NEW.position)
  OR EXISTS (SELECT 1 FROM {events} WHERE tenant = NEW.tenant AND id = NEW.id)
  OR EXISTS (SELECT 1 FROM {events} WHERE tenant = NEW.tenant AND realm = NEW.realm AND stream = NEW.stream
             AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'respond: events are only ever appended'); END
"""
_POSTGRESQL_FUNCTION = """
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'respond: events are only ever appended' USING ERRCODE = 'raise_exception'; END $$
"""
_POSTGRESQL_REFUSAL = """
CREATE TRIGGER {trigger} BEFORE {action} ON {events} FOR EACH STATEMENT EXECUTE FUNCTION {function}()
"""
_POSTGRESQL_ALWAYS = "ALTER TABLE {events} ENABLE ALWAYS TRIGGER {trigger}"
_MARIADB_REFUSAL = """
CREATE OR REPLACE TRIGGER {trigger} BEFORE {action} ON {events} FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'respond: events are only ever appended'
"""
_SQLITE = {"update": [_SQLITE_REFUSAL], "delete": [_SQLITE_REFUSAL], "replace": [_SQLITE_NO_REPLACE]}
_POSTGRESQL = {action: [_POSTGRESQL_REFUSAL, _POSTGRESQL_ALWAYS] for action in ("update", "delete", "truncate")}
_MARIADB = {action: [_MARIADB_REFUSAL] for action in ("update", "delete")}
_TRIGGERS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL, "mariadb": _MARIADB, "mysql": _MARIADB}


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
    _create_triggers(prefix, schema)


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


def _create_triggers(prefix: str, schema: str | None) -> None:
    dialect = op.get_bind().dialect.name
    events, function = (qualified(f"{prefix}{name}", schema, dialect) for name in ("events", "events_refuse"))
    if dialect == "postgresql":
        op.execute(sa.text(_POSTGRESQL_FUNCTION.format(function=function)))
    for action, texts in _TRIGGERS[dialect].items():
        name = f"{prefix}events_no_{action}"
        trigger = qualified(name, schema, dialect) if dialect in {"mariadb", "mysql"} else name
        words = {"trigger": trigger, "action": action.upper(), "events": events, "function": function}
        for text in texts:
            op.execute(sa.text(text.format(**words)))


def downgrade() -> None:
    """Refuse: a log is only ever moved forward."""
    raise NotImplementedError("a log is only ever moved forward; restore a copy to go back")
