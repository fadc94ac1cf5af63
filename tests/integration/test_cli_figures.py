from __future__ import annotations

import re
from datetime import timedelta

import pytest

from command_line import CommandLine
from respond import Engine
from respond.cli.reviews import reviewed
from respond.cli.targets import Target
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import START, ManualClock


def at(minute: int) -> tuple[str, str]:
    """Return the option that says that something happened so many minutes after nine."""
    return "--at", f"2026-03-12T{9 + minute // 60:02}:{minute % 60:02}:00Z"


@pytest.fixture(params=["sqlite_url", "postgresql_url", "mariadb_url"])
def counted(request, capsys) -> CommandLine:
    """Return the command line on a log of three incidents, two of them resolved, one reopened and raised on the way."""
    cli = CommandLine(request.getfixturevalue(request.param), capsys)
    for name, resolved in (("INC-1", 30), ("INC-6", 90)):
        cli.ask("report", "--category", "network", "--title", name, *at(0))
        cli.ask("assess", name, *at(10))
        cli.ask("level", name, 4, "--basis", "few customers", *at(11))
        cli.ask("start", name, *at(12))
        cli.ask("resolve", name, "--resolution", "restarted", *at(resolved))
    cli.ask("reopen", "INC-6", "--reason", "down again", *at(100))
    cli.ask("level", "INC-6", 3, "--justification", "more shops", *at(101))
    cli.ask("resolve", "INC-6", "--resolution", "replaced", *at(120))
    cli.ask("report", "--category", "other", "--title", "The third", *at(0))
    return cli


def test_statistics_count_the_whole_log(counted):
    """Every figure stands in the document: by state, level and category, spans, and what was reopened or raised."""
    figures = counted.ask("statistics")
    assert (figures["incidents"], figures["open"], figures["events"], figures["last_position"]) == (3, 1, 14, 14)
    assert figures["states"] == {"reported": 1, "resolved": 2}
    assert figures["levels"] == figures["worst_levels"] == {"3": 1, "4": 1, "none": 1}
    assert figures["categories"] == {"network": 2, "other": 1}
    assert (figures["reopened"], figures["reopened_incidents"]) == (1, 1)
    assert (figures["raised"], figures["lowered"]) == (1, 0)
    for name, expected in (("acknowledge", (2, 600, 600)), ("resolve", (2, 1800, 7200))):
        spread = figures[name]
        assert (spread["count"], spread["median_seconds"], spread["percentile_90_seconds"]) == expected
        assert spread["definition"].startswith("from the report to")


def test_people_read_the_figures_in_tables(counted):
    """The page tells the counts under a heading each, and spans as hours and minutes."""
    page = counted.text("statistics")
    assert page.startswith("3 incidents, 1 open: 14 events, up to position 14\n")
    for line in (r"reopened +1 time, 1 incident", r"none +1", r"network +2", r"to resolve +2 +0:30:00 +2:00:00 +from"):
        assert re.search(f"^{line}", page, re.MULTILINE), line


def test_the_figures_of_an_empty_log_are_zero(cli):
    """A log without events has figures too: no incident, and no median."""
    cli.ask("db", "init")
    figures = cli.ask("statistics")
    assert (figures["incidents"], figures["levels"], figures["resolve"]["median_seconds"]) == (0, {}, None)
    assert cli.text("statistics").startswith("0 incidents, 0 open")


def test_a_review_is_made_as_of_a_time(counted):
    """--as-of tells what had happened by then, and measures what still lasted up to then."""
    asked = counted.ask("review", "INC-6", "--as-of", "2026-03-12T10:00:00Z")
    assert (asked["state"], asked["as_of"], asked["open_seconds"]) == (
        "responding",
        "2026-03-12T10:00:00.000000Z",
        3600,
    )
    assert asked["measured_until"] == asked["as_of"]
    assert counted.ask("review", "INC-6")["state"] == "resolved"


def test_a_review_is_made_as_known_at_a_time(counted):
    """--known-at leaves out what was recorded later; --clock says whose word counts."""
    entries = counted.ask("timeline", "INC-1", "--order", "log")["entries"]
    for clock in ("log", "source"):
        asked = counted.ask("review", "INC-1", "--known-at", entries[1]["recorded_at"], "--clock", clock)
        assert (asked["state"], asked["last_position"], asked["clock_used"]) == ("assessed", 2, "log")
        assert asked["measured_until"] == asked["known_at"] == entries[1]["recorded_at"]
    early = counted.refusal("review", "INC-1", "--known-at", "2020-01-01T00:00:00Z", status=1)
    assert early["code"] == "incident-not-found"


def test_a_review_measures_up_to_now():
    """What still lasts is measured up to now, not up to the last recording, and never beyond now."""
    clock = ManualClock()
    with Engine(MemoryEventStore(clock=clock), clock=clock) as engine:
        target = Target("incident", engine.report(category="other", title="A", actor="wang.li").id)
        clock.move(hours=2)
        assert reviewed(engine, target).document["open_seconds"] == 7200
        assert reviewed(engine, target, as_of=START + timedelta(hours=1)).document["open_seconds"] == 3600
        assert reviewed(engine, target, as_of=START + timedelta(hours=3)).document["open_seconds"] == 7200


@pytest.mark.parametrize(
    "option", [("--as-of", "2026-03-12T10:00:00Z"), ("--known-at", "2026-03-12T10:00:00Z"), ("--clock", "source")]
)
def test_a_review_is_not_closed_in_the_past(counted, option):
    """--as-of, --known-at and --clock ask; with --close they are wrong usage, and nothing is recorded."""
    error = counted.refusal("review", "INC-1", "--close", "--summary", "s", *option, status=2)
    assert "a review is closed now" in error["message"]
    assert counted.ask("status")["position"] == 14
