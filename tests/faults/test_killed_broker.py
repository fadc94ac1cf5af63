"""A broker is killed again and again while the log is published to it, and started again."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import pytest

from brokers import Broker, running_broker
from fault_sizes import size_of
from respond.domain.streams import StreamId
from respond.integrations.nats import NatsTarget
from respond.integrations.publisher import Publisher
from respond.integrations.target import Outgoing, Refused
from respond.store.records import Recorded, Write
from respond.testing.conformance.concurrency import whole_log
from respond.testing.conformance.samples import ManualClock, events
from sql_logs import opened

STREAMS, EVENTS = 12, 60
"""How many streams are written to, and how many events are published between two kills."""
CONTROL = 3


@pytest.fixture
def broker(tmp_path_factory) -> Iterator[Broker]:
    """Yield a broker with a stream for all that respond publishes."""
    with running_broker(tmp_path_factory.mktemp("nats")) as broker:
        broker.make_stream()
        yield broker


@attrs.define
class Doomed:
    """A target whose broker is killed between two answers, with messages under way, and started when it is missed."""

    inner: NatsTarget
    broker: Broker
    left: int = 0
    """How many messages are answered before the next kill."""
    outages: int = 0
    careless: bool = False
    """Whether it keeps to itself what the broker did not take."""

    def __attrs_post_init__(self) -> None:
        tell = self.inner._try

        async def tell_and_kill(client: Any, outgoing: Outgoing) -> Exception | None:
            error = await tell(client, outgoing)
            self.left -= 1
            if self.left == 0:
                self.broker.kill()
            return error

        self.inner._try = tell_and_kill

    def publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        refused = self.inner.publish(batch)
        if refused is not None:
            assert refused.is_outage, refused
            self.outages += 1
            self.broker.start()
        return None if self.careless else refused


def killed(broker: Broker, url: str, rounds: int, *, careless: bool = False) -> tuple[Counter[str], list[str]]:
    """Kill the broker again and again while events are published; return what was counted, and what was wrong."""
    chance, clock = random.Random(rounds), ManualClock()
    with opened(url) as store, NatsTarget(broker.url, timeout_seconds=1) as inner:
        target = Doomed(inner, broker, careless=careless)
        publisher = Publisher(store, target, name="bus", clock=clock, batch=chance.randint(7, EVENTS))
        for number in range(rounds):
            for turn in range(EVENTS // STREAMS):
                keys = [f"{number} {turn} {stream}" for stream in range(STREAMS)]
                store.append(*(Write(StreamId.of("incident", key.split()[-1]), events(key)) for key in keys))
            target.left = chance.randint(1, EVENTS - STREAMS)
            while (step := publisher.step()).state != "idle":
                assert step.state in {"published", "waiting"}, step
                clock.move(seconds=step.wait_seconds)
        log = whole_log(store)
        return Counter(events=len(log), outages=target.outages), faults(broker.events(), log)


def faults(documents: Sequence[dict[str, Any]], log: Sequence[Recorded]) -> list[str]:
    """Return how what the broker keeps differs from the log: every event once, those of each stream in order."""
    counts = Counter(document["id"] for document in documents)
    found = [f"{row.id} is kept {counts[row.id]} times" for row in log if counts[row.id] != 1]
    versions = defaultdict(list)
    for document in documents:
        versions[document["stream"]].append(document["streamversion"])
    return found + [f"{stream} is out of order" for stream, one in versions.items() if one != sorted(one)]


def test_every_event_arrives_once(broker, sqlite_url, told):
    """Whenever the broker is killed, it keeps every event once in the end, those of each stream in order."""
    rounds = size_of("killed-broker")
    counted, found = killed(broker, sqlite_url, rounds)
    assert not found, f"{len(found)} faults, the first of them: {'; '.join(found[:5])}"
    assert counted["outages"] == rounds
    told("killed-broker", case="NATS JetStream, SQLite", rounds=rounds, **counted)


def test_control(broker, sqlite_url):
    """A target that does not tell what the broker refused loses it, and the same check says so."""
    _, found = killed(broker, sqlite_url, CONTROL, careless=True)
    assert any(fault.endswith("kept 0 times") for fault in found)
