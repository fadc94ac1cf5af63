"""The publisher for asyncio on each database: what goes out, in which order, and what happens when it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from respond.domain.streams import StreamId
from respond.errors import InvalidInput, StoreUnavailable, TargetUnavailable
from respond.integrations.async_publisher import AsyncPublisher
from respond.integrations.publisher import Publisher
from respond.store.async_event_store import AsyncEventStore
from respond.store.checkpoint import PAUSED, Checkpoint, Patience
from respond.store.memory import MemoryEventStore
from respond.store.records import Write
from respond.store.sql import tables
from respond.store.sql.checkpoints import Checkpoints
from respond.testing.conformance.samples import ONE, TWO, ManualClock, event, events, id_of, ids_of
from sql_logs import opened

DRILL = StreamId("incident-one", "drill")
PATIENCE = 60
NAME = "publisher:bus"


class Bus:
    """A target that remembers what it took, and refuses what it is told to, after other tasks had their turn."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.refuses: dict[str, Exception] = {}

    async def __call__(self, event: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        if event["id"] in self.refuses:
            raise self.refuses[event["id"]]
        self.ids.append(event["id"])


def during(url: str, work: Callable[[AsyncEventStore, ManualClock], Awaitable[None]]) -> None:
    """Await *work* with the store on *url* and the clock of the publishers; give up on what waits for ever."""

    async def run() -> None:
        async with asyncio.timeout(PATIENCE), await AsyncEventStore.open(url, clock=ManualClock()) as store:
            await work(store, ManualClock())

    asyncio.run(run())


async def published(publisher: AsyncPublisher) -> str:
    """Make steps as long as events go out; return why that ended."""
    while (step := await publisher.step()).state == "published":
        pass
    return step.state


async def checkpoint(store: AsyncEventStore) -> Checkpoint:
    """Return the publisher's checkpoint as it stands in its table."""

    def load() -> Checkpoint | None:
        with store.inner.reading() as connection:
            return Checkpoints(tables(), store.tenant).load(connection, NAME, 1)

    found = await store.run(load)
    assert found is not None
    return found


def test_real_events_in_order_once(url: str) -> None:
    """Every real event goes out once, in log order, whichever kind of publisher goes on; a drill never does."""

    async def work(store: AsyncEventStore, clock: ManualClock) -> None:
        bus, told = Bus(), []
        await store.append(Write(ONE, events(1, 2)), Write(DRILL, events("play")), Write(TWO, events(3)))
        step = await AsyncPublisher(store, bus, name="bus", clock=clock, batch=2).run(live=False)
        assert (step.state, bus.ids) == ("idle", ids_of(1, 2, 3))
        await store.append(Write(ONE, events(4)))
        with opened(url) as plain:
            assert Publisher(plain, told.append, name="bus", clock=clock).run(live=False).state == "idle"
        await store.append(Write(ONE, events(5)))
        publisher = AsyncPublisher(store, told.append, name="bus", clock=clock)
        assert (await publisher.run(live=False)).state == "idle"
        assert [event["id"] for event in told] == ids_of(4, 5)
        assert (await checkpoint(store)).position == publisher.position == 6

    during(url, work)


def test_tried_again_then_paused(url: str) -> None:
    """An event that is refused is tried again ever later, then the publisher pauses before it until it is resumed."""

    async def work(store: AsyncEventStore, clock: ManualClock) -> None:
        bus = Bus()
        await store.append(Write(ONE, events(1, 2, 3)))
        bus.refuses[id_of(2)] = ValueError("no such place")
        publisher = AsyncPublisher(store, bus, name="bus", clock=clock, patience=Patience(attempts=2))
        assert await published(publisher) == "waiting"
        clock.move(seconds=1)
        assert await published(publisher) == "paused"
        found = await checkpoint(store)
        assert (found.status, found.position, bus.ids) == (PAUSED, 1, ids_of(1))
        assert "position 2, NoteAdded: ValueError: no such place" in str(found.error)
        bus.refuses.clear()
        await publisher.resume()
        assert await published(publisher) == "idle"
        assert bus.ids == ids_of(1, 2, 3)

    during(url, work)


def test_skipped_then_told_once_more(url: str) -> None:
    """Where patience skips, those behind go out; what was skipped is told when a person asks for it."""

    async def work(store: AsyncEventStore, clock: ManualClock) -> None:
        bus = Bus()
        await store.append(Write(ONE, events(1, 2, 3)))
        bus.refuses[id_of(2)] = ValueError("no such place")
        patience = Patience(attempts=1, then="skip")
        publisher = AsyncPublisher(store, bus, name="bus", clock=clock, patience=patience)
        assert await published(publisher) == "idle"
        assert "no such place" in str((await publisher.retry()).error)
        bus.refuses.clear()
        assert ((await publisher.retry()).events, bus.ids) == (1, ids_of(1, 3, 2))

    during(url, work)


def test_an_outage_is_no_event_s_fault(url: str) -> None:
    """While the target is out of reach nothing is given up; a target that raises in place of answering took nothing."""

    async def work(store: AsyncEventStore, clock: ManualClock) -> None:
        bus = Bus()
        await store.append(Write(ONE, events(1)))
        bus.refuses[id_of(1)] = TargetUnavailable("down")
        publisher = AsyncPublisher(store, bus, name="bus", clock=clock, patience=Patience(attempts=1))
        for _ in range(3):
            assert await published(publisher) == "waiting"
            clock.move(seconds=60)

        class Broken:
            """A target with a defect."""

            async def publish(self, batch: Any) -> None:
                raise RuntimeError("a defect")

        broken = AsyncPublisher(store, Broken(), name="other", clock=clock)
        assert await published(broken) == "waiting"
        bus.refuses.clear()
        assert await published(publisher) == "idle"
        assert bus.ids == ids_of(1)

    during(url, work)


def test_follows_the_log(url: str) -> None:
    """A running publisher tells of what tasks and other programs append, while others run, until it is stopped."""

    async def work(store: AsyncEventStore, clock: ManualClock) -> None:
        told: asyncio.Queue[str] = asyncio.Queue()

        async def tell(event: dict[str, Any]) -> None:
            await told.put(event["id"])

        publisher = AsyncPublisher(store, tell, name="bus", clock=clock)
        running = asyncio.create_task(publisher.run())
        await store.append(Write(ONE, events(1)))
        assert await told.get() == id_of(1)
        with opened(url) as other:
            other.append(Write(ONE, events(2)))
        assert await told.get() == id_of(2)
        publisher.stop()
        assert (await running).state in {"published", "idle"}
        found = await checkpoint(store)
        assert (found.owner, found.position) == (None, 2)

    during(url, work)


def test_one_is_at_work(url: str) -> None:
    """Of two publishers with one name one publishes; when its task is cancelled the other one takes over at once."""

    async def work(store: AsyncEventStore, clock: ManualClock) -> None:
        bus, asked = Bus(), asyncio.Event()

        async def stuck(event: dict[str, Any]) -> None:
            asked.set()
            await asyncio.Event().wait()

        await store.append(Write(ONE, events(1)))
        running = asyncio.create_task(AsyncPublisher(store, stuck, name="bus", clock=clock).run())
        await asked.wait()
        other = AsyncPublisher(store, bus, name="bus", clock=clock)
        assert (await other.run(live=False)).state == "elsewhere"
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert (await other.run(live=False)).state == "idle"
        assert bus.ids == ids_of(1)

    during(url, work)


def test_cancelled_anywhere(url: str) -> None:
    """A publisher whose task is cancelled, whatever it is at, holds its name no longer, and what it left is told."""

    async def work(store: AsyncEventStore, clock: ManualClock) -> None:
        bus = Bus()
        for turns in range(0, 60, 2):
            await store.append(Write(ONE, events(turns)))
            running = asyncio.create_task(AsyncPublisher(store, bus, name="bus", clock=clock).run())
            for _ in range(turns):
                await asyncio.sleep(0)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            assert (await AsyncPublisher(store, bus, name="bus", clock=clock).run(live=False)).state == "idle"
            assert (await checkpoint(store)).owner is None
        assert list(dict.fromkeys(bus.ids)) == ids_of(*range(0, 60, 2))

    during(url, work)


def test_overtaken_while_it_publishes(url: str) -> None:
    """A publisher that was overtaken in the middle moves nothing: the other goes on from the checkpoint."""

    async def work(store: AsyncEventStore, clock: ManualClock) -> None:
        bus = Bus()
        other = AsyncPublisher(store, bus, name="bus", clock=clock)

        async def asleep(event: dict[str, Any]) -> None:
            clock.move(seconds=60)
            assert await published(other) == "idle"

        await store.append(Write(ONE, events(1)))
        assert await published(AsyncPublisher(store, asleep, name="bus", clock=clock)) == "elsewhere"
        assert (bus.ids, (await checkpoint(store)).position) == (ids_of(1), 1)

    during(url, work)


def test_stopped_while_it_waits(url: str) -> None:
    """A publisher that waits for its turn ends at once when it is stopped."""

    async def work(store: AsyncEventStore, clock: ManualClock) -> None:
        refused = asyncio.Event()

        def refuse(event: dict[str, Any]) -> None:
            refused.set()
            raise TargetUnavailable("down")

        await store.append(Write(ONE, [event(1)]))
        patience = Patience(first_seconds=600, longest_seconds=600)
        publisher = AsyncPublisher(store, refuse, name="bus", clock=clock, patience=patience)
        running = asyncio.create_task(publisher.run())
        await refused.wait()
        publisher.stop()
        await running

    during(url, work)


def test_waits_for_the_log(sqlite_url: str) -> None:
    """A running publisher waits for a log that cannot be reached; one that was asked to end tells of it."""

    async def work(store: AsyncEventStore, clock: ManualClock) -> None:
        bus = Bus()
        await store.append(Write(ONE, events(1)))
        head, broken = store.inner.head, [StoreUnavailable("down"), StoreUnavailable("down")]

        def lost() -> Any:
            if broken:
                raise broken.pop()
            return head()

        store.inner.head = lost  # type: ignore[method-assign]
        publisher = AsyncPublisher(store, bus, name="bus", clock=clock)
        with pytest.raises(StoreUnavailable):
            await publisher.run(live=False)
        assert (await publisher._step_or_wait(store.bridge, live=True)).state == "waiting"
        assert await published(publisher) == "idle"
        assert bus.ids == ids_of(1)

    during(sqlite_url, work)


def test_a_log_in_memory() -> None:
    """A log without tables keeps no checkpoint, and says so."""

    async def run() -> None:
        store = AsyncEventStore(MemoryEventStore(clock=ManualClock()))
        with pytest.raises(InvalidInput, match="keeps no checkpoints"):
            AsyncPublisher(store, Bus(), name="bus", clock=ManualClock())

    asyncio.run(run())
