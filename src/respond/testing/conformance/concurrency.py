"""Concurrency: many writers, tailing readers, and what must hold whatever their order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import ClassVar

from respond.domain.streams import StreamId, exactly
from respond.errors import RespondError, VersionConflict
from respond.store.protocol import PAGE
from respond.store.records import Appended, Recorded, Write
from respond.testing.clocks import ManualClock
from respond.testing.conformance.samples import ONE, event, events, id_of
from respond.testing.conformance.stores import StoreFactory, Tested, TestedStore
from respond.testing.conformance.switching import quick_switches
from respond.testing.conformance.tailing import assert_prefix, pages
from respond.testing.conformance.workers import HOT, Kind, run


def whole_log(store: TestedStore) -> list[Recorded]:
    """Return every row of the log."""
    return [row for page in pages(lambda after: store.read_log(after=after, limit=PAGE)) for row in page]


class Concurrency(Tested):
    """Eight writers and two readers; processes where the log can be opened from another one."""

    worker_kind: ClassVar[Kind] = "process"
    writers: ClassVar[int] = 8
    readers: ClassVar[int] = 2
    turns: ClassVar[int] = 60

    def test_readers_see_every_event_once_in_order(self, store: TestedStore, store_factory: StoreFactory) -> None:
        """Who follows the log sees every acknowledged event once, in order, at the position that was told."""
        outcome = run(
            store_factory, kind=self.worker_kind, writers=self.writers, readers=self.readers, turns=self.turns
        )
        errors = [f"{report.worker}: {report.error}" for report in (*outcome.writers, *outcome.readers) if report.error]
        assert not errors
        log = whole_log(store)
        for report in outcome.readers:
            assert_prefix(report.seen, log)
        told = [seen for report in outcome.writers for seen in report.seen]
        assert_prefix(sorted(told, key=lambda seen: seen.position), log)
        assert store.head().position == len(log) == self.writers * self.turns * 5 // 4
        for stream in {row.stream for row in log}:
            versions = [row.version for row in log if row.stream == stream]
            assert versions == list(range(1, len(versions) + 1)), stream
        recorded = [row.recorded_us for row in log]
        assert recorded == sorted(recorded)

    def test_one_of_many_wins(self, store: TestedStore, store_factory: StoreFactory) -> None:
        """Of many writers that expect the same version one wins; the losers write nothing and burn no position."""
        store.append(Write(HOT, events("first")))
        rivals = 6
        start = Barrier(rivals)

        def contend(number: int) -> Appended | RespondError:
            with store_factory(clock=ManualClock()) as rival:
                start.wait()
                try:
                    return rival.append(Write(HOT, [event(number)], exactly(1)))
                except VersionConflict as error:
                    return error

        with quick_switches(), ThreadPoolExecutor(rivals) as pool:
            answers = list(pool.map(contend, range(rivals)))
        won = [answer for answer in answers if isinstance(answer, Appended)]
        assert [(answer.first, answer.versions) for answer in won] == [(2, {HOT: 2})]
        assert store.head().position == 2
        assert store.append(Write(ONE, events("next"))).first == 3

    def test_one_of_many_retries_writes(self, store: TestedStore, store_factory: StoreFactory) -> None:
        """Many writers that append the same events at the same time write them once, and all get the same answer."""
        rivals = 6
        start = Barrier(rivals)

        def repeat(_: int) -> Appended:
            with store_factory(clock=ManualClock()) as rival:
                start.wait()
                return rival.append(Write(ONE, events("a", "b"), exactly(0)))

        with quick_switches(), ThreadPoolExecutor(rivals) as pool:
            answers = list(pool.map(repeat, range(rivals)))
        assert {(answer.first, answer.last) for answer in answers} == {(1, 2)}
        assert [answer.replayed for answer in answers].count(False) == 1
        assert [row.id for row in whole_log(store)] == [id_of("a"), id_of("b")]

    def test_one_store_in_many_threads(self, store: TestedStore) -> None:
        """One store may be shared by threads that append and read."""
        threads, turns = 4, 12
        start = Barrier(threads)

        def work(number: int) -> list[int]:
            own = StreamId.of("thread", str(number))
            start.wait()
            places = []
            for turn in range(turns):
                places.append(store.append(Write(own, [event(f"{number} {turn}")], exactly(turn))).first)
                assert len(store.read_stream(own)) == turn + 1
            return places

        with ThreadPoolExecutor(threads) as pool:
            places = [place for result in pool.map(work, range(threads)) for place in result]
        assert sorted(places) == list(range(1, threads * turns + 1))
        assert store.head().position == threads * turns
