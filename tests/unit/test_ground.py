"""The ground of a review: with it a printed review is compared with the log."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import attrs
import pytest

from engines import engine_on, responding
from play import PLAN
from respond.engine.async_engine import AsyncEngine
from respond.engine.engine import Engine
from respond.errors import IncidentNotFound
from respond.projections.ground import Ground, ground
from respond.projections.review import review
from respond.store.async_event_store import AsyncEventStore
from respond.store.memory import MemoryEventStore
from respond.testing.clocks import START, ManualClock
from respond.transfer.bundle import bundle


def reviewed(text: str = "Buy one", need: str = "a receipt", lesson: str = "Have two") -> tuple[Engine, Any]:
    """Return an engine and an incident on it with a party, a merged incident, an action item and a lesson."""
    clock = ManualClock()
    engine = engine_on(MemoryEventStore(clock=clock), clock, plans=(PLAN,))
    incident, other = responding(engine), responding(engine)
    incident.register_affected("c-1", customers=40).contact_party("telephone")
    incident.party("c-1").listen(need=need)
    other.merge_into(incident, reason="the same")
    incident.resolve("new terminals", actor="li.na")
    incident.record_lesson(lesson, actor="li.na")
    clock.move(minutes=1)
    incident.open_action(text, kind="prevent", owner="li.na", due_at=START + timedelta(days=3), action="a-1")
    return engine, incident


def test_it_tells_every_event():
    """Those of the incident, of its party, its action item and its lesson; the last position is that of the last."""
    engine, incident = reviewed()
    found = incident.review()
    streams = [
        ("incident", incident.id),
        ("party", "c-1"),
        ("action", "a-1"),
        ("lesson", found.learnt.lessons[0].lesson),
    ]
    events = [event for category, key in streams for event in engine.events(category, key)]
    assert found.ground == ground(events)
    assert (found.ground.events, found.ground.position) == (len(events), max(one.position for one in events))


def test_it_is_made_of_the_leaves():
    """Its digest is that of the leaves in the log, which a bundle holds too."""
    clock = ManualClock()
    engine = engine_on(MemoryEventStore(clock=clock), clock, plans=(PLAN,))
    incident = responding(engine)
    incident.note("断电 🔥 \x00", actor="li.na")
    assert incident.review().ground.leaves == bundle(engine, incident.id)["leaves"]


def test_what_came_later_does_not_matter():
    """A printed review stands on the log as long as nothing changes that it rests on."""
    engine, incident = reviewed()
    told = incident.review().ground
    early = incident.review(known_at=START).ground
    assert early.events < told.events
    later = responding(engine)
    later.register_affected("c-2")
    later.merge_into(incident, reason="the same")
    incident.party("c-1").settle_case("paid")
    incident.note("one more", actor="li.na")
    assert engine.stands_on(incident.id, told)
    assert engine.stands_on(incident.id, early)
    assert incident.review().ground != told


@pytest.mark.parametrize("changed", [{"text": "Buy two"}, {"need": "money"}, {"lesson": "Have three"}])
def test_what_was_changed_is_found(changed):
    """Another text of the action item, of the party or of the lesson, and the review stands on another log."""
    (_, incident), (other, same) = reviewed(), reviewed(**changed)
    assert incident.id == same.id
    assert other.stands_on(same.id, same.review().ground)
    assert not other.stands_on(same.id, incident.review().ground)


@pytest.mark.parametrize("change", [{"events": 1}, {"position": 3}, {"leaves": "0" * 64}])
def test_a_ground_that_is_none(change):
    """One that was written by hand is not that of the log; an incident that is not there is not found."""
    engine, incident = reviewed()
    assert not engine.stands_on(incident.id, attrs.evolve(incident.review().ground, **change))
    with pytest.raises(IncidentNotFound):
        engine.stands_on("nowhere", Ground(events=0, position=0, leaves=""))


class Altered:
    """A log in which every *old* text reads *new*."""

    def __init__(self, store: MemoryEventStore, old: bytes, new: bytes) -> None:
        self.store, self.old, self.new = store, old, new

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def read_streams(self, streams: Any, **after: Any) -> Any:
        found = self.store.read_streams(streams, **after)
        return {
            stream: [row._replace(body=row.body.replace(self.old, self.new)) for row in found[stream]]
            for stream in found
        }


@pytest.mark.parametrize(
    ("old", "kind"),
    [
        (b"Buy one", "ActionOpened"),
        (b"a receipt", "PartyHeard"),
        (b"Have two", "LessonRecorded"),
        (b"new terminals", "IncidentResolved"),
    ],
)
def test_what_was_altered_is_named(old, kind):
    """A review of a log names the positions at which a body does not fit its leaf; what nobody touched is not named."""
    engine, incident = reviewed()
    assert incident.review().altered == ()
    altered = Engine(Altered(engine.store, old, old.upper()), plans=engine.plans, clock=engine.clock)
    (position,) = altered.incident(incident.id).review().altered
    assert engine.store.read_log(after=position - 1, limit=1)[0].type == kind
    early = altered.incident(incident.id).review(known_at=START).altered
    assert early == (() if kind == "ActionOpened" else (position,))
    assert review(incident.events(), plan=PLAN).altered is None


def test_awaited():
    """The same answer, to be awaited."""
    engine, incident = reviewed()
    told = incident.review().ground
    awaited = AsyncEngine(AsyncEventStore(engine.store), plans=engine.plans, clock=engine.clock)
    assert asyncio.run(awaited.stands_on(incident.id, told))
