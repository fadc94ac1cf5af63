"""What makes the database itself refuse to change or to drop events, but for one door.

Through the door a body leaves the log: the row stays as it is, its body becomes null, and a row of the manifest that
covers the position names the file that holds the body now.  On PostgreSQL only the owner of the table gets through; on
MariaDB grants see to that, on SQLite the permissions of the file.

Grants are the stronger guard (an owner can drop a trigger): see the how-to on securing the database.
"""

from __future__ import annotations

from collections.abc import Sequence

from respond.store.sql.schema import qualified

_COLUMNS = ("position", "recorded_at", "tenant", "realm", "stream", "version", "id", "type", "subject", "leaf")
"""What of an event stays when its body leaves."""

_SQLITE_REFUSAL = """
CREATE TRIGGER {trigger} BEFORE {action} ON {table}
BEGIN SELECT RAISE(ABORT, 'respond: {refusal}'); END
"""
# REPLACE deletes without firing a delete trigger unless the connection asked for recursive triggers.
_SQLITE_NO_REPLACE = """
CREATE TRIGGER {trigger} BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE position = NEW.position)
  OR EXISTS (SELECT 1 FROM {table} WHERE tenant = NEW.tenant AND id = NEW.id)
  OR EXISTS (SELECT 1 FROM {table} WHERE tenant = NEW.tenant AND realm = NEW.realm AND stream = NEW.stream
             AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'respond: {refusal}'); END
"""
_SQLITE_NO_REPLACE_IN_MANIFEST = """
CREATE TRIGGER {trigger} BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE first = NEW.first)
BEGIN SELECT RAISE(ABORT, 'respond: {refusal}'); END
"""
# Ranges share no position: the last one that begins before it is the only one that can cover a position.
_SQLITE_DOOR = """
CREATE TRIGGER {trigger} BEFORE UPDATE ON {table}
WHEN OLD.body IS NULL OR NEW.body IS NOT NULL OR NOT ({unchanged}) OR NOT coalesce(OLD.position <= (
  SELECT last FROM {manifest} WHERE first <= OLD.position ORDER BY first DESC LIMIT 1), 0)
BEGIN SELECT RAISE(ABORT, 'respond: {refusal}'); END
"""
_POSTGRESQL_FUNCTION = """
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING MESSAGE = 'respond: ' || TG_ARGV[0], ERRCODE = 'raise_exception'; END $$
"""
# The manifest is named by the schema of the events, and operators by their catalog: a table or an operator of the same
# name that a session puts before them opens nothing.  No percent sign stands here: drivers take it for a parameter.
_POSTGRESQL_DOOR_FUNCTION = """
CREATE FUNCTION {door}() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  covered bigint;
BEGIN
  IF OLD.body IS NOT NULL AND NEW.body IS NULL
     AND EXISTS (SELECT FROM pg_class WHERE oid = TG_RELID AND pg_get_userbyid(relowner) = current_user) THEN
    EXECUTE 'SELECT last FROM ' || quote_ident(TG_TABLE_SCHEMA) || '.' || quote_ident(TG_ARGV[1])
      || ' WHERE first <= $1 ORDER BY first DESC LIMIT 1' INTO covered USING OLD.position;
    NEW.body := OLD.body;
    IF OLD.position <= covered AND NEW IS NOT DISTINCT FROM OLD THEN
      NEW.body := NULL;
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION USING MESSAGE = 'respond: ' || TG_ARGV[0], ERRCODE = 'raise_exception';
END $$
"""
_POSTGRESQL_REFUSAL = """
CREATE TRIGGER {trigger} BEFORE {action} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {function}('{refusal}')
"""
_POSTGRESQL_DOOR = """
CREATE TRIGGER {trigger} BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {door}('{refusal}', '{manifest_name}')
"""
# ALWAYS: a session that plays a replica would skip the trigger otherwise.
_POSTGRESQL_ALWAYS = "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"
_MARIADB_REFUSAL = """
CREATE OR REPLACE TRIGGER {trigger} BEFORE {action} ON {table} FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'respond: {refusal}'
"""
_MARIADB_DOOR = """
CREATE OR REPLACE TRIGGER {trigger} BEFORE UPDATE ON {table} FOR EACH ROW
IF OLD.body IS NULL OR NEW.body IS NOT NULL OR NOT ({unchanged}) OR NOT coalesce(OLD.position <= (
  SELECT last FROM {manifest} WHERE first <= OLD.position ORDER BY first DESC LIMIT 1), 0)
THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'respond: {refusal}'; END IF
"""
_REFUSALS = {"events": "events are only ever appended", "manifest": "the manifest is only ever appended to"}
"""What a trigger says, for each table that has some."""
ACTIONS = {
    "sqlite": ("update", "delete", "replace"),
    "postgresql": ("update", "delete", "truncate"),
    "mariadb": ("update", "delete"),
    "mysql": ("update", "delete"),
}
"""What a trigger of either table refuses, for each dialect."""


def trigger_names(dialect: str, prefix: str, table: str = "events") -> dict[str, str]:
    """Return the name of the trigger that refuses each action on *table*, `events` or `manifest`."""
    return {action: f"{prefix}{table}_no_{action}" for action in ACTIONS[dialect]}


def create_triggers(dialect: str, prefix: str, schema: str | None) -> Sequence[str]:
    """Return the statements that create the triggers."""
    names = _names(dialect, prefix, schema)
    texts = [_POSTGRESQL_FUNCTION, _POSTGRESQL_DOOR_FUNCTION] if dialect == "postgresql" else []
    made = [text.format(**names) for text in texts]
    for table, refusal in _REFUSALS.items():
        for action, trigger in trigger_names(dialect, prefix, table).items():
            words = {**names, "table": names[table], "refusal": refusal, "action": action.upper()}
            words["trigger"] = qualified(trigger, schema, dialect) if dialect in {"mariadb", "mysql"} else trigger
            made += [text.format(**words) for text in _texts(dialect, table, action)]
    return made


def drop_triggers(dialect: str, prefix: str, schema: str | None = None, *, if_exists: bool = False) -> Sequence[str]:
    """Return the statements that drop the triggers: for a migration that must touch rows, and for tests that tamper."""
    drop = "DROP TRIGGER IF EXISTS" if if_exists else "DROP TRIGGER"
    gone = []
    for table in _REFUSALS:
        for trigger in trigger_names(dialect, prefix, table).values():
            if dialect == "postgresql":
                gone.append(f"{drop} {trigger} ON {qualified(f'{prefix}{table}', schema, dialect)}")
            else:
                gone.append(f"{drop} {qualified(trigger, schema, dialect)}")
    return gone


def remake_triggers(dialect: str, prefix: str, schema: str | None) -> Sequence[str]:
    """Return the statements that make all triggers anew, whichever are there and of whatever release."""
    made = create_triggers(dialect, prefix, schema)
    if dialect in {"mariadb", "mysql"}:
        return made  # these replace what is there, and leave no moment without
    gone = list(drop_triggers(dialect, prefix, schema, if_exists=True))
    if dialect == "postgresql":
        names = _names(dialect, prefix, schema)
        gone += [f"DROP FUNCTION IF EXISTS {names[name]}()" for name in ("function", "door")]
    return [*gone, *made]


def _names(dialect: str, prefix: str, schema: str | None) -> dict[str, str]:
    """Return the words that stand in the statements."""
    same = {"sqlite": "NEW.{0} IS OLD.{0}"}.get(dialect, "NEW.{0} <=> OLD.{0}")
    places = {"events": "events", "manifest": "manifest", "function": "events_refuse", "door": "events_door"}
    return {
        **{word: qualified(f"{prefix}{name}", schema, dialect) for word, name in places.items()},
        "manifest_name": f"{prefix}manifest",
        "unchanged": " AND ".join(same.format(column) for column in _COLUMNS),
    }


def _texts(dialect: str, table: str, action: str) -> list[str]:
    """Return the statements that make one trigger."""
    is_door = (table, action) == ("events", "update")
    match dialect:
        case "sqlite" if action == "replace":
            return [_SQLITE_NO_REPLACE if table == "events" else _SQLITE_NO_REPLACE_IN_MANIFEST]
        case "sqlite":
            return [_SQLITE_DOOR if is_door else _SQLITE_REFUSAL]
        case "postgresql":
            return [_POSTGRESQL_DOOR if is_door else _POSTGRESQL_REFUSAL, _POSTGRESQL_ALWAYS]
        case _:
            return [_MARIADB_DOOR if is_door else _MARIADB_REFUSAL]
