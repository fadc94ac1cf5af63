"""The view of one drill: its streams under the names of reality, and none of anybody else's."""

from __future__ import annotations

import pytest

from respond.domain.streams import NO_STREAM, StreamId, exactly
from respond.engine.drill_view import DrillView, drills_in
from respond.engine.engine import Engine
from respond.errors import IdempotencyConflict, InvalidInput, VersionConflict
from respond.store.memory import MemoryEventStore
from respond.store.records import Write
from respond.testing.conformance.samples import ONE, TWO, ManualClock, event, events, ids_of

DRILL = StreamId.of("drill", "spring")


@pytest.fixture
def store() -> MemoryEventStore:
    """A log on which there is something real already."""
    store = MemoryEventStore(clock=ManualClock())
    store.append(Write(ONE, events(1, 2)))
    return store


@pytest.fixture
def view(store) -> DrillView:
    """The view of a drill."""
    return DrillView(store, "spring")


def test_names(store, view):
    """The same name is another stream here; outside it lies in the realm of drills, under the key of the drill."""
    appended = view.append(Write(ONE, events(3), NO_STREAM), Write(DRILL, events(4)))
    assert appended.versions == {ONE: 1, DRILL: 1}
    assert [(row.realm, row.stream) for row in store.read_all(after=2)] == [
        ("drill", "incident-spring/one"),
        ("drill", "drill-spring"),
    ]
    assert [(row.realm, row.stream, row.subject) for row in view.read_all()] == [
        ("real", "incident-one", "one"),
        ("real", "drill-spring", "spring"),
    ]
    assert [row.id for row in view.read_stream(ONE)] == ids_of(3)
    assert set(view.read_streams([ONE, TWO, DRILL])) == {ONE, DRILL}
    assert (view.versions([ONE, TWO]), store.versions([ONE])) == ({ONE: 1, TWO: 0}, {ONE: 2})
    assert [row.id for row in view.read_subject("one")] == ids_of(3)
    assert [row.id for row in store.read_subject("one")] == ids_of(1, 2)
    assert list(drills_in(store)) == ["spring"]


def test_conflicts(store, view):
    """Versions that are expected or required are those of the drill's own streams."""
    view.append(Write(ONE, events(3)))
    with pytest.raises(VersionConflict):
        view.append(Write(ONE, events(4), exactly(2)))
    with pytest.raises(VersionConflict):
        view.append(Write(TWO, events(4)), require={ONE: 2})
    view.append(Write(TWO, events(4)), require={ONE: 1})
    assert store.versions([ONE, TWO]) == {ONE: 2, TWO: 0}


def test_ids_are_those_of_the_log(view):
    """An id that reality has is not known here, and cannot be taken again."""
    assert view.known(ids_of(1)) == {}
    with pytest.raises(IdempotencyConflict):
        view.append(Write(ONE, events(1)))
    view.append(Write(ONE, events(3)))
    assert set(view.known(ids_of(1, 3))) == set(ids_of(3))


def test_pages(store, view, monkeypatch):
    """Pages are full, however much of others lies between: nothing of the drill is missed."""
    monkeypatch.setattr("respond.engine.drill_view.PAGE", 5)
    other = DrillView(store, "spring-2")
    for key in range(10, 60, 2):
        other.append(Write(TWO, [event(key)]))
        if key % 8 == 0:
            view.append(Write(TWO, [event(key + 1)]))
    found = [row.position for row in view.read_all()]
    assert [row.position for row in view.read_all(limit=2)] == found[:2]
    assert [row.position for row in view.read_bodies(after=found[1], limit=2)] == found[2:4]
    assert view.read_all(realm="drill") == view.read_subject("two", realm="drill") == []


def test_to_itself(store, view):
    """What is appended while others are kept out stands in the drill; the log stays open when the view is closed."""
    with view.exclusively([ONE]) as alone:
        alone.append(Write(ONE, events(3)))
    with view:
        assert [row.id for row in view.read_stream(ONE)] == ids_of(3)
    assert store.head() == view.head()
    assert store.head().position == 3


def test_no_engine_on_it(store, view):
    """An engine would show a drill as reality: it is refused, and the way out is named; the log itself is taken."""
    for mode in ("memory", "inline"):
        with pytest.raises(InvalidInput, match=r"store: is the view of a drill.*engine\.drill\(key\)"):
            Engine(view, projections=mode)
    with Engine(store) as engine:
        assert engine.drill("spring").events("drill", "spring") == ()
