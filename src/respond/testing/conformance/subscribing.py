"""Subscribing: catch up, then go on as the log grows; every event once, in order, filtered and shared out."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import ClassVar

from respond.domain.streams import StreamId
from respond.store.records import Write
from respond.store.subscription import Subscription
from respond.testing.clocks import ManualClock
from respond.testing.conformance.concurrency import whole_log
from respond.testing.conformance.samples import ONE, THREE, TWO, event, events, ids, ids_of
from respond.testing.conformance.stores import StoreFactory, Tested, TestedStore
from respond.testing.conformance.tailing import assert_prefix
from respond.testing.conformance.workers import Kind, run, run_subscriber

DRILL = StreamId("incident-one", "drill")


class Subscribing(Tested):
    """What a subscription delivers, whatever the store does to tell of appends."""

    worker_kind: ClassVar[Kind] = "process"
    subscribed_turns: ClassVar[int] = 40

    def test_subscribers_see_every_event_once_in_order(self, store: TestedStore, store_factory: StoreFactory) -> None:
        """While others write, a subscriber sees all once, in order; those that share see all of it together."""
        writers, shares = 3, 2
        end = 1 + writers * self.subscribed_turns * 5 // 4
        store.append(Write(ONE, events("before")))
        outcome = run(
            store_factory,
            kind=self.worker_kind,
            writers=writers,
            readers=1 + shares,
            turns=self.subscribed_turns,
            reader=partial(run_subscriber, end=end, of=shares),
        )
        assert [report.error for report in (*outcome.writers, *outcome.readers) if report.error] == []
        log = whole_log(store)
        assert len(log) == end
        parts = {report.worker: report.seen for report in outcome.readers}
        assert_prefix(parts.pop("reader0"), log)
        for share in parts.values():
            assert [seen.position for seen in share] == sorted(seen.position for seen in share)
        assert_prefix(sorted((seen for share in parts.values() for seen in share), key=lambda seen: seen.position), log)

    def test_catches_up_then_goes_on(self, store: TestedStore, store_factory: StoreFactory) -> None:
        """Events that are there come first, then those that are appended, through this store or another."""
        store.append(Write(ONE, events(1, 2, 3)))
        with store_factory(clock=ManualClock()) as other, Subscription(store, after=1) as subscription:
            follow = iter(subscription)
            assert ids(list(islice(follow, 2))) == ids_of(2, 3)
            other.append(Write(TWO, events(4, 5)))
            assert ids(list(islice(follow, 2))) == ids_of(4, 5)
            store.append(Write(ONE, events(6)))
            assert ids([next(follow)]) == ids_of(6)
            assert subscription.position == 6

    def test_ends_at_the_end(self, store: TestedStore) -> None:
        """A subscription that is not live ends where the log does, and goes on from there when it is asked again."""
        store.append(Write(ONE, events(*range(10))))
        with Subscription(store, live=False, page_events=3) as subscription:
            assert ids(list(subscription)) == ids_of(*range(10))
            assert list(subscription) == []
            store.append(Write(TWO, events(10)))
            assert ids(list(subscription)) == ids_of(10)

    def test_filters(self, store: TestedStore) -> None:
        """Only events of the categories, types and realm that were asked for come through; the others are seen."""
        store.append(Write(ONE, [event(1), event(2, type="Escalated")]), Write(THREE, events(3)))
        store.append(Write(DRILL, events(4)), Write(TWO, [event(5, type="Escalated")]))
        for options, expected in (
            ({}, [1, 2, 3, 5]),
            ({"categories": {"incident"}}, [1, 2, 5]),
            ({"types": {"Escalated"}}, [2, 5]),
            ({"types": {"NoteAdded"}, "categories": {"measure"}}, [3]),
            ({"realm": "drill"}, [4]),
            ({"realm": None}, [1, 2, 3, 4, 5]),
        ):
            with Subscription(store, live=False, **options) as subscription:
                assert ids(list(subscription)) == ids_of(*expected), options
                assert subscription.position == 5

    def test_sees_its_own_tenant_only(self, store: TestedStore, store_factory: StoreFactory) -> None:
        """The events of others do not come through, and the position moves over them."""
        store.append(Write(ONE, events(1)))
        with store_factory(clock=ManualClock(), tenant="elsewhere") as other:
            other.append(Write(ONE, events(*range(100, 140))))
        with Subscription(store, live=False, page_events=5) as subscription:
            assert ids(list(subscription)) == ids_of(1)
            assert subscription.position == 41
