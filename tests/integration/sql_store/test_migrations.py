"""Migrations: they make what the code says, and only go forward."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import MetaData

from respond.errors import (
    SchemaTooNew,
    WrongDatabase,
)
from respond.store.sql import create, schema_state, tables, upgrade
from respond.store.sql.schema import REVISION
from sql_logs import opened, raw, set_revision


def test_migrations_make_the_tables(url: str) -> None:
    """What the migrations make is what the code says the tables are."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    opened(url).close()
    metadata = MetaData()
    tables(metadata=metadata)
    with raw(url) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "respond_alembic_version"})
        assert compare_metadata(context, metadata) == []


def test_revision_is_the_last() -> None:
    """The revision that the code knows is the last one of the migrations, and revisions sort by age."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    import respond.store.sql

    config = Config()
    config.set_main_option("script_location", str(Path(respond.store.sql.__file__).parent / "migrations"))
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    assert revisions[0] == REVISION


def test_upgrade(url: str) -> None:
    """Upgrading a current log changes nothing; what is no log, or a newer one, is refused."""
    with pytest.raises(WrongDatabase):
        upgrade(url)
    create(url)
    assert upgrade(url) == schema_state(url)
    set_revision(url, "9999")
    with pytest.raises(SchemaTooNew):
        upgrade(url)


def test_upgrade_of_an_unknown_revision(url: str) -> None:
    """A revision that was never released cannot be upgraded."""
    create(url)
    set_revision(url, "0000")
    with pytest.raises(WrongDatabase, match="0000"):
        upgrade(url)
