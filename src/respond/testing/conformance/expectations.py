"""Expected and required versions: what they let pass, and that a refusal leaves no trace."""

from __future__ import annotations

import pytest

from respond.domain.streams import ANY, NO_STREAM, STREAM_EXISTS, ExpectedVersion, StreamId, exactly
from respond.errors import VersionConflict
from respond.store.records import Write
from respond.testing.clocks import ManualClock
from respond.testing.conformance.samples import ONE, THREE, TWO, events, ids, ids_of
from respond.testing.conformance.stores import StoreFactory, Tested, TestedStore

FITTING = [
    (ANY, 0),
    (ANY, 2),
    (NO_STREAM, 0),
    (STREAM_EXISTS, 1),
    (STREAM_EXISTS, 2),
    (exactly(0), 0),
    (exactly(1), 1),
    (exactly(2), 2),
]
CONFLICTING = [
    (NO_STREAM, 1),
    (STREAM_EXISTS, 0),
    (exactly(0), 1),
    (exactly(1), 0),
    (exactly(1), 2),
    (exactly(3), 2),
    (exactly(2**40), 2),
]


def fill(store: TestedStore, stream: StreamId, version: int) -> None:
    """Bring *stream* to *version*, between events of another stream."""
    store.append(Write(StreamId.of("other", "stream"), events("other before")))
    for number in range(version):
        store.append(Write(stream, events(f"{stream} {number}")))


class Expectations(Tested):
    """Optimistic concurrency."""

    @pytest.mark.parametrize(("expected", "version"), FITTING, ids=str)
    def test_expectation_met(self, store: TestedStore, expected: ExpectedVersion, version: int) -> None:
        """A write whose expectation the stream meets is appended."""
        fill(store, ONE, version)
        assert store.append(Write(ONE, events("new", "newer"), expected)).versions == {ONE: version + 2}

    @pytest.mark.parametrize(("expected", "version"), CONFLICTING, ids=str)
    def test_expectation_not_met(self, store: TestedStore, expected: ExpectedVersion, version: int) -> None:
        """A write whose expectation the stream does not meet conflicts, writes nothing and burns no position."""
        fill(store, ONE, version)
        before = store.head()
        with pytest.raises(VersionConflict) as conflict:
            store.append(Write(ONE, events("new"), expected))
        assert (conflict.value.stream, conflict.value.expected) == (ONE, expected)
        assert conflict.value.actual in (None, version)
        assert (store.head(), store.versions([ONE])) == (before, {ONE: version})
        assert store.append(Write(ONE, events("new"))).first == before.position + 1

    @pytest.mark.parametrize("stale", [0, 1, 2])
    def test_one_conflict_among_several_streams(self, store: TestedStore, stale: int) -> None:
        """When one of several writes conflicts, none of them is written."""
        streams = [ONE, TWO, THREE]
        for stream in streams:
            fill_one = events(f"{stream} first")
            store.append(Write(stream, fill_one))
        before = store.head()
        writes = [
            Write(stream, events(f"{stream} new"), exactly(0 if number == stale else 1))
            for number, stream in enumerate(streams)
        ]
        with pytest.raises(VersionConflict) as conflict:
            store.append(*writes)
        assert conflict.value.stream == streams[stale]
        assert (store.head(), store.versions(streams)) == (before, dict.fromkeys(streams, 1))

    def test_mixed_expectations(self, store: TestedStore) -> None:
        """Each write of an append has its own expectation."""
        store.append(Write(ONE, events(1, 2)), Write(TWO, events(3)))
        appended = store.append(
            Write(TWO, events(4), STREAM_EXISTS), Write(THREE, events(5), NO_STREAM), Write(ONE, events(6), exactly(2))
        )
        assert appended.versions == {TWO: 2, THREE: 1, ONE: 3}

    @pytest.mark.parametrize("version", [0, 2])
    def test_requirement_met(self, store: TestedStore, version: int) -> None:
        """An append that rests on a stream which has not moved goes through, and leaves that stream alone."""
        fill(store, TWO, version)
        appended = store.append(Write(ONE, events("new"), NO_STREAM), require={TWO: version, THREE: 0})
        assert appended.versions == {ONE: 1}
        assert store.versions([TWO, THREE]) == {TWO: version, THREE: 0}

    @pytest.mark.parametrize(("version", "required"), [(0, 1), (2, 0), (2, 1), (2, 3)])
    def test_requirement_not_met(self, store: TestedStore, version: int, required: int) -> None:
        """An append that rests on a stream which has moved conflicts and writes nothing."""
        fill(store, TWO, version)
        before = store.head()
        with pytest.raises(VersionConflict) as conflict:
            store.append(Write(ONE, events("new"), NO_STREAM), require={THREE: 0, TWO: required})
        assert conflict.value.stream == TWO
        assert (store.head(), store.versions([ONE])) == (before, {ONE: 0})

    def test_required_and_written(self, store: TestedStore) -> None:
        """A stream may be required and written: the requirement speaks of its version before the append."""
        store.append(Write(ONE, events(1)))
        assert store.append(Write(ONE, events(2)), require={ONE: 1}).versions == {ONE: 2}
        with pytest.raises(VersionConflict):
            store.append(Write(ONE, events(3)), require={ONE: 1})
        assert ids(store.read_stream(ONE)) == ids_of(1, 2)

    def test_versions_belong_to_tenant_and_realm(self, store: TestedStore, store_factory: StoreFactory) -> None:
        """Expectations and requirements speak of the stream of this tenant and this realm."""
        drill = StreamId(ONE.name, "drill")
        store.append(Write(ONE, events(1, 2)))
        store.append(Write(drill, events(3), NO_STREAM), require={ONE: 2})
        with store_factory(clock=ManualClock(), tenant="elsewhere") as other:
            other.append(Write(ONE, events(4), NO_STREAM), require={drill: 0})
            assert other.versions([ONE, drill]) == {ONE: 1, drill: 0}
        assert store.versions([ONE, drill]) == {ONE: 2, drill: 1}
