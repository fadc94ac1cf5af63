"""The runner: rows and checkpoint move together, and an event that cannot be taken on stops nobody else."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engines import REPORTED, responding
from projecting import SHIPPED, Trouble, Troubled, live, opened, runner, wrong
from respond.domain.streams import StreamId
from respond.errors import NotFound
from respond.projections.sql import TableListing, TableStatistics
from respond.store.checkpoint import PAUSED, RUNNING, Patience
from respond.store.records import Write
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import ManualClock, event
from small_log import fill
from sql_logs import raw

ALL = (*SHIPPED, Troubled)


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture
def engine(url, clock, monkeypatch):
    """Yield an engine on a log of 7 events in two incidents, with projections that were built when it was empty."""
    monkeypatch.setattr(Troubled, "trouble", Trouble())
    with opened(url, clock, tables=[Troubled]) as engine:
        engine.projections.build_missing()
        responding(engine)
        engine.report(**REPORTED, reference="R-1").note("one")
        engine.report(**REPORTED)
        yield engine


def steps(running, *, limit=50):
    """Let *running* run until it rests, and return how it came to rest."""
    for _ in range(limit):
        step = running.step()
        if step != "moved":
            return step
    raise AssertionError("it never rests")


@pytest.mark.parametrize("batch", [1, 3, 100])
@pytest.mark.parametrize("kind", SHIPPED)
def test_it_ends_where_a_fold_ends(kind, batch, engine, clock):
    """Whatever the size of its batches, a runner brings the tables to what a fold of the log says."""
    assert live(engine.store, kind).position == 0
    assert steps(runner(engine.store, kind, clock, batch=batch)) == "idle"
    assert live(engine.store, kind).position == engine.store.head().position == 7
    assert wrong(engine.store, kind) == []


def test_tables_that_were_tampered_with_differ_from_the_fold(engine, clock, url):
    """The control: a row that was changed, one that is gone and one too many are found."""
    steps(runner(engine.store, TableListing, clock))
    with raw(url) as connection:
        connection.execute(text("UPDATE respond_listing_v1_1 SET state = 'x' WHERE position = 1"))
        connection.execute(text("DELETE FROM respond_listing_v1_1 WHERE position = 5"))
        copy = "INSERT INTO respond_listing_v1_1 SELECT tenant, 'z', position, state, level, category, reference, "
        connection.execute(text(f"{copy} search, standing FROM respond_listing_v1_1 WHERE position = 7"))
    assert len(wrong(engine.store, TableListing)) == 3


def test_rows_and_checkpoint_move_together(engine, clock, url, monkeypatch):
    """A batch that fails leaves neither rows nor a checkpoint behind, even where its rows were written already."""
    Troubled.trouble.positions.add(7)
    running = runner(engine.store, Troubled, clock)
    assert running.step() == "moved"  # it will try less at once
    assert Troubled.trouble.taken == [1, 2, 3, 4, 5, 6, 7]
    with raw(url) as connection:
        assert connection.execute(text("SELECT count(*) FROM respond_troubled_v1_1")).scalar() == 0
    assert live(engine.store, Troubled).position == 0


def test_a_poisoned_event_is_tried_again_then_it_pauses(engine, clock):
    """All events before it are taken on; it is tried again ever later, kept as a dead letter, and the rest waits."""
    Troubled.trouble.positions.add(4)
    running = runner(engine.store, Troubled, clock, patience=Patience(attempts=3, first_seconds=2))
    assert steps(running) == "waiting"
    checkpoint = live(engine.store, Troubled)
    assert (checkpoint.position, checkpoint.attempts, checkpoint.error) == (3, 1, "RuntimeError: no way with 4")
    assert wrong(engine.store, Troubled) == []
    clock.move(seconds=1.9)
    assert steps(running) == "waiting"
    clock.move(seconds=0.1)
    assert steps(running) == "waiting"
    assert live(engine.store, Troubled).attempts == 2
    clock.move(seconds=4)
    assert steps(running) == "paused"
    assert (live(engine.store, Troubled).position, live(engine.store, Troubled).status) == (3, PAUSED)
    (letter,) = engine.projections.dead_letters("troubled")
    assert (letter.position, letter.type, letter.error) == (4, "ResponseStarted", "RuntimeError: no way with 4")
    assert Troubled.trouble.taken.count(4) >= 3


def test_what_failed_once_is_taken_on(engine, clock):
    """A handler that works again the next time goes on as if nothing had been."""
    Troubled.trouble.positions.add(4)
    running = runner(engine.store, Troubled, clock)
    assert steps(running) == "waiting"
    Troubled.trouble.positions.clear()
    clock.move(seconds=5)
    assert steps(running) == "idle"
    checkpoint = live(engine.store, Troubled)
    assert (checkpoint.position, checkpoint.attempts, checkpoint.error) == (7, 0, None)
    assert (wrong(engine.store, Troubled), engine.projections.dead_letters()) == ([], [])


def test_others_go_on(engine, clock):
    """A projection that cannot go on stops no other one."""
    Troubled.trouble.positions.add(1)
    with engine.projections.follower() as follower:
        assert follower.catch_up() == {"listing": "idle", "statistics": "idle", "troubled": "waiting"}
    assert [live(engine.store, kind).position for kind in ALL] == [7, 7, 0]


def test_skipping_goes_on_without_the_event(engine, clock):
    """By policy the event is kept as a dead letter and everything behind it is taken on."""
    Troubled.trouble.positions.add(4)
    running = runner(engine.store, Troubled, clock, patience=Patience(attempts=1, then="skip"))
    assert steps(running) == "idle"
    assert live(engine.store, Troubled).position == 7
    assert [letter.position for letter in engine.projections.dead_letters()] == [4]


def test_resume_tries_again_and_skip_leaves_out(engine, clock):
    """A person lets a paused projection try its event once more, or go on without it; the dead letter says which."""
    Troubled.trouble.positions.add(4)
    running = runner(engine.store, Troubled, clock, patience=Patience(attempts=1))
    assert steps(running) == "paused"
    assert engine.projections.resume("troubled").status == RUNNING
    assert engine.projections.dead_letters() == []
    assert steps(running) == "paused"
    assert engine.projections.skip("troubled").position == 4
    assert steps(running) == "idle"
    assert [letter.position for letter in engine.projections.dead_letters()] == [4]
    with pytest.raises(NotFound, match="was not paused at an event"):
        engine.projections.skip("troubled")


def test_a_pause_stops_who_is_at_work(engine, clock):
    """A runner whose projection is paused writes nothing more, until it is resumed."""
    running = runner(engine.store, TableListing, clock, batch=2)
    assert running.step() == "moved"
    engine.projections.pause("listing")
    assert steps(running) == "paused"
    assert live(engine.store, TableListing).position == 2
    engine.projections.resume("listing")
    assert steps(running) == "idle"
    assert wrong(engine.store, TableListing) == []


def test_what_cannot_be_read_is_left_out_and_counted(engine, clock):
    """An event that no fold can read is a dead letter, and the figures count it, as those in memory do."""
    stream = StreamId.of("incident", "odd")
    engine.store.append(Write(stream, [event("odd", type="IncidentAssessed", data={"nothing": "fits"})]))
    engine.report(**REPORTED)
    engine.store.append(Write(StreamId.of("luggage", "7"), [event("foreign", type="LuggageLost")]))
    with engine.projections.follower() as follower:
        follower.catch_up()
    figures = engine.statistics()
    with engine.projections.answering(TableStatistics) as asked:
        assert asked.projection.answers(asked.connection).figures() == figures
    assert figures.unreadable == 1
    assert {letter.position for letter in engine.projections.dead_letters()} == {8}
    assert [live(engine.store, kind).position for kind in ALL] == [10, 10, 10]


def test_only_the_tenants_own_events_are_read(url, clock):
    """Two tenants of one log have rows and checkpoints of their own in the same tables, and read past each other."""
    fill(lambda tenant, clock: SqlEventStore.open(url, clock=clock, tenant=tenant), clock)
    for tenant, incidents in (("default", 4), ("branch", 1)):
        with opened(url, clock, tenant=tenant) as engine:
            engine.projections.build_missing()
            assert [wrong(engine.store, kind) for kind in SHIPPED] == [[], []]
            assert live(engine.store, TableListing).position == engine.store.head().position == 30
            with engine.projections.statistics() as answers:
                assert answers.figures().incidents == incidents


def test_an_event_behind_the_page_that_was_read_is_not_passed(engine, clock, monkeypatch):
    """An event that is appended while the last page is read is taken on with the next one."""
    read_all = engine.store.read_all

    def late(**options):
        page = read_all(**options)
        monkeypatch.setattr(engine.store, "read_all", read_all)
        engine.report(**REPORTED)
        return page

    monkeypatch.setattr(engine.store, "read_all", late)
    assert steps(runner(engine.store, TableListing, clock)) == "idle"
    assert live(engine.store, TableListing).position == 8
    assert wrong(engine.store, TableListing) == []


def test_one_runner_at_a_time(engine, clock):
    """The second waits while the first holds the lease, and takes over when it is not renewed; the first is out."""
    first = runner(engine.store, TableListing, clock, batch=2, lease_seconds=10)
    second = runner(engine.store, TableListing, clock, owner="second", batch=2, lease_seconds=10)
    assert (first.step(), second.step()) == ("moved", "waiting")
    clock.move(seconds=9)
    assert (first.step(), second.step()) == ("moved", "waiting")
    clock.move(seconds=10)
    assert second.step() == "moved"
    assert (first.step(), first.step()) == ("moved", "waiting")  # it notices, then it sees who has it
    assert steps(second) == "idle"
    assert wrong(engine.store, TableListing) == []


def test_an_idle_runner_keeps_its_lease(engine, clock):
    """With nothing to do the lease is renewed in time, and a runner that is closed lets others begin at once."""
    first = runner(engine.store, TableListing, clock, lease_seconds=10)
    second = runner(engine.store, TableListing, clock, owner="second", lease_seconds=10)
    assert steps(first) == "idle"
    for _ in range(4):
        clock.move(seconds=6)
        assert (first.step(), second.step()) == ("idle", "waiting")
    first.release()
    assert second.step() == "idle"
