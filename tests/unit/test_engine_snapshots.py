"""States by way of snapshots: the same as without, whatever is wrong with the snapshots."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import Any

import attrs
import orjson
import pytest

from respond.audit.check import check
from respond.domain.canonical import canonical, digest
from respond.domain.streams import StreamId
from respond.engine.engine import Engine
from respond.engine.snapshots import SnapshotReader
from respond.errors import IncidentNotFound, StoreBusy, StoreReadOnly, UnreadableEvent
from respond.store.memory import MemoryEventStore
from respond.store.records import NewEvent, Write
from respond.store.snapshot import MemorySnapshots, Snapshot
from respond.testing.conformance.samples import ManualClock, id_of
from respond.workflow.incident import INCIDENT

EVERY = 5


@attrs.define
class Desk:
    """An incident in memory, and the snapshots of it."""

    store: MemoryEventStore
    kept: MemorySnapshots
    engine: Engine
    id: str = ""
    reads: list[int] = attrs.field(factory=list)

    def note(self, times: int) -> None:
        """Note progress so often."""
        for _ in range(times):
            self.engine.incident(self.id).note(f"note {self.store.head().position}", actor="wang.li")

    def state(self) -> Any:
        """Return the state as it is read by way of snapshots."""
        self.reads.clear()
        return self.engine.state("incident", self.id)

    def fold(self) -> Any:
        """Return the state as it is folded from the first event."""
        return INCIDENT.fold(self.engine.events("incident", self.id))

    @property
    def stream(self) -> StreamId:
        return StreamId.of("incident", self.id)

    @property
    def snapshot(self) -> Snapshot | None:
        return self.kept.load([self.stream]).get(self.stream)

    def replace(self, **changes: Any) -> None:
        """Put a snapshot in place that was changed."""
        self.kept._kept[self.stream] = attrs.evolve(self.snapshot, **changes)


@pytest.fixture
def desk() -> Desk:
    """Return an incident of twelve events, of which a snapshot was taken."""
    clock = ManualClock()
    store = MemoryEventStore(clock=clock)
    store.snapshots = kept = MemorySnapshots(EVERY)
    serial = count(1)
    found = Desk(store, kept, Engine(store, clock=clock, random=lambda size: next(serial).to_bytes(size, "big")))
    read = store.read_stream

    def counting(stream, **options):
        rows = read(stream, **options)
        found.reads.append(len(rows))
        return rows

    store.read_stream = counting
    found.id = found.engine.report(category="network", title="A", actor="wang.li").id
    found.note(11)
    assert found.state() == found.fold()
    assert found.snapshot.version == 12
    return found


def test_only_the_tail_is_read(desk):
    """With a snapshot, a state costs the events that came since, and the one that the snapshot ends with."""
    desk.note(3)
    found = desk.state()
    assert desk.reads == [4]
    assert found == desk.fold()
    assert desk.engine.reader.state_at("incident", desk.id).last_position == 15


def test_a_snapshot_is_taken_after_so_many_events(desk):
    """A new one is kept once as many events were read as was asked for; before that the old one serves."""
    desk.note(EVERY - 1)
    desk.state()
    assert desk.snapshot.version == 12
    desk.note(1)
    desk.state()
    assert desk.snapshot.version == 12 + EVERY


def test_short_streams_have_none(desk):
    """A stream of few events is folded, and nothing is kept."""
    other = desk.engine.report(category="network", title="B", actor="wang.li", command_id="other")
    assert desk.engine.state("incident", other.id).title == "B"
    assert desk.kept.load([StreamId.of("incident", other.id)]) == {}
    with pytest.raises(IncidentNotFound):
        desk.engine.state("incident", "nobody")


def test_other_questions_read_the_events(desk):
    """Who asks for another time, for a timeline, a replay or a check gets it from the events, whatever is kept."""
    poison(desk, title="POISON")
    assert desk.state().title == "POISON"  # the control: it is a cache, and nobody checks it but against its digest
    assert desk.engine.incident(desk.id).state(known_at=desk.engine.clock()).title == "A"
    assert desk.engine.incident(desk.id).timeline().entries
    assert desk.engine.replay().failures == ()
    assert check(desk.store).clean
    assert desk.engine.states("incident", [desk.id])[desk.id].title == "A"
    desk.engine.incident(desk.id).note("decided on the events", actor="wang.li")


def poison(desk: Desk, **changes: Any) -> None:
    """Put a snapshot in place that says something else, with the right digest."""
    data = orjson.loads(desk.snapshot.state)
    data.pop("digest")
    data["state"].update(changes)
    desk.replace(state=canonical({"digest": digest(data), **data}))


DAMAGES: dict[str, dict[str, Any]] = {
    "another definition": {"definition": "0" * 64},
    "another schema": {"state_schema": "0" * 64},
    "no bytes": {"state": b""},
    "no JSON": {"state": b"\xff{"},
    "another value": {"state": b"[]"},
    "no digest": {"state": b'{"state":{}}'},
    "a version ahead": {"version": 99},
    "a version behind": {"version": 3},
    "another position": {"position": 3},
    "no version": {"version": "x"},
    "nothing before the first": {"version": 0},
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_snapshot_that_does_not_fit_is_none(desk, damage):
    """A snapshot of another workflow, another state, another place or damaged is passed over."""
    poison(desk, title="POISON")  # so that it would be seen
    desk.replace(**DAMAGES[damage])
    assert desk.state() == desk.fold()
    assert desk.state() == desk.fold()


def test_each_altered_byte_is_noticed(desk):
    """A snapshot that was altered anywhere no longer fits its digest."""
    raw = desk.snapshot.state
    for at in range(0, len(raw), 7):
        desk.replace(state=raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        assert desk.state() == desk.fold()
        desk.replace(state=raw)


def test_a_log_that_was_put_back_is_noticed(desk):
    """After a restore the same version may be another event: its leaf is, and the snapshot is passed over."""
    for log in (desk.store._log.rows, desk.store._log.by_stream[desk.store.tenant, desk.stream]):
        log[-1] = log[-1]._replace(body=log[-1].body.replace(b"note 11", b"NOTE 11"), leaf=b"\1" * 32)
    poison(desk, title="POISON")
    assert desk.state() == desk.fold()


def test_keeping_a_snapshot_may_fail(desk, monkeypatch):
    """A state that could be folded is answered, whether or not it could be kept; who may not write stops trying."""
    tried: list[str] = []

    def fail(error):
        def keep(stream, snapshot):
            tried.append(stream.name)
            raise error

        return keep

    desk.note(EVERY)
    for error, tries in ((StoreBusy("x"), 2), (StoreReadOnly("x"), 1)):
        tried.clear()
        monkeypatch.setattr(desk.kept, "keep", fail(error))
        for _ in range(2):
            assert desk.state() == desk.fold()
        assert len(tried) == tries


def test_a_table_that_cannot_be_read_is_no_error(desk, monkeypatch):
    """Without the snapshots, the events answer."""

    def refuse(streams):
        raise StoreBusy("x")

    monkeypatch.setattr(desk.kept, "load", refuse)
    assert desk.state() == desk.fold()


def test_a_tail_that_does_not_decode_is_an_error_all_the_same(desk):
    """What is wrong with the log is told as it is without snapshots."""
    desk.store.append(Write(desk.stream, [NewEvent(id=id_of("x"), type="Unknown", data={})]))
    with pytest.raises(UnreadableEvent, match="Unknown"):
        desk.state()


@attrs.frozen(slots=False)
class Odd:
    """A state that no data can hold."""

    status: str = "new"
    seen: Any = None


@pytest.mark.parametrize(
    ("seen", "kept"), [("text", True), (0.5, False), (object(), False), ((1, 2), False), ({1: 2}, False)]
)
def test_a_state_that_is_no_data_is_not_kept(desk, seen, kept):
    """A state of one's own that cannot be stored, or comes back as another one, is folded each time."""
    workflow = attrs.evolve(
        INCIDENT, initial=Odd(), evolvers=dict.fromkeys(INCIDENT.evolvers, lambda *_: Odd(seen=seen))
    )
    snapshots = MemorySnapshots(EVERY)
    reader = SnapshotReader(desk.store, desk.engine.reader.codec, snapshots)
    for _ in range(2):
        assert reader.state_of(workflow, desk.stream).value == Odd(seen=seen)
    assert bool(snapshots.load([desk.stream])) is kept


def test_a_state_whose_fold_nobody_can_see_is_not_kept(desk):
    """Without a schema nothing is kept, and nothing is read."""
    evolvers = {payload: partial(evolver) for payload, evolver in INCIDENT.evolvers.items()}
    reader = SnapshotReader(desk.store, desk.engine.reader.codec, desk.kept)
    poison(desk, title="POISON")
    assert reader.state_of(attrs.evolve(INCIDENT, evolvers=evolvers), desk.stream).value == desk.fold()


def test_the_later_snapshot_stays():
    """Two readers at once keep the later state; one of another kind takes the place of any."""
    kept, stream = MemorySnapshots(EVERY), StreamId.of("incident", "a")
    late = Snapshot(version=9, position=9, definition="d", state_schema="s", state=b"")
    for snapshot, left in (
        (late, 9),
        (attrs.evolve(late, version=8), 9),
        (attrs.evolve(late, version=7, definition="e"), 7),
        (attrs.evolve(late, version=6, definition="e", state_schema="t"), 6),
    ):
        kept.keep(stream, snapshot)
        assert kept.load([stream])[stream].version == left
