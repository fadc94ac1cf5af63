"""Migrations: they make what the code says, and only go forward."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text

from golden_databases import EVENTS, GOLDEN, LOG, SCHEMAS, migrate, restore, revision_of
from respond.audit.check import check
from respond.errors import SchemaTooNew, SchemaTooOld, WrongDatabase
from respond.store.records import Recorded, Write
from respond.store.sql import create, schema_state, tables, upgrade
from respond.store.sql.append_only import append_only
from respond.store.sql.schema import REVISION
from respond.testing.conformance.samples import ONE, events
from sql_logs import opened, raw, set_revision

GOLDEN_DIGEST = "60a6cbfd3d2a36647ff832a9415b3f09e70ee18bed7a24bad3216361528d14aa"
GOLDEN_IDS = "cdd0a1ee14d97dad29dfcdbc3b6691e20f5f970006397d3e6ea8905a215da782"


def test_migrations_make_the_tables(url: str) -> None:
    """What the migrations make is what the code says the tables are."""
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


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_a_log_whose_making_broke_off_between_two_revisions_is_finished(url: str, revision: str) -> None:
    """MariaDB commits each step: what broke off, or is under way elsewhere, is no log of an older release."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).touch()
    migrate(url, revision)
    assert schema_state(url).kind == "unfinished"
    with pytest.raises(WrongDatabase, match="respond db init"):
        upgrade(url)
    log = create(url)
    assert (schema_state(url).kind, schema_state(url).log) == ("current", log)
    with opened(url, create=False) as store:
        assert store.append(Write(ONE, events(1))).first == 1


def test_upgrade_of_an_unknown_revision(url: str) -> None:
    """A revision that was never released cannot be upgraded."""
    create(url)
    set_revision(url, "0000")
    with pytest.raises(WrongDatabase, match="0000"):
        upgrade(url)


def rows_of(url: str) -> list[Recorded]:
    """Return the rows of a log of whatever schema, as the current code reads them."""
    with opened(url, create=False) as store:
        return list(store.read_log())


@pytest.mark.parametrize("first", ["0001", "0002"])
def test_a_log_of_an_earlier_schema_is_brought_up_to_date(url: str, first: str) -> None:
    """A log that an earlier release made has today's tables and triggers afterwards, and every event as it was."""
    restore(url)
    migrate(url, first)
    with pytest.raises(SchemaTooOld, match="respond db upgrade"):
        opened(url)
    with raw(url) as connection:
        before = digest_of(connection)
        assert revision_of(connection) == first
    assert upgrade(url).revision == first
    assert (schema_state(url).kind, schema_state(url).log) == ("current", LOG)
    made = MetaData()
    tables(metadata=made)
    with raw(url) as connection:
        assert digest_of(connection) == before == GOLDEN_DIGEST
        context = MigrationContext.configure(connection, opts={"version_table": "respond_alembic_version"})
        assert compare_metadata(context, made) == []
    assert append_only(url)[0].danger == ""
    with opened(url, create=False) as store:
        report = check(store)
        assert (report.events, report.findings) == (EVENTS, ())
        assert store.append(Write(ONE, events(1))).first == EVENTS + 1


def digest_of(connection: Connection) -> str:
    """Return a digest of what all rows say, each in the order of its positions, whatever the schema."""
    names = ("position", "recorded_at", "tenant", "realm", "stream", "version", "type", "subject", "body", "leaf")
    rows = connection.execute(text(f"SELECT {', '.join(names)} FROM respond_events ORDER BY position"))
    return sha256("\n".join(str(tuple(row)) for row in rows).encode()).hexdigest()


def test_the_golden_databases_hold_the_same_log(url: str) -> None:
    """The golden databases of all kinds hold the same events, ids too."""
    restore(url)
    upgrade(url)
    ids = sha256("\n".join(row.id for row in rows_of(url)).encode()).hexdigest()
    assert ids == GOLDEN_IDS


def test_every_schema_has_its_golden_databases() -> None:
    """Each schema but those that came between releases has a golden database of each kind, and no file is left over."""
    expected = {f"schema-{schema}.{kind}.sql" for schema in SCHEMAS for kind in ("sqlite", "postgresql", "mariadb")}
    assert {path.name for path in GOLDEN.glob("schema-*")} == expected
