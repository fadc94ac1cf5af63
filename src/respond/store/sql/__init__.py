"""The log in an SQL database: SQLite, PostgreSQL, MariaDB."""

from __future__ import annotations

from respond.store.sql.engines import engine_for
from respond.store.sql.event_store import SqlEventStore
from respond.store.sql.installation import SchemaState, create, schema_state, upgrade
from respond.store.sql.schema import Tables, tables
from respond.store.sql.settings import Setting
from respond.store.sql.triggers import drop_triggers

__all__ = [
    "SchemaState",
    "Setting",
    "SqlEventStore",
    "Tables",
    "create",
    "drop_triggers",
    "engine_for",
    "schema_state",
    "tables",
    "upgrade",
]
