"""Logs as databases of earlier schemas keep them, word for word."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from sql_logs import raw

GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = ("0001",)
"""The schemas of which there is a golden database of each kind."""
LOG = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
EVENTS = 9
"""How many events each golden database holds."""


def restore(url: str, schema: str = "0001") -> None:
    """Make the golden database of *schema* in the empty one at *url*."""
    kind = make_url(url).get_backend_name()
    if kind == "sqlite":
        Path(str(make_url(url).database)).touch()
    _, *statements = (GOLDEN / f"schema-{schema}.{kind}.sql").read_text().split("\n--\n")
    with raw(url) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.rstrip("\n"))


def migrate(url: str, revision: str) -> None:
    """Bring a log to *revision* and no further."""
    from alembic import command
    from alembic.config import Config

    import respond.store.sql

    config = Config()
    config.set_main_option("script_location", str(Path(respond.store.sql.__file__).parent / "migrations"))
    with raw(url) as connection:
        config.attributes.update(connection=connection, prefix="respond_", schema=None)
        command.upgrade(config, revision)


def revision_of(connection: Connection) -> str:
    """Return the revision that a log says it has."""
    return str(connection.execute(text("SELECT version_num FROM respond_alembic_version")).scalar())
