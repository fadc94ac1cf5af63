"""A stream to oneself: those who ask for it take turns."""

from __future__ import annotations

from contextlib import suppress
from threading import Barrier, Event, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from respond.domain.streams import NO_STREAM, StreamId, exactly
from respond.engine.engine import Engine
from respond.errors import HeadHeld, StoreBusy, StoreError, StoreUnavailable, VersionConflict
from respond.store.records import Write
from respond.testing.conformance.samples import ONE, TWO, event, ids, ids_of
from sql_logs import opened, raw

THREE = StreamId("three")
THREADS = 6
NOTES = 5


@pytest.fixture
def cut_connections():
    """Return what ends every connection to a database but its own."""

    def cut(url):
        with raw(url) as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    return cut


@pytest.fixture
def store(url):
    """Return a log on each kind of database."""
    with opened(url, lock_timeout=30) as store:
        yield store


def test_turns_are_taken(store):
    """The second one who asks for a stream reads what the first one has appended."""
    entered, told = Event(), []

    def second():
        entered.wait(30)
        with store.exclusively([ONE]) as view:
            told.append(ids(view.read_stream(ONE)))

    thread = Thread(target=second)
    thread.start()
    with store.exclusively([ONE]) as view:
        entered.set()
        view.append(Write(ONE, [event(1)], NO_STREAM))
    thread.join(30)
    assert told == [ids_of(1)]


def test_nothing_of_a_failed_turn_stays(store):
    """What a block appended before it raised is not in the log, and the stream is free again."""

    def fail():
        with store.exclusively([ONE]) as view:
            view.append(Write(ONE, [event(1)], NO_STREAM))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.exclusively([ONE]) as view:
        view.append(Write(ONE, [event(2)], NO_STREAM))
    assert ids(store.read_stream(ONE)) == ids_of(2)


def test_another_stream_is_free(server_url):
    """On a server, who wants another stream does not wait."""

    def write_other():
        with store.exclusively([TWO]) as other:
            other.append(Write(TWO, [event(2)], NO_STREAM))

    with opened(server_url, lock_timeout=1) as store, store.exclusively([ONE]) as view:
        thread = Thread(target=write_other)
        thread.start()
        thread.join(30)
        view.append(Write(ONE, [event(1)], NO_STREAM))
        assert ids(store.read_stream(TWO)) == ids_of(2)


@pytest.mark.parametrize("way", ["exclusively", "transaction"])
def test_own_append_would_wait_for_itself(store, way):
    """Inside, whatever the same thread asks of the log past the block is refused at once; afterwards it goes."""
    write = Write(TWO, [event(2)], NO_STREAM)
    with store.exclusively([ONE]) if way == "exclusively" else store.transaction():
        with pytest.raises(HeadHeld):
            store.append(write)
        with pytest.raises(HeadHeld), store.exclusively([TWO]):
            pass
        with pytest.raises(HeadHeld), store.transaction():
            pass
        assert store.read_all() == []
    store.append(write)
    assert ids(store.read_all()) == ids_of(2)


def test_another_thread_leads(store):
    """The same while another thread leads a group of appends, which waits for the block or has gone past it."""
    with store.exclusively([ONE]) as view:
        leader = Thread(target=store.append, args=[Write(TWO, [event(2)], NO_STREAM)])
        leader.start()
        with pytest.raises(HeadHeld):
            store.append(Write(THREE, [event(3)], NO_STREAM))
        view.append(Write(ONE, [event(1)], NO_STREAM))
    leader.join(30)
    assert sorted(ids(store.read_all())) == sorted(ids_of(1, 2))


@pytest.mark.parametrize("told", ["listener", "projection"])
def test_who_is_told_of_an_append(store, told):
    """Who is told of an append within it cannot append, for that would wait for the append; it is refused at once."""
    refused = []

    def append(*_):
        with pytest.raises(HeadHeld):
            store.append(Write(TWO, [event(2)], NO_STREAM))
        refused.append(told)

    if told == "listener":
        store.on_append(append)
    else:
        store.project_inline(append)
    store.append(Write(ONE, [event(1)], NO_STREAM))
    assert refused == [told]
    assert ids(store.read_all()) == ids_of(1)


def test_waiting_ends(url):
    """Who waits for a stream for too long is told that it is busy, and the holder is not disturbed."""
    with opened(url, lock_timeout=1) as holder, opened(url, lock_timeout=1) as waiter:
        told = []

        def wait():
            with pytest.raises(StoreBusy), waiter.exclusively([ONE]):
                pass
            told.append("busy")

        with holder.exclusively([ONE]) as view:
            view.append(Write(ONE, [event(1)], NO_STREAM))
            thread = Thread(target=wait)
            thread.start()
            thread.join(30)
            assert told == ["busy"]
        with waiter.exclusively([ONE]) as view:
            view.append(Write(ONE, [event(2)], exactly(1)))
        assert ids(holder.read_stream(ONE)) == ids_of(1, 2)


def test_listeners_are_told(store):
    """What is appended in a turn is announced once it is in the log."""
    told = []
    store.on_append(told.append)
    with store.exclusively([ONE]) as view:
        view.append(Write(ONE, [event(1)], NO_STREAM))
        assert told == []
    assert told == [1]


def test_lost_connection(postgresql_url, cut_connections):
    """A turn on a connection that the server has ended fails as unavailable, and the next one goes."""
    with opened(postgresql_url) as store:
        store.append(Write(ONE, [event(1)], NO_STREAM))
        cut_connections(postgresql_url)
        with pytest.raises(StoreUnavailable, match="lost"), store.exclusively([ONE]):
            pass
        with store.exclusively([ONE]) as view:
            view.append(Write(ONE, [event(2)], exactly(1)))
        assert ids(store.read_stream(ONE)) == ids_of(1, 2)


def test_many_writers_of_one_incident(url):
    """Threads that write to one incident all get through, each command once."""
    with Engine.open(url, lock_timeout=30) as engine:
        incident = engine.report(category="facility_failure", title="Terminals down", actor="wang.li")
        barrier = Barrier(THREADS)

        def write(number):
            barrier.wait()
            for turn in range(NOTES):
                incident.note(f"{number}.{turn}", actor="chen.yu")

        threads = [Thread(target=write, args=[number]) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        notes = [event.data.text for event in incident.events() if event.type == "ProgressNoted"]
    assert sorted(notes) == sorted(f"{number}.{turn}" for number in range(THREADS) for turn in range(NOTES))


def test_conflict_that_is_kept_quiet_leaves_no_hole(store):
    """Who catches a conflict and goes on has taken no position; what came before and after is in the log."""
    with store.exclusively([ONE]) as view:
        view.append(Write(ONE, [event(1)], NO_STREAM))
        with pytest.raises(VersionConflict):
            view.append(Write(ONE, [event(2)], NO_STREAM))
        view.append(Write(TWO, [event(3)], NO_STREAM))
    assert ids(store.read_all()) == ids_of(1, 3)
    assert store.head().position == 2


def test_transaction_that_the_database_gave_up(postgresql_url):
    """A read model that keeps its error to itself has broken the transaction: nothing is acknowledged then."""

    def project(connection, rows):
        with suppress(IntegrityError):
            connection.execute(text("INSERT INTO respond_log (id, log, format) VALUES (1, 'x', 1)"))

    with opened(postgresql_url) as store:
        told = []
        store.on_append(told.append)
        store.project_inline(project)
        with pytest.raises(StoreError, match="aborted"):
            store.append(Write(ONE, [event(1)], NO_STREAM))
        assert (told, store.head().position, store.read_all()) == ([], 0, [])
