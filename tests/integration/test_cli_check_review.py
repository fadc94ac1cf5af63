"""`respond check --review`: whether the log holds what a review stands on that was kept as a file."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def incident(cli) -> str:
    """Return the number of an incident that was noted on."""
    number = cli.ask("report", "--category", "other", "--title", "Terminals down", "--actor", "wang.li")["number"]
    cli.ask("note", number, "two shops", "--actor", "li.na")
    return str(number)


@pytest.fixture
def kept(cli, incident, tmp_path):
    """Return the file of its review."""
    file = tmp_path / "review.json"
    file.write_text(json.dumps(cli.ask("review", incident)))
    return file


def test_it_stands(cli, incident, kept):
    """What was recorded since does not matter."""
    cli.ask("note", incident, "three shops", "--actor", "li.na")
    found = cli.ask("check", "--review", kept)
    assert (found["clean"], found["number"], found["ground"]["events"]) == (True, incident, 2)
    assert "2 events up to #2: they are in the log, unchanged" in cli.text("check", "--review", kept)
    kept_leaves = json.loads(kept.read_text())["ground"]["leaves"]
    assert found["ground"]["leaves"] == kept_leaves
    assert kept_leaves not in cli.text("review", incident)


def test_it_does_not(cli, kept):
    """A digest of other events is bad news."""
    told = json.loads(kept.read_text())
    told["ground"]["leaves"] = "0" * 64
    kept.write_text(json.dumps(told))
    assert cli.ask("check", "--review", kept, status=1)["clean"] is False


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id": "x", "ground": 3}', '{"id": "x", "ground": {"events": "y"}}'])
def test_no_review(cli, incident, kept, text):
    """What is no review is refused by the name of its file, and so is one of an incident that is not there."""
    kept.write_text(text)
    assert cli.refusal("check", "--review", kept, status=2)["place"] is not None
    kept.write_text(json.dumps({"id": "nowhere", "ground": {"events": 1, "position": 1, "leaves": ""}}))
    assert cli.refusal("check", "--review", kept, status=1)["code"]
