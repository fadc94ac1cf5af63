from __future__ import annotations

import pytest

from command_line import CommandLine


@pytest.fixture(params=["sqlite_url", "postgresql_url", "mariadb_url"])
def cli(request, capsys) -> CommandLine:
    """Return the command line on an empty database of each kind."""
    return CommandLine(request.getfixturevalue(request.param), capsys)


def test_an_incident_lives_its_whole_life_from_the_command_line(cli, tmp_path):
    """Report, assess, level, start, command, team, report-up, note, resolve, reopen, review: each leads on."""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"abc")
    by = ("--actor", "wang.li", "--role", "commander")
    what = ("--category", "facility_failure", "--title", "Terminals down", "--site", "north", "--reference", "T-1")
    when = ("--at", "2026-03-12T17:02:00+08:00", "--discovered-at", "2026-03-12T08:55:00Z")
    first = cli.ask("report", *what, *when, *by)
    assert (first["number"], first["state"], first["position"]) == ("INC-1", "reported", 1)
    steps = [
        (
            ["assess", "INC-1", "--affected-customers", "1200", "--loss", "12.50 CNY", "--field", "shops:=14"],
            "assessed",
        ),
        (["level", "T-1", "3", "--basis", "few customers"], "level_assigned"),
        (["start", first["id"]], "responding"),
        (["command", "INC-1", "--commander", "chen.yu", "--briefing", "roll back"], "responding"),
        (["team", "inc-1", "network"], "responding"),
        (["level", "INC-1", "2", "--justification", "more shops"], "responding"),
        (
            ["report-up", "INC-1", "--kind", "initial", "--recipient", "head office", "--summary", "s"],
            "reported_upward",
        ),
        (["note", "INC-1", "rolled back", "--attach", photo, "--field", "shop=north"], "reported_upward"),
        (["resolve", "INC-1", "--resolution", "rolled back"], "resolved"),
        (["reopen", "INC-1", "--reason", "two shops fail"], "responding"),
        (["resolve", "INC-1", "--resolution", "blocked"], "resolved"),
        (["correct", "INC-1", "2", "--set", "affected_customers:=1300", "--reason", "miscounted"], "resolved"),
        (["retract", "INC-1", "#9", "--reason", "another shop"], "resolved"),
        (["review", "INC-1", "--close", "--summary", "two shops first"], "reviewed"),
    ]
    for position, (step, status) in enumerate(steps, 2):
        done = cli.ask(*step, *by)
        assert (done["state"], done["position"], done["id"]) == (status, position, first["id"])
    state = cli.ask("show", "INC-1")
    assert state["assessments"][-1]["assessment"]["affected_customers"] == 1300
    assert state["assessments"][-1]["assessment"]["fields"] == {"shops": 14}
    assert (state["level"], state["worst_level"], state["commander"], state["team"]) == (2, 2, "chen.yu", "network")
    told = cli.ask("timeline", "INC-1", "--order", "log")
    assert [entry["position"] for entry in told["entries"]] == list(range(1, 16))
    assert told["entries"][8]["data"]["attachments"][0]["sha256"].startswith("ba7816bf")
    assert told["entries"][8]["retracted_by"]["position"] == 14
    assert told["entries"][0]["occurred_at"] == "2026-03-12T09:02:00.000000Z"
    assert cli.ask("review", "INC-1")["number"] == "INC-1"
    assert cli.ask("check")["clean"] is True
    assert cli.ask("replay")["states"] == {"reviewed": 1}
    assert [row["number"] for row in cli.ask("incidents")["incidents"]] == ["INC-1"]


def test_pinned_entries_tell_the_story(cli):
    """An entry is pinned and unpinned by the position that the timeline shows, and the pinned ones are shown alone."""
    cli.ask("report", "--category", "other", "--title", "A")
    for text in ("called", "found it"):
        cli.ask("note", "INC-1", text)
    cli.ask("pin", "INC-1", "3", "--note", "the cause", "--actor", "li.na")
    assert cli.ask("pin", "INC-1", "#3")["events"] == []
    cli.ask("pin", "INC-1", "1")
    told = cli.ask("timeline", "INC-1", "--pinned")
    assert [(one["position"], one["pinned"], one["pinned_by"]["position"]) for one in told["entries"]] == [
        *((1, True, 5), (3, True, 4))
    ]
    assert told["last_position"] == 5
    assert cli.ask("show", "INC-1")["pins"][0]["by"] == "li.na"
    assert "pinned by #4" in cli.text("timeline", "INC-1")
    cli.ask("unpin", "INC-1", "3", "--reason", "it was not")
    assert [one["position"] for one in cli.ask("timeline", "INC-1", "--pinned")["entries"]] == [1]
    assert "entry-not-pinned" in str(cli.refusal("unpin", "INC-1", "3", "--reason", "again", status=1))


def test_a_merged_incident_answers_under_its_old_id(cli):
    """Merging loses nothing: both incidents answer, and the timeline of the one that goes on holds both reports."""
    for title in ("A", "B"):
        cli.ask("report", "--category", "other", "--title", title)
    merged = cli.ask("merge", "INC-2", "--into", "INC-1", "--reason", "the same")
    assert (merged["number"], merged["state"]) == ("INC-2", "merged")
    assert cli.ask("show", "INC-2")["merged_into"] == cli.ask("show", "INC-1")["id"]
    texts = [entry["text"] for entry in cli.ask("timeline", "INC-1")["entries"]]
    assert any("Reported: A" in text for text in texts)
    assert any("Reported: B" in text for text in texts)
    assert cli.ask("cancel", "INC-1", "--reason", "a drill")["state"] == "cancelled"
