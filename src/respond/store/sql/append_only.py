"""Whether the database keeps events as they are: its triggers, and what this account may do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, text
from sqlalchemy.engine import URL

from respond.store.sql.engines import require_file
from respond.store.sql.installation import engine_of
from respond.store.sql.schema import DEFAULT_PREFIX, qualified
from respond.store.sql.settings import Setting
from respond.store.sql.triggers import create_triggers, remake_triggers, trigger_names

_SQLITE_TRIGGERS = text("""
SELECT name, 'A', sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (:table, :manifest)
""")
_POSTGRESQL_TRIGGERS = text("""
SELECT tgname, tgenabled::text, CASE WHEN tgqual IS NULL AND tgattr::text = '' THEN prosrc END
FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid WHERE tgrelid IN (to_regclass(:place), to_regclass(:listed))
""")
_MARIADB_TRIGGERS = text("""
SELECT trigger_name, 'A', action_statement FROM information_schema.triggers
WHERE event_object_schema = coalesce(:schema, database()) AND event_object_table IN (:table, :manifest)
""")
_TRIGGERS = {
    "sqlite": _SQLITE_TRIGGERS,
    "postgresql": _POSTGRESQL_TRIGGERS,
    "mariadb": _MARIADB_TRIGGERS,
    "mysql": _MARIADB_TRIGGERS,
}
"""The triggers on events and manifest, when they fire, as PostgreSQL writes it (A is always), and what they do."""
_FUNCTION = re.compile(r"CREATE FUNCTION (\S+)\(\).*?\$\$(.*)\$\$")
_TRIGGER = re.compile(
    r"CREATE (?:OR REPLACE )?TRIGGER (\S+) .*?(?:EXECUTE FUNCTION (\S+)\(|FOR EACH ROW (?!EXECUTE)(.*)|$)"
)
_POSTGRESQL_RIGHTS = text("""
SELECT CASE WHEN pg_has_role(relowner, 'USAGE') THEN 'OWNER' ELSE '' END || ' ' || concat_ws(' ', VARIADIC ARRAY(
  SELECT name FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) AS name
  WHERE has_table_privilege(pg_class.oid, name)))
FROM pg_class WHERE oid = to_regclass(:place)
""")
# Only what was granted to the account itself: what it has by a role of MariaDB's is not seen.
_MARIADB_RIGHTS = text("""
SELECT group_concat(upper(privilege_type) SEPARATOR ' ') FROM (
  SELECT grantee, privilege_type FROM information_schema.user_privileges
  UNION SELECT grantee, privilege_type FROM information_schema.schema_privileges
  WHERE coalesce(:schema, database()) LIKE table_schema
  UNION SELECT grantee, privilege_type FROM information_schema.table_privileges
  WHERE table_schema = coalesce(:schema, database()) AND table_name = :table) AS granted
WHERE grantee = concat('''', replace(current_user(), '@', '''@'''), '''')
""")
_ALTERED = "altered"
_WEAK = {
    None: "missing",
    "D": "disabled",
    "O": "disabled for replicas",
    "R": "disabled but for replicas",
    _ALTERED: "not what respond made",
}
_CHANGING = {"UPDATE", "DELETE", "TRUNCATE", "DROP"}
_UNSEEN = "not shown to this account"


def append_only(
    database: str | URL | Engine, *, prefix: str = DEFAULT_PREFIX, schema: str | None = None
) -> list[Setting]:
    """Return whether the database refuses to change and to delete events, and what this account may do to them.

    Changes nothing.  Raises `DatabaseMissing` and `StoreUnavailable`.
    """
    with engine_of(database, prefix, schema) as engine:
        require_file(engine)
        with engine.connect() as connection:
            return guarded(connection, prefix=prefix, schema=schema)


def guarded(connection: Connection, *, prefix: str, schema: str | None) -> list[Setting]:
    """Return what `append_only` does, as *connection* shows it."""
    rights = _rights(connection, prefix, schema)
    tables = [table for table in ("events", "manifest") if _sees_triggers(connection, prefix, schema, table)]
    triggers = _triggers(connection, prefix, schema, tables)
    return [triggers] if rights is None else [triggers, Setting("account", _account(rights))]


def owns(connection: Connection, *, prefix: str, schema: str | None) -> bool:
    """Return whether this account may grant what others may do to the events, as far as PostgreSQL tells."""
    rights = _rights(connection, prefix, schema)
    return rights is None or "OWNER" in rights


def restore_triggers(database: str | URL | Engine, *, prefix: str = DEFAULT_PREFIX, schema: str | None = None) -> bool:
    """Make the triggers anew when one is missing or disabled, and return whether one was.

    Raises `DatabaseMissing`, and `StoreUnavailable` also for an account that does not own the tables.
    """
    with engine_of(database, prefix, schema) as engine:
        require_file(engine)
        with engine.connect() as connection:
            if not guarded(connection, prefix=prefix, schema=schema)[0].danger:
                return False
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            for statement in remake_triggers(connection.dialect.name, prefix, schema):
                connection.exec_driver_sql(statement)
            connection.commit()
            return True


def _about(
    connection: Connection, statement: TextClause, prefix: str, schema: str | None, table: str = "events"
) -> list[tuple[Any, ...]]:
    """Ask *statement* about a table of one log."""
    named, manifest, dialect = f"{prefix}{table}", f"{prefix}manifest", connection.dialect.name
    words = {
        "schema": schema,
        "table": named,
        "place": qualified(named, schema, dialect),
        "manifest": manifest,
        "listed": qualified(manifest, schema, dialect),
    }
    asked = {name: words[name] for name in statement.compile().params}
    return [tuple(row) for row in connection.execute(statement, asked)]


def _sees_triggers(connection: Connection, prefix: str, schema: str | None, table: str) -> bool:
    """Return whether this account is shown the triggers of *table*: MariaDB shows them to whom may change them."""
    if connection.dialect.name in {"sqlite", "postgresql"}:
        return True
    return "TRIGGER" in (_rights(connection, prefix, schema, table) or ())


def _triggers(connection: Connection, prefix: str, schema: str | None, seen: Sequence[str]) -> Setting:
    """Return what the triggers refuse, and which of them do not, as far as they are *seen*."""
    dialect = connection.dialect.name
    does = _sources(dialect, prefix, schema)
    found = {
        str(name): str(fires) if _flat(source) == does.get(name) else _ALTERED
        for name, fires, source in _about(connection, _TRIGGERS[dialect], prefix, schema)
    }
    names = trigger_names(dialect, prefix)
    needed = [name for table in seen for name in trigger_names(dialect, prefix, table).values()]
    if not found and "events" not in seen:
        return Setting("append_only_triggers", _UNSEEN)
    weak = [f"{name} is {_WEAK[found.get(name)]}" for name in needed if found.get(name) != "A"]
    refused = ", ".join(action for action, name in names.items() if found.get(name) == "A")
    danger = f"events can be changed or deleted: {', '.join(weak)}; run `respond db upgrade`" if weak else ""
    return Setting("append_only_triggers", refused or "none", danger)


def _sources(dialect: str, prefix: str, schema: str | None) -> dict[str, str]:
    """Return what each trigger does when nobody has altered it, as the database shows that."""
    functions: dict[str, str] = {}
    sources: dict[str, str] = {}
    for statement in map(_flat, create_triggers(dialect, prefix, schema)):
        if function := _FUNCTION.match(statement):
            functions[function[1]] = _flat(function[2])
        elif trigger := _TRIGGER.match(statement):
            name = trigger[1].rpartition(".")[2]
            sources[name] = functions[trigger[2]] if trigger[2] else trigger[3] or statement
    return sources


def _flat(source: str | None) -> str:
    return " ".join((source or "").split())


def _rights(connection: Connection, prefix: str, schema: str | None, table: str = "events") -> set[str] | None:
    """Return what this account may do to *table*; None on SQLite, where a file's permissions say it."""
    match connection.dialect.name:
        case "sqlite":
            return None
        case "postgresql":
            statement = _POSTGRESQL_RIGHTS
        case _:
            statement = _MARIADB_RIGHTS
    ((found,),) = _about(connection, statement, prefix, schema, table)
    return set(str(found).split())


def _account(rights: set[str]) -> str:
    """Return whom an account with these *rights* is."""
    if rights & {"OWNER", "ALTER"}:
        return "owner: it can drop the triggers"
    if changing := sorted(rights & _CHANGING):
        return f"granted more than to append: {', '.join(changing)}"
    return "writer" if "INSERT" in rights else "reader"
