"""Answers from the log: the projections, fed from a store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from respond.domain.events import Event
from respond.domain.streams import StreamId
from respond.engine.definitions import Plans, Workflows
from respond.errors import IncidentNotFound, NotFound
from respond.projections.listing import Listing, Page
from respond.projections.replay import Replay, replay
from respond.projections.review import Review, review
from respond.projections.state import StateAt, state
from respond.projections.statistics import Statistics
from respond.projections.timeline import Timeline, timeline
from respond.store.codec import Codec
from respond.store.protocol import PAGE, EventStore
from respond.store.records import Recorded
from respond.workflow.incident import INCIDENT, INCIDENT_CATEGORY
from respond.workflow.incident.events import IncidentAbsorbed

_NUMBER = re.compile(r"INC-([1-9][0-9]{0,17})", re.IGNORECASE)


class Reader:
    """Reads one store; never writes."""

    def __init__(self, store: EventStore, codec: Codec, workflows: Workflows, plans: Plans) -> None:
        self.store = store
        self.codec = codec
        self.workflows = workflows
        self.plans = plans
        self._board = Board()
        self._catching_up = Lock()

    def events(self, category: str, key: str) -> tuple[Event, ...]:
        """Return the events of an aggregate, oldest first; raises `NotFound` when it has none."""
        events = tuple(self.codec.decode_all(self.store.read_stream(StreamId.of(category, key))))
        if not events:
            if category == INCIDENT_CATEGORY:
                raise IncidentNotFound(f"there is no incident {key!r}")
            raise NotFound(f"there is no {category} {key!r}")
        return events

    def find(self, name: str) -> str:
        """Return the id of the incident with this id, number (`INC-17`) or foreign reference; raises `IncidentNotFound`."""
        numbered = _NUMBER.fullmatch(name)
        if numbered:
            position = int(numbered[1])
            page = self.store.read_all(after=position - 1, limit=1, realm="real")
            if page and page[0].position == position and page[0].type == "IncidentReported":
                return page[0].stream.partition("-")[2]
        if name and len(name) < 200 and "\0" not in name:
            if self.store.read_stream(StreamId.of(INCIDENT_CATEGORY, name), limit=1):
                return name
            incident_id = self.board().listing.find(name)
            if incident_id is not None:
                return incident_id
        raise IncidentNotFound(f"no incident has the id, the number or the reference {name!r}")

    def number(self, incident_id: str) -> str:
        """Return the readable number of an incident."""
        first = self.store.read_stream(StreamId.of(INCIDENT_CATEGORY, incident_id), limit=1)
        if not first:
            raise IncidentNotFound(f"there is no incident {incident_id!r}")
        return f"INC-{first[0].position}"

    def state_at(self, category: str, key: str, **when: Any) -> StateAt:
        """Return where an aggregate stands; *when* as for `respond.projections.state.state`."""
        return state(self.workflows[category], self.events(category, key), **when)

    def story(self, incident_id: str) -> tuple[Event, ...]:
        """Return the events about an incident and about those that were merged into it, in log order."""
        seen: set[str] = set()
        found: dict[int, Event] = {}
        waiting = [incident_id]
        while waiting:
            subject = waiting.pop()
            if subject in seen:
                continue
            seen.add(subject)
            for event in self.codec.decode_all(self.store.read_subject(subject)):
                found[event.position] = event
                if type(event.data) is IncidentAbsorbed:
                    waiting.append(event.data.source)
        if not found:
            raise IncidentNotFound(f"there is no incident {incident_id!r}")
        return tuple(found[position] for position in sorted(found))

    def timeline(self, incident_id: str, **options: Any) -> Timeline:
        """Return the timeline of an incident with those that were merged into it."""
        return timeline(self.story(incident_id), **options)

    def review(self, incident_id: str) -> Review:
        """Return the review of an incident, under the plan that it pins."""
        events = self.events(INCIDENT_CATEGORY, incident_id)
        return review(events, workflow=INCIDENT, plan=self.plans.pinned(events[0].plan))

    def board(self) -> Board:
        """Return the list and the figures of all incidents, caught up with the log."""
        with self._catching_up:
            for event in self.log(after=self._board.position):
                self._board.apply(event)
        return self._board

    def incidents(self, *, after: str | None = None, limit: int = 50, **filters: Any) -> Page:
        """Return a page of incidents, newest first."""
        return self.board().listing.page(after=after, limit=limit, **filters)

    def statistics(self) -> Statistics:
        """Return the figures over the whole log, drills left out."""
        return self.board().statistics

    def replay(self, *, check_leaves: bool = False, progress: Callable[[int], None] | None = None) -> Replay:
        """Fold the whole log from its first event."""
        return replay(self._decoded(0, check_leaves=check_leaves, progress=progress), workflows=self.workflows)

    def log(self, *, after: int = 0) -> Iterator[Event]:
        """Yield every real event of a registered workflow past position *after*, page by page."""
        return self._decoded(after)

    def _decoded(
        self, after: int, *, check_leaves: bool = False, progress: Callable[[int], None] | None = None
    ) -> Iterator[Event]:
        while page := self.store.read_all(after=after, limit=PAGE, realm="real"):
            yield from self.codec.decode_all(page)
            after = page[-1].position
            if progress is not None:
                progress(after)


class Board:
    """The list and the figures of all incidents, and how far they have read."""

    def __init__(self) -> None:
        self.position = 0
        self.listing = Listing()
        self.statistics = Statistics()

    def apply(self, event: Event) -> None:
        """Take one event on."""
        self.listing.apply(event)
        self.statistics.apply(event)
        self.position = event.position
