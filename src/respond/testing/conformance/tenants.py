"""Tenants and realms: apart in every reading, together in the order of the one log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from respond.domain.streams import StreamId
from respond.store.records import Write
from respond.testing.clocks import ManualClock
from respond.testing.conformance.samples import ONE, events, id_of, ids, ids_of
from respond.testing.conformance.stores import StoreFactory, Tested, TestedStore

DRILL = StreamId(ONE.name, "drill")


class Tenants(Tested):
    """Whose event it is."""

    @pytest.fixture
    def other(self, store_factory: StoreFactory, clock: ManualClock) -> Iterator[TestedStore]:
        """Return a store of another tenant on the same log."""
        with store_factory(clock=clock, tenant="elsewhere") as other:
            yield other

    def test_tenants_are_apart(self, store: TestedStore, other: TestedStore) -> None:
        """A tenant reads nothing of another, by whatever way it reads."""
        store.append(Write(ONE, events(1)))
        other.append(Write(ONE, events(2)))
        store.append(Write(ONE, events(3)))
        for tenant, mine, foreign in ((store, (1, 3), 2), (other, (2,), 1)):
            assert ids(tenant.read_stream(ONE)) == ids_of(*mine)
            assert ids(tenant.read_streams([ONE])[ONE]) == ids_of(*mine)
            assert ids(tenant.read_subject("one")) == ids_of(*mine)
            assert ids(tenant.read_all()) == ids_of(*mine)
            assert tenant.versions([ONE]) == {ONE: len(mine)}
            assert dict(tenant.known([id_of(foreign)])) == {}

    def test_limit_counts_own_events(self, store: TestedStore, other: TestedStore) -> None:
        """A page is filled with the tenant's own events, however many of others lie between."""
        store.append(Write(ONE, events(1)))
        other.append(Write(ONE, events(*range(100, 150))))
        store.append(Write(ONE, events(2, 3)))
        assert ids(store.read_all(limit=2)) == ids_of(1, 2)
        assert ids(store.read_all(after=1, limit=2)) == ids_of(2, 3)

    def test_one_order_over_all(self, store: TestedStore, other: TestedStore) -> None:
        """Positions run over all tenants and realms; the whole log and the head show them all."""
        store.append(Write(ONE, events(1)))
        other.append(Write(DRILL, events(2)))
        appended = store.append(Write(DRILL, events(3)))
        assert appended.first == 3
        rows = store.read_log()
        assert [(row.position, row.tenant, row.realm) for row in rows] == [
            (1, store.tenant, "real"),
            (2, "elsewhere", "drill"),
            (3, store.tenant, "drill"),
        ]
        assert rows == other.read_log()
        assert store.head() == other.head()
        assert [row.position for row in other.read_log(after=1, limit=1)] == [2]

    def test_realms_are_apart(self, store: TestedStore) -> None:
        """A drill and reality never meet in one stream."""
        store.append(Write(ONE, events(1)), Write(DRILL, events(2)))
        store.append(Write(DRILL, events(3)))
        assert ids(store.read_stream(ONE)) == ids_of(1)
        assert ids(store.read_stream(DRILL)) == ids_of(2, 3)
        assert {stream: ids(rows) for stream, rows in store.read_streams([ONE, DRILL]).items()} == {
            ONE: ids_of(1),
            DRILL: ids_of(2, 3),
        }
        assert store.versions([ONE, DRILL]) == {ONE: 1, DRILL: 2}
        assert ids(store.read_all(realm="real")) == ids_of(1)
        assert ids(store.read_all()) == ids_of(1, 2, 3)
