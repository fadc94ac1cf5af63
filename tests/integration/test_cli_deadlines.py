"""Deadlines on the command line: what one incident owes, what is due of all, and the watcher."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from command_line import CommandLine
from respond.engine.clock import system_clock
from respond.engine.engine import Engine
from respond.integrations.publisher import Publisher
from respond.plan.plan import Plan
from respond.store.sql import SqlEventStore

PLAN = """
name = "watched"
version = "1"

[[categories]]
id = "other"
title = "Other"

[[levels]]
number = 1
title = "Grave"

[[roles]]
id = "commander"
title = "Commander"

[[roles]]
id = "director"
title = "Director"

[[obligations]]
id = "inform"
title = "Inform the customers"
titles = {zh = "告知客户"}
act = "fulfil"
role = "commander"
due = [{from = "told", within = "1 h"}]
ladder = [{tell = ["commander", "director"]}, {after = "1 day", tell = ["director"]}]

[[obligations]]
id = "assess"
title = "Assess the impact"
act = "assess"
due = [{from = "told", within = "9 h"}]
"""


@pytest.fixture
def plan(tmp_path, monkeypatch) -> str:
    """Return a plan with two obligations, which every command is given."""
    path = tmp_path / "plan.toml"
    path.write_text(PLAN)
    monkeypatch.setenv("RESPOND_PLAN", str(path))
    return str(path)


@pytest.fixture
def late(cli, plan) -> CommandLine:
    """Return the command line on a log whose one incident was reported two hours ago."""
    at = system_clock() - timedelta(hours=2)
    with Engine.open(cli.url, plans=[Plan.load(plan)], clock=lambda: at) as engine:
        engine.report(category="other", title="Card terminals down", actor="wang.li")
    return cli


def test_what_an_incident_owes(late):
    """Each occurrence has its title, deadline and verdict, in English or Chinese."""
    assert [(one["obligation"], one["verdict"]) for one in late.ask("obligations", "INC-1")["obligations"]] == [
        ("inform", "missing"),
        ("assess", "open"),
    ]
    [row] = [one for one in late.text("obligations", "INC-1").splitlines() if "Inform the customers" in one]
    assert row.split()[0] == "inform", "what a command takes stands beside the title"
    page = late.text("obligations", "INC-1", "--language", "zh")
    assert "告知客户" in page
    assert "漏报" in page


def test_an_incident_that_owes_nothing(cli):
    """Under a plan without obligations nothing is owed, and nothing is due."""
    plan = ("--plan", str(Path(__file__).parents[1] / "outline.toml"))
    cli.ask("report", "--category", "other", "--title", "A", *plan)
    assert cli.text("obligations", "INC-1", *plan) == "INC-1: 0 obligations\n"
    assert cli.text("due", *plan) == "nothing is due\n"


def test_what_is_due(late):
    """Past its deadline it is bad news; what comes by a time is told when that is asked for, and is none."""
    found = late.ask("due", status=1)["due"]
    assert [(one["number"], one["obligation"], one["verdict"]) for one in found] == [("INC-1", "inform", "missing")]
    assert "Inform the customers" in late.run("due").out
    tomorrow = (system_clock() + timedelta(days=1)).isoformat()
    ahead = late.ask("due", "--until", tomorrow, status=1)["due"]
    assert [(one["obligation"], one["verdict"]) for one in ahead] == [("inform", "missing"), ("assess", "open")]
    assert late.refusal("due", "--until", "2026-01-01T00:00:00Z", status=2)["place"] == "until"


def test_a_round(late):
    """A round raises what is reached, once; a second one finds nothing."""
    assert [late.ask("watch", "--once")["raised"] for _ in range(2)] == [1, 0]
    assert late.text("watch", "--once") == "0 rungs raised in 1 round\n"
    assert "inform" in late.text("timeline", "INC-1")


def test_notifications_as_lines(late):
    """Each role is told in a line, once; what is said about it goes to standard error."""
    said = late.run("watch", "--once", "--notify", "stdout")
    told = [json.loads(line) for line in said.out.splitlines()]
    assert [one["audience"] for one in told] == ["commander", "director"]
    assert {one["text"].partition(":")[0] for one in told} == {"Inform the customers"}
    assert "1 rung raised in 1 round, 1 event told" in said.err
    assert late.run("watch", "--once", "--notify", "stdout").out == ""
    assert late.run("watch", "--once", "--notify", "stdout", "--json").status == 2


def test_a_command_that_fails_is_run_again(late, tmp_path):
    """While the command fails, nobody is passed over and the round ends with 1; later everybody is told."""
    program = tmp_path / "tell.py"
    program.write_text("import sys; sys.exit(3)")
    command = f"{sys.executable} {program}"
    first = late.ask("watch", "--once", "--notify", command, status=1)
    assert (first["raised"], first["told"]) == (1, 0)
    assert "ended with 3" in first["reason"]
    heard = tmp_path / "heard"
    program.write_text(f"import sys; open({str(heard)!r}, 'a').write(sys.stdin.read() + chr(10))")
    with SqlEventStore.open(late.url, clock=system_clock) as store:
        Publisher(store, print, name="people", clock=system_clock).resume()
    assert late.ask("watch", "--once", "--notify", command)["told"] == 1
    assert [json.loads(line)["audience"] for line in heard.read_text().splitlines()] == ["commander", "director"]
    assert late.refusal("watch", "--once", "--notify", "'", status=2)["place"] == "--notify"


def test_a_plan_that_was_not_given(late, monkeypatch):
    """An incident under another plan is named, and ends a single round with 1."""
    monkeypatch.delenv("RESPOND_PLAN")
    said = late.run("watch", "--once")
    assert said.status == 1
    assert "cannot be looked at" in said.err
    [failed] = late.ask("due", status=1)["failed"]
    assert failed["code"] == "plan-not-found"


def test_it_runs_until_it_is_interrupted(late):
    """Without --once it goes on; SIGTERM ends it after its round, with what it did."""
    command = [
        Path(sys.executable).with_name("respond"),
        "watch",
        "--every",
        "0.1",
        "--notify",
        "stdout",
        "--db",
        late.url,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        first = running.stdout.readline()
        running.send_signal(signal.SIGTERM)
        rest, error = running.stdout.read(), running.stderr.read()
    assert running.returncode == 0, error
    assert [json.loads(line)["audience"] for line in (first + rest).splitlines()] == ["commander", "director"]
    assert "1 rung raised" in error
