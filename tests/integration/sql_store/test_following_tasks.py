"""Subscriptions for asyncio: the same events, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from sqlalchemy import text

from respond.domain.streams import StreamId
from respond.store.async_event_store import AsyncEventStore
from respond.store.async_subscription import AsyncSubscription
from respond.store.records import Recorded, Write
from respond.testing.conformance.samples import ONE, START, TWO, event, events, id_of, ids, ids_of
from sql_logs import opened, raw

HOUR = 3600
PATIENCE = 60


async def opened_async(url: str) -> AsyncEventStore:
    """Return the store on *url*, with a clock that stands still."""
    return await AsyncEventStore.open(url, clock=lambda: START)


async def take(follow: AsyncIterator[Recorded], count: int) -> list[str]:
    """Return the ids of the next *count* events; raises `TimeoutError` when they do not come."""
    async with asyncio.timeout(PATIENCE):
        return [(await anext(follow)).id for _ in range(count)]


def test_catches_up_then_goes_on(url: str) -> None:
    """Events that are there come first, then those that are appended, by tasks of this loop and by other programs."""

    async def main() -> None:
        async with await opened_async(url) as store:
            await store.append(Write(ONE, events(1, 2, 3)))
            async with AsyncSubscription(store, after=1) as subscription:
                follow = aiter(subscription)
                assert await take(follow, 2) == ids_of(2, 3)
                await store.append(Write(TWO, events(4)))
                assert await take(follow, 1) == ids_of(4)
                with opened(url) as other:
                    other.append(Write(TWO, events(5, 6)))
                assert await take(follow, 2) == ids_of(5, 6)
                assert subscription.position == 6

    asyncio.run(main())


def test_many_tasks(url: str) -> None:
    """While many tasks append, each of several subscriptions sees its share, all together see all, in order."""
    writers, turns, shares = 6, 10, 3

    async def write(store: AsyncEventStore, number: int) -> None:
        for turn in range(turns):
            await store.append(Write(StreamId.of("task", str(number)), [event(f"{number} {turn}")]))

    async def follow(store: AsyncEventStore, index: int) -> list[Recorded]:
        seen: list[Recorded] = []
        async with AsyncSubscription(store, partition=(index, shares), page_events=5) as subscription:
            async for page in subscription.pages():
                seen += page
                if subscription.position == writers * turns:
                    subscription.stop()
        return seen

    async def main() -> None:
        async with await opened_async(url) as store, asyncio.timeout(PATIENCE):
            readers = [asyncio.create_task(follow(store, index)) for index in range(shares)]
            await asyncio.gather(*(write(store, number) for number in range(writers)))
            seen = await asyncio.gather(*readers)
            log = await store.read_all()
        assert all([row.position for row in share] == sorted(row.position for row in share) for share in seen)
        assert sorted(row.position for share in seen for row in share) == [row.position for row in log]

    asyncio.run(main())


def test_told_of_appends_by_others(postgresql_url: str) -> None:
    """On PostgreSQL an append by another program ends a wait that would have taken an hour."""

    async def main() -> None:
        async with await opened_async(postgresql_url) as store:
            async with AsyncSubscription(store, poll_seconds=HOUR) as subscription:
                waiting = asyncio.create_task(take(aiter(subscription), 2))
                with opened(postgresql_url) as other:
                    while not sessions(postgresql_url):
                        await store.head()  # which lets the other task go on
                    other.append(Write(ONE, events(1, 2)))
                assert await waiting == ids_of(1, 2)
            assert sessions(postgresql_url) == []

    asyncio.run(main())


def test_goes_on_when_listening_is_lost(postgresql_url: str) -> None:
    """A listening session that the server ends is found again, and nothing is lost meanwhile."""

    async def main() -> None:
        async with (
            await opened_async(postgresql_url) as store,
            AsyncSubscription(store, poll_seconds=HOUR) as subscription,
        ):
            follow = aiter(subscription)
            await store.append(Write(ONE, events(1)))
            assert await take(follow, 1) == ids_of(1)
            (pid,) = sessions(postgresql_url)
            with raw(postgresql_url) as connection:
                connection.execute(text("SELECT pg_terminate_backend(:pid, 60000)"), {"pid": pid})
            with opened(postgresql_url) as other:
                other.append(Write(ONE, events(2)))
                assert await take(follow, 1) == ids_of(2)
                number = 3
                while sessions(postgresql_url) in ([], [pid]):
                    other.append(Write(ONE, events(number)))
                    assert await take(follow, 1) == ids_of(number)
                    number += 1

    asyncio.run(main())


def test_stopped_from_another_thread(url: str) -> None:
    """A subscription that waits ends when another thread stops it."""

    async def main() -> None:
        async with await opened_async(url) as store, AsyncSubscription(store, poll_seconds=HOUR) as subscription:
            await store.append(Write(ONE, events(1)))
            seen = []
            async with asyncio.timeout(PATIENCE):
                async for row in subscription:
                    seen.append(row)
                    asyncio.get_running_loop().run_in_executor(None, subscription.stop)
            assert ids(seen) == [id_of(1)]
            assert [row async for row in subscription] == []

    asyncio.run(main())


def sessions(url: str) -> list[int]:
    """Return the sessions that listen for appends."""
    found = text("SELECT pid FROM pg_stat_activity WHERE query = :query AND datname = current_database()")
    with raw(url) as connection:
        return [pid for (pid,) in connection.execute(found, {"query": 'LISTEN "respond_events"'})]
