"""Row 2: the ServiceNow log folded from its first event, beside the peer's rebuild of the same events.

The peer's way to the state of every aggregate is `repository.get`, one by one: that is its rebuild, and the bar.  A
loop written by hand over its notifications, which gives them to `mutate`, is printed beside: it is faster.
"""

from __future__ import annotations

from collections import Counter
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import attrs
from harness import Figure, duel, rate, spread
from peer import Peer, PeerIncident
from servicenow import INCIDENTS, LEVELS

from respond import Engine
from respond.domain.events import Event
from respond.workflow.incident import events as e

PAGE = 1000
BATCH = 200


@attrs.define
class Replaying:
    """The imported log on our side, the same events on the peer's."""

    engine: Engine
    application: Peer
    events: int = 0
    ids: tuple[UUID, ...] = ()
    """The peer's incidents."""
    correct: bool = True

    def prepare(self) -> None:
        """Give the peer the same events."""
        self.events, self.ids = _copy(self.engine, self.application)

    def ours(self, *, check_leaves: bool = False) -> tuple[int, float]:
        """Return how many events were folded, and the seconds."""
        started = perf_counter()
        totals = self.engine.replay(check_leaves=check_leaves)
        seconds = perf_counter() - started
        self.correct = (
            self.correct
            and (totals.events, totals.incidents, totals.failures) == (self.events, INCIDENTS, ())
            and dict(totals.levels) == LEVELS
        )
        return totals.events, seconds

    def theirs(self) -> tuple[int, float]:
        """Return how many events the peer rebuilt from, and the seconds."""
        started = perf_counter()
        found = {incident_id: self.application.repository.get(incident_id) for incident_id in self.ids}
        return self._rebuilt(found, perf_counter() - started)

    def by_hand(self) -> tuple[int, float]:
        """Return how many of the peer's notifications a loop folded, and the seconds."""
        found: dict[UUID, Any] = {}
        recorder, mapper = self.application.recorder, self.application.mapper
        start = 1  # from the recorder: the log in front of it gives no more than ten at once
        started = perf_counter()
        while page := recorder.select_notifications(start=start, limit=PAGE):
            for notification in page:
                event = mapper.to_domain_event(notification)
                found[event.originator_id] = event.mutate(found.get(event.originator_id))
            start = int(page[-1].id) + 1
        return self._rebuilt(found, perf_counter() - started)

    def _rebuilt(self, found: dict[UUID, Any], seconds: float) -> tuple[int, float]:
        levels = Counter(incident.level for incident in found.values())
        self.correct = self.correct and len(found) == INCIDENTS and dict(levels) == LEVELS
        return self.events, seconds

    def figures(self) -> list[Figure]:
        """Return the ratio to the peer, and the rate."""
        measured = duel(self.ours, self.theirs)
        checked = [events / seconds for events, seconds in (self.ours(check_leaves=True) for _ in range(5))]
        by_hand = [events / seconds for events, seconds in (self.by_hand() for _ in range(5))]
        ratio = measured.figure(
            "replay of the ServiceNow log, SQLite",
            bar=3,
            what="events",
            peer=f"repository.get of every aggregate; its notifications folded by hand {rate(by_hand)}",
            correct=self.correct,
        )
        rates = Figure(
            name="replay of the ServiceNow log, SQLite, rate",
            value=median(measured.ours),
            unit="events/s",
            bar=100_000,
            peer=f"with every leaf checked {rate(checked)}; the peer {rate(measured.theirs)}",
            spread=spread(measured.ours),
            correct=self.correct,
        )
        return [ratio, rates]


def _copy(engine: Engine, application: Peer) -> tuple[int, tuple[UUID, ...]]:
    """Write the events of our log to the peer, the same content in the same order for each incident."""
    incidents: dict[str, PeerIncident] = {}
    unsaved: dict[str, PeerIncident] = {}
    count = 0
    for event in engine.log():
        count += 1
        name = event.body["stream"]
        if type(event.data) is e.IncidentReported:
            incidents[name] = _reported(event)
        else:
            _take(incidents[name], event)
        unsaved[name] = incidents[name]
        if len(unsaved) == BATCH:
            application.save(*unsaved.values())
            unsaved = {}
    application.save(*unsaved.values())
    return count, tuple(incident.id for incident in incidents.values())


def _told(event: Event) -> dict[str, Any]:
    occurred_at = event.occurred_at
    return {
        "actor": event.actor or "",
        "occurred_at": "" if occurred_at is None else str(occurred_at.to_json()),
        "source": dict(event.source),
    }


def _reported(event: Event) -> PeerIncident:
    data = event.data
    incident = PeerIncident(category=data.category, title=data.title, to=data.to, **_told(event))
    incident.team = data.team
    return incident


def _take(incident: PeerIncident, event: Event) -> None:
    data, told = event.data, _told(event)
    match data:
        case e.LevelAssigned():
            incident.level_set(to=data.to, level=data.level, basis=data.basis, **told)
        case e.LevelChanged():
            incident.level_set(to=incident.status, level=data.to_level, basis=data.justification, **told)
        case e.TeamAssigned():
            incident.team_assigned(from_team=data.from_team, to_team=data.to_team, **told)
        case e.ProgressNoted():
            incident.noted(text=data.text, **told)
        case _:
            incident.moved(from_=data.from_, to=data.to, **told)
