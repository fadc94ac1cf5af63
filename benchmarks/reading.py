"""The row of the table that reads a whole log: as it is stored, and as typed events."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import attrs
from checking import PAGE, notifications
from contests import Length
from filling import fill_peer, fill_store
from grounds import TITLES, Database, Grounds
from harness import Figure, duel
from peer import Peer
from sides import opened_peer

from respond import Engine


@attrs.define
class Reading:
    """Both logs, and whether each was read whole, in order, each time."""

    engine: Engine
    application: Peer
    events: int
    correct: bool = True

    def records(self) -> tuple[int, float]:
        """Return how many stored records were read, and the seconds."""
        store, after, rows = self.engine.store, 0, 0
        started = perf_counter()
        while page := store.read_all(after=after, limit=PAGE):
            rows += len(page)
            after = page[-1].position
        return self._done(rows, after, perf_counter() - started)

    def events_typed(self) -> tuple[int, float]:
        """Return how many typed events were read, and the seconds."""
        rows = 0
        started = perf_counter()
        for _ in self.engine.log():
            rows += 1
        seconds = perf_counter() - started
        return self._done(rows, rows, seconds)

    def notifications(self) -> tuple[int, float]:
        """Return how many notifications of the peer were read, and the seconds."""
        recorder, after, rows = self.application.recorder, 0, 0
        started = perf_counter()
        while page := recorder.select_notifications(start=after + 1, limit=PAGE):
            rows += len(page)
            after = int(page[-1].id)
        return self._done(rows, after, perf_counter() - started)

    def domain_events(self) -> tuple[int, float]:
        """Return how many typed events of the peer were read, and the seconds."""
        turned, rows = self.application.mapper.to_domain_event, 0
        started = perf_counter()
        for one in notifications(self.application.recorder):
            turned(one)
            rows += 1
        seconds = perf_counter() - started
        return self._done(rows, rows, seconds)

    def _done(self, rows: int, last: int, seconds: float) -> tuple[int, float]:
        self.correct = self.correct and rows == last == self.events
        return rows, seconds

    def in_order(self) -> bool:
        """Return whether the typed events of both stand in the order of their logs."""
        ours = [event.position for event in self.engine.log()]
        theirs = [int(one.id) for one in notifications(self.application.recorder)]
        return ours == theirs == list(range(1, self.events + 1))


def whole_log(
    grounds: Grounds, length: Length, *, database: Database, records_bar: float, events_bar: float
) -> Iterator[Figure]:
    """Measure the whole log of both, stored records and typed events."""
    with (
        grounds.empty(database) as ours,
        grounds.empty(database) as theirs,
        Engine.open(ours) as engine,
        opened_peer(theirs) as application,
    ):
        events = fill_store(engine.store, length.read)
        reading = Reading(engine, application, fill_peer(application, length.read))
        records = duel(reading.records, reading.notifications, rounds=length.rounds)
        typed = duel(reading.events_typed, reading.domain_events, rounds=length.rounds)
        correct = reading.correct and events == reading.events and reading.in_order()
    rows = (
        ("stored records", records, records_bar, "select_notifications"),
        ("typed events", typed, events_bar, "select_notifications and mapper.to_domain_event"),
    )
    for kind, measured, bar, peer in rows:
        name = f"{TITLES[database]}, the whole log of {events:,} events, {kind}"
        yield attrs.evolve(
            measured.figure(name, bar=bar, what="events", peer=peer, correct=correct),
            why="" if correct else "an event is missing, or stands in another order",
        )
