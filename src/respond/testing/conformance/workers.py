"""What the writing and the reading processes do; everything here can be pickled, for a process that begins empty."""

from __future__ import annotations

import multiprocessing
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

import attrs

from respond.domain.streams import ANY, StreamId, exactly
from respond.errors import VersionConflict
from respond.store.records import Write
from respond.store.subscription import Subscription
from respond.testing.clocks import ManualClock
from respond.testing.conformance.samples import event, id_of
from respond.testing.conformance.stores import StoreFactory, TestedStore
from respond.testing.conformance.tailing import Seen, Tail

HOT = StreamId.of("incident", "hot")
SHARED = StreamId.of("incident", "shared")
POLL_SECONDS = 0.002
LOOK_SECONDS = 1
JOIN_SECONDS = 120
LOSSES = 10_000
"""How often one append may be lost to others; each loss takes an append of somebody else, of which there are fewer."""

# Either way a process inherits nothing of the test; where it is forked it need not import everything again.
PROCESSES: Any = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")

Kind = Literal["thread", "process"]


class Signal(Protocol):
    """An event of `threading` or `multiprocessing`."""

    def set(self) -> None: ...

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


@attrs.frozen(kw_only=True)
class Report:
    """What one worker tells when it ends."""

    worker: str
    seen: list[Seen]
    """The events it appended, at the places it was told; or those it read, in the order it read them."""
    conflicts: int = 0
    error: str = ""


def write(store: TestedStore, worker: str, turns: int) -> Report:
    """Append in *turns*: to an own stream, a shared one, both at once, and a hot one that all writers contend on."""
    own = StreamId.of("incident", worker)
    acknowledged: list[Seen] = []
    conflicts = version = 0
    for turn in range(turns):
        key = f"{worker} {turn}"
        match turn % 4:
            case 0:
                place, lost = _contend(store, key)
                conflicts += lost
                acknowledged.append(Seen(place, id_of(key)))
            case 1:
                place = store.append(Write(SHARED, [event(key)], ANY)).first
                acknowledged.append(Seen(place, id_of(key)))
            case 2:
                both = [event(key), event(f"{key} too")]
                answer = store.append(Write(own, both[:1], exactly(version)), Write(SHARED, both[1:], ANY))
                acknowledged += [Seen(answer.first, both[0].id), Seen(answer.last, both[1].id)]
                version += 1
            case _:
                answer = store.append(Write(own, [event(key)], exactly(version)))
                acknowledged.append(Seen(answer.first, id_of(key)))
                version += 1
    return Report(worker=worker, seen=acknowledged, conflicts=conflicts)


def _contend(store: TestedStore, key: str) -> tuple[int, int]:
    """Append to the hot stream at the version just read until that is won; tell how often it was lost."""
    for lost in range(LOSSES):
        version = store.versions([HOT])[HOT]
        try:
            return store.append(Write(HOT, [event(key)], exactly(version))).first, lost
        except VersionConflict:
            pass
    raise AssertionError(f"an append at the version just read was refused {LOSSES} times")


def read(store: TestedStore, worker: str, written: Signal) -> Report:
    """Follow the log until everything is written, then to its end."""
    tail = Tail(lambda after, limit: store.read_all(after=after, limit=limit), limit=7)
    while not written.wait(POLL_SECONDS):
        tail.catch_up()
    tail.catch_up()
    return Report(worker=worker, seen=tail.seen)


def run_writer(factory: StoreFactory, worker: str, turns: int, start: Any, reports: Any) -> None:
    """Write when *start* lets all workers go; the whole of a writing process."""
    _run(factory, worker, lambda store: write(store, worker, turns), start, reports)


def run_reader(factory: StoreFactory, worker: str, written: Signal, start: Any, reports: Any) -> None:
    """Read from *start* on until all is written; the whole of a reading process."""
    _run(factory, worker, lambda store: read(store, worker, written), start, reports)


def run_subscriber(
    factory: StoreFactory, worker: str, _written: Signal, start: Any, reports: Any, *, end: int, of: int
) -> None:
    """Follow the log by a subscription to position *end*; the first of the readers all of it, the others a share."""
    number = int(worker.removeprefix("reader"))
    partition = (number - 1, of) if number else None
    _run(factory, worker, lambda store: follow(store, worker, end, partition), start, reports)


def follow(store: TestedStore, worker: str, end: int, partition: tuple[int, int] | None) -> Report:
    """Follow the log by a subscription until position *end* is seen."""
    seen: list[Seen] = []
    with Subscription(store, partition=partition, page_events=7) as subscription:
        for page in subscription.pages():
            seen.extend(Seen(row.position, row.id) for row in page)
            if subscription.position >= end:
                subscription.stop()
    return Report(worker=worker, seen=seen)


def _run(factory: StoreFactory, worker: str, work: Callable[[TestedStore], Report], start: Any, reports: Any) -> None:
    """Do *work* on a store of its own and report, whatever happens."""
    try:
        with factory(clock=ManualClock()) as store:
            start.wait(JOIN_SECONDS)
            reports.put(work(store))
    except Exception as error:  # noqa: BLE001 - the test shows whatever it was
        start.abort()
        reports.put(Report(worker=worker, seen=[], error=f"{type(error).__name__}: {error}"))


@attrs.frozen(kw_only=True)
class Outcome:
    """What all workers told."""

    writers: list[Report]
    readers: list[Report]


def run(
    factory: StoreFactory,
    *,
    kind: Kind,
    writers: int,
    readers: int,
    turns: int,
    reader: Callable[..., None] = run_reader,
) -> Outcome:
    """Let *writers* write at the same time while *readers* follow; return what they tell when all have ended."""
    if kind == "process":
        start, written, reports = PROCESSES.Barrier(writers + readers), PROCESSES.Event(), PROCESSES.Queue()
        worker_class: Any = PROCESSES.Process
    else:
        start, written, reports = threading.Barrier(writers + readers), threading.Event(), queue.Queue()
        worker_class = threading.Thread
    jobs: list[tuple[Callable[..., None], tuple[Any, ...]]] = [
        (run_writer, (factory, f"writer{number}", turns, start, reports)) for number in range(writers)
    ]
    jobs += [(reader, (factory, f"reader{number}", written, start, reports)) for number in range(readers)]
    workers = [worker_class(target=target, args=arguments, daemon=True) for target, arguments in jobs]
    for worker in workers:
        worker.start()
    try:
        told = _told(reports, writers, workers)
        written.set()
        told += _told(reports, readers, workers)
    except BaseException:
        start.abort()
        written.set()
        for worker in workers:
            if kind == "process":
                worker.kill()
        raise
    finally:
        for worker in workers:
            worker.join(timeout=JOIN_SECONDS)
    return Outcome(
        writers=[report for report in told if report.worker.startswith("writer")],
        readers=[report for report in told if report.worker.startswith("reader")],
    )


def _told(reports: Any, count: int, workers: Sequence[Any]) -> list[Report]:
    """Return the next *count* reports; raises `RuntimeError` when a worker ended, or hangs, without any."""
    told: list[Report] = []
    silence = 0
    while len(told) < count:
        try:
            told.append(reports.get(timeout=LOOK_SECONDS))
            silence = 0
        except queue.Empty:
            silence += LOOK_SECONDS
            if any(getattr(worker, "exitcode", 0) for worker in workers):
                raise RuntimeError("a worker could not begin; the captured output shows why") from None
            if silence >= JOIN_SECONDS:
                raise RuntimeError(f"no worker told anything for {JOIN_SECONDS} s") from None
    return told
