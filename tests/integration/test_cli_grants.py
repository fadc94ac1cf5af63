"""The accounts and grants of the how-to, run as they stand there: the writer appends and can do nothing else."""

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


def recipes(url: URL) -> tuple[list[str], list[str]]:
    """Return the statements that make the accounts and those that grant, under names that only this run has."""
    suffix = str(url.database).partition("_")[2]
    fences = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    chosen = fences[0::2] if url.get_backend_name() == "postgresql" else fences[1::2]
    renamed = [re.sub(r"\b(incidents|respond_owner|respond_writer)\b", rf"\1_{suffix}", fence) for fence in chosen]
    accounts, grants = ([line for line in fence.split(";\n") if line] for fence in renamed)
    return accounts, grants


def account(url: URL, name: str) -> str:
    """Return the URL of the recipe's database for one of its accounts."""
    suffix = str(url.database).partition("_")[2]
    given = url.set(username=f"respond_{name}_{suffix}", password=f"change-me-{name}", database=f"incidents_{suffix}")
    return given.render_as_string(hide_password=False)


@contextmanager
def accounts(url: URL) -> Iterator[None]:
    """Follow the first recipe, and leave nothing of it behind."""
    administrator = url.render_as_string(hide_password=False)
    suffix = str(url.database).partition("_")[2]
    postgresql = url.get_backend_name() == "postgresql"
    with raw(administrator) as connection:
        try:
            for statement in recipes(url)[0]:
                connection.execute(text(statement))
            yield
        finally:
            connection.execute(text(f"DROP DATABASE incidents_{suffix}{' WITH (FORCE)' if postgresql else ''}"))
            for name in ("owner", "writer"):
                role = f"respond_{name}_{suffix}"
                connection.execute(text(f"DROP ROLE {role}" if postgresql else f"DROP USER {role}@'%'"))


@pytest.mark.parametrize("database", DATABASES)
def test_the_writer_appends_and_can_do_nothing_else(request, capsys, database):
    """After the recipes the owner has made the log, the writer works and checks it, and cannot alter what is stored."""
    url = make_url(request.getfixturevalue(database))
    owner, writer = account(url, "owner"), account(url, "writer")
    with accounts(url):
        CommandLine(owner, capsys).ask("db", "init")
        granted_by = owner if url.get_backend_name() == "postgresql" else url.render_as_string(hide_password=False)
        with raw(granted_by) as connection:
            for statement in recipes(url)[1]:
                connection.execute(text(statement))
        cli = CommandLine(writer, capsys)
        cli.ask("report", "--category", "network", "--title", "Tills offline")
        cli.ask("note", "INC-1", "x")
        assert cli.ask("show", "INC-1")["notes"] == 1
        assert cli.ask("check")["clean"] is True
        assert cli.ask("db", "status")["kind"] == "current"
        assert cli.run("status").status in (0, 1)
        with raw(writer) as connection:
            for statement in TAMPERING:
                with pytest.raises(DBAPIError, match=r"permission denied|command denied|must be owner"):
                    connection.execute(text(statement))
        assert cli.ask("check")["clean"] is True


@pytest.mark.parametrize("database", DATABASES)
def test_without_grants_the_writer_may_do_nothing(request, capsys, database):
    """The control: before the second recipe the account can neither write nor read the log."""
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
