"""Drills on a database: its tables and its publishers tell of nothing that a drill did, and by hand it goes as well."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from drilling import PLAN, TRAINER, WRITTEN, played
from respond.engine.engine import Engine
from respond.integrations.publisher import Publisher
from respond.testing.clocks import ManualClock, SequentialIds

REPORTED = {"category": "facility_failure", "title": "Card terminals down", "actor": "wang.li"}
HELD = """
plan spring SCENARIO              -> planned
start spring                      -> started
inject spring                     -> started
do spring acknowledge             -> reported
play spring                       -> started
end spring --note "coffee"        -> ended
evaluate spring --text "well"     -> evaluated
"""


def test_tables_and_publishers():
    """The list, the figures and the queue of deadlines in tables stay as they were, and nothing is published."""
    clock, taken = ManualClock(), []
    with Engine.open("sqlite://", plans=[PLAN], clock=clock, random=SequentialIds(), projections="inline") as engine:
        engine.report(**REPORTED)
        publisher = Publisher(engine.store, taken.append, name="world", clock=clock)
        publisher.run(live=False)
        before = engine.incidents(), engine.board(), engine.statistics(), engine.watch().due(), list(taken)
        assert len(taken) == 1
        drill = played(engine)
        drill.evaluate(**TRAINER)
        publisher.run(live=False)
        assert (engine.incidents(), engine.board(), engine.statistics(), engine.watch().due(), taken) == before
        assert drill.standing().score == 83
        engine.report(**REPORTED)
        publisher.run(live=False)
        assert len(taken) == 2  # the control


@pytest.fixture
def scenario(tmp_path) -> Path:
    """Return a scenario in a file."""
    path = tmp_path / "smoke.toml"
    path.write_text(WRITTEN.replace("service-company", "first-steps"))
    return path


def test_by_hand(cli, scenario):
    """A drill is held from the command line, from its plan to its review, and reality has no incident after it."""
    for line in HELD.replace("SCENARIO", str(scenario)).strip().splitlines():
        words, _, state = line.partition("->")
        assert cli.ask("drill", *shlex.split(words))["state"] == state.strip(), line
    told = cli.ask("drill", "review", "spring")
    assert [(one["objective"], one["met"]) for one in told["results"]] == [("ack", True)]
    assert "drill-spring" not in cli.text("incidents")
    assert "acknowledge: after 0 min" in cli.text("drill", "review", "spring")
    assert cli.ask("drill", "list")["drills"] == [
        {"id": "spring", "state": "evaluated", "scenario": "smoke", "score": 100}
    ]
    assert cli.ask("incidents")["incidents"] == []
    assert cli.ask("check")["findings"] == []


def test_what_people_are_told(cli):
    """An inject shows its title and its text, in English or Chinese; so does the review with its objectives."""
    trainer = ("--plan", "service-company", "--actor", "han.mei", "--role", "duty_officer")
    for words in (["plan", "spring", "terminals-down"], ["start", "spring"], ["inject", "spring"]):
        cli.ask("drill", *words, *trainer)
    told = cli.text("drill", "inject", "spring", "--language", "zh", *trainer).splitlines()[1]
    assert told.startswith("排队加剧, to duty_officer: 已扩大到四十家门店")
    told = cli.text("drill", "inject", "spring", *trainer).splitlines()[1]
    assert told == "Complaints rise, by hotline: complaints 120, Twelve times as many as usual"
    assert "15 分钟内受理" in cli.text("drill", "review", "spring", "--language", "zh", *trainer[:2])


def test_bad_input(cli, scenario, tmp_path):
    """A scenario that is wrong, one that nobody has, an inject before the drill: one message and the right status."""
    broken = tmp_path / "broken.toml"
    broken.write_text('name = "x"\nversion = "1"\ntitle = "X"\nplan = "service-company"\nrule = "x"\n')
    found = cli.ask("drill", "lint", str(broken), status=1)["findings"]
    assert [one["code"] for one in found] == ["scenario-empty"]
    missing = cli.refusal("drill", "plan", "spring", "nothing", status=2)
    assert missing["message"].startswith("no scenario 'nothing' ships with respond; it comes with hotline-silent")
    cli.ask("drill", "plan", "spring", str(scenario))
    early = cli.ask("drill", "inject", "spring", status=1)["error"]
    assert [one["code"] for one in early["refusals"]] == ["inject-before-drill"]
    unknown = cli.refusal("drill", "review", "summer", status=1)
    assert unknown["message"] == "there is no drill 'summer'; plan it first"
    assert cli.refusal("drill", "start", "a/b", status=2)["place"] == "drill"


def test_in_real_time(cli, scenario, monkeypatch):
    """With --real-time the program waits for what comes next: a rung after 25 minutes; who lets none pass goes on."""
    waited = []
    monkeypatch.setattr("respond.cli.drills.time.sleep", waited.append)
    for words in (["plan", "spring", str(scenario)], ["start", "spring"]):
        cli.ask("drill", *words)
    told = cli.ask("drill", "play", "spring", "--real-time")
    assert (told["injects"], len(waited)) == (2, 1)
    assert 1400 < waited[0] <= 1500
