"""The caller's own transaction: its rows and the log's together, or neither."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Thread

import pytest
from sqlalchemy import create_engine, text

from respond.domain.streams import ANY, NO_STREAM, STREAM_EXISTS, StreamId, exactly
from respond.engine.engine import Engine
from respond.errors import (
    CommandRefused,
    HeadHeld,
    IdempotencyConflict,
    InvalidInput,
    StoreBusy,
    VersionConflict,
    WrongDatabase,
    WrongIsolation,
)
from respond.store.records import Write
from respond.store.sql import engine_for
from respond.testing.conformance.samples import ONE, TWO, event, events, ids
from sql_logs import opened, raw

on_servers = pytest.mark.parametrize("url", ["postgresql", "mariadb"], indirect=True)
"""SQLite keeps every other writer out as soon as the log joins the transaction."""


@pytest.fixture
def host(url):
    """Return the host's engine, with a table of its own beside the log."""
    opened(url).close()
    engine = engine_for(url)
    if engine.dialect.name != "sqlite":
        engine = create_engine(engine.url, isolation_level="READ COMMITTED")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE ticket (id INTEGER PRIMARY KEY)"))
    yield engine
    engine.dispose()


@pytest.fixture
def store(url, host):
    """Return the log."""
    with opened(url, lock_timeout=1) as store:
        yield store


@contextmanager
def joined(store, host):
    """Lend the host's connection in a transaction, and the log in it; roll back at the end unless it was committed."""
    with host.connect() as connection:
        connection.begin()
        yield connection, store.in_transaction(connection)
        if connection.in_transaction():
            connection.rollback()


def tickets(host):
    """Return the ids in the host's table."""
    with host.connect() as connection:
        return [row[0] for row in connection.execute(text("SELECT id FROM ticket ORDER BY id"))]


def open_ticket(connection, number):
    """Write a row of the host's."""
    connection.execute(text("INSERT INTO ticket (id) VALUES (:id)"), {"id": number})


def test_both_or_neither(store, host):
    """A commit brings the caller's row and the event; a rollback neither."""
    with joined(store, host) as (connection, view):
        open_ticket(connection, 1)
        view.append(Write(ONE, [event(1)], NO_STREAM))
        view.flush()
        connection.commit()
    with joined(store, host) as (connection, view):
        open_ticket(connection, 2)
        view.append(Write(ONE, [event(2)], exactly(1)))
        view.flush()
    assert (tickets(host), ids(store.read_stream(ONE))) == ([1], ids_of(1))
    store.append(Write(ONE, [event(3)], exactly(1)))
    assert store.head().position == 2


def ids_of(*keys):
    """Return the ids of the events called *keys*."""
    return [event(key).id for key in keys]


@on_servers
def test_nothing_is_written_before_the_flush(store, host):
    """What waits keeps nobody from appending: another writer gets on meanwhile."""
    with joined(store, host) as (connection, view):
        view.append(Write(ONE, [event(1)], NO_STREAM))
        store.append(Write(TWO, [event(2)], NO_STREAM))
        assert ids(store.read_stream(ONE)) == []
        view.flush()
        connection.commit()
    assert ids(store.read_stream(ONE)) == ids_of(1)


def test_what_waits_is_read_by_its_owner(store, host):
    """Every way of reading shows what waits, after what is there; nobody else sees it."""
    store.append(Write(ONE, events(1, 2), NO_STREAM))
    with joined(store, host) as (_, view):
        appended = view.append(Write(ONE, [event(3)], exactly(2)), Write(TWO, [event(4)], NO_STREAM))
        assert (appended.first, appended.last, appended.versions) == (3, 4, {ONE: 3, TWO: 1})
        assert ids(view.read_stream(ONE)) == ids_of(1, 2, 3)
        assert ids(view.read_stream(ONE, after=2)) == ids_of(3)
        assert ids(view.read_stream(ONE, limit=1)) == ids_of(1)
        assert {stream: ids(rows) for stream, rows in view.read_streams([ONE, TWO]).items()} == {
            ONE: ids_of(1, 2, 3),
            TWO: ids_of(4),
        }
        assert ids(view.read_subject("one")) == ids_of(1, 2, 3)
        assert ids(view.read_all()) == ids(view.read_bodies()) == ids_of(1, 2, 3, 4)
        assert ids(view.read_all(after=2, limit=1)) == ids_of(3)
        assert view.versions([ONE, TWO]) == {ONE: 3, TWO: 1}
        assert set(view.known(ids_of(1, 4, 5))) == set(ids_of(1, 4))
        assert view.append(Write(ONE, [event(5)], STREAM_EXISTS)).versions == {ONE: 4}
        assert ids(store.read_all()) == ids_of(1, 2)


@on_servers
def test_what_waits_stands_behind_what_others_append(store, host):
    """What others commit meanwhile comes first in every way of reading, and moves what waits on."""
    with joined(store, host) as (_, view):
        view.append(Write(ONE, events(1, 2), NO_STREAM))
        store.append(Write(TWO, [event(3)], NO_STREAM))
        assert [(row.id, row.position) for row in view.read_all()] == list(zip(ids_of(3, 1, 2), (1, 2, 3), strict=True))
        assert [row.position for row in view.read_stream(ONE)] == [2, 3]
        assert [row.position for row in view.read_streams([ONE])[ONE]] == [2, 3]
        assert [row.position for row in view.read_subject("one")] == [2, 3]
        assert view.known(ids_of(1))[event(1).id].position == 2
        assert view.append(Write(ONE, [event(4)], exactly(2))).first == 4
        assert (view.head().position, view.waiting, store.head().position) == (4, 3, 1)


def test_flush_lands_what_waited(store, host):
    """Each append is told its place, in the order in which they were made, after what came in meanwhile."""
    with joined(store, host) as (connection, view):
        view.append(Write(ONE, [event(1)], ANY))
        view.append(Write(TWO, [event(2)], NO_STREAM))
        view.append(Write(ONE, events(3, 4), exactly(1)))
        if store.dialect_name != "sqlite":
            store.append(Write(StreamId("other-1"), [event(0)], NO_STREAM))
        first = store.head().position + 1
        landed = view.flush()
        connection.commit()
    assert [(one.first - first, one.last - first) for one in landed] == [(0, 0), (1, 1), (2, 3)]
    assert ids(store.read_all(after=first - 1)) == ids_of(1, 2, 3, 4)
    assert view.flush() == []


def test_conflict_with_what_waits(store, host):
    """An expectation is held against the log and against what waits."""
    with joined(store, host) as (_, view):
        view.append(Write(ONE, [event(1)], NO_STREAM))
        with pytest.raises(VersionConflict, match="version 1"):
            view.append(Write(ONE, [event(2)], NO_STREAM))
        with pytest.raises(VersionConflict, match="version 0"):
            view.append(Write(TWO, [event(2)], NO_STREAM), require={ONE: 0})
        with pytest.raises(IdempotencyConflict):
            view.append(Write(TWO, [event(1)], NO_STREAM))
        assert view.append(Write(ONE, [event(1)], NO_STREAM)).replayed


@on_servers
def test_faster_writer_wins(store, host):
    """Who was overtaken between reading and flushing is told so, and nothing of it is there after the rollback."""
    with joined(store, host) as (connection, view):
        open_ticket(connection, 1)
        view.append(Write(ONE, [event(1)], NO_STREAM))
        store.append(Write(ONE, [event(2)], NO_STREAM))
        with pytest.raises(VersionConflict):
            view.flush()
    assert (tickets(host), ids(store.read_all())) == ([], ids_of(2))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_sqlite_keeps_others_out(store, host):
    """On SQLite nobody else writes from the moment when the log joins the transaction, so nobody is overtaken."""
    with joined(store, host), pytest.raises(StoreBusy, match="locked by another"):
        store.append(Write(ONE, [event(1)], NO_STREAM))


@on_servers
def test_id_that_came_in_meanwhile(store, host):
    """An id that another writer brought between reading and flushing is a conflict, not a broken log."""
    with joined(store, host) as (_, view):
        view.append(Write(ONE, [event(1)], NO_STREAM))
        store.append(Write(TWO, [event(1)], NO_STREAM))
        with pytest.raises(IdempotencyConflict, match="meanwhile"):
            view.flush()
    assert store.head().position == 1


def test_own_append_would_wait_for_itself(store, host):
    """While the caller's transaction holds the head, an append past it is refused at once; afterwards it goes."""
    with joined(store, host) as (connection, view):
        view.append(Write(ONE, [event(1)], NO_STREAM))
        view.flush()
        with pytest.raises(HeadHeld):
            store.append(Write(TWO, [event(2)], NO_STREAM))
        with pytest.raises(HeadHeld), store.exclusively([TWO]):
            pass
        connection.commit()
        store.append(Write(TWO, [event(2)], NO_STREAM))
    assert ids(store.read_all()) == ids_of(1, 2)


def test_other_threads_may_wait(store, host):
    """An append of another thread is not refused: it waits until the caller commits."""
    with joined(store, host) as (connection, view):
        view.append(Write(ONE, [event(1)], NO_STREAM))
        view.flush()
        thread = Thread(target=store.append, args=[Write(TWO, [event(2)], NO_STREAM)])
        thread.start()
        connection.commit()
        thread.join()
    assert ids(store.read_all()) == ids_of(1, 2)


@on_servers
def test_head_that_another_holds(store, host, url):
    """Who waits for the head in a transaction of the caller waits as long as the store does, not as the host may."""
    with raw(url) as other, joined(store, host) as (_, view):
        other.execute(text("BEGIN"))
        other.execute(text("UPDATE respond_head SET position = position"))
        view.append(Write(ONE, [event(1)], NO_STREAM))
        with pytest.raises(StoreBusy):
            view.flush()
        other.execute(text("ROLLBACK"))


def test_connection_without_a_transaction(store, host):
    """A connection on which nobody began a transaction is refused: nothing would ever be committed."""
    with host.connect() as connection, pytest.raises(InvalidInput, match="begin one first"):
        store.in_transaction(connection)


@on_servers
def test_connection_that_commits_by_itself(store, host):
    """A connection on which each statement commits by itself is refused where the database would obey it."""
    with host.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.begin()
        with pytest.raises(WrongIsolation, match="begin a transaction"):
            store.in_transaction(connection)


@on_servers
def test_transaction_of_another_isolation(store, host):
    """A transaction that sees the log as it was when it began cannot append to it."""
    with host.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.begin()
        with pytest.raises(WrongIsolation, match=r"isolation_level='READ COMMITTED'"):
            store.in_transaction(connection)


def test_connection_to_another_log(store, tmp_path):
    """A connection to another log, or to another kind of database, is refused."""
    other = f"sqlite:///{tmp_path / 'other.db'}"
    opened(other).close()
    engine = engine_for(other) if store.dialect_name == "sqlite" else create_engine("sqlite://")
    with (
        engine.begin() as connection,
        pytest.raises((WrongDatabase, InvalidInput), match=r"another log|belongs to sqlite"),
    ):
        store.in_transaction(connection)
    engine.dispose()


def test_engine_in_a_transaction(url, host):
    """Commands are decided at once, see each other, and are in the log when the caller commits."""
    with Engine.open(url) as engine:
        with host.begin() as connection, engine.transaction(connection) as inside:
            incident = inside.report(category="facility_failure", title="Terminals down", actor="wang.li")
            incident.assess(affected_customers=300, spread="regional", actor="chen.yu")
            with pytest.raises(CommandRefused):
                incident.resolve("not yet", actor="chen.yu")
            open_ticket(connection, 1)
        found = engine.incident(incident.id)
        assert [event.type for event in found.events()] == ["IncidentReported", "IncidentAssessed"]
        assert tickets(host) == [1]


def test_engine_in_a_transaction_that_fails(url, host):
    """What the caller raises inside leaves neither row nor event."""
    with Engine.open(url) as engine:

        def fail():
            with host.begin() as connection, engine.transaction(connection) as inside:
                inside.report(category="facility_failure", title="Terminals down", actor="wang.li")
                open_ticket(connection, 1)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert (tickets(host), engine.store.head().position) == ([], 0)


def test_inline_projections_join(store, host):
    """Read models that are kept inline are brought up to date in the caller's transaction too."""
    store.project_inline(lambda connection, rows: [open_ticket(connection, row.position) for row in rows])
    with joined(store, host) as (connection, view):
        view.append(Write(ONE, events(1, 2), NO_STREAM))
        assert tickets(host) == [] if store.dialect_name != "sqlite" else True
        view.flush()
        connection.commit()
    assert tickets(host) == [1, 2]


def test_two_blocks_in_one_transaction(store, host):
    """Who holds the head in a transaction appends in it again, and may read in it."""
    with joined(store, host) as (connection, view):
        view.append(Write(ONE, [event(1)], NO_STREAM))
        view.flush()
        again = store.in_transaction(connection)
        assert again.flush() == []
        again.append(Write(ONE, [event(2)], exactly(1)))
        again.flush()
        connection.commit()
    assert ids(store.read_all()) == ids_of(1, 2)


@on_servers
def test_flush_that_failed_leaves_no_hole(store, host):
    """A caller who commits in spite of a conflict has taken no position."""
    with joined(store, host) as (connection, view):
        view.append(Write(ONE, [event(1)], NO_STREAM))
        store.append(Write(ONE, [event(2)], NO_STREAM))
        with pytest.raises(VersionConflict):
            view.flush()
        connection.commit()
    assert store.head().position == 1
