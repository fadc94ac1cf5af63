"""Subscriptions on a log in memory: what comes through, where they stand, and how they wait."""

from __future__ import annotations

import signal
from collections.abc import Callable
from itertools import islice
from threading import Event, Thread, main_thread

import attrs
import pytest

from respond.domain.streams import REALMS, StreamId
from respond.errors import InvalidInput, StoreUnavailable
from respond.store.memory import MemoryEventStore
from respond.store.records import Head, Write
from respond.store.subscription import Cursor, Selection, Subscription, partition_of
from respond.store.waiting import Waiter
from respond.testing.conformance.samples import ONE, THREE, TWO, ManualClock, event, events, id_of, ids, ids_of

DRILL = StreamId("incident-one", "drill")


@pytest.fixture
def store() -> MemoryEventStore:
    """Return an empty log."""
    return MemoryEventStore(clock=ManualClock())


@attrs.define
class Script:
    """A waiter that does what is next in its script instead of waiting, and stops the subscription at its end."""

    steps: list[Callable[[], bool]]
    """Each returns whether the subscription is woken, or its time is over."""
    subscription: Subscription | None = None
    waits: list[float] = attrs.field(factory=list)

    def wait(self, seconds: float, source: object = None) -> bool:
        self.waits.append(seconds)
        if self.steps:
            return self.steps.pop(0)()
        self.subscription.stop()
        return True

    def wake(self) -> None:
        pass

    def close(self) -> None:
        pass


def followed(store, *steps: Callable[[], bool], **options) -> Subscription:
    """Return a subscription that takes *steps* where it would wait, then ends."""
    script = Script(list(steps))
    script.subscription = Subscription(store, waiter=script, **options)
    return script.subscription


def test_catches_up_then_goes_on(store) -> None:
    """Events that are there come first, then those that are appended, whether someone tells of them or not."""
    store.append(Write(ONE, events(1, 2)))

    def told() -> bool:
        store.append(Write(TWO, events(3)))
        return True

    def untold() -> bool:
        store.append(Write(ONE, events(4)))
        return False

    subscription = followed(store, told, untold)
    assert ids(list(subscription)) == ids_of(1, 2, 3, 4)
    assert subscription.position == 4


def test_begins_after(store) -> None:
    """A subscription begins past the position it is given, also one that the log has not reached."""
    store.append(Write(ONE, events(1, 2, 3)))
    assert ids(list(followed(store, after=2))) == ids_of(3)

    def append() -> bool:
        store.append(Write(ONE, events(4, 5, 6)))
        return False

    subscription = followed(store, append, after=5)
    assert ids(list(subscription)) == ids_of(6)


def test_ends_at_the_end(store) -> None:
    """One that is not live ends where the log does, and waits for nothing."""
    store.append(Write(ONE, events(*range(10))))
    subscription = followed(store, live=False, page_events=3)
    assert ids(list(subscription)) == ids_of(*range(10))
    assert subscription._hearing is None
    store.append(Write(ONE, events(10)))
    assert ids(list(subscription)) == ids_of(10)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [1, 2, 3, 5]),
        ({"categories": {"incident"}}, [1, 2, 5]),
        ({"categories": {"measure", "bag"}}, [3]),
        ({"types": {"NoteAdded"}}, [1, 3, 5]),
        ({"types": ["Escalated"], "categories": ["incident"]}, [2]),
        ({"types": ["Escalated"], "categories": ["measure"]}, []),
        ({"realm": "drill"}, [4]),
        ({"realm": None}, [1, 2, 3, 4, 5]),
    ],
)
def test_filters(store, options, expected) -> None:
    """Only events of the categories, types and realm that were asked for come through; all are seen."""
    store.append(Write(ONE, [event(1), event(2, type="Escalated")]), Write(THREE, events(3)))
    store.append(Write(DRILL, events(4)), Write(TWO, events(5)))
    subscription = followed(store, live=False, **options)
    assert ids(list(subscription)) == ids_of(*expected)
    assert subscription.position == 5


def test_a_category_is_all_before_the_hyphen(store) -> None:
    """A category is the whole of a stream's name before its first hyphen, not its beginning."""
    store.append(Write(StreamId("incidents-one"), events(1)), Write(StreamId("incident-a-b"), events(2)))
    store.append(Write(StreamId("incident"), [event(3, subject="x")]))
    assert ids(list(followed(store, live=False, categories={"incident"}))) == ids_of(2, 3)


def test_position_is_that_of_the_event_in_hand(store) -> None:
    """What is kept while an event is in hand leaves nothing out and repeats nothing, filters or not."""
    store.append(Write(ONE, [event(n, type="NoteAdded" if n % 3 else "Escalated") for n in range(9)]))
    subscription = followed(store, live=False, types={"NoteAdded"})
    kept = [(row.position, subscription.position) for row in subscription]
    assert kept == [(position, position) for position in (2, 3, 5, 6, 8, 9)]
    broken_off = followed(store, live=False, types={"NoteAdded"})
    assert ids(list(islice(broken_off, 2))) == ids_of(1, 2)
    assert broken_off.position == 3
    assert ids(list(broken_off)) == ids_of(4, 5, 7, 8)


def test_pages(store) -> None:
    """Pages hold what comes through; one that holds nothing still moves the position on."""
    store.append(Write(ONE, [event(n, type="Escalated" if n > 3 else "NoteAdded") for n in range(9)]))
    subscription = followed(store, live=False, types={"NoteAdded"}, page_events=4)
    pages = [(ids(page), subscription.position) for page in subscription.pages()]
    assert pages == [(ids_of(0, 1, 2, 3), 4), ([], 8), ([], 9)]


def test_sees_past_the_events_of_others(store) -> None:
    """The position moves over events of other tenants and realms, so that they are not looked through again."""
    other = store.for_tenant("elsewhere")
    store.append(Write(ONE, events(1)))
    other.append(Write(ONE, events(*range(100, 150))))
    subscription = followed(store, lambda: False, lambda: bool(store.append(Write(DRILL, events(2))) and 0))
    assert ids(list(subscription)) == ids_of(1)
    assert subscription.position == 52
    fresh = followed(store, after=51, realm=None)
    assert ids(list(fresh)) == ids_of(2)


def test_a_wake_up_is_not_believed() -> None:
    """Being woken moves nothing on by itself: an event that is not to be seen yet comes when it is."""
    log = LateStore(clock=ManualClock())
    log.append(Write(ONE, events(1)))

    def show() -> bool:
        log.shown = True
        return True

    subscription = followed(log, lambda: True, show)
    assert ids(list(subscription)) == ids_of(1)


class LateStore(MemoryEventStore):
    """A log that shows nothing until it is told to."""

    shown = False

    def head(self) -> Head:
        return super().head() if self.shown else Head(0, 0)

    def read_all(self, **options):
        return super().read_all(**options) if self.shown else []


def test_woken_by_an_append_in_this_process(store) -> None:
    """An append through a view of the same log ends the wait at once, however long it would have been."""
    subscription = Subscription(store, poll_seconds=3600)
    seen, first = [], Event()

    def follow() -> None:
        for row in subscription:
            seen.append(row.id)
            first.set()

    reader = Thread(target=follow)
    reader.start()
    store.for_tenant(store.tenant).append(Write(ONE, events(1)))
    assert first.wait(60)
    subscription.stop()
    reader.join(60)
    assert not reader.is_alive()
    assert seen == [id_of(1)]
    subscription.close()
    assert len(store._log.listeners) == 0


def test_stopped_by_a_signal(store) -> None:
    """A signal handler may stop a subscription that waits; the wait ends at once."""
    subscription = Subscription(store, poll_seconds=3600)
    before = signal.signal(signal.SIGUSR1, lambda *_: subscription.stop())
    sender = Thread(target=signal.pthread_kill, args=(main_thread().ident, signal.SIGUSR1))
    try:
        sender.start()
        assert list(subscription) == []
        sender.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
        subscription.close()


def test_stays_where_it_was_when_reading_fails() -> None:
    """A store that cannot be read raises through the iteration; iterating again goes on from there."""
    log = BrokenStore(clock=ManualClock())
    log.append(Write(ONE, events(1, 2)))

    def breaks() -> bool:
        log.append(Write(ONE, events(3)))
        log.broken = True
        return True

    subscription = followed(log, breaks)
    seen = []
    with pytest.raises(StoreUnavailable):
        collect(subscription, seen)
    assert (ids(seen), subscription.position) == (ids_of(1, 2), 2)
    assert ids(list(subscription)) == ids_of(3)


def collect(rows, seen) -> None:
    """Put *rows* into *seen* one by one: what came before an error counts."""
    for row in rows:
        seen.append(row)


class BrokenStore(MemoryEventStore):
    """A log that cannot be read once, when it is broken."""

    broken = False

    def read_all(self, **options):
        if self.broken:
            self.broken = False
            raise StoreUnavailable("the connection was lost")
        return super().read_all(**options)


def test_partitions_cover_all(store) -> None:
    """Each stream is in exactly one of the partitions, whole and in order."""
    streams = [StreamId.of("incident", str(number), REALMS[number % 2]) for number in range(60)]
    for turn in range(3):
        store.append(*(Write(stream, events(f"{stream} {turn}")) for stream in streams))
    shares = [list(followed(store, live=False, realm=None, partition=(index, 4))) for index in range(4)]
    assert sorted(ids(row for share in shares for row in share)) == sorted(ids(store.read_log()))
    homes = [{(row.realm, row.stream) for row in share} for share in shares]
    assert sum(map(len, homes)) == 60 == len(set().union(*homes))
    assert min(map(len, homes)) > 5
    for share in shares:
        assert [row.position for row in share] == sorted(row.position for row in share)


def test_a_partition_never_changes() -> None:
    """The partition of a stream is fixed for ever: workers of two releases divide the log in the same way."""
    assert [partition_of("default", "real", f"incident-{number}", 8) for number in range(8)] == [4, 1, 3, 5, 3, 4, 4, 1]
    assert partition_of("a", "real", "b-c", 1024) != partition_of("a", "drill", "b-c", 1024)
    assert partition_of("客", "real", "事件-一", 1000) == 711


def test_pages_shrink_and_grow() -> None:
    """Pages that hold too many bytes become smaller, small ones larger, up to the limit that was given."""
    log = MemoryEventStore(clock=ManualClock())
    large = {"text": "x" * 1_000_000}
    for number in range(20):
        log.append(Write(ONE, [event(number, data=large)]))
    cursor = Cursor(selection=Selection(), position=0, page_events=200)
    limits = []
    while page := log.read_all(after=cursor.position, limit=cursor.limit):
        cursor.take(page)
        limits.append(cursor.limit)
    assert limits == [16]
    small = Cursor(selection=Selection(), position=0, page_events=200)
    for _ in range(3):
        small.take([])
    assert small.limit == 200


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"after": -1}, "after"),
        ({"page_events": 0}, "page_events"),
        ({"poll_seconds": 0}, "poll_seconds"),
        ({"poll_seconds": float("nan")}, "poll_seconds"),
        ({"partition": (2, 2)}, "partition"),
        ({"partition": (0, 0)}, "partition"),
        ({"partition": (0, 5000)}, "partition"),
        ({"categories": "incident"}, "categories"),
        ({"types": set()}, "types"),
        ({"types": {""}}, "types"),
        ({"realm": "play"}, "realm"),
    ],
)
def test_refused(store, options, place) -> None:
    """What cannot be subscribed to is refused by name."""
    with pytest.raises(InvalidInput) as refused:
        Subscription(store, **options)
    assert refused.value.place == place


def test_waiter() -> None:
    """A waiter that was woken before it waits does not wait, once; and a closed one is woken without harm."""
    waiter = Waiter()
    waiter.wake()
    waiter.wake()
    assert waiter.wait(60)
    assert not waiter.wait(0)
    waiter.close()
    waiter.close()
    waiter.wake()
