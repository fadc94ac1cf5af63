"""Inline: what an append returns from is in the tables, and a projection that fails keeps no event out of the log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text

from engines import REPORTED, responding
from projecting import CODEC, SHIPPED, Trouble, Troubled, live, opened, runner, wrong
from respond.domain.streams import ANY, StreamId
from respond.errors import ProjectionFailed, VersionConflict
from respond.projections.sql import TableListing
from respond.projections.sql.inline import GAP_MAX
from respond.store.checkpoint import PAUSED
from respond.store.records import Write
from respond.testing.conformance.samples import ManualClock, event, events
from respond.workflow.incident.events import IncidentReported
from sql_logs import raw


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture
def engine(url, clock, monkeypatch):
    """Yield an engine that keeps its tables within each append."""
    monkeypatch.setattr(Troubled, "trouble", Trouble())
    with opened(url, clock, projections="inline", tables=[Troubled]) as engine:
        yield engine


def positions(engine):
    """Return how far each projection has read."""
    return [live(engine.store, kind).position for kind in (*SHIPPED, Troubled)]


def errors(engine):
    """Return what is wrong with the tables."""
    return [problem for kind in (*SHIPPED, Troubled) for problem in wrong(engine.store, kind)]


def test_the_tables_are_never_behind(engine):
    """After every command the tables hold what a fold of the log says."""
    incident = responding(engine)
    assert positions(engine) == [4, 4, 4]
    other = engine.report(**REPORTED, reference="R-1")
    engine.merge(other.id, incident.id, reason="the same", actor="wang.li")
    assert positions(engine) == [7, 7, 7]
    assert errors(engine) == []


@pytest.mark.parametrize("group", [True, False])
def test_threads_share_a_commit(group, url, clock):
    """Appends of many threads, in shared transactions and alone, leave the tables as one thread would."""
    threads, turns = 6, 6
    start = Barrier(threads)
    with opened(url, clock, projections="inline", group=group) as engine:

        def work(number):
            start.wait()
            for turn in range(turns):
                engine.report(**REPORTED, command_id=f"{number} {turn}").note(f"{turn}", actor="wang.li")

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
        head = engine.store.head().position
        assert [live(engine.store, kind).position for kind in SHIPPED] == [head, head]
        assert [wrong(engine.store, kind) for kind in SHIPPED] == [[], []]
        assert len(engine.incidents(limit=1000).rows) == threads * turns


def test_what_is_not_appended_is_not_taken_on(engine):
    """An append that is refused leaves the tables alone."""
    engine.report(**REPORTED)
    with pytest.raises(VersionConflict):
        engine.store.append(
            Write(StreamId.of("note", "1"), events("a")), require={StreamId.of("incident", "nobody"): 7}
        )
    assert positions(engine) == [1, 1, 1]
    assert errors(engine) == []


def test_a_failing_projection_falls_behind_and_the_append_goes_through(engine, clock, url):
    """The event is in the log, the others' rows are there, the failed one's are not, and it waits for its retry."""
    Troubled.trouble.positions.add(2)
    incident = engine.report(**REPORTED)
    incident.note("one", actor="wang.li")
    assert positions(engine) == [2, 2, 1]
    assert live(engine.store, Troubled).error == "RuntimeError: no way with 2"
    Troubled.trouble.taken.clear()
    incident.note("two", actor="wang.li")
    assert (positions(engine), Troubled.trouble.taken) == ([3, 3, 1], [])
    assert errors(engine) == []
    running = runner(engine.store, Troubled, clock)
    assert running.step() == "waiting"
    clock.move(seconds=1)
    Troubled.trouble.positions.clear()
    while running.step() == "moved":
        pass
    running.release()
    incident.note("three", actor="wang.li")
    assert (positions(engine), errors(engine)) == ([4, 4, 4], [])


def test_what_failed_is_tried_again_within_a_later_append(engine, clock):
    """Once its time has come, the next append brings the failed projection up to date; after five times it is left."""
    Troubled.trouble.positions.add(1)
    incident = engine.report(**REPORTED)
    for seconds in (1, 2, 4, 8):
        clock.move(seconds=seconds)
        incident.note("again", actor="wang.li")
    assert live(engine.store, Troubled).attempts == 5
    clock.move(seconds=60)
    Troubled.trouble.taken.clear()
    incident.note("left to a runner", actor="wang.li")
    assert (Troubled.trouble.taken, positions(engine)) == ([], [6, 6, 0])
    engine.projections.resume("troubled")
    Troubled.trouble.positions.clear()
    incident.note("and now", actor="wang.li")
    assert (positions(engine), errors(engine)) == ([7, 7, 7], [])


def test_what_writers_without_tables_append_is_made_up_for(engine, url, clock):
    """An append brings the tables over what others appended without them, in the right order."""
    with opened(url, clock, seed=1) as plain:
        incident = plain.report(**REPORTED)
        incident.assess(actor="wang.li")
        engine.incident(incident.id).assign_level(2, basis="x", actor="wang.li")
    assert (positions(engine), errors(engine)) == ([3, 3, 3], [])


def test_what_is_far_behind_is_left_to_a_runner(engine, url, clock):
    """An append does not make up for much: it holds the head of the log meanwhile."""
    with opened(url, clock, seed=1) as plain:
        notes = [event(number) for number in range(GAP_MAX + 1)]
        plain.store.append(Write(StreamId.of("diary", "1"), notes, ANY))
        engine.report(**REPORTED)
    assert positions(engine) == [0, 0, 0]
    assert len(engine.incidents().rows) == 1  # the question brings the table up to date
    assert live(engine.store, TableListing).position == GAP_MAX + 2
    engine.report(**REPORTED)
    assert positions(engine) == [GAP_MAX + 3, 0, 0]
    engine.statistics()
    assert positions(engine) == [GAP_MAX + 3, GAP_MAX + 3, 0]
    assert errors(engine) == []


def test_other_tenants_and_drills_are_passed(engine, url, clock):
    """What other tenants append, and drills, is in no row; the checkpoint passes it with the next append."""
    with opened(url, clock, tenant="branch", seed=1) as branch:
        branch.report(**REPORTED)
    name, version, data = CODEC.encode(IncidentReported(from_="new", to="reported", category="other", title="A drill"))
    drilled = event("drilled", type=name, schema_version=version, data=data)
    engine.store.append(Write(StreamId.of("incident", "x", "drill"), [drilled]))
    assert positions(engine) == [2, 2, 2]
    engine.report(**REPORTED)
    assert (positions(engine), errors(engine)) == ([3, 3, 3], [])
    assert len(engine.incidents().rows) == 1


def test_a_paused_projection_is_left_alone(engine):
    """A projection that is paused stays where it is, while the others go on."""
    engine.projections.pause("troubled")
    engine.report(**REPORTED)
    assert positions(engine) == [1, 1, 0]
    assert live(engine.store, Troubled).status == PAUSED
    engine.projections.resume("troubled")
    engine.report(**REPORTED)
    assert (positions(engine), errors(engine)) == ([2, 2, 2], [])


def test_nobody_waits_for_a_runner_with_the_head_in_hand(server_url, clock):
    """While a runner is in the middle of a batch, appends pass it by; where it is at work it stays behind."""
    with opened(server_url, clock, projections="inline", lock_timeout=60) as engine:
        engine.report(**REPORTED)
        with raw(server_url) as connection:
            connection.execute(text("BEGIN"))
            held = "tenant = 'default' AND name = 'listing' AND version = 1001"
            connection.execute(text(f"SELECT * FROM respond_checkpoints WHERE {held} FOR UPDATE"))
            engine.report(**REPORTED)
            connection.execute(text("ROLLBACK"))
        assert [live(engine.store, kind).position for kind in SHIPPED] == [1, 2]
        engine.report(**REPORTED)
        assert [live(engine.store, kind).position for kind in SHIPPED] == [3, 3]
        assert [wrong(engine.store, kind) for kind in SHIPPED] == [[], []]


def test_a_hook_of_ones_own_that_raises_undoes_the_append(engine):
    """The control: what a hook raises keeps the event out of the log, and out of the tables."""

    def refuse(connection, rows):
        raise RuntimeError("no")

    engine.report(**REPORTED)
    engine.store.project_inline(refuse)
    with pytest.raises(ProjectionFailed):
        engine.report(**REPORTED)
    assert engine.store.head().position == 1
    assert (positions(engine), errors(engine)) == ([1, 1, 1], [])
