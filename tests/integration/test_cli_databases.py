from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest

from command_line import CommandLine, without_privileges

READING = [
    ["show", "INC-1"],
    ["timeline", "INC-1"],
    ["review", "INC-1"],
    ["explain", "INC-1", "resolve"],
    ["incidents"],
    ["statistics"],
    ["replay"],
    ["check"],
    ["status"],
    ["db", "status"],
    ["db", "upgrade"],
    ["note", "INC-1", "x"],
    ["do", "incident", "INC-1", "note", "--data", '{"text": "x"}'],
]
MAKING = [["report", "--category", "other", "--title", "A"], ["db", "init"]]


def digests(folder: Path) -> dict[str, str]:
    """Return what the files of a folder hold."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_what_only_reads_makes_no_database(cli, arguments, tmp_path):
    """A command that needs a log says that there is none, ends with 3, and makes no file."""
    error = cli.refusal(*arguments, status=3)
    assert error["code"] == "database-missing"
    assert "respond.db: there is no such file; run `respond db init` to make a log in it" in error["message"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", MAKING, ids=" ".join)
def test_the_first_report_makes_the_database(cli, arguments):
    """`report` and `db init` make a log where there is nothing."""
    assert cli.refusal("db", "status", status=3)["code"] == "database-missing"
    cli.ask(*arguments)
    assert cli.ask("db", "status")["kind"] == "current"
    assert cli.ask("db", "init")["log"] == cli.ask("db", "status")["log"]
    assert "was up to date" in cli.text("db", "upgrade")


@pytest.mark.parametrize("arguments", [*READING, *MAKING], ids=" ".join)
def test_a_file_that_is_no_database_stays_as_it_is(capsys, arguments, tmp_path):
    """A text file is refused with 3, and stays as it is."""
    (tmp_path / "letter.txt").write_text("Dear Sir,\n" * 200)
    before = digests(tmp_path)
    error = CommandLine(f"sqlite:///{tmp_path / 'letter.txt'}", capsys).refusal(*arguments, status=3)
    assert error["code"] == "wrong-database"
    assert "letter.txt: is not an SQLite database" in error["message"]
    assert digests(tmp_path) == before


@pytest.mark.parametrize("arguments", [*READING, MAKING[0]], ids=" ".join)
def test_the_database_of_another_program_stays_as_it_is(cli, arguments, tmp_path):
    """A database of another program is refused and stays as it is; `db status` says what it is."""
    with sqlite3.connect(tmp_path / "respond.db") as other:
        other.execute("CREATE TABLE bookmarks (title TEXT)")
    other.close()
    before = digests(tmp_path)
    if arguments == ["db", "status"]:
        assert cli.ask(*arguments, status=1)["kind"] == "foreign"
    else:
        error = cli.refusal(*arguments, status=3)
        assert error["code"] == "wrong-database"
        assert "holds other tables and no log" in error["message"]
    assert digests(tmp_path) == before


def test_db_init_makes_a_log_beside_other_tables(cli, tmp_path):
    """Asked for by name, a log is made beside the tables of another program, which stay."""
    with sqlite3.connect(tmp_path / "respond.db") as other:
        other.execute("CREATE TABLE bookmarks (title TEXT)")
    other.close()
    cli.ask("db", "init")
    assert cli.ask("report", "--category", "other", "--title", "A")["number"] == "INC-1"
    with sqlite3.connect(tmp_path / "respond.db") as other:
        assert other.execute("SELECT count(*) FROM bookmarks").fetchone() == (0,)
    other.close()


@pytest.mark.parametrize("arguments", [*READING, *MAKING], ids=" ".join)
def test_a_database_of_a_newer_release_stays_as_it_is(cli, arguments, tmp_path):
    """What a newer release made is refused with the way out, and stays as it is."""
    cli.ask("report", "--category", "other", "--title", "A")
    with sqlite3.connect(tmp_path / "respond.db") as database:
        database.execute("UPDATE respond_alembic_version SET version_num = '9999'")
    database.close()
    before = digests(tmp_path)
    if arguments == ["db", "status"]:
        assert cli.ask(*arguments, status=1) == {
            "kind": "new",
            "revision": "9999",
            "log": None,
            "triggers": None,
        }
    else:
        error = cli.refusal(*arguments, status=3)
        assert error["code"] == "schema-too-new"
        assert "upgrade respond" in error["message"]
    assert digests(tmp_path) == before


@pytest.mark.parametrize("arguments", MAKING, ids=" ".join)
def test_a_missing_folder_is_named(capsys, arguments, tmp_path):
    """A file in a folder that does not exist cannot be made: 3, with the folder's name."""
    error = CommandLine(f"sqlite:///{tmp_path}/no/such/folder/x.db", capsys).refusal(*arguments, status=3)
    assert "name a file in a folder that exists" in error["message"]
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_database_can_be_read_and_not_written(capsys):
    """A file and a folder without write permission answer questions; a command ends with 3, and all stays as it was."""
    folder = Path(tempfile.mkdtemp(prefix="respond-read-only-"))
    try:
        cli = CommandLine(f"sqlite:///{folder / 'x.db'}", capsys)
        cli.ask("report", "--category", "other", "--title", "A")
        for arguments in (["note", "INC-1", "x"], ["show", "INC-1"]):  # load every module while that is allowed
            cli.ask(*arguments)
        before = digests(folder)
        (folder / "x.db").chmod(0o444)
        folder.chmod(0o555)
        with without_privileges():
            assert cli.ask("show", "INC-1")["title"] == "A"
            error = cli.refusal("note", "INC-1", "y", status=3)
        assert error["code"] == "store-read-only"
        assert "write access" in error["message"]
        assert digests(folder) == before
        folder.chmod(0o755)
        (folder / "x.db").chmod(0o644)
        assert cli.ask("note", "INC-1", "z")["position"] == 3  # the control: it was the permission
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("url", "status", "says"),
    [
        ("respond.db", 2, "is not a database URL"),
        ("oracle://host/x", 2, "is not supported"),
        ("postgresql://nobody:hunter2@127.0.0.1:1/none", 3, "127.0.0.1"),
        ("mariadb://nobody:hunter2@127.0.0.1:1/none", 3, "127.0.0.1"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(capsys, url, status, says):
    """A wrong URL ends with 2, a server that does not answer with 3; no message shows the password."""
    for arguments in (["show", "INC-1"], ["report", "--category", "other", "--title", "A"], ["db", "status"]):
        said = CommandLine(url, capsys).run(*arguments, "--json")
        assert said.status == status
        assert says in said.document["error"]["message"]
        assert "hunter2" not in said.out + said.err


def test_altered_rows_are_findings(cli, tmp_path):
    """`check` ends with 1 and names the position once a stored byte is altered; with 0 before."""
    cli.ask("report", "--category", "other", "--title", "Terminals down")
    cli.ask("note", "INC-1", "x")
    assert "nothing is wrong" in cli.text("check")
    assert cli.ask("review", "INC-1")["altered"] == []
    with sqlite3.connect(tmp_path / "respond.db") as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE respond_events SET body = replace(body, 'Terminals', 'terminals') WHERE position = 1")
    database.close()
    found = cli.ask("check", status=1)
    assert found["clean"] is False
    assert {finding["position"] for finding in found["findings"]} == {1}
    assert "#1" in cli.run("check").out
    assert cli.ask("review", "INC-1")["altered"] == [1]
    assert "altered" in cli.text("review", "INC-1")
