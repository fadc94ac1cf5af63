from __future__ import annotations

import gzip
import json
import os
from importlib import resources
from pathlib import Path

import pytest

MAPPING = """
log = "tickets"
format = "csv"
kind = "snapshots"
case = "case"

[time]
column = "at"

[state]
columns = ["state"]

[state.map]
"New" = "reported"
"Working" = "responding"
"Done" = "resolved"
"""
ROWS = """case,at,state
1,2026-03-12T09:00:00Z,New
1,2026-03-12T10:00:00Z,Working
2,2026-03-12T10:30:00Z,New
1,2026-03-12T11:00:00Z,Done
1,2026-03-12T11:00:00Z,Done
"""


@pytest.fixture
def log(tmp_path, monkeypatch) -> Path:
    """Return the folder with a small foreign log and its mapping; commands run in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tickets.csv").write_text(ROWS)
    (tmp_path / "tickets.toml").write_text(MAPPING)
    return tmp_path


def test_importing_twice_adds_nothing(cli, log):
    """An import tells what it found; the second one adds no event, and replay and check agree with the first."""
    first = cli.ask("import", "tickets.csv", "--mapping", "tickets.toml")
    assert (first["rows"], first["incidents"], first["duplicates"], first["dry_run"]) == (5, 2, 1, False)
    assert first["state_changes"] == 2
    assert first["events"] > 0
    assert first["deviations"] == sum(first["deviations_by_code"].values()) > 0
    again = cli.ask("import", "tickets.csv", "--mapping", "tickets.toml")
    assert (again["rows"], again["events"]) == (5, 0)
    replayed = cli.ask("replay")
    assert (replayed["events"], replayed["incidents"]) == (first["events"], 2)
    assert replayed["states"] == {"reported": 1, "resolved": 1}
    assert cli.ask("check")["clean"] is True
    assert cli.ask("replay", "--check-leaves")["failures"] == []
    assert replayed["findings_by_code"] == first["deviations_by_code"]
    checked = cli.ask("check")
    assert {code: len(places) for code, places in checked["deviations"].items()} == first["deviations_by_code"]
    assert replayed["plans_missing"] == checked["plans_missing"] == {}


def test_a_compressed_log_is_the_same_log(cli, log):
    """A `.gz` of a log that was imported adds nothing."""
    cli.ask("import", "tickets.csv", "--mapping", "tickets.toml")
    (log / "tickets.csv.gz").write_bytes(gzip.compress(ROWS.encode()))
    assert cli.ask("import", "tickets.csv.gz", "--mapping", "tickets.toml")["events"] == 0


def test_a_dry_run_writes_nothing(cli, log):
    """A dry run tells what an import would find, and the log stays as it is."""
    cli.ask("db", "init")
    dry = cli.ask("import", "tickets.csv", "--mapping", "tickets.toml", "--dry-run")
    assert dry["dry_run"] is True
    assert cli.ask("status")["position"] == 0
    assert "would be added" in cli.text("import", "tickets.csv", "--mapping", "tickets.toml", "--dry-run")
    assert cli.ask("import", "tickets.csv", "--mapping", "tickets.toml")["events"] == dry["events"]


def test_a_dry_run_makes_no_database(cli, log):
    """Where there is no database, or an empty one, a dry run tells the same and makes no log; another's is refused."""
    database = log / "respond.db"
    dry = cli.ask("import", "tickets.csv", "--mapping", "tickets.toml", "--dry-run")
    assert not database.exists()
    database.touch()
    again = cli.ask("import", "tickets.csv", "--mapping", "tickets.toml", "--dry-run")
    assert database.read_bytes() == b""
    assert {**dry, "seconds": 0} == {**again, "seconds": 0}
    assert cli.ask("import", "tickets.csv", "--mapping", "tickets.toml")["events"] == dry["events"]
    database.write_text("Dear Sir,\n" * 200)
    assert cli.refusal("import", "tickets.csv", "--mapping", "tickets.toml", "--dry-run", status=3)


def test_people_read_what_was_found(cli, log):
    """The page of an import tells rows, events, and the first steps that the workflow would have refused."""
    page = cli.text("import", "tickets.csv", "--mapping", "tickets.toml")
    assert page.startswith("5 rows of 2 incidents")
    assert "steps that the workflow would have refused" in page
    assert "not-enabled" in page


@pytest.mark.parametrize(
    ("file", "mapping", "code", "says"),
    [
        ("missing.csv", "tickets.toml", "import-rejected", "missing.csv"),
        ("tickets.csv", "missing.toml", "invalid-mapping", "missing.toml: cannot be read"),
        ("tickets.csv", "broken.toml", "invalid-mapping", "broken.toml: is not TOML"),
        ("torn.csv.gz", "tickets.toml", "import-rejected", "torn.csv.gz"),
        ("strange.csv", "tickets.toml", "import-rejected", "strange.csv"),
    ],
)
def test_a_log_that_cannot_be_read_ends_with_2(cli, log, file, mapping, code, says):
    """A file or a mapping that cannot be read is bad input: 2, with the place, and the log as it was."""
    (log / "broken.toml").write_text("log = ")
    (log / "torn.csv.gz").write_bytes(gzip.compress(ROWS.encode())[:12])
    (log / "strange.csv").write_text(ROWS.replace("2026-03-12T09:00:00Z,New", "2026-03-12T09:00:00Z,Sleeping"))
    cli.ask("db", "init")
    error = cli.refusal("import", file, "--mapping", mapping, status=2)
    assert error["code"] == code
    assert says in error["message"]
    assert cli.ask("status")["position"] == 0


def test_an_import_that_breaks_off_names_the_row_up_to_which_it_is_stored(cli, log):
    """Whole rows before a bad one are stored; the error names the last of them, and a mended file goes on there."""
    (log / "tickets.csv").write_text(ROWS.replace("11:00:00Z,Done\n1,", "11:00:00Z,Sleeping\n1,", 1))
    error = cli.refusal("import", "tickets.csv", "--mapping", "tickets.toml", status=2)
    assert "Sleeping" in error["message"]
    assert error["row"] is not None
    stored = cli.ask("status")["position"]
    assert stored > 0
    (log / "tickets.csv").write_text(ROWS)
    assert cli.ask("import", "tickets.csv", "--mapping", "tickets.toml")["events"] > 0
    assert cli.ask("replay")["states"] == {"reported": 1, "resolved": 1}


@pytest.mark.parametrize(
    ("file", "mapping", "code"),
    [
        ("missing.csv", "tickets.toml", "import-rejected"),
        ("folder.csv", "tickets.toml", "import-rejected"),
        ("empty.csv", "tickets.toml", "import-rejected"),
        ("other.csv", "tickets.toml", "import-rejected"),
        ("binary.csv", "tickets.toml", "import-rejected"),
        ("torn.csv.gz", "tickets.toml", "import-rejected"),
        ("tickets.csv", "missing.toml", "invalid-mapping"),
        ("tickets.csv", "foreign.toml", "invalid-mapping"),
    ],
)
def test_a_log_that_cannot_be_read_leaves_no_database(cli, log, file, mapping, code):
    """Source and mapping are looked at before a database is made, with --deviations no file of these either."""
    (log / "folder.csv").mkdir()
    (log / "empty.csv").write_text("")
    (log / "other.csv").write_text(ROWS.replace("state\n", "status\n", 1))
    (log / "binary.csv").write_bytes(b"\x7fELF\xff\xfe" * 99)
    (log / "torn.csv.gz").write_bytes(gzip.compress(ROWS.encode())[:12])
    (log / "foreign.toml").write_text(MAPPING.replace('"resolved"', '"solved"'))
    error = cli.refusal("import", file, "--mapping", mapping, "--deviations", "found.jsonl", status=2)
    assert error["code"] == code
    assert not (log / "respond.db").exists()
    assert not (log / "found.jsonl").exists()
    cli.ask("import", "tickets.csv", "--mapping", "tickets.toml")
    assert (log / "respond.db").exists()


def test_people_are_told_up_to_which_row_a_broken_file_is_stored(cli, log):
    """The text names the row and what to do, and the document has both."""
    (log / "tickets.csv").write_text(ROWS.replace("11:00:00Z,Done\n1,", "11:00:00Z,Sleeping\n1,", 1))
    said = cli.run("import", "tickets.csv", "--mapping", "tickets.toml", "--json")
    note = "tickets.csv is stored up to row 3; mend the file and import it again to go on"
    assert said.err.splitlines()[-1] == f"respond: {note}"
    assert (said.document["error"]["row"], said.document["error"]["notes"]) == (3, [note])


def test_every_deviation_is_written_to_the_file_that_is_named(cli, log):
    """More than a report lists stand in the file, one JSON object a line; a second import writes them again."""
    rows = "".join(f"{case},2026-03-12T09:00:00Z,New\n{case},2026-03-12T10:00:00Z,Done\n" for case in range(130))
    (log / "many.csv").write_text("case,at,state\n" + rows)
    command = ("import", "many.csv", "--mapping", "tickets.toml", "--deviations", "found.jsonl")
    for again in (False, True):
        report = cli.ask(*command)
        assert (report["events"] == 0) is again
        found = [json.loads(line) for line in (log / "found.jsonl").read_text().splitlines()]
        assert (len(found), len(report["listed"])) == (report["deviations"], 100) == (130, 100)
        assert found[:100] == report["listed"]
        assert found[129]["row"] == 260
        assert (found[129]["from_state"], found[129]["to_state"]) == ("reported", "resolved")


def test_a_file_for_deviations_that_cannot_be_written_stops_before_a_database_is_made(cli, log):
    """A folder that is missing and the imported file itself are refused, and the file stays as it was."""
    os.link(log / "tickets.csv", log / "linked.csv")
    for file in ("missing/found.jsonl", "tickets.csv", "linked.csv", "tickets.toml"):
        error = cli.refusal("import", "tickets.csv", "--mapping", "tickets.toml", "--deviations", file, status=2)
        assert (error["code"], error["place"]) == ("invalid-input", "--deviations")
    assert (log / "tickets.csv").read_text() == ROWS
    assert not (log / "respond.db").exists()


def test_a_disk_that_gets_full_of_deviations_is_told(cli, log):
    """What cannot be written is an error with its place, and the import can be run again."""
    error = cli.refusal("import", "tickets.csv", "--mapping", "tickets.toml", "--deviations", "/dev/full", status=2)
    assert error["message"] == "--deviations: /dev/full cannot be written: No space left on device"
    assert cli.ask("import", "tickets.csv", "--mapping", "tickets.toml")["rows"] == 5


def test_notes_of_an_error_are_told(cli, log, monkeypatch):
    """How far an import came when the store failed is told to people and programs."""
    from respond.errors import StoreFull

    def fail(*_, **__):
        error = StoreFull("the disk is full")
        error.add_note("tickets.csv is stored up to row 3")
        raise error

    monkeypatch.setattr("respond.cli.imports.import_log", fail)
    said = cli.run("import", "tickets.csv", "--mapping", "tickets.toml", "--json")
    assert said.status == 3
    assert said.document["error"]["notes"] == ["tickets.csv is stored up to row 3"]
    assert "stored up to row 3" in said.err


def test_a_plan_that_was_not_given_is_told(cli, log):
    """Replay and check judge by the table alone where the pinned plan is missing, and say which one."""
    example = (resources.files("respond.plan") / "shipped" / "first-steps@1.toml").read_text(encoding="utf-8")
    (log / "ours.toml").write_text(example.replace('version = "1"', 'version = "7"', 1))
    cli.ask("import", "tickets.csv", "--mapping", "tickets.toml", "--plan", "ours.toml")
    for command in ("replay", "check"):
        assert cli.ask(command)["plans_missing"] == {"first-steps@7": 2}
        assert "2 streams judged without the rules of first-steps@7: name it with --plan" in cli.text(command)
        assert cli.ask(command, "--plan", "ours.toml")["plans_missing"] == {}
