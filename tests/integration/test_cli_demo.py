from __future__ import annotations

import contextlib
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from command_line import CommandLine
from respond.cli import main
from respond.cli.scenario import STEPS

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """Return the document of a demo."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert main(["demo", "--json"]) == 0
    return json.loads(said.getvalue())


@pytest.mark.parametrize("database", ["sqlite_url", "postgresql_url", "mariadb_url"])
def test_the_demo_plays_an_incident_through_its_whole_life(request, capsys, database):
    """Every step of the story happens as told, the refused ones too, and the log answers what it should."""
    cli = CommandLine(request.getfixturevalue(database), capsys)
    told = cli.ask("demo")
    assert [bool(step["refusals"]) for step in told["steps"]] == [step.refused for step in STEPS]
    assert told["warning"]["state"] == "converted"
    assert told["warning"]["incident"] == told["id"]
    assert (told["show"]["state"], told["show"]["warning"]) == ("reviewed", "payments-north")
    assert (told["known"]["state"], told["known"]["level"]) == ("responding", 1)
    assert told["review"]["peak_level"]["level"] == 1
    assert told["replay"]["states"] == {"reviewed": 1}
    assert told["check"]["clean"] is True
    assert cli.ask("show", told["number"], "--plan", "service-company") == told["show"]


def test_the_demo_shows_why_a_step_is_refused(told):
    """Each refused step names every reason: authority, what is owed, and the second pair of eyes."""
    refused = [(step["command"], step["refusals"]) for step in told["steps"] if step["refusals"]]
    assert [(command, [one["code"] for one in reasons]) for command, reasons in refused] == [
        ("start_measure", ["measure-out-of-order"]),
        ("resolve", ["not-authorised", "upward-report-owed", "owed-before-resolve", "mandatory-measure-open"]),
        ("waive", ["approvals-missing"]),
        ("publish_statement", ["statement-not-approved"]),
        ("close_review", ["not-authorised", "same-actor"]),
    ]


def test_the_demo_shows_the_suggestion_beside_the_choice(told):
    """The plan suggests a warning from 5 % on, and a level with its grounds; a person chooses, also against it."""
    steps = told["steps"]
    signals = [step["suggested"] for step in steps if step["command"] == "record_signal"]
    assert signals == [[], ["failed_payments"]]
    levels = [(step["level"], step["suggested"], step["because"]) for step in steps if step["level"] is not None]
    grounds = ["affected_customers 120 (from 100, below 1000)"]
    assert levels == [(2, 2, grounds), (1, 2, grounds)]


VERDICTS = {
    "acknowledge": ["met"],
    "assign_level": ["met"],
    "start_response": ["met"],
    "assess": ["met"],
    "take_command": ["met"],
    "head_office_initial": ["late"],
    "progress_major": ["met", "met", "missing"],
    "progress_serious": ["met", "dropped"],
    "fill_roles": ["met"],
    "authority_initial": ["near_miss"],
    "first_contact": ["met"],
    "head_office_follow_up": ["met", "dropped"],
    "authority_follow_up": ["dropped"],
    "head_office_final": ["met"],
    "first_contact:shoppers": ["met"],
    "update:shoppers": ["met", "dropped"],
    "apology:shoppers": ["met"],
    "settlement:shoppers": ["met"],
    "review_major": ["met"],
    "authority_final": ["met"],
    "visit:shoppers": ["waived"],
    "silence:affected_customers": ["missing", "missing"],
    "silence:head_office": ["met", "met", "dropped"],
    "silence:staff": ["dropped"],
    "silence:press": ["dropped"],
    "silence:public": ["dropped"],
    "silence:suppliers": ["dropped"],
    "silence:partners": ["dropped"],
    "silence:local_authority": ["met", "dropped"],
    "open_account": ["met"],
    "review": ["met"],
    "action_items_major": ["open"],
    "action_items": ["open"],
    "measure:contain_fault": ["met"],
    "measure:keep_core_service": ["met"],
    "measure:bring_spares": ["met"],
    "measure:care_for_people": ["met"],
}
"""Written by hand from the plan and the story."""


def test_the_demo_tells_what_was_owed(told):
    """Each obligation has its deadline and its verdict: one is late, some are missing, one is waived."""
    rows = told["obligations"]["obligations"]
    dated = [row["due_at"] for row in rows if row["due_at"] is not None]
    assert dated == sorted(dated)
    verdicts = {
        row["obligation"]: [one["verdict"] for one in rows if one["obligation"] == row["obligation"]] for row in rows
    }
    assert verdicts == VERDICTS
    late = next(row for row in rows if row["verdict"] == "late")
    assert (late["due_at"][11:16], late["done_at"][11:16]) == ("09:42", "09:50")


def test_the_demo_says_titles_in_chinese_when_asked(told, cli, tmp_path, capsys):
    """With --language zh obligations, verdicts, roles and heads are told in Chinese; nothing else differs."""
    chinese = cli.ask("demo", "--language", "zh")
    late = next(row for row in chinese["obligations"]["obligations"] if row["verdict"] == "late")
    assert (late["title"], late["verdict_title"]) == ("向总部首报", "迟报")
    assert [one["title"] for one in chinese["staffing"]["vacancies"]] == ["发言人", "法律顾问"]
    assert chinese["raised"]["raised"][0]["title"] == "向总部首报"
    assert chinese["timeline"] == told["timeline"]
    page = CommandLine(f"sqlite:///{tmp_path / 'other.db'}", capsys).text("demo", "--language", "zh")
    for part in ("截止时间", "漏报", "培训已失效", "通知对象"):
        assert part in page


def test_the_demo_tells_who_was_missing(told):
    """At the time of asking two required roles stand empty, and one holder's training ran out."""
    staffing = told["staffing"]
    assert [one["role"] for one in staffing["vacancies"]] == ["spokesperson", "legal"]
    assert [(one["kind"], one["person"]) for one in staffing["concerns"]] == [("untrained", "zhu.lin")]


def test_a_watcher_raises_what_falls_due_on_the_way(told):
    """Each rung is raised at its very moment, once, and by nobody but the watcher."""
    raised = [(one["at"][11:16], one["obligation"], one["rung"]) for one in told["raised"]["raised"]]
    assert raised == [
        ("09:32", "head_office_initial", 1),
        ("09:32", "silence:affected_customers", 1),
        ("09:42", "head_office_initial", 2),
        ("10:20", "authority_initial", 1),
        ("10:25", "fill_roles", 1),
        ("11:50", "progress_major", 1),
        ("11:50", "silence:affected_customers", 1),
        ("12:05", "progress_major", 2),
    ]
    by = {entry["actor"] for entry in told["timeline"]["entries"] if entry["type"] == "ObligationRaised"}
    assert by == {"respond.watch"}


def test_the_demo_says_the_same_every_time(told, cli):
    """Two demos have the same ids and times: the story has its own clock."""
    assert cli.ask("demo")["timeline"] == told["timeline"]


def test_the_demo_tells_people_what_happens(cli):
    """The page tells each step, why one is refused, and every answer under a heading."""
    page = cli.text("demo")
    for part in (
        "the plan suggests level 2: affected_customers 120",
        "the plan suggests the response 'strong': level 2",
        "[upward-report-owed]",
        "[approvals-missing]",
        "== The review ==",
        "First report to the head office",
        "Late",
        "nothing is wrong",
    ):
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
    assert "INC-6 is reviewed" in capsys.readouterr().out
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
