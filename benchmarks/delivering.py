"""The row of the table that follows events from their commit to a live subscriber in another process."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from statistics import median, quantiles
from time import monotonic, sleep
from typing import Any

import attrs
from checking import Verdict, judge_store
from contests import MILLISECONDS, Length
from crowds import together
from grounds import TITLES, Database, Grounds
from harness import Figure, spread
from our_writers import StoreWriter
from sides import opened_store

from respond.store.sql import SqlEventStore
from respond.store.subscription import Subscription
from respond.testing.conformance.tailing import Seen

WRITERS = 4
"""Threads that write without a pause, for the load."""
PAUSE_SECONDS = 0.005
"""Between two events of a log that is idle."""
LONG = 60
"""Seconds after which a subscriber that did not see everything is given up."""


@attrs.define(kw_only=True)
class TimedWriter(StoreWriter):
    """Remembers when each append was acknowledged; pauses when it is told to."""

    pause: float = 0.0
    acknowledged: dict[int, float] = attrs.field(factory=dict)
    """The moment, by position."""

    def prepare(self) -> None:
        sleep(self.pause)

    def call(self, prepared: Any) -> None:
        super().call(prepared)
        self.acknowledged[self.told[-1].position] = monotonic()


@contextmanager
def subscribed(url: str) -> Iterator[Any]:
    """Yield the pipe to a process that subscribes to the log at *url*: send the last position, receive what it saw."""
    spawn = multiprocessing.get_context("spawn")
    pipe, other = spawn.Pipe()
    process = spawn.Process(target=_subscribe, args=(url, other), daemon=True)
    process.start()
    try:
        yield pipe
    finally:
        pipe.close()
        process.join(timeout=LONG)


def _subscribe(url: str, pipe: Any) -> None:
    """Note each event with the moment at which it arrived, and say when it is the first; the whole of the process."""
    with opened_store(url, create=False) as store, Subscription(store) as subscription:
        threading.Thread(target=_stop_after, args=(subscription, pipe), daemon=True).start()
        arriving = ((record.position, record.id, monotonic()) for record in subscription)
        seen = list(islice(arriving, 1))
        pipe.send(None)
        seen.extend(arriving)
    pipe.send(seen)


def _stop_after(subscription: Subscription, pipe: Any) -> None:
    """End the subscription when it has seen the position that the pipe names, or too late."""
    last, given_up = pipe.recv(), monotonic() + LONG
    while subscription.position < last and monotonic() < given_up:
        sleep(PAUSE_SECONDS)
    subscription.stop()


def live_subscriber(
    grounds: Grounds, length: Length, *, database: Database, idle_bar: float, load_bar: float
) -> Iterator[Figure]:
    """Measure how long after its acknowledgement an event arrives, on an idle log and on one under load."""
    grounds.show_settings(database)
    with grounds.empty(database) as url, opened_store(url) as store, subscribed(url) as pipe:
        first = TimedWriter(store=store, name="first")
        first.call(None)
        _heard(pipe)
        rounds = _written(store, length)
        pipe.send(store.head().position)
        arrived = _heard(pipe)
        seen = [Seen(position, name) for position, name, _ in arrived]
        writers = [first, *chain.from_iterable(chain.from_iterable(rounds))]
        told = list(chain.from_iterable(writer.told for writer in writers))
        said = chain.from_iterable(writer.faults for writer in writers)
        verdict = judge_store(store, told, seen, said=said)
    at = {position: moment for position, _, moment in arrived}
    for number, (kind, bar) in enumerate((("idle", idle_bar), ("under load", load_bar))):
        name = f"{TITLES[database]}, commit to delivery, live subscriber, {kind}, p99"
        yield _figure(name, [delays(one[number], at) for one in rounds], bar=bar, verdict=verdict)


def _written(store: SqlEventStore, length: Length) -> list[tuple[Sequence[TimedWriter], Sequence[TimedWriter]]]:
    """Write in rounds and return who wrote in each: the one of an idle log, those of the load."""
    rounds = []
    for number in range(length.rounds):
        idle = [TimedWriter(store=store, name=f"idle{number}", pause=PAUSE_SECONDS)]
        together(idle, length.seconds * length.pieces)
        load = [TimedWriter(store=store, name=f"load{number}.{writer}") for writer in range(WRITERS)]
        together(load, length.seconds * length.pieces)
        rounds.append((idle, load))
    return rounds


def _heard(pipe: Any) -> Any:
    """Return what the subscriber says next."""
    if not pipe.poll(LONG * 2):
        raise RuntimeError("the subscriber does not answer")
    return pipe.recv()


def delays(writers: Sequence[TimedWriter], arrived: dict[int, float]) -> list[float]:
    """Return the milliseconds from acknowledgement to arrival; what arrived before its writer knew took none."""
    return [
        max(0.0, arrived[position] - moment) * MILLISECONDS
        for writer in writers
        for position, moment in writer.acknowledged.items()
        if position in arrived
    ]


def _figure(name: str, rounds: Sequence[Sequence[float]], *, bar: float, verdict: Verdict) -> Figure:
    cuts = [quantiles(one, n=100) for one in rounds] if verdict.correct else []
    slowest = [one[98] for one in cuts]
    return Figure(
        name=name,
        value=median(slowest) if slowest else None,
        unit="ms",
        bar=bar,
        least=False,
        peer=f"p50 {median(one[49] for one in cuts):.2f} ms; missed 0 of {verdict.events:,}" if cuts else "",
        spread=spread(slowest) if slowest else "",
        correct=verdict.correct,
        why=verdict.why,
    )
