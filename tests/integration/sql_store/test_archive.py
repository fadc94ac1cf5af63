"""Finished streams leave the log for files: all that must hold before, meanwhile and afterwards, on each database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import insert, text

from lives import FINISHED, NAMES, STAYING, live, report
from respond.audit.check import check
from respond.audit.finding import CheckReport
from respond.domain.streams import StreamId, exactly
from respond.engine.engine import Engine
from respond.errors import (
    EventArchived,
    IdempotencyConflict,
    InvalidInput,
    StoreError,
    StoreReadOnly,
    StoreUnavailable,
    UnreadableEvent,
)
from respond.store import archive as files
from respond.store.archive_folder import ranges_of
from respond.store.records import NewEvent, Recorded, Write
from respond.store.sql import SqlEventStore, create, drop_triggers, tables
from respond.store.sql.checkpoints import Checkpoints
from respond.store.sql.door import Door
from respond.store.sql.readers import Readers
from respond.testing.conformance.samples import START, ManualClock, event
from respond.transfer import archive as transfer
from respond.transfer.archive import ArchiveReport, archive_log
from respond.transfer.copy import copy_log
from sql_logs import raw

TABLES = tables()
LEFT = [1, 3, 4, 7, 8, 9, 10, 11, 12, 18, 19, 22]
"""The positions of the finished incidents of `lives`."""
END = 22
LEAF_OF_2 = "(SELECT leaf FROM (SELECT leaf FROM respond_events WHERE position = 2) AS other)"


@attrs.frozen
class Desk:
    """A log of incidents, and a folder for what leaves it."""

    url: str
    store: SqlEventStore
    clock: ManualClock
    folder: Path
    ids: dict[str, str]

    def archive(self, **options: Any) -> ArchiveReport:
        """Let leave what is older than *days*, all that is finished unless said otherwise."""
        before = self.clock() - timedelta(days=options.pop("days", -1))
        return archive_log(self.store, self.folder, **{"before": before, **options})

    def opened(self, *, archives: Path | None = None) -> SqlEventStore:
        """Open the log anew."""
        return SqlEventStore.open(self.url, clock=self.clock, create=False, archives=archives)

    def checked(self, *, archives: Path | None = None) -> CheckReport:
        """Return what a check finds that reads the files in *archives*."""
        with self.opened(archives=archives) as store:
            return check(store)

    def engine(self, *, archives: Path | None = None) -> Engine:
        """Open an engine on the log."""
        return Engine.open(self.url, clock=self.clock, create=False, archives=archives)

    def stream(self, name: str) -> StreamId:
        """Return the stream of the incident called *name*."""
        return StreamId.of("incident", self.ids[name])

    def tamper(self, statement: str, **values: Any) -> None:
        """Change the database behind the back of its triggers."""
        with raw(self.url) as connection:
            for gone in drop_triggers(connection.dialect.name, "respond_", if_exists=True):
                connection.exec_driver_sql(gone)
            connection.execute(text(statement), values)


@pytest.fixture
def desk(url: str, tmp_path: Path) -> Iterator[Desk]:
    """Yield the incidents of `lives` on each kind of database."""
    yield from desk_at(url, tmp_path)


@pytest.fixture
def small(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Yield the incidents of `lives` on SQLite, for what no database does in its own way."""
    yield from desk_at(sqlite_url, tmp_path)


def desk_at(url: str, tmp_path: Path) -> Iterator[Desk]:
    """Yield the incidents of `lives` in the empty database at *url*."""
    folder = tmp_path / "archives"
    folder.mkdir()
    clock = ManualClock()
    with SqlEventStore.open(url, clock=clock) as store:
        yield Desk(url, store, clock, folder, live(store, clock))


def without_bodies(rows: list[Recorded]) -> list[Recorded]:
    """Return *rows*, those that leave without their bodies."""
    return [row._replace(body=None) if row.position in LEFT else row for row in rows]


def test_finished_incidents_leave(desk: Desk) -> None:
    """Bodies of reviewed, cancelled and merged incidents leave for a file; rows, leaves and everything else stay."""
    before = list(desk.store.read_log())
    report = desk.archive()
    assert (report.streams, report.events, report.held_back) == (3, len(LEFT), {"together": 1})
    assert list(desk.store.read_log()) == without_bodies(before)
    (file,) = report.files
    assert [(one.first, one.last) for one in ranges_of(desk.store)] == [(1, 1), (3, 4), (7, 12), (18, 19), (22, 22)]
    assert {(one.file, one.digest) for one in ranges_of(desk.store)} == {(file.name, file.digest)}
    held = files.read_archive(desk.folder / file.name, log=desk.store.log, digest=file.digest)
    assert held == {row.position: row.body for row in before if row.position in LEFT}
    assert desk.store.head().position == END
    assert report.size == sum(len(body) for body in held.values())


def test_a_second_run_finds_nothing(small: Desk) -> None:
    """What left is not looked at again; what is finished later leaves for a file of its own."""
    small.archive()
    assert small.archive().events == 0
    with small.engine() as engine:
        engine.incident(small.ids["resolved"]).close_review(summary="x", actor="chen.yu")
    report = small.archive()
    assert (report.streams, report.events) == (1, 7)
    assert len({one.file for one in ranges_of(small.store)}) == 2
    assert small.checked(archives=small.folder).clean


def test_only_what_is_old_enough_leaves(small: Desk) -> None:
    """An incident is as old as the last thing that was recorded about it; a merged one waits for the other."""
    assert small.archive(days=0.5).events == len(LEFT) - 2  # `cancelled` ended last, right now
    assert small.archive(days=0).events == 0  # its last event is not older than now
    small.clock.move(seconds=1)
    assert small.archive(days=0).events == 2


def test_a_dry_run_changes_nothing(small: Desk) -> None:
    """A dry run tells what would leave, writes no file and asks for no rights."""
    before = list(small.store.read_log())
    report = small.archive(dry_run=True)
    assert (report.streams, report.events, report.files, report.dry_run) == (3, len(LEFT), (), True)
    assert list(small.store.read_log()) == before
    assert list(small.folder.iterdir()) == []
    assert small.archive().size == report.size


def test_named_incidents_leave_however_young(small: Desk) -> None:
    """Only the named ones leave, whatever their age; one that is not finished stays."""
    report = small.archive(before=None, named=[small.stream("cancelled"), small.stream("open")])
    assert (report.streams, report.events) == (1, 2)
    report = small.archive(before=None, named=[small.stream("merged")])
    assert report.held_back == {"together": 1}  # for the one that absorbed it stays


def test_a_check_reads_the_files(desk: Desk) -> None:
    """With the folder a check reads every body where it is; without it says what it did not read, and finds nothing."""
    whole = check(desk.store)
    report = desk.archive()
    unread = check(desk.store)
    assert (unread.clean, unread.archived, unread.events) == (True, len(LEFT), END)
    assert [attrs.astuple(one) for one in unread.unread] == [(report.files[0].name, 1, 22, len(LEFT))]
    read = desk.checked(archives=desk.folder)
    assert read == attrs.evolve(whole, archived=len(LEFT))


def test_an_engine_reads_the_files(desk: Desk) -> None:
    """With the folder every question is answered as before; without it an archived incident names its file."""
    with desk.engine() as engine:
        before = answers(engine, desk)
    report = desk.archive()
    with desk.engine(archives=desk.folder) as engine:
        assert answers(engine, desk) == before
        engine.incident(desk.ids["cancelled"]).reopen(reason="it was none", actor="chen.yu")
        assert engine.incident(desk.ids["cancelled"]).state().status == "reported"
    with desk.engine() as engine:
        for name in FINISHED:
            with pytest.raises(EventArchived, match=rf"archived in {report.files[0].name}.*archives="):
                engine.incident(desk.ids[name]).state()
            assert engine.reader.number(desk.ids[name]) == f"INC-{NAMES.index(name) + 1}"
        for name in STAYING:
            assert engine.incident(desk.ids[name]).timeline().entries
        totals = engine.replay()
        assert (totals.archived, totals.failures, totals.events) == (len(LEFT), (), END + 1)


def answers(engine: Engine, desk: Desk) -> Any:
    """Return what an engine says of all incidents."""
    ids = [desk.ids[name] for name in NAMES]
    return (
        engine.states("incident", ids),
        [engine.incident(one).timeline() for one in ids],
        [engine.incident(one).review() for one in ids],
        engine.incidents(),
        engine.statistics(),
        attrs.evolve(engine.replay(check_leaves=True), last_position=0),
    )


def test_a_retry_of_an_archived_append_is_told_by_the_leaf(small: Desk) -> None:
    """The same event again answers with the first outcome though its body left; another of the same id does not."""
    stream = StreamId.of("incident", "odd")
    first = small.store.append(Write(stream, [event("odd", data={"note": "1"})]))
    small.tamper("UPDATE respond_events SET body = NULL WHERE position = :last", last=END + 1)
    again = small.store.append(Write(stream, [event("odd", data={"note": "1"})]))
    assert (again.replayed, again.first) == (True, first.first)
    with pytest.raises(IdempotencyConflict):
        small.store.append(Write(stream, [event("odd", data={"note": "2"})]))


def test_nothing_leaves_that_moved_on_meanwhile(desk: Desk, monkeypatch) -> None:
    """A stream that goes on between the reading and the leaving stays whole, and the others leave."""
    write = transfer.write_archive

    def while_others_write(folder, log, rows):
        file = write(folder, log, rows)
        if desk.store.versions([desk.stream("cancelled")])[desk.stream("cancelled")] == 2:
            note_late(desk)
        return file

    monkeypatch.setattr(transfer, "write_archive", while_others_write)
    report = desk.archive()
    assert (report.streams, report.events, report.held_back) == (2, len(LEFT) - 2, {"together": 1, "moved": 1})
    assert all(row.body is not None for row in desk.store.read_stream(desk.stream("cancelled")))
    assert len(report.unused) == 1
    assert {path.name for path in desk.folder.iterdir()} == {report.files[0].name, *report.unused}
    assert desk.checked(archives=desk.folder).clean


def note_late(desk: Desk) -> None:
    """Record something about `cancelled`, as somebody does who has its file."""
    late = NewEvent(id=str(event("late").id), type="ProgressNoted", data={"text": "late"})
    desk.store.append(Write(desk.stream("cancelled"), [late], exactly(2)))


@pytest.mark.parametrize("when", ["before it writes", "after it wrote"])
@pytest.mark.parametrize("noted", [False, True])
@pytest.mark.parametrize(
    ("of_first", "of_second"), [({}, {}), ({}, {"EVENTS_MAX": 3}), ({"EVENTS_MAX": 3}, {}), ({}, {"named": True})]
)
def test_of_two_runs_at_once_the_second_says_so(
    small: Desk, monkeypatch, when: str, of_first: dict[str, int], of_second: dict[str, Any], noted: bool
) -> None:
    """No file is deleted that another run wrote too, whatever was recorded since: the only copy may be in there."""
    before = {row.position: row.body for row in small.store.read_log()}
    write = transfer.write_archive

    def run_first() -> None:
        monkeypatch.undo()
        for name, value in of_first.items():
            monkeypatch.setattr(transfer, name, value)
        assert small.archive().events == len(LEFT)
        if noted:
            note_late(small)

    def write_beside_another(folder, log, rows):
        file = write(folder, log, rows)
        run_first()
        return file

    def read_beside_another(store, batch, read=transfer._rows):
        run_first()
        return read(store, batch)

    if when == "after it wrote":
        monkeypatch.setattr(transfer, "write_archive", write_beside_another)
    else:
        monkeypatch.setattr(transfer, "_rows", read_beside_another)
    if "EVENTS_MAX" in of_second:
        monkeypatch.setattr(transfer, "EVENTS_MAX", of_second["EVENTS_MAX"])
    chosen = {"before": None, "named": [small.stream("cancelled")]} if "named" in of_second else {}
    with pytest.raises(StoreError, match=r"has left meanwhile for archive-\S+ by another run; begin again") as caught:
        small.archive(**chosen)
    assert (when == "after it wrote") is ("was written and stays" in "".join(getattr(caught.value, "__notes__", [])))
    assert small.checked(archives=small.folder).counts == {}
    with small.opened(archives=small.folder) as store:
        assert {row.position: store.archive.body_of(row) for row in store.read_log() if row.position in LEFT} == {
            position: before[position] for position in LEFT
        }


def test_an_appender_waits_for_the_door(server_url: str, tmp_path: Path) -> None:
    """While bodies leave the head is held: no stream moves on between the last look and the end."""
    for desk in desk_at(server_url, tmp_path):
        with raw(server_url) as connection, connection.execution_options(isolation_level="READ COMMITTED").begin():
            connection.execute(TABLES.head.select().with_for_update())
            before = desk.clock() + timedelta(days=1)
            with (
                SqlEventStore.open(server_url, clock=desk.clock, lock_timeout=0.05) as other,
                pytest.raises(StoreUnavailable),
            ):
                archive_log(other, desk.folder, before=before)


def test_bodies_leave_once(desk: Desk) -> None:
    """Two runs at once do not both take a body: the second one takes nothing at all, and says so."""
    door, rows = Door(desk.store), list(desk.store.read_log())
    first, second = (files.write_archive(desk.folder, desk.store.log, rows[at:4]) for at in (2, 1))
    door.take_out([3, 4], first, "x", versions={})
    before = desk.store.read_log()
    for positions in ([3, 4], [2, 3, 4]):
        with pytest.raises(StoreError, match=r"begin again|respond check"):
            door.take_out(positions, second, "x", versions={})
    assert desk.store.read_log() == before
    assert len(list(ranges_of(desk.store))) == 1


def test_many_files(small: Desk, monkeypatch) -> None:
    """A file holds so many events and bytes at most, and whole streams; each leaves in a transaction of its own."""
    monkeypatch.setattr(transfer, "EVENTS_MAX", 3)
    assert [file.events for file in small.archive().files] == [8, 2, 2]
    assert small.checked(archives=small.folder).clean
    monkeypatch.undo()
    with small.engine() as engine:
        for title in ("one more", "and another"):
            report(engine, small.clock, title).cancel(reason="x", actor="chen.yu")
    monkeypatch.setattr(transfer, "SIZE_MAX", 10)
    assert [file.events for file in small.archive().files] == [2, 2]


def test_an_unfinished_run_goes_on(small: Desk, monkeypatch) -> None:
    """A run that broke off between two files has let whole streams leave, and the next one takes the others."""
    monkeypatch.setattr(transfer, "EVENTS_MAX", 3)

    def stop(what: str, done: int, _end: int) -> None:
        if what == "archiving" and done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small.archive(progress=stop)
    assert check(small.store).archived == 10
    assert small.archive().events == 2
    assert small.checked(archives=small.folder).clean


KILLED = """
import sys
from datetime import timedelta
from pathlib import Path
from sqlalchemy import Engine, event
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import ManualClock
from respond.transfer.archive import archive_log

url, folder, word = sys.argv[1:]

@event.listens_for(Engine, "after_cursor_execute")
def stop(connection, cursor, statement, parameters, context, executemany):
    if statement.startswith(word) and "1 = 0" not in statement:
        print("here", flush=True)
        sys.stdin.read()

clock = ManualClock()
clock.move(days=100)
with SqlEventStore.open(url, clock=clock, create=False) as store:
    archive_log(store, Path(folder), before=clock())
"""


def test_a_killed_run_lets_all_leave_or_nothing(desk: Desk) -> None:
    """Killed with every body taken out and nothing committed: no body is gone, and the next run does it all."""
    killed(desk, "UPDATE respond_events")


@pytest.mark.parametrize("word", ["SELECT respond_head", "INSERT INTO respond_manifest"])
def test_a_run_that_was_killed_earlier(small: Desk, word: str) -> None:
    """The same between the file and the transaction, and with the manifest written."""
    killed(small, word)


def killed(desk: Desk, word: str) -> None:
    """Kill a run behind the statement that begins with *word*, and archive again."""
    before = list(desk.store.read_log())
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, desk.url, desk.folder, word],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
        child.kill()
    assert list(desk.store.read_log()) == before
    assert list(ranges_of(desk.store)) == []
    assert desk.archive().events == len(LEFT)
    assert list(desk.store.read_log()) == without_bodies(before)
    assert desk.checked(archives=desk.folder).clean


def test_a_file_that_cannot_be_written_keeps_the_bodies(small: Desk, monkeypatch) -> None:
    """A full disk ends the run before any body leaves."""

    def refuse(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_settle", refuse)
    with pytest.raises(StoreUnavailable, match="nothing was archived"):
        small.archive()
    assert check(small.store).archived == 0
    with pytest.raises(InvalidInput, match="is not a folder"):
        archive_log(small.store, small.folder / "none", before=START)


def test_a_damaged_body_does_not_leave(small: Desk) -> None:
    """A body that its leaf does not fit is evidence: nothing of its file leaves."""
    small.tamper(f"UPDATE respond_events SET leaf = {LEAF_OF_2} WHERE position = 10")
    with pytest.raises(UnreadableEvent, match="position 10: the leaf does not fit"):
        small.archive()
    assert list(small.folder.iterdir()) == []
    assert check(small.store).archived == 0


def test_what_cannot_be_folded_stays(small: Desk) -> None:
    """A stream of no registered workflow, or one that does not fold, is not known to be finished."""
    small.store.append(Write(StreamId.of("parcel", "1"), [event("parcel")]))
    small.store.append(Write(small.stream("cancelled"), [event("unknown type")]))
    assert small.archive().streams == 2


def test_what_a_projection_has_not_read_stays(small: Desk) -> None:
    """A projection that lags behind, running or not, keeps what it has not read; `held_back` says so."""
    checkpoints = Checkpoints(TABLES, small.store.tenant)
    with small.store.transaction() as connection:
        checkpoints.create(connection, "board", 1, now=small.clock(), position=21)
        checkpoints.create(connection, "list", 1, now=small.clock(), position=100)
        checkpoints.create(connection, "wall", 1, now=small.clock(), position=22)
    report = small.archive()
    assert (report.streams, report.held_back) == (2, {"unread": 1, "together": 1})
    assert [(one.name, one.position) for one in report.behind] == [("board", 21)]


def test_what_nobody_reads_any_more_leaves(small: Desk) -> None:
    """A reader that is retired holds nothing back, nor does one that is forgotten; live it does: the control."""
    checkpoints = Checkpoints(TABLES, small.store.tenant)
    with small.store.transaction() as connection:
        for name in ("board", "publisher:bus"):
            checkpoints.create(connection, name, 1, now=small.clock(), position=1)
    readers = Readers(small.store)
    assert [one.name for one in small.archive(dry_run=True).behind] == ["board", "publisher:bus"]
    readers.retire("board", now=small.clock())
    report = small.archive()
    assert ([one.name for one in report.behind], report.streams) == (["publisher:bus"], 0)
    readers.forget("publisher:bus", now=small.clock())
    report = small.archive()
    assert (report.behind, report.events) == ((), len(LEFT))


def test_other_tenants_stay(small: Desk) -> None:
    """Archiving is for one tenant; ids and names of others do not matter."""
    with SqlEventStore.open(small.url, clock=small.clock, tenant="branch") as branch:
        report(Engine(branch, clock=small.clock), small.clock, "theirs").cancel(reason="x", actor="chen.yu")
        assert small.archive().events == len(LEFT)
        assert archive_log(branch, small.folder, before=small.clock() + timedelta(days=1)).events == 2
    assert small.checked(archives=small.folder).clean


def test_only_the_owner_archives_on_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    """An account that does not own the tables is refused before a file is written, whatever it may do besides."""
    for desk in desk_at(postgresql_url, tmp_path):
        role = postgresql_url.partition("?")[0].rsplit("/", 1)[1] + "_writer"
        with raw(postgresql_url) as connection:
            connection.execute(text(f"CREATE ROLE {role} LOGIN"))
            try:
                connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"))
                refused(desk, postgresql_url.replace("postgres@", f"{role}@"))
            finally:
                connection.execute(text(f"DROP OWNED BY {role}"))
                connection.execute(text(f"DROP ROLE {role}"))


def test_only_the_owner_archives_on_mariadb(mariadb_url: str, tmp_path: Path) -> None:
    """An account without the right to update events is refused before a file is written."""
    for desk in desk_at(mariadb_url, tmp_path):
        name = mariadb_url.rsplit("/", 1)[1]
        with raw(mariadb_url) as connection:
            connection.execute(text(f"CREATE USER {name}@'127.0.0.1'"))
            try:
                connection.execute(text(f"GRANT SELECT, INSERT ON {name}.* TO {name}@'127.0.0.1'"))
                connection.execute(text(f"GRANT UPDATE ON {name}.respond_head TO {name}@'127.0.0.1'"))
                refused(desk, mariadb_url.replace("root@", f"{name}@"))
            finally:
                connection.execute(text(f"DROP USER {name}@'127.0.0.1'"))


def test_only_the_owner_of_the_file_archives(small: Desk, monkeypatch) -> None:
    """On SQLite it is the user that owns the file."""
    monkeypatch.setattr(os, "geteuid", lambda: small.folder.stat().st_uid + 1)
    refused(small, small.url)


def refused(desk: Desk, url: str) -> None:
    """Expect that nothing leaves at the word of the account in *url*; a dry run is anybody's."""
    with SqlEventStore.open(url, clock=desk.clock, create=False) as store:
        with pytest.raises(StoreReadOnly):
            archive_log(store, desk.folder, before=desk.clock() + timedelta(days=1))
        assert archive_log(store, desk.folder, before=desk.clock(), dry_run=True).streams == 2
    assert list(desk.folder.iterdir()) == []
    assert check(desk.store).archived == 0


# -- what a check finds ------------------------------------------------------------------------------------------------


def codes(desk: Desk, *, archives: Path | None) -> dict[str, int]:
    """Return what a check finds, and how often."""
    return dict(desk.checked(archives=archives).counts)


def test_a_body_that_vanished_is_found(desk: Desk) -> None:
    """A body that no range covers is damage, with and without the folder, beside others that were archived."""
    desk.archive()
    desk.tamper("UPDATE respond_events SET body = NULL WHERE position = 2")
    for archives in (None, desk.folder):
        found = codes(desk, archives=archives)
        assert found["body-missing"] == 1, found


def test_an_altered_file_is_found(small: Desk) -> None:
    """A file with another digest is told of once, and what it holds is unread; so is one that is not there."""
    report = small.archive()
    path = small.folder / report.files[0].name
    raw_bytes = path.read_bytes()
    path.chmod(0o600)
    for damage in (lambda: path.write_bytes(raw_bytes[:-1]), path.unlink):
        damage()
        found = small.checked(archives=small.folder)
        assert (found.counts, found.unread[0].events) == ({"archive-unreadable": 1}, len(LEFT))
        assert found.findings[0].position == 1
        assert path.name in found.findings[0].text


@pytest.mark.parametrize("column", ["leaf", "recorded_at", "type"])
def test_a_row_altered_after_its_body_left_is_found(small: Desk, column: str) -> None:
    """A row that no longer fits the body in the file is found once the file is read, and only that row."""
    small.archive()
    other = {"leaf": LEAF_OF_2, "recorded_at": "recorded_at + 1", "type": "'IncidentNoted'"}
    small.tamper(f"UPDATE respond_events SET {column} = {other[column]} WHERE position = 10")
    found = codes(small, archives=small.folder)
    assert found == {"leaf" if column != "type" else "column-type": 1}
    assert codes(small, archives=None) == {}


def test_a_manifest_that_says_something_else_is_found(desk: Desk) -> None:
    """Ranges that overlap, run past the log or cover bodies that are here are found."""
    desk.archive()
    rows = [
        {"first": 2, "last": 2, "file": "x", "digest": b"\1" * 32, "reason": "x"},
        {"first": 8, "last": 9, "file": "x", "digest": b"\1" * 32, "reason": "x"},
        {"first": 40, "last": 50, "file": "x", "digest": b"\1" * 32, "reason": "x"},
    ]
    with raw(desk.url) as connection:
        connection.execute(insert(TABLES.manifest), rows)
    found = check(desk.store)
    assert ("archived-body", 2) in {(one.code, one.position) for one in found.findings}
    assert {one.position for one in found.findings if one.code == "manifest-range"} == {8, 40}


def test_a_file_that_lacks_what_the_manifest_says_is_found(small: Desk) -> None:
    """A range that promises more than its file holds is found row by row."""
    file = small.archive().files[0]
    row = {"first": 2, "last": 2, "file": file.name, "digest": file.digest, "reason": "x"}
    with raw(small.url) as connection:
        connection.execute(insert(TABLES.manifest), row)
        connection.execute(text("UPDATE respond_events SET body = NULL WHERE position = 2"))
    found = codes(small, archives=small.folder)
    assert found == {"archive-unreadable": 1}


def test_a_body_that_leaves_while_a_check_reads_is_no_finding(small: Desk) -> None:
    """The manifest and the page of rows may be of different moments."""
    small.archive(before=None, named=[small.stream("cancelled")])
    read, listed = small.store.read_log, small.store.manifest
    small.store.manifest = lambda **page: listed(**page)[:1]  # so that what comes meanwhile is seen

    def read_then_archive(**page: Any) -> list[Recorded]:
        rows = list(read(**page))
        small.store.read_log = read
        small.archive()
        return rows

    small.store.read_log = read_then_archive
    assert check(small.store).clean


# -- copies ------------------------------------------------------------------------------------------------------------


def test_an_archived_log_is_copied(small: Desk, tmp_path: Path) -> None:
    """A copy has the same bodies and the same manifest, and reads the same files."""
    small.archive()
    there = f"sqlite:///{tmp_path / 'there.db'}"
    create(there, log=small.store.log)
    with SqlEventStore.open(there, clock=small.clock, archives=small.folder) as target:
        report = copy_log(small.store, target)
        assert (report.compared, report.archived) == (END, 5)
        assert check(target) == small.checked(archives=small.folder)


def test_what_is_archived_after_a_copy_leaves_the_copy_too(desk: Desk, tmp_path: Path) -> None:
    """Bodies that left the source since the last copy, or while it is compared, leave the target by the same door."""
    there = f"sqlite:///{tmp_path / 'there.db'}"
    create(there, log=desk.store.log)
    with SqlEventStore.open(there, clock=desk.clock) as target:
        copy_log(desk.store, target)
        asked: list[str] = []

        def archive_meanwhile(what: str, _done: int, _end: int) -> None:
            if what == "comparing" and not asked:
                asked.append(what)
                desk.archive()

        report = copy_log(desk.store, target, page=5, progress=archive_meanwhile)
        assert (report.compared, report.archived) == (END, 5)
        assert list(target.read_log()) == list(desk.store.read_log())
        assert list(ranges_of(target)) == list(ranges_of(desk.store))
