from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from brokers import running_broker
from respond.engine.clock import system_clock
from respond.store.sql import SqlEventStore, tables
from respond.store.sql.checkpoints import Checkpoints


@pytest.fixture
def worked(cli):
    """Return the command line on a log with two incidents."""
    for title in ("A", "B"):
        cli.ask("report", "--category", "other", "--title", title)
    return cli


def lines(text: str) -> list[dict]:
    """Return the events of an output."""
    return [json.loads(line) for line in text.splitlines()]


def test_to_standard_output(worked):
    """Events come as lines, once for a name, from where it begins; what is said about them goes to standard error."""
    first = worked.run("publish", "--to", "-", "--name", "bus", "--once")
    assert first.status == 0
    assert [event["data"]["title"] for event in lines(first.out)] == ["A", "B"]
    assert {event["specversion"] for event in lines(first.out)} == {"1.0"}
    assert "2 events published up to position 2: nothing is left" in first.err
    worked.ask("report", "--category", "other", "--title", "C")
    again = worked.run("publish", "--to", "-", "--name", "bus", "--once")
    assert [event["data"]["title"] for event in lines(again.out)] == ["C"]
    late = worked.run("publish", "--to", "-", "--name", "late", "--once", "--after", 2)
    assert [event["data"]["title"] for event in lines(late.out)] == ["C"]


def test_filters(worked):
    """Only events of the categories and types that were asked for are written."""
    worked.ask("note", "INC-1", "Terminals are back.")
    said = worked.run("publish", "--to", "-", "--name", "notes", "--once", "--type", "ProgressNoted")
    assert [event["type"] for event in lines(said.out)] == ["ProgressNoted"]
    said = worked.run("publish", "--to", "-", "--name", "bags", "--once", "--category", "bag")
    assert (said.status, said.out) == (0, "")


def test_to_a_broker(worked, tmp_path):
    """Events arrive at a broker; one that is down is told of, and ends a single run with 1."""
    with running_broker(tmp_path) as broker:
        broker.make_stream()
        document = worked.ask("publish", "--to", broker.url, "--name", "bus", "--once")
        assert document == {"name": "bus", "state": "idle", "position": 2, "events": 2, "reason": None}
        assert [event["data"]["title"] for event in broker.events()] == ["A", "B"]
        assert "0 events published" in worked.text("publish", "--to", broker.url, "--name", "bus", "--once")
        binary = worked.ask("publish", "--to", broker.url, "--name", "b", "--once", "--binary", "--prefix", "respond.b")
        assert binary["events"] == 2
    worked.ask("report", "--category", "other", "--title", "C")
    document = worked.ask("publish", "--to", broker.url, "--name", "bus", "--once", status=1)
    assert (document["state"], document["events"], document["position"]) == ("waiting", 0, 2)
    assert "cannot be reached" in document["reason"]


def test_what_was_skipped_is_told_again(worked):
    """With --retry the dead letters of the name go out first, and those that are taken are no danger any more."""
    worked.ask("publish", "--to", "nats://nowhere", "--name", "bus", "--once", status=1)
    assert worked.run("publish", "--to", "-", "--name", "bus", "--once", "--resume").status == 0
    with SqlEventStore.open(worked.url, clock=system_clock) as store, store.transaction() as connection:
        checkpoints = Checkpoints(tables(), store.tenant)
        held = checkpoints.load(connection, "publisher:bus", 1)
        checkpoints.dead_letter(connection, held, store.read_all()[0], "torn", now=system_clock())
    assert worked.ask("status", status=1)["dead_letters"] == 1
    worked.ask("report", "--category", "other", "--title", "C")
    said = worked.run("publish", "--to", "-", "--name", "bus", "--once", "--retry")
    assert [event["data"]["title"] for event in lines(said.out)] == ["A", "C"]
    assert "2 events published" in said.err
    assert worked.ask("status")["dead_letters"] == 0


def test_one_document_or_lines(worked):
    """Both on standard output are refused before anything is written."""
    error = worked.refusal("publish", "--to", "-", "--name", "bus", "--once", status=2)
    assert error["code"] == "usage"


@pytest.mark.parametrize("place", ["http://localhost", "nats", ""])
def test_nowhere(worked, place):
    """A place that there is not is refused by name."""
    error = worked.refusal("publish", "--to", place, "--name", "bus", "--once", status=2)
    assert error["place"] == "--to"


def test_runs_until_it_is_told_to_end(worked):
    """Without --once it goes on with what is appended later, and ends well when it is told to."""
    process = run_apart(worked, stdout=subprocess.PIPE)
    try:
        assert [json.loads(process.stdout.readline())["data"]["title"] for _ in range(2)] == ["A", "B"]
        worked.ask("report", "--category", "other", "--title", "C")
        assert json.loads(process.stdout.readline())["data"]["title"] == "C"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert b"3 events published" in process.stderr.read()
    finally:
        process.kill()
        process.communicate()


def test_nobody_reads(worked):
    """When whoever read goes away it ends; what was not read is published again."""
    reader, writer = os.pipe()
    process = run_apart(worked, stdout=writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as output:
        assert json.loads(output.readline())["data"]["title"] == "A"
        assert json.loads(output.readline())["data"]["title"] == "B"
    worked.ask("report", "--category", "other", "--title", "C")
    try:
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 141, said
    finally:
        process.kill()
        process.communicate()
    again = worked.run("publish", "--to", "-", "--name", "bus", "--once", "--resume")
    assert [event["data"]["title"] for event in lines(again.out)] == ["C"]


def run_apart(cli, **options) -> subprocess.Popen:
    """Start publishing in a process of its own."""
    program = Path(sys.executable).parent / "respond"
    command = [program, "publish", "--to", "-", "--name", "bus", "--db", cli.url]
    return subprocess.Popen(command, stderr=subprocess.PIPE, **options)
