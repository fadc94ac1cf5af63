"""Answers from the log: the projections, fed from a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from itertools import chain
from typing import Any, Protocol, TypeVar

import attrs

from respond.domain.canonical import SAFE_INTEGER
from respond.domain.events import Event
from respond.domain.streams import Realm, StreamId
from respond.engine.bulk import rare_collections
from respond.engine.definitions import Plans, Workflows
from respond.engine.file import File
from respond.engine.folded import Folded, FoldedCare, Folding
from respond.engine.rereading import Rereading
from respond.engine.snapshots import SnapshotReader
from respond.errors import AccessDenied, IncidentNotFound, InvalidInput, InvalidRecord, NotFound
from respond.plan.access import shown_to
from respond.projections.board import Board
from respond.projections.care import CareFigures
from respond.projections.episodes import Episode, episode
from respond.projections.ground import Ground, ground
from respond.projections.knowledge import Clock, known
from respond.projections.learning import LearningView, learning_view
from respond.projections.listing import Page, numbered
from respond.projections.performance import Performance, performance
from respond.projections.replay import Totals
from respond.projections.review import Review, review
from respond.projections.state import StateAt, state
from respond.projections.statistics import Figures
from respond.projections.timeline import Order, Timeline, timeline
from respond.projections.view import Sight, View
from respond.store.codec import Codec
from respond.store.paging import pages
from respond.store.protocol import PAGE, EventStore
from respond.store.records import Recorded, StoredBody, intact
from respond.store.snapshot import snapshots_of
from respond.workflow.action import ACTION_CATEGORY
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.events import IncidentReported
from respond.workflow.incident.state import Incident
from respond.workflow.incident.unmerging import absorptions
from respond.workflow.lesson import LESSON_CATEGORY
from respond.workflow.party import PARTY_CATEGORY

AnswerT = TypeVar("AnswerT")


class Listed(Protocol):
    """The list of all incidents, wherever it is kept."""

    def page(
        self,
        *,
        after: str | None = None,
        limit: int = 50,
        state: str | None = None,
        level: int | None = None,
        category: str | None = None,
        text: str | None = None,
    ) -> Page:
        """Return a page of incidents, newest first."""

    def find(self, name: str) -> str | None:
        """Return the id of the incident with this id, number or reference."""

    def board(self, *, limit: int = 20) -> Board:
        """Return the open incidents by state and level."""


class Counted(Protocol):
    """The statistics, wherever they are kept."""

    def figures(self) -> Figures:
        """Return the figures."""


class Tables(Protocol):
    """Answers from tables, up to date with the log; None where there are none."""

    def listing(self) -> AbstractContextManager[Listed | None]:
        """Lend the list."""

    def statistics(self) -> AbstractContextManager[Counted | None]:
        """Lend the statistics."""


class Reader:
    """Reads one store; never writes."""

    def __init__(self, store: EventStore, codec: Codec, workflows: Workflows, plans: Plans) -> None:
        self.store = store
        self.codec = codec
        self.workflows = workflows
        self.plans = plans
        self.tables: Tables | None = None
        """Who answers over all incidents as long as it is up to date; a fold in memory when it is None, or behind."""
        self._folding = Folding(store, codec, Folded)
        self._caring = Folding(store, codec, FoldedCare)
        kept = snapshots_of(store)
        self._snapshots = None if kept is None else SnapshotReader(store, codec, kept)

    def events(self, category: str, key: str) -> tuple[Event, ...]:
        """Return the events of an aggregate, oldest first; raises `NotFound` when it has none."""
        return self._told(category, key, self.store.read_stream(StreamId.of(category, key)))

    def _told(self, category: str, key: str, rows: Iterable[Recorded | StoredBody]) -> tuple[Event, ...]:
        """Return the events in the *rows* of an aggregate; raises `NotFound` when there is none."""
        events = tuple(self.codec.decode_all(rows))
        if not events:
            if category == INCIDENT_CATEGORY:
                raise IncidentNotFound(f"there is no incident {key!r}")
            raise NotFound(f"there is no {category} {key!r}")
        return events

    def find(self, name: str) -> str:
        """Return the id of the incident with this number (`INC-17`), id or foreign reference, looked up in that order.

        Raises `IncidentNotFound`.
        """
        found = self._numbered(name) or self._identified(name)
        if found is None:
            found = self._listed(lambda listing: listing.find(name))
        if found is None:
            raise IncidentNotFound(f"no incident has the id, the number or the reference {name!r}")
        return found

    def number(self, incident_id: str) -> str:
        """Return the readable number of an incident."""
        first = self.store.read_stream(StreamId.of(INCIDENT_CATEGORY, incident_id), limit=1)
        if not first:
            raise IncidentNotFound(f"there is no incident {incident_id!r}")
        return f"INC-{first[0].position}"

    def state_at(self, category: str, key: str, **when: Any) -> StateAt:
        """Return where an aggregate stands; *when* as for `respond.projections.state.state`."""
        workflow = self.workflows[category]
        if not when and self._snapshots is not None:
            stands = self._snapshots.state_of(workflow, StreamId.of(category, key))
            if stands is not None:
                return StateAt(value=stands.value, last_position=stands.position)
        return state(workflow, self.events(category, key), **when)

    def states(self, category: str, keys: Iterable[str]) -> dict[str, Any]:
        """Return where many aggregates stand, all read at once; one without events, or erased, is left out."""
        workflow = self.workflows[category]
        with rare_collections():
            found = self.store.read_streams([StreamId.of(category, key) for key in keys])
            decoded = ((stream, tuple(self.codec.decode_all(rows))) for stream, rows in found.items())
            return {stream.key: workflow.fold(events) for stream, events in decoded if events}

    def story(self, incident_id: str, *, known_at: datetime | None = None, clock: Clock = "log") -> tuple[Event, ...]:
        """Return the events about an incident and about those that are merged into it, in log order.

        A merge that was not known at *known_at*, or that was undone by then, joins no stories.
        Raises `IncidentNotFound`.
        """
        seen: set[str] = set()
        found: dict[int, Event] = {}
        waiting = [incident_id]
        while waiting:
            subject = waiting.pop()
            if subject in seen:
                continue
            seen.add(subject)
            events = tuple(self.codec.decode_all(self.store.read_subject(subject)))
            found |= {event.position: event for event in events}
            merges = absorptions(known(events, at=known_at, clock=clock).events)
            waiting += [event.data.source for event in merges]
        if not found:
            raise IncidentNotFound(f"there is no incident {incident_id!r}")
        return tuple(found[position] for position in sorted(found))

    def timeline(self, incident_id: str, **options: Any) -> Timeline:
        """Return the timeline of an incident with those that were merged into it.

        *options* as for `respond.projections.timeline.timeline`.  Raises `IncidentNotFound`, `InvalidInput`.
        """
        when = {name: options[name] for name in ("known_at", "clock") if name in options}
        return timeline(self.story(incident_id, **when), **options)

    def learning_view(self, incident_id: str, **options: Any) -> LearningView:
        """Return the review of an incident and its timeline with roles in the place of people; *options* as for both.

        Raises what `review` and `timeline` raise.
        """
        when = {name: options[name] for name in ("known_at", "as_of", "clock") if name in options}
        reviewed = self.review(incident_id, **options)
        story = self.story(incident_id)
        plan = self.plans.in_force(self.events(INCIDENT_CATEGORY, incident_id))
        roles = (role.id for role in plan.roles)
        return learning_view(reviewed, self.timeline(incident_id, **when), story, roles)

    def review(self, incident_id: str, **options: Any) -> Review:
        """Return the review of an incident, under the plan that is in force.

        *options* as for `respond.projections.review.review`.  Raises `IncidentNotFound`, `PlanNotFound`,
        `InvalidInput`.
        """
        return self._reviewed(self._file(incident_id, **options), tuple, **options)

    def view(self, incident_id: str, role: str | None, *, order: Order = "world", **options: Any) -> View:
        """Return what the plan in force shows *role* of an incident: state, timeline and review.

        *options* as for `review`.  Raises `AccessDenied` when it shows nothing to it, and what `review` raises.
        """
        file = self._file(incident_id, **options)
        plan = self.plans.in_force(file.events)
        shown = shown_to(plan.access, role)
        if shown is None:
            raise AccessDenied(f"{plan.reference} shows no incident to {role or 'somebody without a role'}")
        story = self.story(incident_id)
        everything = {event.position: event for event in chain(story, file.every())}
        sight = Sight(shown, (everything[one] for one in sorted(everything)), (one.id for one in plan.roles))
        when = {name: options[name] for name in ("known_at", "as_of", "clock") if name in options}
        stands = state(self.workflows[INCIDENT_CATEGORY], sight.redact(file.events), **when).value
        happened = timeline(sight.redact(story), order=order, **when)
        reviewed = self._reviewed(file, sight.redact, **options)
        return sight.view(role, stands, happened, attrs.evolve(reviewed, ground=file.ground(**options)))

    def _file(self, incident_id: str, *, known_at: datetime | None = None, clock: Clock = "log", **_: Any) -> File:
        """Return the events of an incident, and of what belonged to it as it was known then."""
        rows = self._rows(INCIDENT_CATEGORY, [incident_id])[incident_id]
        events = self._told(INCIDENT_CATEGORY, incident_id, rows)
        return self._filed(events, known(events, at=known_at, clock=clock).events, rows)

    def _filed(self, events: tuple[Event, ...], then: tuple[Event, ...], rows: Iterable[StoredBody] = ()) -> File:
        """Return *events*, which were read from *rows*, with those of what belonged to the incident *then*."""
        incident: Incident = self.workflows[INCIDENT_CATEGORY].fold(then)
        parties = self._rows(PARTY_CATEGORY, incident.cases)
        actions = self._rows(ACTION_CATEGORY, incident.actions)
        lessons = self._rows(LESSON_CATEGORY, incident.review.lessons)
        every = chain(rows, *parties.values(), *actions.values(), *lessons.values())
        return File(
            events=events,
            parties=self._decoded(parties),
            actions=self._decoded(actions),
            lessons=self._decoded(lessons),
            altered=tuple(row.position for row in every if not intact(row)),
        )

    def _reviewed(self, file: File, seen: Callable[[Iterable[Event]], tuple[Event, ...]], **options: Any) -> Review:
        """Return the review of what is *seen* of the events in *file*."""
        return review(
            seen(file.events),
            plan=self.plans.in_force(file.events),
            plans=self.plans.every,
            parties=seen(chain.from_iterable(file.parties.values())),
            actions={key: seen(events) for key, events in file.actions.items()},
            lessons=seen(chain.from_iterable(file.lessons.values())),
            altered=file.altered,
            **options,
        )

    def stands_on(self, incident_id: str, told: Ground) -> bool:
        """Return whether the log holds unchanged what a review of an incident was made of, which told this ground.

        What was recorded since does not matter.  That holds for reviews by the log's clock.  Raises `IncidentNotFound`.
        """
        events = self.events(INCIDENT_CATEGORY, incident_id)
        then = tuple(event for event in events if event.position <= told.position)
        return ground(event for event in self._filed(then, then).every() if event.position <= told.position) == told

    def performance(self, now: datetime, *, realm: Realm = "real", recurrence_days: int) -> Performance:
        """Return the figures of how the incidents of one realm were handled, as seen *now*, by a fold of all of them.

        Raises `InvalidInput` for no days or fewer, `PlanNotFound`, `UnreadableEvent`.
        """
        if type(recurrence_days) is not int or recurrence_days < 1:
            raise InvalidInput("is no number of days; write 1 or more", place="recurrence_days", value=recurrence_days)
        return performance(self._episodes(now, realm), now, recurrence_days=recurrence_days)

    def _episodes(self, now: datetime, realm: Realm) -> Iterator[Episode]:
        """Yield what each incident adds to the figures, those together that began on one page of the log."""
        incidents, parties = self.workflows[INCIDENT_CATEGORY], self.workflows[PARTY_CATEGORY]
        for keys in self._begun(IncidentReported.__name__, realm):
            for events in self._streams(INCIDENT_CATEGORY, keys, realm).values():
                cases = self._streams(PARTY_CATEGORY, incidents.fold(events).cases, realm).values()
                yield episode(events, self.plans.in_force(events), map(parties.fold, cases), now)

    def _begun(self, opening: str, realm: Realm) -> Iterator[list[str]]:
        """Yield the keys of the aggregates that begin with *opening*, in their order, page by page."""
        for rows in pages(lambda after: self.store.read_all(after=after, realm=realm)):
            yield [StreamId(row.stream).key for row in rows if row.version == 1 and row.type == opening]

    def care(self) -> CareFigures:
        """Return the figures over all affected parties, drills left out; raises `UnreadableEvent`."""
        with self._caring.lent() as folded:
            return folded.care.figures()

    def _streams(self, category: str, keys: Iterable[str], realm: Realm = "real") -> dict[str, tuple[Event, ...]]:
        """Return the events of the aggregates of *category* with these *keys*, by key and in their order."""
        return self._decoded(self._rows(category, keys, realm))

    def _rows(self, category: str, keys: Iterable[str], realm: Realm = "real") -> dict[str, Sequence[StoredBody]]:
        """Return the rows of the aggregates of *category* with these *keys*, by key and in their order."""
        streams = [StreamId.of(category, key, realm) for key in keys]
        found = self.store.read_streams(streams) if streams else {}
        return {stream.key: found.get(stream, ()) for stream in streams}

    def _decoded(self, rows: Mapping[str, Iterable[StoredBody]]) -> dict[str, tuple[Event, ...]]:
        return {key: tuple(self.codec.decode_all(one)) for key, one in rows.items()}

    def folded(self) -> AbstractContextManager[Folded]:
        """Lend the list and the figures of all incidents in memory, caught up with the log, to one thread at a time."""
        return self._folding.lent()

    def incidents(self, *, after: str | None = None, limit: int = 50, **filters: Any) -> Page:
        """Return a page of incidents, newest first; what an event that cannot be read says is left out."""
        return self._listed(lambda listing: listing.page(after=after, limit=limit, **filters))

    def board(self, *, limit: int = 20) -> Board:
        """Return the open incidents by state and level, at most *limit* rows for each state."""
        return self._listed(lambda listing: listing.board(limit=limit))

    def statistics(self) -> Figures:
        """Return the figures over the whole log, drills left out; what cannot be read is in none, and is counted."""
        with ExitStack() as stack:
            if self.tables is not None and (tables := stack.enter_context(self.tables.statistics())) is not None:
                return tables.figures()
            return stack.enter_context(self.folded()).figures()

    def replay(self, *, check_leaves: bool = False, progress: Callable[[int], None] | None = None) -> Totals:
        """Fold the whole log from its first event, drills left out; what cannot be read or folded is a failure.

        *check_leaves* takes no event whose leaf does not fit; *progress* is told the position after every page.
        """
        rereading = Rereading(
            self.codec, self.workflows, self.plans, check_leaves=check_leaves, stream_at=self._stream_at
        )
        with rare_collections():
            return rereading.totals(self._pages(0, progress))

    def log(self, *, after: int = 0) -> Iterator[Event]:
        """Yield every real event past position *after*, page by page; raises `UnreadableEvent`.

        Raises `InvalidInput` when *after* is not a position.
        """
        if type(after) is not int or not 0 <= after <= SAFE_INTEGER:
            raise InvalidInput("is not a position; write 0, or the position of an event", place="after", value=after)
        return self.codec.decode_all(chain.from_iterable(self._pages(after)))

    def _listed(self, ask: Callable[[Listed], AnswerT]) -> AnswerT:
        """Return what *ask* asks of the list in its table, or in memory where no table is up to date."""
        with ExitStack() as stack:
            if self.tables is not None and (table := stack.enter_context(self.tables.listing())) is not None:
                return ask(table)
            return ask(stack.enter_context(self.folded()).listing)

    def _numbered(self, name: str) -> str | None:
        """Return the id of the incident whose first event stands at the position that *name* numbers."""
        position = numbered(name)
        if position is None:
            return None
        for row in self.store.read_all(after=position - 1, limit=1, realm="real"):
            stream = StreamId(row.stream)
            if (row.position, row.version, stream.category) == (position, 1, INCIDENT_CATEGORY):
                return stream.key
        return None

    def _identified(self, name: str) -> str | None:
        """Return *name* when it is the id of an incident."""
        try:
            stream = StreamId.of(INCIDENT_CATEGORY, name)
        except InvalidRecord:  # longer than an id, or with characters that no id holds
            return None
        return name if self.store.read_stream(stream, limit=1) else None

    def _stream_at(self, position: int) -> str:
        return self.store.read_all(after=position - 1, limit=1, realm="real")[0].stream

    def _pages(self, after: int, progress: Callable[[int], None] | None = None) -> Iterator[Sequence[StoredBody]]:
        for page in pages(lambda past: self.store.read_bodies(after=past, limit=PAGE, realm="real"), after):
            yield page
            if progress is not None:
                progress(page[-1].position)
