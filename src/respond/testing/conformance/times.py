"""Time: recorded_at never goes back, whatever the clock does, and a head far ahead of the clock is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from respond.domain.moments import to_microseconds
from respond.errors import ClockSkew, InvalidMoment
from respond.store.records import Write
from respond.testing.clocks import START, ManualClock
from respond.testing.conformance.samples import ONE, TWO, events
from respond.testing.conformance.stores import StoreFactory, Tested, TestedStore

FIVE_MINUTES = timedelta(minutes=5)
MICROSECOND = timedelta(microseconds=1)


class Times(Tested):
    """When the log took an event."""

    @pytest.mark.parametrize(
        "now",
        [
            datetime(2026, 11, 20, 9, 0, 0, 123456, tzinfo=UTC),
            datetime(1970, 1, 1, tzinfo=UTC) + MICROSECOND,
            datetime(2286, 11, 20, 17, 46, 40, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        ],
        ids=lambda now: str(now.year),
    )
    def test_to_the_microsecond(self, store: TestedStore, clock: ManualClock, now: datetime) -> None:
        """The clock's time is kept to the microsecond, over the whole calendar."""
        clock.now = now
        appended = store.append(Write(ONE, events(1)))
        (row,) = store.read_log()
        assert appended.recorded_at == row.recorded_at == now
        assert row.recorded_us == store.head().recorded_us == to_microseconds(now)

    def test_any_zone(self, store: TestedStore, clock: ManualClock) -> None:
        """A clock that tells the time of another zone tells the same time."""
        clock.now = START.astimezone(timezone(timedelta(hours=8)))
        assert store.append(Write(ONE, events(1))).recorded_at == START

    def test_naive_clock(self, store: TestedStore, clock: ManualClock) -> None:
        """A clock without a zone is refused, and nothing is written."""
        clock.now = START.replace(tzinfo=None)
        with pytest.raises(InvalidMoment):
            store.append(Write(ONE, events(1)))
        assert store.head().position == 0

    def test_clock_goes_back(self, store: TestedStore, clock: ManualClock) -> None:
        """When the clock goes back, events take the time of the head until the clock has caught up."""
        recorded = []
        for number, minutes in enumerate([0, -2, 1, 2, -1]):
            clock.move(minutes=minutes)
            recorded.append(store.append(Write(ONE, events(number))).recorded_at)
        start_and_one = START + timedelta(minutes=1)
        assert recorded == [START, START, START, start_and_one, start_and_one]
        assert [row.recorded_at for row in store.read_log()] == recorded

    def test_known_at_is_a_prefix(self, store: TestedStore, clock: ManualClock) -> None:
        """Over a jumping clock, what was known at any time is a prefix of the log."""
        for number, seconds in enumerate([0, 5, -3, 40, -60, 7, 7, 30, -1, 90]):
            clock.move(seconds=seconds)
            store.append(Write(ONE if number % 2 else TWO, events(number, -1 - number)))
        times = [row.recorded_us for row in store.read_log()]
        assert len(times) == 20
        assert times == sorted(times)

    def test_other_stores_clock(self, store: TestedStore, store_factory: StoreFactory) -> None:
        """The head is that of the whole log: a slower clock elsewhere does not go behind it."""
        store.append(Write(ONE, events(1)))
        slow = ManualClock(START - timedelta(minutes=4))
        with store_factory(clock=slow, tenant="elsewhere") as other:
            assert other.append(Write(ONE, events(2))).recorded_at == START

    def test_skew_at_the_limit(self, store: TestedStore, clock: ManualClock) -> None:
        """A head that is five minutes ahead of the clock is accepted."""
        store.append(Write(ONE, events(1)))
        clock.now = START - FIVE_MINUTES
        assert store.append(Write(ONE, events(2))).recorded_at == START

    def test_skew_beyond_the_limit(self, store: TestedStore, clock: ManualClock) -> None:
        """A head that is more than five minutes ahead of the clock is refused, and nothing is written."""
        store.append(Write(ONE, events(1)))
        before = store.head()
        clock.now = START - FIVE_MINUTES - MICROSECOND
        with pytest.raises(ClockSkew):
            store.append(Write(ONE, events(2)))
        with pytest.raises(ClockSkew):
            store.append(Write(ONE, events(2)), Write(TWO, events(3)), require={ONE: 1})
        assert (store.head(), store.versions([ONE, TWO])) == (before, {ONE: 1, TWO: 0})
        clock.now = START
        assert store.append(Write(ONE, events(2))).first == 2

    def test_skew_allowed(self, store: TestedStore, store_factory: StoreFactory) -> None:
        """A store that was opened to allow the skew appends with the time of the head."""
        store.append(Write(ONE, events(1)))
        with store_factory(clock=ManualClock(START - timedelta(days=400)), allow_skew=True) as other:
            assert other.append(Write(ONE, events(2))).recorded_at == START

    def test_skew_does_not_stop_a_retry(self, store: TestedStore, clock: ManualClock) -> None:
        """A retry writes nothing, so the clock does not matter."""
        store.append(Write(ONE, events(1)))
        clock.move(days=-1)
        assert store.append(Write(ONE, events(1))).replayed
