"""Listening on PostgreSQL: it ends a wait at once, and when it is lost nothing else is."""

from __future__ import annotations

from itertools import islice
from threading import Event, Thread

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from respond.store.records import Write
from respond.store.sql.dialects import CHANNEL_MAX
from respond.store.subscription import Subscription
from respond.store.waiting import Waiter
from respond.testing.conformance.samples import ONE, events, ids, ids_of
from sql_logs import opened, raw

HOUR = 3600
LISTEN = 'LISTEN "respond_events"'


class Watched(Waiter):
    """A waiter that shows when it begins to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = Event()

    def wait(self, *args) -> bool:
        self.waits.set()
        return super().wait(*args)


def when_it_waits(waiter: Watched, act, *args) -> None:
    """Do *act* in another thread, once the reader waits."""

    def later() -> None:
        assert waiter.waits.wait(60)
        act(*args)

    Thread(target=later, daemon=True).start()


def sessions(url: str) -> list[int]:
    """Return the sessions that listen for appends."""
    found = text("SELECT pid FROM pg_stat_activity WHERE query = :query AND datname = current_database()")
    with raw(url) as connection:
        return [pid for (pid,) in connection.execute(found, {"query": LISTEN})]


def end_session(url: str, pid: int) -> None:
    """Have the server end a session, and wait until it is gone."""
    with raw(url) as connection:
        assert connection.execute(text("SELECT pg_terminate_backend(:pid, 60000)"), {"pid": pid}).scalar_one()


def test_told_of_appends_by_others(postgresql_url: str) -> None:
    """An append by another store ends a wait that would have taken an hour."""
    waiter = Watched()
    with opened(postgresql_url) as store, opened(postgresql_url) as other:
        with Subscription(store, poll_seconds=HOUR, waiter=waiter) as subscription:
            when_it_waits(waiter, other.append, Write(ONE, events(1, 2)))
            assert ids(list(islice(subscription, 2))) == ids_of(1, 2)
            assert len(sessions(postgresql_url)) == 1
        assert sessions(postgresql_url) == []


def test_heard_before_it_looks(postgresql_url: str) -> None:
    """What is appended between the first look and the wait is heard of: listening begins before looking."""
    with opened(postgresql_url) as store, opened(postgresql_url) as other:
        read = store.read_all

        def overtaken(**options):
            page = read(**options)
            if other.head().position == 1:
                other.append(Write(ONE, events(2)))
            return page

        store.append(Write(ONE, events(1)))
        store.read_all = overtaken
        with Subscription(store, poll_seconds=HOUR) as subscription:
            assert ids(list(islice(subscription, 2))) == ids_of(1, 2)


def test_goes_on_when_listening_is_lost(postgresql_url: str) -> None:
    """A subscription whose listening session is ended goes on by looking, then listens again; nothing is lost."""
    waiter = Watched()
    with (
        opened(postgresql_url) as store,
        opened(postgresql_url) as other,
        Subscription(store, poll_seconds=HOUR, waiter=waiter) as subscription,
    ):
        follow = iter(subscription)
        other.append(Write(ONE, events(1)))
        assert ids([next(follow)]) == ids_of(1)
        (pid,) = sessions(postgresql_url)

        def cut() -> None:
            end_session(postgresql_url, pid)
            other.append(Write(ONE, events(2)))

        when_it_waits(waiter, cut)
        assert ids([next(follow)]) == ids_of(2)
        while sessions(postgresql_url) in ([], [pid]):  # the last words of a session may come before its end
            other.append(Write(ONE, events(f"while lost {subscription.position}")))
            next(follow)
        waiter.waits.clear()
        when_it_waits(waiter, other.append, Write(ONE, events("heard again")))
        assert ids([next(follow)]) == ids_of("heard again")


def test_who_only_listens_loses_events(postgresql_url: str) -> None:
    """The control: a reader that takes what it is told and reads nothing misses what was told while it was away."""
    url = make_url(postgresql_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with opened(postgresql_url) as store:
        told = []
        for number in range(2):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(LISTEN)
                store.append(Write(ONE, events(number)))
                told += [int(one.payload) for one in connection.notifies(timeout=60, stop_after=1)]
            store.append(Write(ONE, events(f"while it was away {number}")))
        assert told == [1, 3]
        with Subscription(store, live=False) as subscription:
            assert [row.position for row in subscription] == [1, 2, 3, 4]


def test_a_pool_of_one(postgresql_url: str) -> None:
    """Listening takes no connection out of the pool: one that lends a single connection is enough."""
    engine = create_engine(postgresql_url, pool_size=1, max_overflow=0, pool_timeout=1)
    with opened(engine) as store, Subscription(store, poll_seconds=HOUR) as subscription:
        store.append(Write(ONE, events(1)))
        assert ids([next(iter(subscription))]) == ids_of(1)
        assert len(sessions(postgresql_url)) == 1
    engine.dispose()


def test_logs_whose_names_are_long_are_told_apart(postgresql_url: str) -> None:
    """Two logs whose names are as long as any, and differ at the end, have a channel each, and hear their appends."""
    waiter, schema = Watched(), "s" * 31
    logs = [{"schema": schema, "prefix": "p" * 30 + last} for last in "ab"]
    with opened(postgresql_url, **logs[0]) as store, opened(postgresql_url, **logs[1], create=True) as other:
        channels = {one._dialect.channel for one in (store, other)}
        assert len(channels) == 2
        assert max(map(len, channels)) <= CHANNEL_MAX
        with (
            opened(postgresql_url, **logs[0]) as writer,
            Subscription(store, poll_seconds=HOUR, waiter=waiter) as subscription,
        ):
            when_it_waits(waiter, writer.append, Write(ONE, events(1)))
            assert ids(list(islice(subscription, 1))) == ids_of(1)
