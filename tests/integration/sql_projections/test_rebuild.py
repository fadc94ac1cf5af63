"""The rebuild: another build fills beside the one that answers, is compared with a fold, and takes its place."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import ClassVar

import pytest
from sqlalchemy import Connection, inspect, text

from engines import REPORTED, responding
from mortal import DONE, at_point, child, ended
from projecting import CODEC, SHIPPED, Trouble, Troubled, live, opened, wrong
from respond.domain.events import Event
from respond.domain.streams import StreamId
from respond.errors import InvalidInput, ProjectionDiffers, ProjectionFailed, StoreBusy
from respond.projections.sql import Build, TableListing
from respond.projections.sql.builds import BUILDING, Builds
from respond.projections.sql.feed import Feed
from respond.projections.sql.rebuild import Rebuild
from respond.projections.sql.runner import Running
from respond.store.checkpoint import RETIRED, RUNNING, Patience
from respond.store.records import Write
from respond.store.sql import SqlEventStore
from respond.store.sql.readers import Readers
from respond.testing.conformance.samples import ManualClock, event
from sql_logs import raw

HOUR = 3600
SKIPPING = Patience(attempts=1, then="skip")


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture
def engine(url, clock, monkeypatch):
    """Yield an engine on a log of eight events, whose list and statistics are built."""
    monkeypatch.setattr(Troubled, "trouble", Trouble())
    with opened(url, clock, tables=[Troubled]) as engine:
        responding(engine)
        responding(engine)
        for kind in SHIPPED:
            engine.projections.rebuild(kind.name)
        yield engine


def rebuild(store, clock, *, kind=TableListing, owner="rebuilder", batch=3, progress=None, patience=None):
    """Return a rebuild in small batches."""
    builds = Builds(store, kind)
    running = Running(owner=owner, clock=clock, batch=batch, patience=patience or Patience(attempts=1))
    return Rebuild(builds, Feed(store, CODEC, [kind.handles]), running, progress=progress, batch=batch)


def statuses(engine, name="listing"):
    """Return each build of a projection and how it stands."""
    return {kept.build: kept.status for kept in engine.projections.listed() if kept.name == name}


def shown(engine):
    """Return how many incidents the list in its table shows, whatever else there is."""
    with engine.projections.listing() as answers:
        return None if answers is None else len(answers.page().rows)


def test_the_new_build_takes_the_place_of_the_old(engine):
    """The new build answers, the old one is retired, and its tables go when they are pruned."""
    done = engine.projections.rebuild("listing")
    assert (done.build, done.position, done.compared) == (Build(1, 2), 8, True)
    assert statuses(engine) == {"1.1": RETIRED, "1.2": RUNNING}
    assert (shown(engine), wrong(engine.store, TableListing)) == (2, [])
    assert engine.projections.prune() == {"listing": [Build(1, 1)], "statistics": [], "troubled": []}
    assert statuses(engine) == {"1.2": RUNNING}
    with engine.store.reading() as connection:
        names = {name for name in inspect(connection).get_table_names() if "listing" in name}
    assert names == {"respond_listing_v1_2"}


def test_the_old_build_answers_while_the_new_one_fills(engine, clock):
    """At every step of a rebuild the list is there and complete, while others write."""
    seen = []

    def progress(step):
        engine.report(**REPORTED)
        seen.append((step.stage, shown(engine), len(engine.reader.incidents().rows)))
        if len(seen) > 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(engine.store, clock, progress=progress).run()
    assert [table for _, table, _ in seen] == [memory for _, _, memory in seen] == list(range(3, 12))
    assert statuses(engine) == {"1.1": RUNNING, "1.2": BUILDING}


def test_a_rebuild_under_load_ends_where_a_fold_ends(engine, clock, url):
    """While others write, with tables of their own and without, the new build holds what a fold says as it answers."""
    told = []
    with opened(url, clock, projections="inline", seed=1) as writer:

        def progress(step):
            told.append(step)
            if len(told) < 12:
                (writer if len(told) % 2 else engine).report(**REPORTED)

        done = rebuild(engine.store, clock, progress=progress).run()
        assert {step.stage for step in told} == {"filling", "comparing"}
        assert done.position == engine.store.head().position == 19
        assert wrong(engine.store, TableListing) == []
        writer.report(**REPORTED)
        assert live(engine.store, TableListing).position == 20
        assert Build.of(live(engine.store, TableListing).version) == done.build
        assert (shown(engine), wrong(engine.store, TableListing)) == (14, [])


def test_a_rebuild_that_is_killed_goes_on(engine, clock, url):
    """Killed at any point, the next one fills the same build on from where it stopped; meanwhile the old answers."""
    first, number = live(engine.store, TableListing).version, 0
    while True:
        clock.move(seconds=HOUR)

        def work(number=number):
            with SqlEventStore.open(url, clock=clock) as store:
                at_point(number, signal.SIGKILL)
                rebuild(store, clock).run()

        status = ended(child(work))
        number += 1
        assert wrong(engine.store, TableListing) == []
        if live(engine.store, TableListing).version != first:
            break
        assert status == -signal.SIGKILL
        assert set(statuses(engine)) <= {"1.1", "1.2"}
    assert statuses(engine) == {"1.1": RETIRED, "1.2": RUNNING}
    assert number > 20


def test_progress_tells_how_long_it_will_take(engine, clock):
    """While it fills and compares, a rebuild tells how far it is, how fast, and how long it will still take."""
    told = []
    rebuild(engine.store, clock, progress=told.append).run()
    filling = [step for step in told if step.stage == "filling"]
    assert [step.position for step in filling][:3] == [3, 6, 8]
    assert all(step.head == 8 and step.events_per_second > 0 for step in told)
    assert filling[0].seconds_left > 0
    assert told[-1].stage == "comparing"
    assert (told[-1].position, told[-1].seconds_left) == (8, 0)


class Sloppy(TableListing):
    """The list, without the second batch."""

    batches: ClassVar[list[int]] = []

    def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Take *events* on, unless they are the second batch."""
        self.batches.append(len(events))
        if len(self.batches) != 2:
            super().apply(connection, events)


def test_a_build_that_differs_from_the_fold_never_answers(engine, clock, monkeypatch):
    """A projection whose tables do not hold what a fold says stays where it is, and the old build goes on answering."""
    monkeypatch.setattr(Sloppy, "batches", [])
    with pytest.raises(ProjectionDiffers, match=r"listing 1.2: at position 8 .* 'incident-") as caught:
        rebuild(engine.store, clock, kind=Sloppy).run()
    assert len(caught.value.differences) == 2
    assert statuses(engine) == {"1.1": RUNNING, "1.2": BUILDING}
    assert engine.projections.abandon("listing") == Build(1, 2)
    assert statuses(engine) == {"1.1": RUNNING, "1.2": RETIRED}
    assert engine.projections.rebuild("listing").build == Build(1, 3)


def test_without_comparing_it_would_have_answered(engine, clock, monkeypatch):
    """The control: it is the comparison that keeps a wrong build from answering."""
    monkeypatch.setattr(Sloppy, "batches", [])
    rebuild(engine.store, clock, kind=Sloppy).run(compare=False)
    assert len(wrong(engine.store, TableListing)) == 2


def test_an_event_that_cannot_be_taken_on_stops_the_rebuild(engine, clock):
    """The rebuild says which event, stays where it is, and goes on there once the projection can take it on."""
    Troubled.trouble.positions.add(5)
    with pytest.raises(ProjectionFailed, match="troubled: the event at position 5 failed 1 times"):
        rebuild(engine.store, clock, kind=Troubled).run()
    (kept,) = [kept for kept in engine.projections.listed() if kept.name == "troubled"]
    assert (kept.status, kept.position, kept.error) == (BUILDING, 4, "RuntimeError: no way with 5")
    Troubled.trouble.positions.clear()
    assert rebuild(engine.store, clock, kind=Troubled).run().position == 8
    assert wrong(engine.store, Troubled) == []


def test_a_rebuild_takes_on_what_was_left_out(engine, clock):
    """Once the cause is mended the new build has the event in its place, and what the old one gave up on is gone."""
    Troubled.trouble.positions.add(5)
    assert rebuild(engine.store, clock, kind=Troubled, patience=SKIPPING).run(compare=False).position == 8
    assert [(letter.version, letter.position) for letter in engine.projections.dead_letters()] == [(1001, 5)]
    assert len(wrong(engine.store, Troubled)) == 1
    Troubled.trouble.positions.clear()
    rebuild(engine.store, clock, kind=Troubled).run()
    assert (wrong(engine.store, Troubled), engine.projections.dead_letters()) == ([], [])


def test_what_still_fails_is_left_out_of_the_new_build_alone(engine, clock):
    """The control: a rebuild that leaves the event out again keeps one dead letter, its own."""
    Troubled.trouble.positions.add(5)
    for _ in range(2):
        rebuild(engine.store, clock, kind=Troubled, patience=SKIPPING).run(compare=False)
    assert [(letter.version, letter.position) for letter in engine.projections.dead_letters()] == [(1002, 5)]


def test_what_is_given_up_leaves_no_dead_letters(engine, clock):
    """A build that is abandoned, and one that is retired by hand, take what they gave up on with them."""
    Troubled.trouble.positions.add(5)
    with pytest.raises(ProjectionDiffers):
        rebuild(engine.store, clock, kind=Troubled, patience=SKIPPING).run()
    engine.projections.abandon("troubled")
    assert engine.projections.dead_letters() == []
    rebuild(engine.store, clock, kind=Troubled, patience=SKIPPING).run(compare=False)
    Readers(engine.store).retire("troubled", now=clock())
    assert engine.projections.dead_letters() == []


def test_one_rebuild_at_a_time(engine, clock):
    """A second rebuild of the same projection is turned away while the first is at it."""

    def progress(_step):
        with pytest.raises(StoreBusy, match="somebody else is filling it"):
            rebuild(engine.store, clock, owner="another").run()

    rebuild(engine.store, clock, progress=progress).run()
    assert statuses(engine) == {"1.1": RETIRED, "1.2": RUNNING}


class Newer(TableListing):
    """The list, in the next version of its code."""

    version: ClassVar[int] = 2


def test_a_new_version_fills_beside_the_old_one(engine, clock, url):
    """New code answers from memory until its own tables are built; then those of the old code are retired."""
    builds = Builds(engine.store, Newer)
    with engine.store.reading() as connection:
        assert builds.live(connection) is None
    assert rebuild(engine.store, clock, kind=Newer).run().build == Build(2, 1)
    assert statuses(engine) == {"1.1": RETIRED, "2.1": RUNNING}
    assert shown(engine) is None
    assert len(engine.incidents().rows) == 2
    with pytest.raises(InvalidInput, match="version 2 of its code, this is version 1"):
        engine.projections.rebuild("listing")


def test_old_code_leaves_newer_tables_alone_until_it_is_to_take_over(engine, clock, url):
    """Old code that is opened beside newer tables answers from memory; told to, it builds its own and takes over."""
    rebuild(engine.store, clock, kind=Newer).run()
    with opened(url, clock, projections="inline", seed=1) as old:
        assert (shown(old), len(old.incidents().rows)) == (None, 2)
        old.report(**REPORTED)
        assert statuses(old) == {"1.1": RETIRED, "2.1": RUNNING}
        assert old.projections.rebuild("listing", older=True).build == Build(1, 2)
        assert statuses(old) == {"1.1": RETIRED, "1.2": RUNNING, "2.1": RETIRED}
        assert (shown(old), wrong(old.store, TableListing)) == (3, [])
        assert old.projections.prune()["listing"] == [Build(1, 1), Build(2, 1)]
    with raw(url) as connection:
        assert {one for one in inspect(connection).get_table_names() if "listing" in one} == {"respond_listing_v1_2"}


def test_rows_that_an_earlier_build_left_are_removed(engine, clock, url):
    """A build whose number was used before begins without rows, though tables stayed because others use them."""
    with opened(url, clock, tenant="branch", seed=1) as branch:
        branch.report(**REPORTED)
        branch.projections.rebuild("listing")
        with raw(url) as connection:
            connection.execute(text("DELETE FROM respond_checkpoints WHERE tenant = 'default' AND name = 'listing'"))
        engine.store.append(Write(StreamId.of("incident", "late"), [event("late", type="IncidentCancelled")]))
        assert engine.projections.rebuild("listing").build == Build(1, 1)
        assert (shown(branch), shown(engine)) == (1, 2)
        assert wrong(engine.store, TableListing) == []
        with raw(url) as connection:
            connection.execute(text("UPDATE respond_checkpoints SET status = 'retired' WHERE tenant = 'default'"))
        engine.projections.prune()
        with raw(url) as connection:
            assert connection.execute(text("SELECT count(*) FROM respond_listing_v1_1")).scalar() == 1


def test_services_that_start_together_build_together(url, clock):
    """Of several processes that find no tables one builds them, the others wait for it and then keep them too."""
    with opened(url, clock) as plain:
        responding(plain)

    def work(number):
        with opened(url, ManualClock(), projections="inline", seed=number + 1) as own:
            own.report(**REPORTED)

    workers = [child(lambda number=number: work(number)) for number in range(4)]
    assert [ended(worker) for worker in workers] == [DONE] * 4
    with opened(url, clock, projections="catch_up") as engine:
        assert {kept.build: kept.status for kept in engine.projections.listed()} == {"1.1": RUNNING}
        assert shown(engine) == 5
        assert [wrong(engine.store, kind) for kind in SHIPPED] == [[], []]


def test_tables_stay_as_long_as_a_tenant_uses_them(engine, clock, url):
    """Pruning for one tenant leaves the tables to the others that still answer from them."""
    with opened(url, clock, tenant="branch", seed=1) as branch:
        branch.report(**REPORTED)
        branch.projections.rebuild("listing")
        engine.projections.rebuild("listing")
        engine.projections.prune()
        assert (shown(branch), shown(engine)) == (1, 2)
        branch.projections.rebuild("listing")
        branch.projections.prune()
    with raw(url) as connection:
        assert "respond_listing_v1_1" not in inspect(connection).get_table_names()
        assert connection.execute(text("SELECT count(*) FROM respond_listing_v1_2")).scalar() == 3
