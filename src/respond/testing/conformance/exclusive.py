"""Having streams to oneself: of those who ask, one at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from respond.domain.streams import NO_STREAM, exactly
from respond.store.records import Write
from respond.testing.clocks import ManualClock
from respond.testing.conformance.samples import ONE, TWO, event, events, ids, ids_of
from respond.testing.conformance.stores import StoreFactory, Tested, TestedStore
from respond.testing.conformance.switching import quick_switches
from respond.testing.conformance.workers import HOT


class Exclusive(Tested):
    """What `exclusively` keeps out, and what comes of what is appended inside."""

    def test_what_is_appended_inside_is_in_the_log(self, store: TestedStore) -> None:
        """The view reads and appends as the store does; once the block has ended, everybody sees it."""
        store.append(Write(ONE, events("before")))
        with store.exclusively([ONE, TWO]) as view:
            assert ids(view.read_stream(ONE)) == ids_of("before")
            appended = view.append(Write(ONE, events("inside"), exactly(1)), Write(TWO, events("too"), NO_STREAM))
            assert appended.versions == {ONE: 2, TWO: 1}
            assert view.versions([ONE, TWO]) == {ONE: 2, TWO: 1}
        assert ids(store.read_log()) == ids_of("before", "inside", "too")
        assert store.append(Write(ONE, events("after"), exactly(2))).first == 4

    def test_nothing_need_be_appended(self, store: TestedStore) -> None:
        """A block in which nothing is appended leaves no trace, and the streams are free again."""
        for _ in range(2):
            with store.exclusively([ONE]):
                pass
        assert store.head().position == 0

    def test_who_asks_never_conflicts(self, store: TestedStore, store_factory: StoreFactory) -> None:
        """Where everybody asks, what one read is still so when it appends: nobody meets a conflict."""
        rivals, turns = 4, 8
        start = Barrier(rivals)

        def work(number: int) -> None:
            with store_factory(clock=ManualClock()) as rival:
                start.wait()
                for turn in range(turns):
                    with rival.exclusively([HOT]) as view:
                        version = view.versions([HOT])[HOT]
                        view.append(Write(HOT, [event(f"{number} {turn}")], exactly(version)))

        with quick_switches(), ThreadPoolExecutor(rivals) as pool:
            for done in [pool.submit(work, number) for number in range(rivals)]:
                done.result()
        assert store.versions([HOT]) == {HOT: rivals * turns}
