"""How often each fault is tried: a short cut in every run of the suite, `quick` and `long` for the whole table."""

from __future__ import annotations

import json
import os
from pathlib import Path

import attrs

VARIABLE = "RESPOND_FAULTS"
TOLD_VARIABLE = "RESPOND_FAULTS_TOLD"
"""Names the file to which tests write what they tried; nothing is written when it is not set."""
EXTENTS = ("short", "quick", "long")


@attrs.frozen(kw_only=True)
class Fault:
    """One line of the table: what goes wrong, what is promised then, and how often it is tried."""

    fault: str
    promise: str
    injected: str
    """How the fault is brought about."""
    unit: str
    sizes: tuple[int, int, int]
    """In the short cut, quick and long."""


FAULTS: dict[str, Fault] = {
    "system-calls": Fault(
        fault="kill -9, EIO or ENOSPC of an SQLite writer at each write and sync call in turn",
        promise="acknowledged events are there, half batches are not, `check` is clean",
        injected="strace lets the nth call fail, or be the last",
        unit="appends in the script",
        sizes=(1, 5, 200),
    ),
    "power-cut": Fault(
        fault="power cut while an SQLite log is written",
        promise="nothing acknowledged is lost; the control (`synchronous=NORMAL`) must lose some",
        injected="ext4 on a loop device, shut down without flushing, mounted again",
        unit="rounds",
        sizes=(3, 20, 200),
    ),
    "killed-server": Fault(
        fault="PostgreSQL or MariaDB killed -9 under load",
        promise="nothing acknowledged is lost, no gap; writers go on when it is back",
        injected="a server of our own, four writers on three stores; SIGKILL to all its processes",
        unit="rounds each",
        sizes=(1, 5, 50),
    ),
    "cut-at-commit": Fault(
        fault="connection cut at COMMIT, and the append asked for again",
        promise="each append is in the log exactly once, at the place that its caller is told",
        injected="a proxy that understands both protocols cuts before the commit, or before its answer",
        unit="appends each; PostgreSQL on both append paths",
        sizes=(30, 300, 10_000),
    ),
    "silent-line": Fault(
        fault="the line to a server goes dead at COMMIT, and nobody hangs up",
        promise="each append is in the log exactly once, where its caller is told, after the bound of silence",
        injected="the system drops what arrives at the server's end, from before the commit or its answer on",
        unit="times each, PostgreSQL on both append paths; threads and tasks",
        sizes=(1, 2, 10),
    ),
    "full-disk": Fault(
        fault="disk full, then freed",
        promise="a clear error, reads work, writes resume",
        injected="ext4 on a loop device, filled to the last block under the log or the server",
        unit="times each",
        sizes=(1, 2, 10),
    ),
    "stuck-writer": Fault(
        fault="a writer stopped while it holds the head",
        promise="others are told `store-busy` after the lock timeout, and go on when it does",
        injected="SIGSTOP within the append of another process; a transaction that is left open",
        unit="rounds each",
        sizes=(1, 5, 50),
    ),
    "crowd-single": Fault(
        fault="8 processes write, 4 follow: events one by one",
        promise="every reader sees every event once, in the same order, where its writer was told that it is",
        injected="no fault but haste",
        unit="events a database, PostgreSQL on both append paths",
        sizes=(400, 20_000, 100_000),
    ),
    "crowd-batched": Fault(
        fault="the same, 100 events an append",
        promise="the same",
        injected="the same",
        unit="events a database, PostgreSQL on both append paths",
        sizes=(1_600, 200_000, 900_000),
    ),
    "crowd-control": Fault(
        fault="the same with positions that the database numbers",
        promise="control: readers must miss some",
        injected="AUTO_INCREMENT, an identity column; on SQLite a counter of its own",
        unit="events a database",
        sizes=(1_600, 4_000, 20_000),
    ),
    "schedules": Fault(
        fault="interleavings: writers take, commit and roll back, callers append, readers read, checkpoint and crash",
        promise="what is delivered is a prefix of what was committed, in every schedule; the control must lose some",
        injected="a Hypothesis state machine over several connections, against a model",
        unit="schedules a database, PostgreSQL on both append paths",
        sizes=(10, 200, 5_000),
    ),
    "clock": Fault(
        fault="clock set back by an hour, once and again and again",
        promise="a typed refusal, or with the skew allowed: order and times only go forward; `check` is clean",
        injected="the clock is an argument of engine and store",
        unit="jumps a database",
        sizes=(5, 50, 1_000),
    ),
    "killed-runner": Fault(
        fault="runner of a projection killed at any step",
        promise="tables hold what a fold up to their checkpoint says; the next runner goes on there",
        injected="SIGKILL between two statements, or at an end of a transaction",
        unit="runners a database",
        sizes=(6, 60, 500),
    ),
    "killed-broker": Fault(
        fault="broker killed while the log is published",
        promise="every event is kept once, those of each stream in order",
        injected="SIGKILL to a NATS server of our own, started again on what it has kept",
        unit="rounds",
        sizes=(2, 10, 100),
    ),
}


def extent() -> str:
    """Return how much of the table this run is asked for."""
    asked = os.environ.get(VARIABLE, EXTENTS[0])
    if asked not in EXTENTS:
        raise ValueError(f"{VARIABLE}={asked}: write one of {', '.join(EXTENTS)}")
    return asked


def size_of(name: str) -> int:
    """Return how often the fault called *name* is tried in this run."""
    return FAULTS[name].sizes[EXTENTS.index(extent())]


def tell(fault: str, *, test: str, case: str, rounds: int, seconds: float, **counted: int) -> None:
    """Keep what a test tried and what it counted, where the run asks for it."""
    line = {"fault": FAULTS[fault].fault, "case": case, "rounds": rounds, "counted": counted, "seconds": seconds}
    if path := os.environ.get(TOLD_VARIABLE):
        with Path(path).open("a") as file:
            file.write(json.dumps({"test": test, **line}) + "\n")
