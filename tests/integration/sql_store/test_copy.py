"""`copy_log`: between any two databases, unchanged, broken off and taken up again, and never onto something else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count, product
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import insert, text

from respond.audit.check import check
from respond.domain.canonical import canonical
from respond.errors import LogsDiffer, UnreadableEvent, WrongDatabase
from respond.store.archive_folder import ranges_of
from respond.store.records import Recorded, Write, leaf_of
from respond.store.sql import SqlEventStore, create, drop_triggers, tables
from respond.testing.conformance.samples import ONE, THREE, TWO, ManualClock, event, events, id_of
from respond.transfer.copy import CopyReport, copy_log
from servers import fresh_mariadb, fresh_postgresql
from small_log import fill
from sql_logs import opened, raw

KINDS = ("sqlite", "postgresql", "mariadb")
PAIRS = [pytest.param(*pair, id="-to-".join(pair)) for pair in product(KINDS, KINDS)]
TABLES = tables()
ODD = "Grüße, 世界 \N{GRINNING FACE}\x01\u2028"


@attrs.frozen
class Databases:
    """Makes empty databases of any kind, which are gone after the test."""

    request: pytest.FixtureRequest
    folder: Path
    stack: ExitStack
    numbers: Iterator[int] = attrs.field(factory=count)

    def new(self, kind: str) -> str:
        """Return the URL of a database that holds nothing."""
        if kind == "sqlite":
            return f"sqlite:///{self.folder / f'{next(self.numbers)}.db'}"
        fresh = fresh_postgresql if kind == "postgresql" else fresh_mariadb
        return self.stack.enter_context(fresh(self.request.getfixturevalue(f"{kind}_server")))


@pytest.fixture
def databases(request, tmp_path) -> Iterator[Databases]:
    """Return what makes databases."""
    with ExitStack() as stack:
        yield Databases(request, tmp_path, stack)


@contextmanager
def both(source: str, target: str) -> Iterator[tuple[SqlEventStore, SqlEventStore]]:
    """Open a log and the database that it is copied to."""
    with opened(source, create=False) as ours:
        create(target, log=ours.log)
        with opened(target, create=False) as theirs:
            yield ours, theirs


def copied(source: str, target: str, **options: Any) -> CopyReport:
    """Copy the log in *source*."""
    with both(source, target) as (ours, theirs):
        return copy_log(ours, theirs, **options)


def without_triggers(connection: Any) -> None:
    """Take away what keeps events as they are."""
    for statement in drop_triggers(connection.dialect.name, "respond_"):
        connection.exec_driver_sql(statement)


def told(store: SqlEventStore) -> tuple[Any, ...]:
    """Return all that a log tells."""
    return store.log, store.head(), list(store.read_log(limit=10**6)), list(ranges_of(store))


def fill_with_everything(url: str) -> None:
    """Write the small log, names and bodies that databases like to change, and rows that were archived."""
    fill(lambda tenant, clock: SqlEventStore.open(url, clock=clock, tenant=tenant), ManualClock())
    clock = ManualClock()
    clock.move(days=1)
    with SqlEventStore.open(url, clock=clock) as store:
        store.append(Write(ONE, [event("odd", data={"text": ODD, "long": "x" * 1_000_000})]))
        store.append(Write(TWO, [event(name, subject=name) for name in ("straße", "strasse", "STRASSE", "a ", "a")]))
        store.append(Write(THREE, events("kept", "archived", "archived too")))
        last = store.head().position
    with raw(url) as connection:
        without_triggers(connection)
        connection.execute(text("UPDATE respond_events SET body = NULL WHERE position > :kept"), {"kept": last - 2})
        connection.execute(
            insert(TABLES.manifest),
            {"first": last - 1, "last": last, "file": "a.jsonl.gz", "digest": b"\7" * 32, "reason": "closed"},
        )


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_a_copy_is_the_same_log(databases, source, target) -> None:
    """From any database to any other: positions, ids, times, bodies, archived rows, leaves, manifest and log id."""
    here, there = databases.new(source), databases.new(target)
    fill_with_everything(here)
    report = copied(here, there, page=7)
    with opened(here) as ours, opened(there, allow_skew=True) as theirs:
        assert told(theirs) == told(ours)
        end = ours.head()
        assert (report.head, report.copied, report.compared, report.archived) == (end, end.position, end.position, 1)
        assert check(theirs).findings == check(ours).findings
        appended = theirs.append(Write(ONE, events("after")))
        assert appended.first == end.position + 1


def test_nothing_to_copy(databases) -> None:
    """An empty log is copied too, and a copy that is complete is compared again and adds nothing."""
    here, there = databases.new("sqlite"), databases.new("sqlite")
    create(here)
    assert copied(here, there).compared == 0
    with opened(here) as store:
        store.append(Write(ONE, events(1, 2, 3)))
    assert copied(here, there).copied == 3
    again = copied(here, there)
    assert (again.resumed_after, again.copied, again.compared) == (3, 0, 3)


def test_progress_is_told(databases) -> None:
    """The caller is told how far the copy has come, and then the comparison."""
    here = databases.new("sqlite")
    with opened(here) as store:
        store.append(Write(ONE, events(*range(10))))
    steps: list[tuple[str, int, int]] = []
    copied(here, databases.new("sqlite"), page=4, progress=lambda *step: steps.append(step))
    assert steps == [(what, done, 10) for what in ("copying", "comparing") for done in (4, 8, 10)]


def test_large_bodies_are_read_in_small_pages(databases) -> None:
    """About 16 MiB of bodies are held at a time, however many rows that is."""
    here = databases.new("sqlite")
    with opened(here) as store:
        for number in range(30):
            store.append(Write(ONE, [event(number, data={"text": "x" * 1_040_000})]))
    with both(here, databases.new("sqlite")) as (ours, theirs):
        asked: list[int] = []
        read = ours.read_log
        ours.read_log = lambda **page: asked.append(page["limit"]) or read(**page)
        assert copy_log(ours, theirs, page=20).compared == 30
        assert asked == [20, 16, 20, 16, 16]  # twice, and the first page of each before it is known how large they are


STOPPED = """
import sys
from respond.store.sql import SqlEventStore
from respond.store.sql.units import transaction  # noqa: F401
from respond.testing.conformance.samples import START
from respond.transfer.copy import copy_log
from sqlalchemy import Engine, event

source, target, stop_at = sys.argv[1:]
batches = 0

@event.listens_for(Engine, "after_cursor_execute")
def stop(connection, cursor, statement, parameters, context, executemany):
    global batches
    if statement.startswith("INSERT INTO respond_events"):
        batches += 1
        if stop_at == "inside" and batches == 3:
            wait()

def wait():
    print("here", flush=True)
    sys.stdin.read()

def progress(what, done, end):
    if stop_at == "between" and batches == 2 or stop_at == "comparing" and what == "comparing":
        wait()

with (
    SqlEventStore.open(source, clock=lambda: START, create=False) as ours,
    SqlEventStore.open(target, clock=lambda: START, create=False) as theirs,
):
    copy_log(ours, theirs, page=7, progress=progress)
"""


@pytest.mark.parametrize("stop_at", ["inside", "between", "comparing"])
@pytest.mark.parametrize("target", KINDS)
def test_a_copy_that_was_killed_goes_on(databases, target, stop_at) -> None:
    """Killed inside a transaction, between two, or while comparing: the next copy goes on where the target ends."""
    here, there = databases.new("sqlite"), databases.new(target)
    fill_with_everything(here)
    with opened(here) as ours:
        create(there, log=ours.log)
    with subprocess.Popen(
        [sys.executable, "-c", STOPPED, here, there, stop_at], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
        child.kill()
    assert child.returncode == -9
    report = copied(here, there)
    with opened(here) as ours, opened(there) as theirs:
        assert told(theirs) == told(ours)
        expected = {"inside": 14, "between": 14, "comparing": ours.head().position}[stop_at]
        assert report.resumed_after == expected
        assert report.compared == ours.head().position


@pytest.mark.parametrize(("source", "target"), [pair for pair in PAIRS if pair.values[0] != pair.values[1]])
def test_the_source_may_be_written_meanwhile(databases, source, target) -> None:
    """What came after the copy began is left for the next one, which goes on there; the report says how much it is."""
    here, there = databases.new(source), databases.new(target)
    with both_filled(here, there, 20) as (ours, theirs):
        written: list[int] = []

        def write(what: str, _done: int, _end: int) -> None:
            written.append(ours.append(Write(TWO, events(f"{what} {len(written)}"))).first)

        report = copy_log(ours, theirs, page=8, progress=write)
        assert (report.head.position, report.compared) == (20, 20)
        assert report.source_position == written[-1] == 26
        assert theirs.head().position == 20
        report = copy_log(ours, theirs)
        assert (report.resumed_after, report.copied, report.source_position) == (20, 6, 26)
        assert told(theirs) == told(ours)


@contextmanager
def both_filled(source: str, target: str, size: int) -> Iterator[tuple[SqlEventStore, SqlEventStore]]:
    """Open a log of *size* events and the empty database that it is copied to."""
    with opened(source) as store:
        store.append(Write(ONE, events(*range(size))))
    with both(source, target) as stores:
        yield stores


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("when", ["copying", "comparing"])
def test_a_writer_to_the_target_is_noticed(databases, target, when) -> None:
    """Who appends to the target meanwhile makes another log of it; the copy says so, and so does the next one."""
    with both_filled(databases.new("sqlite"), databases.new(target), 20) as (ours, theirs):

        def write(what: str, done: int, _end: int) -> None:
            if what == when and done == 8:
                theirs.append(Write(TWO, events("foreign")))

        says = "another program writes" if when == "copying" else "position 21 is not the same"
        with pytest.raises(LogsDiffer, match=says) as caught:
            copy_log(ours, theirs, page=8, progress=write)
        assert caught.value.position == (9 if when == "copying" else 21)
        with pytest.raises(LogsDiffer):
            copy_log(ours, theirs)


@pytest.mark.parametrize("target", KINDS)
def test_another_log_is_refused(databases, target) -> None:
    """A database that holds another log, even an empty one, is not touched."""
    here, there = databases.new("sqlite"), databases.new(target)
    with opened(here) as store:
        store.append(Write(ONE, events(1)))
    create(there)
    with pytest.raises(WrongDatabase, match="name an empty database"):
        copied(here, there)
    with opened(there) as theirs:
        assert theirs.head().position == 0


@pytest.mark.parametrize("target", KINDS)
def test_a_target_that_went_on_is_refused(databases, target) -> None:
    """A target that is ahead of the source, or ends with something else, is no partial copy: nothing is written."""
    here, there = databases.new("sqlite"), databases.new(target)
    with both_filled(here, there, 5) as (ours, theirs):
        copy_log(ours, theirs)
        theirs.append(Write(TWO, events("there")))
        before = told(theirs)
        with pytest.raises(LogsDiffer, match="the other way round"):
            copy_log(ours, theirs)
        ours.append(Write(TWO, events("here")))
        for _ in range(2):
            with pytest.raises(LogsDiffer, match="position 6 is not the same"):
                copy_log(ours, theirs)
            ours.append(Write(ONE, events(f"further {ours.head().position}")))
        assert told(theirs) == before


CHANGES: dict[str, Any] = {
    "body": canonical({"v": 1}),
    "body gone": None,
    "leaf": b"\1" * 32,
    "recorded_at": 1,
    "tenant": "other",
    "realm": "drill",
    "stream": "incident-other",
    "version": 99,
    "type": "NoteRemoved",
    "subject": "other",
}


@pytest.mark.parametrize("target", KINDS)
def test_a_target_that_was_altered_is_reported(databases, target) -> None:
    """The control: each column of a row altered behind its back, a row deleted, one added; the place is named."""
    there = databases.new(target)
    with both_filled(databases.new("sqlite"), there, 9) as (ours, theirs), raw(there) as connection:
        copy_log(ours, theirs)
        without_triggers(connection)
        for name, value in CHANGES.items():
            row = theirs.read_log(after=3, limit=1)[0]
            column = TABLES.events.c[name.split()[0]]
            change = TABLES.events.update().where(TABLES.events.c.position == 4)
            connection.execute(change.values({column: value}))
            with pytest.raises(LogsDiffer) as caught:
                copy_log(ours, theirs)
            assert caught.value.position == 4, name
            kept = row.recorded_us if column.name == "recorded_at" else getattr(row, column.name)
            connection.execute(change.values({column: kept}))
            assert copy_log(ours, theirs).compared == 9
        connection.execute(text("UPDATE respond_events SET position = 0 WHERE position = 4"))
        with pytest.raises(LogsDiffer) as caught:
            copy_log(ours, theirs)
        assert caught.value.position == 0
        connection.execute(text("DELETE FROM respond_events WHERE position = 0"))
        with pytest.raises(LogsDiffer) as caught:
            copy_log(ours, theirs)
        assert caught.value.position == 4


def test_a_head_that_was_altered_is_reported(databases) -> None:
    """A head of the target that someone set to another time is a difference, before a copy and while it compares."""
    with both_filled(databases.new("sqlite"), there := databases.new("sqlite"), 9) as (ours, theirs):

        def alter(what: str, _done: int, _end: int) -> None:
            if what == "comparing":
                with raw(there) as connection:
                    connection.execute(text("UPDATE respond_head SET recorded_at = recorded_at + 1"))

        with pytest.raises(LogsDiffer, match="the target ends at position 9, at"):
            copy_log(ours, theirs, progress=alter)
        with pytest.raises(LogsDiffer, match="position 9 is not the same"):
            copy_log(ours, theirs)


def test_an_altered_manifest_is_reported(databases) -> None:
    """A manifest that says something else in the target is a difference like any other."""
    here, there = databases.new("sqlite"), databases.new("sqlite")
    fill_with_everything(here)
    copied(here, there)
    with raw(there) as connection:
        without_triggers(connection)
    for change in ("UPDATE respond_manifest SET digest = zeroblob(32)", "UPDATE respond_manifest SET first = 1"):
        with raw(there) as connection:
            connection.execute(text(change))
        with pytest.raises(LogsDiffer, match="manifest"):
            copied(here, there)


@pytest.mark.parametrize("damage", ["stream = CAST(x'ff00' AS text)", "id = 'text'", "version = 1.5", "body = 'text'"])
def test_a_damaged_row_is_not_copied(databases, damage) -> None:
    """A row that another database would change or refuse stops the copy before it, and is named."""
    here, there = databases.new("sqlite"), databases.new("sqlite")
    with both_filled(here, there, 9) as (ours, theirs):
        with raw(here) as connection:
            without_triggers(connection)
            connection.execute(text(f"UPDATE respond_events SET {damage} WHERE position = 7"))
        with pytest.raises(UnreadableEvent, match="position 7"):
            copy_log(ours, theirs, page=3)
        assert theirs.head().position == 6


def test_a_gap_is_not_copied(databases) -> None:
    """Rows that are missing, or that this account may not see, stop the copy; so does an end that is not there."""
    here, there = databases.new("sqlite"), databases.new("sqlite")
    with both_filled(here, there, 9) as (ours, theirs):
        with raw(here) as connection:
            without_triggers(connection)
            connection.execute(text("DELETE FROM respond_events WHERE position IN (7, 9)"))
        with pytest.raises(LogsDiffer, match="position 7 is missing") as caught:
            copy_log(ours, theirs)
        assert (caught.value.position, theirs.head().position) == (7, 0)
    with both_filled(here := databases.new("sqlite"), databases.new("sqlite"), 9) as (ours, theirs):
        with raw(here) as connection:
            without_triggers(connection)
            connection.execute(text("DELETE FROM respond_events WHERE position > 7"))
        with pytest.raises(LogsDiffer, match="its last row is 7"):
            copy_log(ours, theirs)


def test_rows_past_the_targets_end_are_noticed(databases) -> None:
    """A row that someone put past the end of the target is in the way of the copy, and is told of."""
    with both_filled(databases.new("sqlite"), there := databases.new("sqlite"), 9) as (ours, theirs):
        row = forged(ours, 5)
        with raw(there) as connection:
            connection.execute(insert(TABLES.events), row)
        with pytest.raises(LogsDiffer, match="past its end"):
            copy_log(ours, theirs)


def forged(store: SqlEventStore, position: int) -> dict[str, Any]:
    """Return a row that stands at *position* of no log."""
    row: Recorded = store.read_log(after=position - 1, limit=1)[0]
    body = canonical({"v": 1})
    values = row._asdict() | {"body": body, "leaf": leaf_of(body, row.recorded_us, position)}
    values["recorded_at"] = values.pop("recorded_us")
    return values | {"id": bytes.fromhex(id_of("forged").replace("-", ""))}
