"""NATS JetStream as a target: a real broker, killed and started again."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import signal
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured
from cloudevents.core.formats.json import JSONFormat

from brokers import Broker, running_broker
from publishing import WithoutIds, publish_all, publish_and_die
from respond.domain.streams import StreamId
from respond.errors import InvalidInput
from respond.integrations.async_publisher import AsyncPublisher
from respond.integrations.nats import AsyncNatsTarget, NatsTarget, subject_of
from respond.integrations.publisher import Publisher
from respond.integrations.target import Outgoing, Refused
from respond.store.async_event_store import AsyncEventStore
from respond.store.checkpoint import Patience
from respond.store.records import Recorded, Write
from respond.store.sql import SqlEventStore
from respond.testing.conformance.samples import ONE, START, ManualClock, event, events, ids_of
from sql_logs import opened

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def broker(tmp_path_factory) -> Iterator[Broker]:
    """Yield a broker with a stream for all that respond publishes."""
    with running_broker(tmp_path_factory.mktemp("nats")) as broker:
        broker.make_stream()
        yield broker


@pytest.fixture
def store(sqlite_url) -> Iterator[SqlEventStore]:
    """Yield the store on a log of 120 events in 12 streams."""
    with opened(sqlite_url) as store:
        for turn in range(10):
            store.append(*(Write(StreamId.of("incident", str(n)), events(f"{n} {turn}")) for n in range(12)))
        yield store


def run(store: SqlEventStore, target: Any, clock: ManualClock | None = None) -> None:
    """Publish until there is nothing more; wait no longer than it takes to move a clock."""
    clock = clock or ManualClock()
    publisher = Publisher(store, target, name="bus", clock=clock, batch=7, owner="one")
    while (step := publisher.step()).state != "idle":
        assert step.state in {"published", "waiting"}
        clock.move(seconds=step.wait_seconds)


def assert_all_once_in_order(documents: Sequence[dict[str, Any]], store: SqlEventStore) -> None:
    """Assert that what the broker keeps is the log: every event once, those of each stream in order."""
    versions = defaultdict(list)
    for document in documents:
        versions[document["stream"]].append(document["streamversion"])
    log = store.read_all()
    assert sorted(document["id"] for document in documents) == sorted(row.id for row in log)
    assert all(found == sorted(found) for found in versions.values())


def test_everything_arrives(broker: Broker, store: SqlEventStore) -> None:
    """Every event is kept once, in the order of its stream, under the subject that names it; others can read it."""
    with NatsTarget(broker.url) as target:
        run(store, target)
    messages = broker.messages()
    assert_all_once_in_order([json.loads(message.data) for message in messages], store)
    assert {message.subject for message in messages} == {"respond.default.incident.NoteAdded"}
    for message in messages:
        read = from_structured(HTTPMessage(message.headers, message.data), JSONFormat())
        assert read.get_id() == message.headers["Nats-Msg-Id"]


def test_binary_mode(broker: Broker, store: SqlEventStore) -> None:
    """In binary mode the message is the data, and its headers are the attributes."""
    with NatsTarget(broker.url, mode="binary", prefix="respond.all") as target:
        run(store, target)
    message = broker.messages()[0]
    assert message.subject == "respond.all.default.incident.NoteAdded"
    assert json.loads(message.data) == {"note": "0 0"}
    assert message.headers["ce-id"] == message.headers["Nats-Msg-Id"] == ids_of("0 0")[0]
    assert message.headers["ce-datacontenttype"] == "application/json"


def test_twice_is_once(broker: Broker, store: SqlEventStore) -> None:
    """What is published a second time the broker drops, by the id of the event."""
    for name in ("bus", "again"):
        with NatsTarget(broker.url) as target:
            publisher = Publisher(store, target, name=name, clock=lambda: START)
            assert publisher.run(live=False).state == "idle"
    assert_all_once_in_order(broker.events(), store)


@attrs.define
class Interrupted:
    """A target whose broker is killed while it takes a batch, and comes back later."""

    inner: NatsTarget
    broker: Broker
    kill_at: set[int]
    batches: int = 0
    outages: int = 0

    def publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        self.batches += 1
        if self.batches not in self.kill_at:
            return self.inner.publish(batch)
        half = len(batch) // 2
        assert self.inner.publish(batch[:half]) is None
        self.broker.kill()
        refused = self.inner.publish(batch[half:])
        assert refused is not None
        assert refused.is_outage
        self.outages += 1
        self.broker.start()
        return Refused(half + refused.index, refused.error)


def test_the_broker_is_killed(broker: Broker, store: SqlEventStore) -> None:
    """A broker that is killed in the middle of a batch, and started again, loses nothing and keeps nothing twice."""
    with NatsTarget(broker.url, timeout_seconds=2) as inner:
        target = Interrupted(inner, broker, kill_at={2, 6})
        run(store, target)
    assert target.outages == 2
    assert_all_once_in_order(broker.events(), store)


def test_the_broker_is_killed_with_messages_under_way(broker: Broker, store: SqlEventStore) -> None:
    """Messages whose acknowledgement was cut off are published again: kept once, whether they had arrived or not."""

    class Cut(NatsTarget):
        """Kills the broker as soon as the first message of a batch is acknowledged, once."""

        armed = True

        async def _try(self, client, outgoing):
            answer = await super()._try(client, outgoing)
            if self.armed and outgoing.row.position > 30:
                self.armed = False
                broker.kill()
            return answer

    class Mended:
        """Starts the broker again when it is missed."""

        def publish(self, batch: Sequence[Outgoing]) -> Refused | None:
            refused = target.publish(batch)
            if refused is not None:
                assert refused.is_outage
                broker.start()
            return refused

    with Cut(broker.url, timeout_seconds=1) as target:
        run(store, Mended())
        assert not target.armed
    assert_all_once_in_order(broker.events(), store)


@pytest.mark.parametrize(("target", "doubled"), [(NatsTarget, 0), (WithoutIds, 7)], ids=["ids", "control"])
def test_the_publisher_is_killed(broker: Broker, store: SqlEventStore, sqlite_url, target, doubled) -> None:
    """Killed between a batch and its checkpoint, a publisher tells the batch again; the broker drops it by its ids.

    The control tells no ids, and the broker keeps the batch twice.
    """
    process = SPAWN.Process(target=publish_and_die, args=(sqlite_url, broker.url, target, 3))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len(broker.events()) == 21
    with target(broker.url) as bus:
        run(store, bus)
    documents = broker.events()
    assert len(documents) == 120 + doubled
    if not doubled:
        assert_all_once_in_order(documents, store)


def test_publishers_that_compete(broker: Broker, store: SqlEventStore, sqlite_url) -> None:
    """Publishers of one name in several processes tell every event, each kept once, in the order of its stream."""
    end = store.head().position
    runners = [SPAWN.Process(target=publish_all, args=(sqlite_url, broker.url, f"r{n}", end)) for n in range(3)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert [runner.exitcode for runner in runners] == [0, 0, 0]
    assert_all_once_in_order(broker.events(), store)


def test_too_large(broker: Broker, sqlite_url) -> None:
    """A message that the broker cannot take becomes a dead letter; the connection holds, and those behind it go out."""
    with opened(sqlite_url) as store, NatsTarget(broker.url) as target:
        large = event("large", data={"text": "x" * (1024 * 1024 - 500)})
        store.append(Write(ONE, [*events(1), large, *events(2)]))
        patience = Patience(attempts=1, then="skip")
        publisher = Publisher(store, target, name="bus", clock=lambda: START, patience=patience)
        assert publisher.run(live=False).state == "idle"
    assert [document["id"] for document in broker.events()] == ids_of(1, 2)


def test_no_stream_listens(broker: Broker, store: SqlEventStore) -> None:
    """A subject that no JetStream stream takes is an outage: nothing is given up until one does."""
    clock = ManualClock()
    with NatsTarget(broker.url, prefix="elsewhere") as target:
        publisher = Publisher(store, target, name="bus", clock=clock, patience=Patience(attempts=1, then="skip"))
        step = publisher.step()
    assert step.error is not None
    assert "no response from stream" in step.error
    assert publisher.step().state == "waiting"


def test_nobody_there(store: SqlEventStore, broker: Broker) -> None:
    """A broker that is down is an outage, told by name; closing the target twice does nothing."""
    broker.kill()
    target = NatsTarget(broker.url, timeout_seconds=2)
    step = Publisher(store, target, name="bus", clock=lambda: START).step()
    target.close()
    target.close()
    assert step.error is not None
    assert "TargetUnavailable: the broker cannot be reached" in step.error


@pytest.mark.parametrize(
    ("tenant", "stream", "kind", "subject"),
    [
        ("default", "incident-7", "Reported", "respond.default.incident.Reported"),
        ("a.b", "bag-1-2", "*", "respond.a%2Eb.bag.%2A"),
        ("> x", "客-1", "a\tb", "respond.%3E%20x.%E5%AE%A2.a%09b"),
        ("-", "-1", "_~", "respond.-.-._~"),
    ],
)
def test_subjects(tenant, stream, kind, subject) -> None:
    """A subject has four tokens, whatever a name holds."""
    row = Recorded(1, 0, tenant, "real", stream, 1, "", kind, "", b"", b"")
    assert subject_of(row) == subject


def test_long_names_make_bounded_subjects() -> None:
    """Names of any length make subjects of bounded length, and different names different subjects."""
    rows = [Recorded(1, 0, "t", "real", f"{'客' * 200}{n}-1", 1, "", "T", "", b"", b"") for n in range(2)]
    one, other = map(subject_of, rows)
    assert one != other
    assert len(one) < 250


def test_an_unknown_mode() -> None:
    """A mode that there is not is refused."""
    with pytest.raises(InvalidInput, match="structured, binary"):
        NatsTarget("nats://localhost", mode="batched")


# -- in an event loop --------------------------------------------------------------------------------------------------


def test_everything_arrives_by_tasks(broker: Broker, store: SqlEventStore, sqlite_url: str) -> None:
    """A publisher for asyncio tells the same, in the loop of its task: no thread is made for the broker."""

    async def publish() -> None:
        async with (
            await AsyncEventStore.open(sqlite_url, clock=lambda: START) as log,
            AsyncNatsTarget(broker.url) as target,
        ):
            for name in ("bus", "again"):  # what is published a second time the broker drops
                step = await AsyncPublisher(log, target, name=name, clock=lambda: START, batch=7).run(live=False)
                assert step.state == "idle"
            assert "respond-nats" not in {thread.name for thread in threading.enumerate()}
            await target.close()

    asyncio.run(publish())
    assert_all_once_in_order(broker.events(), store)


def test_the_broker_is_killed_under_tasks(broker: Broker, store: SqlEventStore, sqlite_url: str) -> None:
    """A broker that is killed with messages under way is missed, then told the rest: all is kept once, in order."""

    class Cut(AsyncNatsTarget):
        """Kills the broker as soon as a message is acknowledged, once."""

        armed = True

        async def _try(self, client: Any, outgoing: Outgoing) -> Exception | None:
            answer = await super()._try(client, outgoing)
            if self.armed and outgoing.row.position > 30:
                self.armed = False
                broker.kill()
            return answer

    async def publish() -> list[str]:
        clock, states = ManualClock(), []
        async with (
            await AsyncEventStore.open(sqlite_url, clock=clock) as log,
            Cut(broker.url, timeout_seconds=1) as target,
        ):
            publisher = AsyncPublisher(log, target, name="bus", clock=clock, batch=7)
            while (step := await publisher.step()).state != "idle":
                states.append(step.state)
                if step.state == "waiting":
                    await asyncio.to_thread(broker.start)
                    clock.move(seconds=step.wait_seconds)
        return states

    assert asyncio.run(publish()).count("waiting") == 1
    assert_all_once_in_order(broker.events(), store)
