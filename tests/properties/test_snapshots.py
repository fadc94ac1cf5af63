"""Whatever happened to incidents, a snapshot and the events after it lead to the state that all events lead to."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from respond.domain.canonical import canonical
from respond.domain.events import Event
from respond.domain.streams import StreamId
from respond.engine.snapshots import SnapshotReader
from respond.store.codec import Codec
from respond.store.memory import MemoryEventStore
from respond.store.records import Recorded, leaf_of
from respond.store.snapshot import MemorySnapshots
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import INCIDENT
from strategies import histories


def stored(event: Event) -> Recorded:
    """Return the row that *event* was decoded from."""
    body = canonical(event.body)
    names = ("tenant", "realm", "stream", "version", "id", "type", "subject")
    columns = {name: event.body[name] for name in names}
    leaf = leaf_of(body, event.recorded_us, event.position)
    return Recorded(position=event.position, recorded_us=event.recorded_us, body=body, leaf=leaf, **columns)


def kept(store: MemoryEventStore, events: list[Event], length: int) -> None:
    """Let *store* hold the first *length* of *events*."""
    for event in events[len(store._log.rows) : length]:
        row = stored(event)
        store._log.add(row, StreamId(row.stream, row.realm))


@settings(max_examples=150)
@given(histories(incidents=2), st.data())
def test_snapshot_and_tail_are_the_whole_fold(events: list[Event], data: st.DataObject) -> None:
    """At any length of any history, read in any steps, with snapshots as often as can be."""
    store = MemoryEventStore(clock=ManualClock())
    snapshots = MemorySnapshots(every=data.draw(st.integers(1, 7), label="every"))
    codec = Codec(INCIDENT.event_types)
    reader = SnapshotReader(store, codec, snapshots)
    lengths = sorted(data.draw(st.sets(st.integers(1, len(events)), min_size=1, max_size=6), label="lengths"))
    for length in [*lengths, len(events)]:
        kept(store, events, length)
        for stream in {StreamId(event.body["stream"], "real") for event in events[:length]}:
            whole = INCIDENT.fold(codec.decode_all(store.read_stream(stream)))
            found = reader.state_of(INCIDENT, stream)
            assert found is not None
            assert (found.value, repr(found.value)) == (whole, repr(whole))
            assert found.position == store.read_stream(stream)[-1].position
