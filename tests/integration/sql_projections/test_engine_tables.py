"""The engine with tables: the same answers, from tables that are up to date, and from memory where none are."""

from __future__ import annotations

import os
from threading import Thread

import attrs
import pytest
from sqlalchemy import create_engine

from engines import REPORTED, engine_on, responding
from mortal import DONE, child, ended
from projecting import SHIPPED, live, opened, runner, wrong
from respond.engine import folded
from respond.engine.engine import Engine
from respond.errors import InvalidInput, NotFound, ProjectionBehind, StoreBusy
from respond.projections.sql import TableListing, TableStatistics
from respond.store.memory import MemoryEventStore
from respond.store.sql import SqlEventStore, engine_for
from respond.testing.conformance.samples import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture
def no_fold(monkeypatch):
    """Let whoever folds in memory fail."""

    def refuse(*_):
        raise AssertionError("it was folded in memory")

    monkeypatch.setattr(folded.Folded, "take", refuse)


def answers(engine):
    """Return all that an engine answers over all incidents."""
    return (
        engine.incidents(limit=2),
        engine.incidents(text="shops", state="responding"),
        engine.board(),
        engine.statistics(),
        engine.incident("R-1").id,
    )


def lived(engine):
    """Let some incidents happen."""
    responding(engine, reference="R-1")
    responding(engine, level=4).resolve("restarted", actor="wang.li")
    engine.report(**REPORTED)


@pytest.mark.parametrize("projections", ["inline", "catch_up"])
def test_answers_are_those_of_the_fold(projections, url, clock):
    """The list, the board, the figures and names are the same from tables as from memory."""
    with opened(url, clock, projections=projections) as engine, opened(url, clock, seed=1) as plain:
        if projections == "catch_up":
            engine.projections.build_missing()
        lived(engine)
        assert answers(engine) == answers(plain)
        lived_on = plain.report(**REPORTED, reference="R-2")
        assert engine.incident("R-2").id == lived_on.id
        assert answers(engine) == answers(plain)


@pytest.mark.usefixtures("no_fold")
def test_answers_come_from_the_tables(sqlite_url, clock):
    """Tables that are up to date, or can be brought there, answer; nothing is folded in memory."""
    with opened(sqlite_url, clock, projections="inline") as engine, opened(sqlite_url, clock, seed=1) as plain:
        lived(engine)
        plain.report(**REPORTED)
        assert engine.statistics().incidents == 4
        assert len(engine.incidents().rows) == 4
        assert engine.board().open == 3
        with pytest.raises(AssertionError, match="folded in memory"):
            plain.statistics()


def test_memory_answers_where_no_table_can(sqlite_url, clock):
    """Without tables, and while they are paused or fail, the fold in memory gives the answers."""
    with opened(sqlite_url, clock, projections="catch_up") as engine, opened(sqlite_url, clock, seed=1) as plain:
        lived(engine)
        assert answers(engine) == answers(plain)
        engine.projections.build_missing()
        engine.projections.pause("listing")
        engine.report(**REPORTED)
        assert answers(engine) == answers(plain)
        assert live(engine.store, TableListing).position < live(engine.store, TableStatistics).position


def test_a_question_mends_what_failed_within_an_append(sqlite_url, clock, monkeypatch):
    """A table that could not take an append on answers again once its retry is due, and memory does until then."""
    with opened(sqlite_url, clock, projections="inline") as engine:
        with monkeypatch.context() as patched:
            patched.setattr(TableListing, "apply", lambda *_: 1 / 0)
            engine.report(**REPORTED)
        assert live(engine.store, TableListing).error == "ZeroDivisionError: division by zero"
        assert len(engine.incidents().rows) == 1
        assert live(engine.store, TableListing).position == 0
        clock.move(seconds=1)
        assert len(engine.incidents().rows) == 1
        assert live(engine.store, TableListing).position == 1
        engine.report(**REPORTED)
        assert live(engine.store, TableListing).position == 2
        assert wrong(engine.store, TableListing) == []


def test_a_table_that_cannot_be_written_leaves_the_answer_to_memory(sqlite_url, clock, monkeypatch):
    """Who may only read, or finds the writer busy, is answered all the same."""
    with opened(sqlite_url, clock, projections="catch_up") as engine:
        engine.projections.build_missing()
        engine.report(**REPORTED)

        def busy(_self):
            raise StoreBusy("locked")

        monkeypatch.setattr(SqlEventStore, "transaction", busy)
        assert (len(engine.incidents().rows), engine.statistics().incidents) == (1, 1)


def test_a_log_in_memory_of_sqlite_has_tables(clock):
    """A database in memory keeps its tables inline, and rebuilds them, on its one connection."""
    with opened("sqlite://", clock, projections="inline") as engine:
        lived(engine)
        before = answers(engine)
        assert engine.projections.rebuild("listing").compared
        assert answers(engine) == before
        assert [wrong(engine.store, kind) for kind in SHIPPED] == [[], []]


def test_a_question_waits_for_the_runner_that_is_at_it(sqlite_url, clock):
    """Far behind, a question leaves the work to the runner that has the lease, and answers when it is there."""
    with opened(sqlite_url, clock, projections="catch_up") as engine:
        engine.projections.build_missing()
        running = runner(engine.store, TableListing, clock, batch=700)
        assert running.step() == "idle"
        incident = engine.report(**REPORTED)
        for number in range(30):
            incident.note(f"{number}", actor="wang.li")
        projecting = engine.projections
        head = engine.store.head().position
        projecting._answer_seconds = 60
        asked = []
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("respond.engine.projecting.GAP_MAX", 10)
            asking = Thread(target=lambda: asked.append(engine.incidents()))
            asking.start()
            while running.step() == "moved":
                pass
            asking.join()
        assert len(asked[0].rows) == 1
        assert live(engine.store, TableListing).position == head


def test_wait_for_reads_your_own_writes(sqlite_url, clock):
    """Waiting for a position returns once it is in the tables, and says so when nobody brings it there in time."""
    with opened(sqlite_url, clock, projections="catch_up") as engine:
        projections = engine.projections
        with pytest.raises(ProjectionBehind, match="has no tables that answer, 1 was waited for: it was not built"):
            projections.wait_for(1, timeout=0)
        projections.build_missing()
        position = engine.report(**REPORTED).outcome.position
        with pytest.raises(ProjectionBehind, match="is at position 0, 1 was waited for: nobody brought it") as caught:
            projections.wait_for(position, timeout=0.01)
        assert (caught.value.name, caught.value.position, caught.value.wanted) == ("listing", 0, 1)
        assert caught.value.retryable
        with projections.follower() as follower:
            following = Thread(target=follower.follow)
            following.start()
            try:
                projections.wait_for(position, timeout=60)
                position = engine.report(**REPORTED).outcome.position
                projections.wait_for(position, names=["statistics"], timeout=60)
                assert live(engine.store, TableStatistics).position == position
            finally:
                follower.stop()
                following.join()
        projections.pause("listing")
        with pytest.raises(ProjectionBehind, match="it is paused"):
            projections.wait_for(position + 1, timeout=0)
        with pytest.raises(NotFound, match="there is no projection 'boards'; there are listing, statistics"):
            projections.wait_for(1, names=["boards"])


def test_a_log_in_memory_has_no_tables(clock):
    """Tables are asked for where there are none: that is refused, by the constructor and by the property."""
    engine = engine_on(MemoryEventStore(clock=clock), clock)
    with pytest.raises(InvalidInput, match="this log has no tables"):
        engine.projections  # noqa: B018 - the property refuses
    with pytest.raises(InvalidInput, match="this log has no tables"):
        engine_on(MemoryEventStore(clock=clock), clock, projections="inline")


def test_opened_with_tables_an_old_log_is_built_first(sqlite_url, clock):
    """An engine that keeps its tables inline builds those that are missing when it is opened."""
    with opened(sqlite_url, clock, seed=1) as plain:
        lived(plain)
    with Engine.open(sqlite_url, clock=clock, projections="inline") as engine:
        assert [live(engine.store, kind).position for kind in SHIPPED] == [engine.store.head().position] * 2
        engine.report(**REPORTED)
        assert [wrong(engine.store, kind) for kind in SHIPPED] == [[], []]


def test_processes_append_inline_at_the_same_time(url, clock):
    """Several processes that keep tables inline take turns: in the end the tables hold the fold and are not behind."""
    processes, turns = 3, 8
    with opened(url, clock, projections="inline") as engine:

        def work(number):
            with opened(url, ManualClock(), projections="inline", seed=number + 1) as own:
                for turn in range(turns):
                    own.report(**REPORTED, command_id=f"{os.getpid()} {turn}").note("one", actor="wang.li")

        workers = [child(lambda number=number: work(number)) for number in range(processes)]
        assert [ended(worker) for worker in workers] == [DONE] * processes
        engine.report(**REPORTED)
        head = processes * turns * 2 + 1
        assert [live(engine.store, kind).position for kind in SHIPPED] == [head, head]
        assert [wrong(engine.store, kind) for kind in SHIPPED] == [[], []]


def test_the_callers_own_transaction_takes_the_tables_along(url, clock):
    """What is appended within the caller's transaction is in the tables when that commits, and never without it."""
    host = engine_for(url)
    if host.dialect.name != "sqlite":
        host = create_engine(host.url, isolation_level="READ COMMITTED")
    with opened(url, clock, projections="inline") as engine:
        for commit in (False, True):
            with host.connect() as connection:
                connection.begin()
                with engine.transaction(connection) as joined:
                    joined.report(**REPORTED)
                connection.commit() if commit else connection.rollback()
            assert engine.statistics().incidents == commit
            assert [live(engine.store, kind).position for kind in SHIPPED] == [commit, commit]
        assert [wrong(engine.store, kind) for kind in SHIPPED] == [[], []]
    host.dispose()


def test_kept_tells_how_a_projection_stands(sqlite_url, clock):
    """Each build is listed with its place, its lag, and who runs it."""
    with opened(sqlite_url, clock, projections="catch_up") as engine:
        engine.projections.build_missing()
        engine.report(**REPORTED)
        running = runner(engine.store, TableListing, clock, owner="me")
        running.step()
        engine.report(**REPORTED)
        listing, statistics = engine.projections.listed()
        assert attrs.astuple(listing)[:7] == ("listing", "1.1", "running", 1, 1, 0, "me")
        assert attrs.astuple(statistics)[:7] == ("statistics", "1.1", "running", 0, 2, 0, None)
