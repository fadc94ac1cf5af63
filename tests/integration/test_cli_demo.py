from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from command_line import CommandLine
from respond.cli import main
from respond.cli.scenario import STEPS

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.mark.parametrize("database", ["sqlite_url", "postgresql_url", "mariadb_url"])
def test_the_demo_plays_an_incident_through_its_whole_life(request, capsys, database):
    """Every step of the story happens as told, the refused one too, and the log answers what it should."""
    cli = CommandLine(request.getfixturevalue(database), capsys)
    told = cli.ask("demo")
    assert [bool(step["refusals"]) for step in told["steps"]] == [step.refused for step in STEPS]
    assert {"upward-report-owed"} == {refusal["code"] for step in told["steps"] for refusal in step["refusals"]}
    assert told["show"]["state"] == "reviewed"
    assert (told["known"]["state"], told["known"]["last_position"]) == ("responding", 6)
    assert [entry["position"] for entry in told["timeline"]["entries"]][:7] == [1, 2, 3, 4, 5, 8, 6]
    assert told["review"]["peak_level"]["level"] == 2
    assert told["replay"]["states"] == {"reviewed": 1}
    assert told["check"]["clean"] is True
    assert cli.ask("show", "INC-1") == told["show"]


def test_the_demo_says_the_same_every_time(cli, tmp_path, capsys):
    """Two demos have the same ids and times: the story has its own clock."""
    other = CommandLine(f"sqlite:///{tmp_path / 'other.db'}", capsys)
    assert cli.ask("demo")["timeline"] == other.ask("demo")["timeline"]


def test_the_demo_tells_people_what_happens(cli):
    """The page tells each step, why one is refused, and every answer under a heading."""
    page = cli.text("demo")
    for part in ("Level 2 owes a report upward", "[upward-report-owed]", "== The review ==", "nothing is wrong"):
        assert part in page


def test_the_demo_touches_no_database_that_has_events(cli):
    """A database with events is refused as wrong usage and stays as it is."""
    cli.ask("report", "--category", "other", "--title", "A")
    assert "wants an empty database" in cli.refusal("demo", status=2)["message"]
    assert cli.ask("status")["position"] == 1


def test_the_demo_without_a_database_leaves_nothing(tmp_path, monkeypatch, capsys):
    """Without --db the demo plays on a temporary file, even where the environment names a database, and removes it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("RESPOND_DATABASE_URL", f"sqlite:///{tmp_path / 'real.db'}")
    assert main(["demo"]) == 0
    assert "INC-1 is reviewed" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_demo_imports_a_foreign_log_when_asked(cli, shared_data):
    """With a log and its mapping the demo imports it after the story, and replays and checks both."""
    told = cli.ask("demo", "--log", shared_data / "helpdesk.xes.gz", "--mapping", EXAMPLES / "helpdesk.toml")
    assert (told["import"]["rows"], told["import"]["duplicates"]) == (21348, 127)
    assert told["replay"]["incidents"] == told["import"]["incidents"] + 1
    assert told["check"]["clean"] is True


def test_a_log_without_a_mapping_is_wrong_usage(cli, tmp_path):
    """--log and --mapping belong together."""
    assert cli.refusal("demo", "--log", "x.csv", status=2)["message"] == "--log and --mapping belong together"
    assert list(tmp_path.iterdir()) == []
