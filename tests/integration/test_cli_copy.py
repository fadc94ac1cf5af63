from __future__ import annotations

import pytest
from sqlalchemy import text

from command_line import CommandLine, Said
from respond.store.sql import drop_triggers
from sql_logs import raw


@pytest.fixture
def there(tmp_path) -> str:
    """Return the URL of a file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'there.db'}"


@pytest.fixture
def here(cli) -> CommandLine:
    """Return the command line on a log of two incidents."""
    for title in ("Tills offline", "Smoke in the depot"):
        cli.ask("report", "--category", "other", "--title", title)
    return cli


def copy(cli: CommandLine, target: str, *arguments: str) -> Said:
    """Copy the log of *cli* into *target*."""
    return cli.run("db", "copy", cli.url, target, *arguments)


def test_a_copy_answers_as_the_log_does(here, there, capsys):
    """The copy holds the same log: the same id, numbers, states and figures, and a check that finds nothing."""
    assert copy(here, there).status == 0
    copied = CommandLine(there, capsys)
    for question in (["show", "INC-2"], ["incidents"], ["statistics"], ["timeline", "INC-1"], ["db", "status"]):
        assert copied.ask(*question) == here.ask(*question)
    assert copied.ask("check")["clean"] is True
    assert copied.ask("note", "INC-2", "from here on there")["position"] == 3


def test_what_was_copied_is_told(here, there):
    """The document counts what was copied and compared; a second copy brings what came since."""
    log = here.ask("db", "status")["log"]
    document = copy(here, there, "--json").document
    assert document.pop("seconds") >= 0
    assert document == {
        "log": log,
        "position": 2,
        "resumed_after": 0,
        "copied": 2,
        "archived": 0,
        "compared": 2,
        "source_position": 2,
    }
    here.ask("note", "INC-1", "x")
    page = copy(here, there).out
    assert f"the log {log}: 1 event copied, 3 are the same in both" in page
    assert "an earlier copy had come to position 2" in page


@pytest.mark.parametrize("server", ["postgresql_url", "mariadb_url"])
def test_a_log_moves_to_a_server_and_back(here, there, server, request, capsys):
    """A log that moved to a server and from there to another file is still the same."""
    url = request.getfixturevalue(server)
    assert copy(here, url).status == 0
    assert copy(CommandLine(url, capsys), there).status == 0
    assert CommandLine(there, capsys).ask("show", "INC-1") == here.ask("show", "INC-1")


def test_a_target_that_holds_something_else_is_refused(here, there, capsys):
    """Another log ends with 3, the same log altered with 1 and the position; neither is touched."""
    CommandLine(there, capsys).ask("report", "--category", "other", "--title", "Another log")
    said = copy(here, there, "--json")
    assert (said.status, said.document["error"]["code"]) == (3, "wrong-database")
    assert CommandLine(there, capsys).ask("show", "INC-1")["title"] == "Another log"


def test_an_altered_copy_is_reported(here, there):
    """A copy that was altered behind its back ends with 1, and names the position."""
    assert copy(here, there).status == 0
    with raw(there) as connection:
        for statement in drop_triggers("sqlite", "respond_"):
            connection.execute(text(statement))
        connection.execute(text("UPDATE respond_events SET body = NULL WHERE position = 1"))
    said = copy(here, there, "--json")
    assert said.status == 1
    assert said.document["error"]["code"] == "logs-differ"
    assert said.document["error"]["position"] == 1


def test_a_missing_source_makes_no_target(here, there, tmp_path):
    """Where there is no log to copy, the command ends with 3 and makes no file."""
    missing = f"sqlite:///{tmp_path / 'missing.db'}"
    said = here.run("db", "copy", missing, there, "--json")
    assert (said.status, said.document["error"]["code"]) == (3, "database-missing")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["respond.db"]


def test_a_log_is_not_copied_onto_itself(here, tmp_path):
    """One database named twice, in whatever words, is wrong usage."""
    (tmp_path / "folder").mkdir()
    for target in (here.url, f"sqlite:///{tmp_path}/folder/../respond.db"):
        assert copy(here, target, "--json").document["error"]["place"] == "TO"
        assert copy(here, target).status == 2


def test_both_databases_are_named(here):
    """A copy needs both names; a URL that cannot be read is wrong usage."""
    assert here.run("db", "copy", here.url).status == 2
    assert here.run("db", "copy", here.url, "nowhere").status == 2
