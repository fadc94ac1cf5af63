"""Read models in tables, from the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from lives import live
from respond.engine.engine import Engine
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import ManualClock
from sql_logs import raw

TROUBLED = """
from collections.abc import Sequence
from respond.projections.sql import TableListing

class Troubled(TableListing):
    name = "troubled"

    def apply(self, connection, events):
        super().apply(connection, events)
        if any(event.data.title == "cursed" for event in events if event.type == "IncidentReported"):
            raise RuntimeError("no way")
"""


@pytest.fixture
def worked(cli):
    """Return the command line on a log with two incidents."""
    cli.ask("report", "--category", "other", "--title", "first")
    cli.ask("report", "--category", "other", "--title", "second", "--reference", "R-2")
    return cli


def test_answers_come_from_tables_once_they_are_built(worked):
    """The list, the board and the figures say the same before the tables are built and after; a name is found there."""
    commands = (["incidents"], ["board"], ["statistics"], ["show", "R-2"])
    before = [worked.ask(*command) for command in commands]
    built = worked.ask("projection", "run")["projections"]
    assert [(one["name"], one["build"], one["status"], one["position"], one["lag"]) for one in built] == [
        ("listing", "1.1", "running", 2, 0),
        ("statistics", "1.1", "running", 2, 0),
    ]
    assert [worked.ask(*command) for command in commands] == before
    with raw(worked.url) as connection:
        connection.execute(text("UPDATE respond_listing_v1_1 SET standing = replace(standing, 'first', 'altered')"))
    assert worked.ask("incidents")["incidents"][1]["title"] == "altered"


def test_a_rebuild_puts_tables_right(worked):
    """What was altered in the tables is gone after a rebuild, and the replaced tables go when they are pruned."""
    worked.ask("projection", "run", "listing")
    with raw(worked.url) as connection:
        connection.execute(text("UPDATE respond_listing_v1_1 SET standing = replace(standing, 'first', 'altered')"))
    (rebuilt,) = worked.ask("projection", "rebuild", "listing")["rebuilt"]
    assert (rebuilt["name"], rebuilt["build"], rebuilt["position"], rebuilt["compared"]) == ("listing", "1.2", 2, True)
    assert worked.ask("incidents")["incidents"][1]["title"] == "first"
    assert worked.ask("projection", "prune")["pruned"]["listing"] == ["1.1"]
    assert "listing" in worked.text("projection", "list")


def test_paused_and_resumed(worked):
    """A paused projection answers no more until it is resumed; memory does meanwhile."""
    worked.ask("projection", "run")
    assert [one["status"] for one in worked.ask("projection", "pause", "listing")["projections"]] == ["paused"]
    worked.ask("report", "--category", "other", "--title", "third")
    assert len(worked.ask("incidents")["incidents"]) == 3
    assert worked.ask("projection", "run", status=1)["projections"][0]["position"] == 2
    worked.ask("projection", "resume", "listing")
    assert worked.ask("projection", "run")["projections"][0]["position"] == 3


def test_an_event_that_fails(worked, tmp_path):
    """A projection of one's own is paused at the event that it cannot take on, and goes on behind it when told to."""
    (tmp_path / "troubled.py").write_text(TROUBLED)
    mine = ("--projection", f"{tmp_path / 'troubled.py'}:Troubled")
    worked.ask("projection", "run", *mine)
    worked.ask("report", "--category", "other", "--title", "cursed")
    worked.ask("report", "--category", "other", "--title", "fourth")
    assert worked.ask("projection", "run", "troubled", *mine, status=1)["projections"][0]["error"] is not None
    with raw(worked.url) as connection:  # as if the retries had been waited for
        connection.execute(text("UPDATE respond_checkpoints SET attempts = 4, retry_at = 0 WHERE name = 'troubled'"))
    (stands,) = worked.ask("projection", "run", "troubled", *mine, status=1)["projections"]
    assert (stands["status"], stands["position"], stands["error"]) == ("paused", 2, "RuntimeError: no way")
    (letter,) = worked.ask("projection", "list", *mine)["dead_letters"]
    assert (letter["name"], letter["position"], letter["attempts"]) == ("troubled", 3, 5)
    assert worked.ask("projection", "skip", "troubled", *mine)["position"] == 3
    (stands,) = worked.ask("projection", "run", "troubled", *mine)["projections"]
    assert (stands["status"], stands["position"], stands["dead_letters"]) == ("running", 4, 1)
    assert worked.refusal("projection", "skip", "troubled", *mine, status=1)["code"] == "not-found"
    page = worked.text("projection", "list", *mine)
    assert "RuntimeError: no way" in page
    assert "`respond projection rebuild troubled`" in page
    (letter,) = worked.ask("projection", "list", *mine)["dead_letters"]
    assert (letter["build"], letter["type"]) == ("1.1", "IncidentReported")
    assert worked.ask("status", status=1)["dead_letters"] == 1
    (tmp_path / "mended.py").write_text(TROUBLED.replace("cursed", "blessed"))
    mended = ("--projection", f"{tmp_path / 'mended.py'}:Troubled")
    worked.ask("projection", "rebuild", "troubled", *mended)
    assert worked.ask("projection", "list", *mended)["dead_letters"] == []
    assert worked.ask("status")["dead_letters"] == 0


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["projection", "pause", "boards"], 1),
        (["projection", "pause", "listing"], 1),
        (["projection", "run", "--projection", "nothing"], 2),
        (["projection", "run", "--projection", "respond.cli:main"], 2),
        (["projection", "run", "--projection", "respond.cli:nothing"], 2),
        (["projection", "rebuild"], 2),
        (["board", "--limit", "0"], 2),
    ],
)
def test_what_is_not_there_is_refused(worked, arguments, status):
    """A projection that is not there, has no tables, or cannot be loaded is named."""
    worked.refusal(*arguments, status=status)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_follow_ends_when_it_is_told_to(worked, number):
    """It goes on as the log grows, ends well when it is told to, and leaves the projections to others."""
    worked.ask("projection", "run")
    respond = Path(sys.executable).parent / "respond"
    program = [respond, "projection", "run", "--follow", "--json", "--db", worked.url]
    with Engine.open(worked.url, projections="catch_up") as engine:
        with subprocess.Popen(program, stdout=subprocess.PIPE) as running:
            try:
                position = engine.report(category="other", title="third").outcome.position
                engine.projections.wait_for(position, timeout=60)
            finally:
                running.send_signal(number)
                said, _ = running.communicate()
        assert running.returncode == 0
        assert [one["position"] for one in json.loads(said)["projections"]] == [3, 3]
        assert [kept.owner for kept in engine.projections.listed()] == [None, None]


def test_a_rebuild_reads_what_was_archived(cli, tmp_path):
    """Tables keep what was archived after they had read it; a rebuild reads it from its folder, or does not begin."""
    clock = ManualClock()
    clock.move(days=-1000)
    with SqlEventStore.open(cli.url, clock=clock) as store:
        live(store, clock)
    (tmp_path / "archives").mkdir()
    cli.ask("projection", "run")
    before = cli.ask("incidents"), cli.ask("statistics")
    assert cli.ask("archive", "--older-than", "30d", "--to", tmp_path / "archives")["events"] > 0
    assert (cli.ask("incidents"), cli.ask("statistics")) == before
    refusal = cli.refusal("projection", "rebuild", "listing", "statistics", status=1)
    assert refusal["code"] == "event-archived"
    assert "--archives FOLDER" in refusal["message"]
    assert (cli.ask("incidents"), cli.ask("statistics")) == before
    cli.ask("projection", "rebuild", "listing", "statistics", "--archives", tmp_path / "archives")
    assert (cli.ask("incidents"), cli.ask("statistics")) == before


def test_check_compares_the_tables_with_the_fold(worked):
    """Rows that were altered, and figures too, are findings; tables that are behind, or rebuilt, are none."""
    worked.ask("projection", "run")
    assert worked.ask("check")["counts"] == {}
    with raw(worked.url) as connection:
        connection.execute(text("UPDATE respond_listing_v1_1 SET level = 1 WHERE position = 1"))
        connection.execute(text("DELETE FROM respond_statistics_v1_1_tallies"))
    found = worked.ask("check", status=1)
    assert found["counts"] == {"projection-tables": 3}
    assert "listing: 'incident-" in found["findings"][0]["text"]
    worked.ask("projection", "rebuild", "listing", "statistics")
    assert worked.ask("check")["counts"] == {}
    with raw(worked.url) as connection:
        connection.execute(text("DELETE FROM respond_statistics_v1_2_tallies"))
    worked.ask("report", "--category", "other", "--title", "third")
    assert worked.ask("check")["counts"] == {}
