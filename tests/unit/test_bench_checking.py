"""The benchmarks of the store quote no figure of a run that lost, doubled or misplaced an event."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from respond import Engine
from respond.engine.clock import system_clock
from respond.store.memory import MemoryEventStore
from respond.store.records import Appended, Head
from respond.testing.conformance.tailing import Seen

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def benchmarks():
    """Let this module import the scripts that measure."""
    sys.path.append(str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


class Losing(MemoryEventStore):
    """A log that acknowledges every event and does not show them all."""

    shown = True
    """Whether `read_all` shows what `read_log` does not."""

    def read_log(self, *, after=0, limit=1000):
        return [row for row in super().read_log(after=after, limit=limit) if row.position != 2]

    def read_all(self, *, after=0, limit=1000, realm=None):
        rows = super().read_all(after=after, limit=limit, realm=realm)
        return rows if self.shown else [row for row in rows if row.position != 2]


class Cut(MemoryEventStore):
    """A log whose last event is gone, and whose head agrees."""

    def head(self):
        last = super().read_log(limit=10**6)[-2]
        return Head(last.position, last.recorded_us)

    def read_log(self, *, after=0, limit=1000):
        end = self.head().position
        return [row for row in super().read_log(after=after, limit=limit) if row.position <= end]


class Lying(MemoryEventStore):
    """A log that tells places where its events do not stand."""

    def append(self, *writes, require=None):
        appended = super().append(*writes, require=require)
        return Appended(appended.first + 1, appended.last + 1, appended.versions, appended.recorded_at)


class Careless(MemoryEventStore):
    """A log that asks no one what version he expects."""

    def _expected(self, writes, require):
        return {write.stream: self._log.version(self.tenant, write.stream) for write in writes}


def measured(store, *, writer="StoreWriter", count=1):
    """Return the figure of a contest of *store* with a sound log."""
    import our_writers
    from contests import Length, contest
    from sides import Side
    from teams import threads

    def side(name, opened):
        @contextmanager
        def opens(_):
            yield opened

        make = getattr(our_writers, writer)
        return Side(name=name, opens=opens, writer=lambda store, name: make(store=store, name=name))

    @contextmanager
    def enter():
        ours, theirs = side("ours", store), side("theirs", MemoryEventStore(clock=system_clock))
        with threads(ours, "", count) as first, threads(theirs, "", count) as second:
            yield {"ours": first, "theirs": second}

    held = contest(enter, Length(rounds=1, pieces=2, seconds=0.01))
    return held.ratio("a row", "ours", "theirs", bar=0, unit="times")


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("writer", ["StoreWriter", "RivalWriter", "BulkWriter"])
def test_a_sound_run_has_a_figure(writer, count):
    """A run that left every acknowledged event behind has a figure."""
    figure = measured(MemoryEventStore(clock=system_clock), writer=writer, count=count)
    assert figure.met, figure.why
    assert figure.to_json()["value"] > 0
    assert "missed 0 of" in figure.peer


@pytest.mark.parametrize("store", [Losing, Cut, Lying])
def test_a_lost_event_takes_the_figure_away(store):
    """A run that lost an acknowledged event, or has it elsewhere, has no figure, however fast it was."""
    figure = measured(store(clock=system_clock))
    assert not figure.met
    assert figure.to_json()["value"] is None
    assert figure.line().startswith("WRONG")
    assert "missed" in figure.why


def test_a_missing_refusal_takes_the_figure_away():
    """A run in which a write at a wrong version was taken has no figure."""
    figure = measured(Careless(clock=system_clock), writer="RivalWriter")
    assert figure.quotable is None
    assert "that expected" in figure.why


def test_a_victim_takes_the_figure_away():
    """A run in which a write at the right version was refused has no figure."""
    from our_writers import RivalWriter, StoreWriter

    log = MemoryEventStore(clock=system_clock)
    StoreWriter(store=log, name="same").call(None)
    rival = RivalWriter(store=log, name="same")
    rival.call(None)
    assert "victim" in rival.faults[0]


LOG = [Seen(1, "a"), Seen(2, "b"), Seen(3, "c")]


@pytest.mark.parametrize(
    ("log", "told", "seen", "missed"),
    [
        ([LOG[0], LOG[2]], LOG, None, 1),
        ([*LOG, Seen(4, "c")], LOG, None, 0),
        ([*LOG, Seen(5, "d")], [*LOG, Seen(5, "d")], None, 0),
        (LOG, LOG, LOG[:2], 1),
        (LOG, LOG, [*LOG, LOG[2]], 0),
        (LOG, LOG, [LOG[0], LOG[2], LOG[1]], 0),
        (LOG, [*LOG[:2], Seen(4, "c")], None, 1),
        (LOG, LOG[:2], None, 0),
        ([], [], [], 0),
    ],
    ids=["lost", "doubled", "gap", "not followed", "seen twice", "seen in disorder", "misplaced", "untold", "empty"],
)
def test_each_fault_is_found(log, told, seen, missed):
    """Whatever is wrong with a log, or with what a follower saw of it, makes the run wrong."""
    from checking import judge

    verdict = judge(log, told, seen)
    assert not verdict.correct
    assert verdict.missed == missed
    assert verdict.why


def test_what_is_right_is_found_right():
    """A log that was told and followed as it is makes the run right; one wrong run among several spoils them."""
    from checking import all_of, judge

    right = judge(LOG, LOG, LOG)
    assert right.correct
    assert not right.why
    assert all_of([right, right]).correct
    assert not all_of([right, judge(LOG, LOG, LOG, said=["it fell over"])]).correct
    assert not all_of([right, judge([], [], [])]).correct
    assert not all_of([]).correct


def test_the_peers_log_is_judged(tmp_path):
    """The peer's log is judged in the same way: what it lost, and versions that are not the next ones."""
    from checking import judge_peer, notifications
    from eventsourcing.persistence import StoredEvent
    from peer_writers import SaveWriter
    from sides import opened_peer

    with opened_peer(f"sqlite:///{tmp_path / 'peer.db'}") as application:
        writer = SaveWriter(application=application, name="one")
        for _ in range(7):
            writer.call(None)
        assert judge_peer(application.recorder, writer.told, writer.told).correct
        assert not judge_peer(application.recorder, [*writer.told, Seen(8, "x#1")]).correct
        first = next(notifications(application.recorder))
        application.recorder.insert_events([StoredEvent(first.originator_id, 99, first.topic, first.state)])
        assert "is not the next one" in judge_peer(application.recorder, writer.told).why


def test_a_log_that_is_not_read_whole_has_no_figure(tmp_path):
    """Reading a whole log counts only when all of it came, in order."""
    from filling import fill_peer, fill_store
    from peer import on_sqlite
    from reading import Reading

    store = Losing(clock=system_clock)
    with Engine(store) as engine, on_sqlite(str(tmp_path / "peer.db")) as application:
        reading = Reading(engine, application, fill_peer(application, 500))
        assert reading.notifications()[0] == reading.domain_events()[0] == fill_store(store, 500) == 500
        assert reading.records()[0] == reading.events_typed()[0] == 500
        assert reading.correct
        assert reading.in_order()
        store.shown = False
        reading.records()
        assert not reading.correct


def test_tables_that_differ_from_a_fold_have_no_figure(tmp_path):
    """Catching up counts only when the tables say what a fold of the log says."""
    from catching_up import PROJECTIONS, Caught, compare
    from filling import fill_with_lives

    with Engine.open(f"sqlite:///{tmp_path / 'log.db'}", projections="catch_up") as engine:
        engine.projections.build_missing()
        fill_with_lives(engine.store, 100)
        with engine.projections.follower() as follower:
            follower.catch_up()
        caught = {name: Caught() for name in PROJECTIONS}
        compare(engine, caught)
        assert [one.faults for one in caught.values()] == [[], []]
        with engine.store.transaction() as connection:
            tables = inspect(connection).get_table_names()
            for name in PROJECTIONS:
                kept = next(table for table in tables if name in table)
                connection.execute(text(f"DELETE FROM {kept} WHERE rowid = 1"))
        compare(engine, caught)
        assert [len(one.faults) for one in caught.values()] == [1, 1]
