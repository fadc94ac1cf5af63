"""What makes the database itself refuse to change or to drop events.

Grants are the stronger guard (an owner can drop a trigger): see the how-to on securing the database.
"""

from __future__ import annotations

from collections.abc import Sequence

from respond.store.sql.schema import qualified

_SQLITE_REFUSAL = """
CREATE TRIGGER {trigger} BEFORE {action} ON {events}
BEGIN SELECT RAISE(ABORT, 'respond: events are only ever appended'); END
"""
# REPLACE deletes without firing a delete trigger unless the connection asked for recursive triggers.
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
# ALWAYS: a session that plays a replica would skip the trigger otherwise.
_POSTGRESQL_ALWAYS = "ALTER TABLE {events} ENABLE ALWAYS TRIGGER {trigger}"
_MARIADB_REFUSAL = """
CREATE OR REPLACE TRIGGER {trigger} BEFORE {action} ON {events} FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'respond: events are only ever appended'
"""
ACTIONS = {
    "sqlite": ("update", "delete", "replace"),
    "postgresql": ("update", "delete", "truncate"),
    "mariadb": ("update", "delete"),
    "mysql": ("update", "delete"),
}
"""What a trigger refuses, for each dialect; it is called `<prefix>events_no_<action>`."""


def create_triggers(dialect: str, prefix: str, schema: str | None) -> Sequence[str]:
    """Return the statements that create the triggers."""
    events, function = (qualified(f"{prefix}{name}", schema, dialect) for name in ("events", "events_refuse"))
    statements = [_POSTGRESQL_FUNCTION] if dialect == "postgresql" else []
    made = [text.format(function=function) for text in statements]
    for action in ACTIONS[dialect]:
        trigger = f"{prefix}events_no_{action}"
        match dialect:
            case "sqlite":
                texts = [_SQLITE_NO_REPLACE if action == "replace" else _SQLITE_REFUSAL]
            case "postgresql":
                texts = [_POSTGRESQL_REFUSAL, _POSTGRESQL_ALWAYS]
            case _:
                texts, trigger = [_MARIADB_REFUSAL], qualified(trigger, schema, dialect)
        made += [
            text.format(trigger=trigger, action=action.upper(), events=events, function=function) for text in texts
        ]
    return made


def drop_triggers(dialect: str, prefix: str, schema: str | None = None) -> Sequence[str]:
    """Return the statements that drop the triggers: for a migration that must touch rows, and for tests that tamper."""
    names = [f"{prefix}events_no_{action}" for action in ACTIONS[dialect]]
    if dialect == "postgresql":
        return [f"DROP TRIGGER {trigger} ON {qualified(f'{prefix}events', schema, dialect)}" for trigger in names]
    return [f"DROP TRIGGER {qualified(trigger, schema, dialect)}" for trigger in names]
