from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from command_line import CommandLine
from lives import FINISHED, NAMES, live
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import ManualClock


@pytest.fixture
def desk(cli) -> CommandLine:
    """Return the command line on the incidents of `lives`, which happened long ago."""
    clock = ManualClock()
    clock.move(days=-1000)
    with SqlEventStore.open(cli.url, clock=clock) as store:
        live(store, clock)
    return cli


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return an empty folder for archives."""
    (tmp_path / "archives").mkdir()
    return tmp_path / "archives"


def number(name: str) -> str:
    """Return the number of an incident of `lives`."""
    return f"INC-{NAMES.index(name) + 1}"


def test_finished_incidents_leave_and_can_still_be_read(desk, folder):
    """Archived incidents answer as before where the folder is named, and name their file where it is not."""
    before = {name: desk.ask("show", number(name)) for name in NAMES}
    figures = desk.ask("statistics")
    document = desk.ask("archive", "--older-than", "30d", "--to", folder)
    assert (document["streams"], document["events"], document["held_back"]) == (3, 12, {"together": 1})
    (file,) = document["files"]
    assert [path.name for path in folder.iterdir()] == [file["file"]]
    for name in NAMES:
        assert desk.ask("show", number(name), "--archives", folder) == before[name]
    for name in FINISHED:
        error = desk.refusal("show", number(name), status=1)
        assert error["code"] == "event-archived"
        assert file["file"] in error["message"]
        assert "--archives FOLDER" in error["message"]
    assert desk.ask("statistics", "--archives", folder) == figures
    assert desk.ask("statistics")["unreadable"] == 12


def test_the_folder_can_stand_in_the_environment(desk, folder, monkeypatch):
    """`RESPOND_ARCHIVES` names the folder for every command."""
    desk.ask("archive", "--older-than", "30d", "--to", folder)
    monkeypatch.setenv("RESPOND_ARCHIVES", str(folder))
    assert desk.ask("show", number("reviewed"))["state"] == "reviewed"
    assert desk.ask("reopen", number("cancelled"), "--reason", "it was none")["state"] == "reported"
    monkeypatch.setenv("RESPOND_ARCHIVES", str(folder / "none"))
    assert desk.refusal("show", number("open"), status=2)["place"] == str(folder / "none")


def test_check_and_replay_tell_what_they_did_not_read(desk, folder):
    """Without the folder both say how much they did not read, and end with 0; with it they read everything."""
    whole = desk.ask("check")
    desk.ask("archive", "--older-than", "30d", "--to", folder)
    unread = desk.ask("check")
    assert (unread["clean"], unread["archived"], [one["events"] for one in unread["unread"]]) == (True, 12, [12])
    assert "12 events archived, 12 of them not read" in desk.text("check")
    read = desk.ask("check", "--archives", folder)
    assert {**read, "seconds": 0} == {**whole, "archived": 12, "seconds": 0}
    assert "12 events archived, 0 of them not read" in desk.text("check", "--archives", folder)
    assert desk.ask("replay")["archived"] == 12
    assert "12 events archived and not folded" in desk.text("replay")
    assert desk.ask("replay", "--archives", folder)["archived"] == 0


def test_an_altered_file_is_a_finding(desk, folder):
    """A file that is not the one that left ends a check with 1, once it is read."""
    desk.ask("archive", "--older-than", "30d", "--to", folder)
    (path,) = folder.iterdir()
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    changed = json.loads(lines[1])
    changed["body"] = changed["body"].replace("reviewed", "Reviewed")
    path.chmod(0o600)
    path.write_bytes(gzip.compress(b"".join([lines[0], json.dumps(changed).encode() + b"\n", *lines[2:]])))
    found = desk.ask("check", "--archives", folder, status=1)
    assert found["counts"] == {"archive-unreadable": 1}
    assert desk.ask("check")["clean"] is True


def test_a_dry_run_says_what_would_leave(desk, folder):
    """A dry run ends with what would leave, and changes nothing."""
    document = desk.ask("archive", "--older-than", "30d", "--to", folder, "--dry-run")
    assert (document["events"], document["files"], document["dry_run"]) == (12, [], True)
    assert "12 events of 3 streams would leave" in desk.text(
        "archive", "--older-than", "4w", "--to", folder, "--dry-run"
    )
    assert list(folder.iterdir()) == []
    assert "12 events of 3 streams left" in desk.text("archive", "--older-than", "700h", "--to", folder)


def test_a_named_incident_leaves(desk, folder):
    """One incident leaves by its number, with a reason of its own; one that is not finished is refused."""
    assert (
        desk.ask("archive", "--incident", number("cancelled"), "--to", folder, "--reason", "asked by wang.li")["events"]
        == 2
    )
    error = desk.refusal("archive", "--incident", number("open"), "--to", folder, status=2)
    assert "only what is reviewed, cancelled, merged can leave" in error["message"]
    assert desk.refusal("archive", "--incident", "INC-99", "--to", folder, status=1)["code"] == "incident-not-found"
    assert (
        desk.refusal("archive", "--incident", number("cancelled"), "--to", folder, status=1)["code"] == "event-archived"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--to", "."],
        ["--to", ".", "--older-than", "1d", "--incident", "INC-1"],
        ["--to", ".", "--older-than", "soon"],
        ["--to", ".", "--older-than", "-1d"],
        ["--to", ".", "--older-than", "999999w"],
        ["--to", "no/such/folder", "--older-than", "1d"],
        ["--older-than", "1d"],
    ],
    ids=" ".join,
)
def test_wrong_usage(desk, arguments, tmp_path, monkeypatch):
    """What is chosen, and where it goes, must be said, and one way only."""
    monkeypatch.chdir(tmp_path)
    assert desk.run("archive", *arguments).status == 2
    assert desk.ask("check")["archived"] == 0


def test_who_holds_back_is_named(desk, folder):
    """A publisher that has not read what is finished is named, with what to do; forgotten it holds back nothing."""
    assert desk.run("publish", "--to", "nats://127.0.0.1:9", "--name", "old", "--once").status == 1
    chosen = ("archive", "--older-than", "30d", "--to", folder)
    document = desk.ask(*chosen)
    assert (document["events"], document["held_back"]["unread"]) == (0, 4)
    assert document["behind"] == [{"name": "publisher:old", "version": 1, "status": "running", "position": 0}]
    page = desk.text(*chosen)
    assert "publisher:old is at position 0" in page
    assert "respond readers forget publisher:old" in page
    desk.ask("readers", "forget", "publisher:old")
    document = desk.ask(*chosen)
    assert (document["events"], document["behind"]) == (12, [])


def test_young_incidents_stay(desk, folder):
    """Nothing leaves that is younger than asked."""
    assert desk.ask("archive", "--older-than", "2000d", "--to", folder)["events"] == 0
    assert "0 events of 0 streams left" in desk.text("archive", "--older-than", "2000d", "--to", folder)
