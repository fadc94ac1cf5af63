"""The commands about words: each does what it says, under a plan that denies by default."""

from __future__ import annotations

import shlex

import pytest

PLAN = ("--plan", "service-company")
RECORDED = {"id", "number", "state", "position", "version", "events", "replayed"}
LIFE = """
duty_officer  report --category equipment_failure --title Terminals --unit shops
assessor      assess INC-1 --affected-customers 410 --sites 14 --dead 0
assessor      level INC-1 2 --basis "14 shops"
commander     start INC-1
customer_care key-messages set INC-1 "We know of it." "People are at work." --stage first
commander     key-messages approve INC-1 1
spokesperson  statement draft INC-1 s1 "14 shops take no cards" --audience press --channel press_release --cause "not known yet" --effect "cash only" --measures "technicians are there" --recovery "by noon" --next-update-at 2099-01-01T00:00:00Z
legal         statement approve INC-1 s1 --version 1
spokesperson  statement publish INC-1 s1
spokesperson  statement correct INC-1 s1 "15 shops take no cards" --reason "one more"
spokesperson  statement retract INC-1 s1 --reason "14 were right"
commander     tell INC-1 "Take cash" --audience staff --channel staff_group
agent         feedback INC-1 "Thanks" --source callers --channel hotline --count 12
agent         observe INC-1 hostile_posts 180 --source "a watch"
reviewer      evaluate-communication INC-1 4 --text quick
"""  # noqa: E501


@pytest.fixture
def spoken(cli):
    """Return the command line on a log with an incident of which much was said."""
    for line in LIFE.strip().splitlines():
        role, *words = shlex.split(line)
        done = cli.ask(*words, "--role", role, "--actor", f"{role}.person", *PLAN)
        assert set(done) == RECORDED, words
    return cli


def test_what_was_said_is_shown(spoken):
    """Key messages, statements, who was told and the review, as documents and for people."""
    messages = spoken.ask("key-messages", "list", "INC-1", *PLAN)
    assert (messages["live"], len(messages["versions"])) == (1, 1)
    assert "first_word" in {one["id"] for one in messages["drafts"]}
    known = spoken.ask("statement", "list", "INC-1", *PLAN)["statements"]["s1"]
    assert (known["status"], known["version"]) == ("retracted", 2)
    told = spoken.ask("told", "INC-1", *PLAN)["told"]
    assert [(one["audience"], one["text"]) for one in told] == [
        ("press", "14 shops take no cards"),
        ("staff", "Take cash"),
    ]
    assert spoken.ask("review", "INC-1", *PLAN)["communication"]["observations"]["hostile_posts"]
    for words, shown in (
        (("key-messages", "list"), "1 (live)"),
        (("statement", "list"), "retracted"),
        (("told",), "Take cash"),
        (("review",), "longest silences"),
    ):
        assert shown in spoken.text(*words, "INC-1", *PLAN)


def test_what_is_refused_says_why(spoken):
    """Somebody else does not speak to the press."""
    words = ("statement", "publish", "INC-1", "s1", "--role", "agent", "--actor", "x", *PLAN)
    spoken.ask("statement", "retract", "INC-1", "s1", "--reason", "x", "--role", "spokesperson", *PLAN)
    told = spoken.refusal(*words, status=1)
    assert "not-a-speaker" in {one["code"] for one in told["refusals"]}
