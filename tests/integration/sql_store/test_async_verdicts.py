"""Tasks that append at once and share commits: each has a verdict of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, text

from respond.domain.streams import ANY, NO_STREAM, StreamId, exactly
from respond.errors import IdempotencyConflict, ProjectionFailed, StoreBusy, VersionConflict
from respond.store.async_event_store import AsyncEventStore
from respond.store.records import Appended, Recorded, Write
from respond.testing.conformance.samples import ManualClock, event
from sql_logs import raw

PATIENCE = 60
TASKS = 12
HOT = StreamId.of("task", "hot")


@contextmanager
def head_held(url: str) -> Iterator[None]:
    """Keep every append waiting until the block ends."""
    with raw(url) as other:
        other.execute(text("BEGIN"))
        other.execute(text("UPDATE respond_head SET position = position"))
        yield
        other.execute(text("ROLLBACK"))


def during(url: str, work: Callable[[AsyncEventStore], Awaitable[None]]) -> None:
    """Await *work* with the store on *url*, in which the known event is; give up on what waits for ever."""

    async def run() -> None:
        opening = AsyncEventStore.open(url, clock=ManualClock(), group=True, lock_timeout=30)
        async with asyncio.timeout(PATIENCE), await opening as store:
            await store.append(Write(HOT, [event("known")], NO_STREAM))
            await work(store)

    asyncio.run(run())


async def begun(store: AsyncEventStore, writes: Sequence[Write]) -> list[asyncio.Task[Appended]]:
    """Return tasks that append *writes*: the first leads, the others wait together for their turn."""
    tasks = [asyncio.create_task(store.append(write)) for write in writes]
    while len(store.inner._group._queue) < len(writes) - 1:  # noqa: ASYNC110 - a queue tells nobody how long it is
        await asyncio.sleep(0)
    return tasks


def own(number: int) -> Write:
    """Return a write that no other is in the way of."""
    return Write(StreamId.of("task", str(number)), [event(number)], NO_STREAM)


def refuse(_: Connection, rows: Sequence[Recorded]) -> None:
    """Be a read model that cannot take one stream on."""
    if any(row.stream == "task-refused" for row in rows):
        raise ValueError("no such thing")


@pytest.mark.parametrize("inline", [False, True], ids=["plain", "inline"])
@pytest.mark.parametrize(
    ("write", "error"),
    [
        (Write(HOT, [event("late")], exactly(7)), VersionConflict),
        (Write(HOT, [event("late")], NO_STREAM), VersionConflict),
        (Write(HOT, [event("known", data={"note": "altered"})], ANY), IdempotencyConflict),
        (Write(StreamId.of("task", "other"), [event("known")], ANY), IdempotencyConflict),
        (Write(StreamId.of("task", "refused"), [event("late")], ANY), ProjectionFailed),
        (Write(HOT, [event("late")], exactly(1)), None),  # the control: nobody is refused
    ],
    ids=["another version", "a stream that is there", "an altered id", "an id of another", "a read model", "nothing"],
)
def test_hurts_only_its_owner(server_url: str, write: Write, error: type[Exception] | None, *, inline: bool) -> None:
    """What is wrong with one append is told to its task alone; all others land, and no position is left out."""
    if error is ProjectionFailed and not inline:
        error = None

    async def work(store: AsyncEventStore) -> None:
        if inline:
            store.inner.project_inline(refuse)
        writes = [own(number) for number in range(TASKS)]
        writes.insert(TASKS // 2, write)
        with head_held(server_url):
            tasks = await begun(store, writes)
        answers: list[Any] = await asyncio.gather(*tasks, return_exceptions=True)
        verdict = answers.pop(TASKS // 2)
        assert type(verdict) is (Appended if error is None else error)
        landed = [answer.first for answer in answers] + ([verdict.first] if error is None else [])
        assert sorted(landed) == list(range(2, len(landed) + 2))
        log = await store.read_all()
        assert [row.position for row in log] == list(range(1, (await store.head()).position + 1))
        assert [log[answer.first - 1].id for answer in answers] == [event(number).id for number in range(TASKS)]

    during(server_url, work)


def test_a_full_queue(server_url: str) -> None:
    """Who comes when too many wait is turned away at once; those who wait land, and then there is room again."""

    async def work(store: AsyncEventStore) -> None:
        store.inner._group._queue_max = 3
        with head_held(server_url):
            tasks = await begun(store, [own(number) for number in range(4)])
            with pytest.raises(StoreBusy, match="3 appends are waiting already"):
                await store.append(own(4))
        answers = await asyncio.gather(*tasks)
        assert sorted(answer.first for answer in answers) == [2, 3, 4, 5]
        assert (await store.append(own(4))).first == 6

    during(server_url, work)


def test_who_is_told_and_fails(server_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A listener that fails hurts no task: all have landed by then, and the other listeners are told."""

    async def work(store: AsyncEventStore) -> None:
        told: list[int] = []

        def fail(_: int) -> None:
            raise ValueError("no such thing")

        store.inner.on_append(fail)
        store.inner.on_append(told.append)
        with head_held(server_url):
            tasks = await begun(store, [own(number) for number in range(TASKS)])
        answers = await asyncio.gather(*tasks)
        assert sorted(answer.first for answer in answers) == list(range(2, TASKS + 2))
        assert told[-1] == TASKS + 1
        assert "a listener failed" in caplog.text

    during(server_url, work)


@pytest.mark.parametrize("waits", [False, True], ids=["leader", "follower"])
def test_cancelled_beside_others(server_url: str, *, waits: bool) -> None:
    """A task that is cancelled, as the one that carries or as one that waits, takes no other along."""

    async def work(store: AsyncEventStore) -> None:
        with head_held(server_url):
            tasks = await begun(store, [own(number) for number in range(TASKS)])
            gone = tasks.pop(TASKS // 2 if waits else 0)
            gone.cancel()
            with pytest.raises(asyncio.CancelledError):
                await gone
        answers = await asyncio.gather(*tasks)
        assert sorted(answer.first for answer in answers) == list(range(2, TASKS + 1))

    during(server_url, work)
