"""The accounts of the how-to, made as it stands there, and the rights of `db init --roles`: the writer only appends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from command_line import CommandLine
from sql_logs import raw

PAGE = Path(__file__).parent.parent.parent / "docs" / "how-to" / "use-postgresql-or-mariadb.md"
DATABASES = ("postgresql_url", "mariadb_url")
TAMPERING = (
    "UPDATE respond_events SET version = 2 WHERE position = 1",
    "DELETE FROM respond_events WHERE position = 1",
    "TRUNCATE TABLE respond_events",
    "DROP TABLE respond_events",
    "UPDATE respond_log SET log = 'another'",
)


def recipe(url: URL) -> list[str]:
    """Return the statements that make the accounts, under names that only this run has."""
    suffix = str(url.database).partition("_")[2]
    postgresql, mariadb = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    chosen = postgresql if url.get_backend_name() == "postgresql" else mariadb
    renamed = re.sub(r"\b(incidents|respond_owner|respond_writer|respond_reader)\b", rf"\1_{suffix}", chosen)
    return [line for line in renamed.split(";\n") if line]


def names(url: URL) -> list[str]:
    """Return the options that name the accounts."""
    suffix = str(url.database).partition("_")[2]
    return ["--writer", f"respond_writer_{suffix}", "--reader", f"respond_reader_{suffix}"]


def account(url: URL, name: str) -> str:
    """Return the URL of the recipe's database for one of its accounts."""
    suffix = str(url.database).partition("_")[2]
    given = url.set(username=f"respond_{name}_{suffix}", password=f"change-me-{name}", database=f"incidents_{suffix}")
    return given.render_as_string(hide_password=False)


@contextmanager
def accounts(url: URL) -> Iterator[None]:
    """Make the accounts, and leave nothing of them behind."""
    administrator = url.render_as_string(hide_password=False)
    suffix = str(url.database).partition("_")[2]
    postgresql = url.get_backend_name() == "postgresql"
    with raw(administrator) as connection:
        try:
            for statement in recipe(url):
                connection.execute(text(statement))
            yield
        finally:
            connection.execute(text(f"DROP DATABASE incidents_{suffix}{' WITH (FORCE)' if postgresql else ''}"))
            for name in ("owner", "writer", "reader"):
                role = f"respond_{name}_{suffix}"
                connection.execute(text(f"DROP ROLE {role}" if postgresql else f"DROP USER {role}@'%'"))


@pytest.mark.parametrize("database", DATABASES)
def test_the_writer_appends_and_can_do_nothing_else(request, capsys, database):
    """Once the owner has made the log, the writer works and checks it, and cannot alter what is stored."""
    url = make_url(request.getfixturevalue(database))
    owner, writer = account(url, "owner"), account(url, "writer")
    with accounts(url):
        made = CommandLine(owner, capsys).ask("db", "init", "--roles", "--apply", *names(url))
        assert made["applied"] is True
        cli = CommandLine(writer, capsys)
        cli.ask("report", "--category", "network", "--title", "Tills offline")
        cli.ask("note", "INC-1", "x")
        assert cli.ask("show", "INC-1")["notes"] == 1
        assert cli.ask("check")["clean"] is True
        assert cli.ask("db", "status")["kind"] == "current"
        settings = {one["name"]: one["value"] for one in cli.ask("status")["settings"]}
        assert settings["account"] == "writer"
        with raw(writer) as connection:
            for statement in TAMPERING:
                with pytest.raises(DBAPIError, match=r"permission denied|command denied|must be owner"):
                    connection.execute(text(statement))
        assert cli.ask("check")["clean"] is True
        reader = CommandLine(account(url, "reader"), capsys)
        assert reader.ask("show", "INC-1")["notes"] == 1
        assert reader.refusal("note", "INC-1", "y", status=3)["code"] == "store-read-only"


@pytest.mark.parametrize("database", DATABASES)
def test_what_is_printed_can_be_piped(request, capsys, database):
    """Without --apply there are statements on standard output, nothing beside them, and nothing was granted."""
    url = make_url(request.getfixturevalue(database))
    with accounts(url):
        owner = CommandLine(account(url, "owner"), capsys)
        lines = owner.text("db", "init", "--roles", *names(url)).splitlines()
        assert all(re.fullmatch(r"(CREATE TABLE|ALTER TABLE|GRANT|REVOKE) .*;", line) for line in lines)
        writer = CommandLine(account(url, "writer"), capsys)
        assert writer.refusal("incidents", status=3)["code"] == "store-unavailable"
        with raw(account(url, "owner")) as connection:
            for line in lines:
                connection.exec_driver_sql(line.removesuffix(";").replace("%", "%%"))
        writer.ask("report", "--category", "network", "--title", "Tills offline")


@pytest.mark.parametrize("options", [["--apply"], ["--row-security"], ["--auditor", "judge"]], ids=" ".join)
def test_an_option_of_roles_alone_is_wrong_usage(cli, options):
    """What goes with --roles does nothing without it, and says so."""
    assert cli.refusal("db", "init", *options, status=2)["code"] == "usage"


@pytest.mark.parametrize("database", DATABASES)
def test_without_grants_the_writer_may_do_nothing(request, capsys, database):
    """The control: before that the account can neither write nor read the log."""
    url = make_url(request.getfixturevalue(database))
    with accounts(url):
        CommandLine(account(url, "owner"), capsys).ask("db", "init")
        cli = CommandLine(account(url, "writer"), capsys)
        assert cli.refusal("report", "--category", "network", "--title", "x", status=3)["code"] == "store-unavailable"


@pytest.mark.parametrize("database", DATABASES)
def test_the_owner_meets_the_triggers(request, capsys, database):
    """Triggers refuse what no grant keeps the owner from."""
    url = make_url(request.getfixturevalue(database))
    with accounts(url):
        CommandLine(account(url, "owner"), capsys).ask("report", "--category", "network", "--title", "Tills offline")
        with raw(account(url, "owner")) as connection:
            for statement in TAMPERING[:2]:
                with pytest.raises(DBAPIError, match="events are only ever appended"):
                    connection.execute(text(statement))
