"""Fixed interleavings: one writer's transaction is held open while another appends and a reader follows.

For stores whose writers are transactions of a database.  Nothing here depends on who is faster: the open transaction
ends when the test says so, and what must wait for it is shown to wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import attrs
import pytest

from respond.domain.streams import NO_STREAM, StreamId, exactly
from respond.errors import IdempotencyConflict, VersionConflict
from respond.store.records import Appended, Write
from respond.testing.clocks import START, ManualClock
from respond.testing.conformance.open_writers import OpenWriter
from respond.testing.conformance.samples import ONE, THREE, TWO, event, events, ids, ids_of
from respond.testing.conformance.schedules import Schedules
from respond.testing.conformance.stores import StoreFactory, TestedStore
from respond.testing.conformance.tailing import Tail, assert_prefix

WAITS_SECONDS = 0.2
"""How long a writer is watched before it counts as waiting.  One that is only slow cannot fail a test: it waits too."""


@attrs.frozen
class Scene:
    """A log with one event in stream ONE, a writer whose transaction the test holds, and a reader."""

    store: TestedStore
    factory: StoreFactory
    holder: OpenWriter
    tail: Tail
    pool: ThreadPoolExecutor

    def hold(self, write: Write, *, version: int, at: datetime = START) -> None:
        """Let the holder append *write* and keep its transaction open."""
        self.holder.append(write, version=version, at=at)

    def start(self, *writes: Write, require: Mapping[StreamId, int] | None = None) -> Future[Appended]:
        """Let another writer append, and see that it waits for the holder while the reader sees neither."""
        started = self.pool.submit(self._append, writes, require)
        assert not wait([started], timeout=WAITS_SECONDS).done, "the second writer did not wait for the first"
        self.tail.catch_up()
        assert [seen.position for seen in self.tail.seen] == [1]
        return started

    def check(self, *keys: object) -> None:
        """Assert that the log holds the first event and those called *keys*, and that the reader sees each once."""
        log = self.store.read_log()
        assert ids(log) == ids_of("first", *keys)
        self.tail.catch_up()
        assert_prefix(self.tail.seen, log)
        assert self.store.head().position == len(log)
        times = [row.recorded_us for row in log]
        assert times == sorted(times)

    def _append(self, writes: tuple[Write, ...], require: Mapping[StreamId, int] | None) -> Appended:
        with self.factory(clock=ManualClock()) as other:
            return other.append(*writes, require=require)


class Interleavings(Schedules):
    """Inherit beside `StoreConformance` and override `open_writer`."""

    @pytest.fixture
    def scene(
        self, store: TestedStore, store_factory: StoreFactory, open_writer: Callable[[], OpenWriter]
    ) -> Iterator[Scene]:
        """Return a scene whose pool is empty when the test ends."""
        store.append(Write(ONE, events("first")))
        tail = Tail(lambda after, limit: store.read_all(after=after, limit=limit))
        with ThreadPoolExecutor(2) as pool:
            yield Scene(store, store_factory, open_writer(), tail, pool)

    def test_rollback_leaves_no_hole(self, scene: Scene) -> None:
        """A writer that gives up after it took a position gives it back to the one that waits."""
        scene.hold(Write(TWO, events("held")), version=0)
        waiting = scene.start(Write(THREE, events("waits")))
        scene.holder.rollback()
        assert waiting.result().first == 2
        scene.check("waits")

    def test_commit_order_is_position_order(self, scene: Scene) -> None:
        """Who took the position first is seen first; a reader between the two commits misses nothing."""
        scene.hold(Write(TWO, events("held", "held too")), version=0)
        waiting = scene.start(Write(THREE, events("waits")))
        scene.holder.commit()
        scene.tail.catch_up()
        assert waiting.result().first == 4
        scene.check("held", "held too", "waits")

    def test_loser_burns_no_position(self, scene: Scene) -> None:
        """Of two writers that expect the same version the second loses when the first commits, and leaves no hole."""
        scene.hold(Write(ONE, events("held")), version=1)
        waiting = scene.start(Write(ONE, events("loses"), exactly(1)))
        scene.holder.commit()
        with pytest.raises(VersionConflict):
            waiting.result()
        assert scene.store.append(Write(ONE, events("next"), exactly(2))).first == 3
        scene.check("held", "next")

    def test_loser_of_a_new_stream(self, scene: Scene) -> None:
        """Of two writers that begin the same stream the second loses, and nothing of its other writes is kept."""
        scene.hold(Write(TWO, events("held")), version=0)
        waiting = scene.start(Write(THREE, events("other")), Write(TWO, events("loses"), NO_STREAM))
        scene.holder.commit()
        with pytest.raises(VersionConflict):
            waiting.result()
        scene.check("held")

    def test_second_wins_when_the_first_gives_up(self, scene: Scene) -> None:
        """Of two writers that expect the same version the second wins when the first rolls back."""
        scene.hold(Write(ONE, events("held")), version=1)
        waiting = scene.start(Write(ONE, events("wins"), exactly(1)))
        scene.holder.rollback()
        assert waiting.result().versions == {ONE: 2}
        scene.check("wins")

    def test_any_version_never_conflicts(self, scene: Scene) -> None:
        """A writer that takes any version lands behind the one that it waited for."""
        scene.hold(Write(ONE, events("held")), version=1)
        waiting = scene.start(Write(ONE, events("behind")))
        scene.holder.commit()
        assert waiting.result().versions == {ONE: 3}
        scene.check("held", "behind")

    @pytest.mark.parametrize(("stream", "version"), [(ONE, 1), (TWO, 0)], ids=["moved", "begun"])
    def test_required_stream_moves_meanwhile(self, scene: Scene, stream: StreamId, version: int) -> None:
        """A verdict that rests on a stream which moves while the writer waits is refused."""
        scene.hold(Write(stream, events("held")), version=version)
        waiting = scene.start(Write(THREE, events("rests on it"), NO_STREAM), require={stream: version})
        scene.holder.commit()
        with pytest.raises(VersionConflict):
            waiting.result()
        scene.check("held")

    def test_required_stream_stays(self, scene: Scene) -> None:
        """A verdict that rests on a stream which did not move after all goes through."""
        scene.hold(Write(ONE, events("held")), version=1)
        waiting = scene.start(Write(THREE, events("rests on it"), NO_STREAM), require={ONE: 1})
        scene.holder.rollback()
        assert waiting.result().first == 2
        scene.check("rests on it")

    def test_same_events_at_the_same_time(self, scene: Scene) -> None:
        """A retry that runs into the first attempt gets its result."""
        same = Write(TWO, events("a", "b"), NO_STREAM)
        scene.hold(same, version=0)
        waiting = scene.start(same)
        scene.holder.commit()
        appended = waiting.result()
        assert (appended.first, appended.last, appended.versions, appended.replayed) == (2, 3, {TWO: 2}, True)
        scene.check("a", "b")

    def test_same_id_at_the_same_time(self, scene: Scene) -> None:
        """Another event that takes an id meanwhile is a conflict of ids, and nothing is written."""
        scene.hold(Write(TWO, [event("a", type="Other")]), version=0)
        waiting = scene.start(Write(THREE, events("new", "a")))
        scene.holder.commit()
        with pytest.raises(IdempotencyConflict):
            waiting.result()
        assert scene.store.versions([THREE]) == {THREE: 0}
        scene.tail.catch_up()
        assert_prefix(scene.tail.seen, scene.store.read_log())

    def test_time_follows_position(self, scene: Scene) -> None:
        """A writer whose clock is behind takes the time of the one that it waited for."""
        ahead = START + timedelta(minutes=2)
        scene.hold(Write(TWO, events("held")), version=0, at=ahead)
        waiting = scene.start(Write(THREE, events("waits")))
        scene.holder.commit()
        assert waiting.result().recorded_at == ahead
        scene.check("held", "waits")
