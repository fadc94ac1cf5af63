"""Carry out a command: load, fold, decide, append, and again when the stream moved meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain
from typing import Any

import attrs

from respond.domain.canonical import identical
from respond.domain.events import Event
from respond.domain.ids import event_id, uuid7
from respond.domain.moments import Moment
from respond.domain.payloads import to_data
from respond.domain.references import Actor, Reference
from respond.domain.streams import Realm, StreamId, exactly, indexed
from respond.domain.values import replace
from respond.engine.circumstances import Circumstances
from respond.engine.definitions import Plans, Workflows
from respond.engine.histories import Histories, History
from respond.engine.modes import refuse_misplaced
from respond.engine.queue import Queue
from respond.engine.typing_faults import names_wrong_field, refuse_unreadable
from respond.errors import CommandRefused, IdempotencyConflict, OutcomeUnknown, StoreUnavailable, VersionConflict
from respond.plan.plan import Plan
from respond.store.archive_folder import archive_of
from respond.store.codec import Codec
from respond.store.protocol import EventStore
from respond.store.records import Appended, NewEvent, Write
from respond.workflow.authority import Grant, Policy
from respond.workflow.decider import decide, decision
from respond.workflow.definition import Situation
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.migration import DefinitionMigrated
from respond.workflow.workflow import Workflow

ATTEMPTS = 8
"""How often a command is decided anew when others write to its stream, before the conflict is raised."""


@attrs.frozen(kw_only=True)
class Ask:
    """A command for one aggregate."""

    category: str
    key: str
    command: Any
    plan: Plan | None = None
    """The plan that a new aggregate pins; the engine's default when None."""


@attrs.frozen
class Outcome:
    """What a command led to."""

    position: int
    """The last position of the aggregate in the log; pass it to a projection to read your own write."""
    versions: Mapping[StreamId, int]
    events: tuple[str, ...] = ()
    """The ids of the events that it caused; none when it had been carried out already."""
    replayed: bool = False
    """Whether the same command, by its id, was carried out by an earlier call."""


@attrs.frozen
class _Loaded:
    ask: Ask
    stream: StreamId
    history: History


class Handler:
    """Carries out commands against one store."""

    def __init__(
        self,
        store: EventStore,
        *,
        workflows: Workflows,
        plans: Plans,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
        realm: Realm = "real",
        policy: Policy | None = None,
    ) -> None:
        self.store = store
        self.workflows = workflows
        self.plans = plans
        self.codec = Codec(workflows.event_types, archive_of(store))
        self.clock = clock
        self.random = random
        self.realm = realm
        self.policy = policy
        self._histories = Histories(self.codec)
        self._queue = Queue()

    def handle(self, asks: Sequence[Ask], circumstances: Circumstances) -> Outcome:
        """Carry out *asks* and their companions in one atomic step.

        After a first conflict, and for aggregates that many share at once, others who ask the same wait meanwhile.

        Raises `CommandRefused`; `VersionConflict` when others kept writing for 8 attempts; `IdempotencyConflict` when
        the command id was used for another command; `OutcomeUnknown` when the connection was lost as it committed, and
        the store cannot tell by now what became of it.
        """
        if circumstances.command_id is None:
            circumstances = replace(circumstances, command_id=str(uuid7(self.clock(), self.random(10))))
        else:
            indexed(circumstances.command_id, "command_id")
        asks = tuple(self.accompanied(asks))
        refuse_misplaced(self.store, [self.workflows[ask.category] for ask in asks])
        waited_for = any(stream in self._queue for stream in self._streams(asks))
        if not waited_for and not any(self.workflows[ask.category].shared for ask in asks):
            with suppress(VersionConflict):
                return self._attempt(self.store, asks, circumstances)
        try:
            for _ in range(ATTEMPTS - 2):
                with suppress(VersionConflict):
                    return self._alone(asks, circumstances)
            return self._alone(asks, circumstances)
        except OutcomeUnknown as unknown:  # the same command id finds what was committed, or is carried out now
            try:
                return self._attempt(self.store, asks, circumstances)
            except StoreUnavailable as error:  # nobody has learned what became of it
                raise unknown from error

    def load(self, stream: StreamId) -> tuple[Event, ...]:
        """Return the events of *stream*, decoded."""
        return tuple(self.codec.decode_all(self.store.read_streams([stream]).get(stream, ())))

    def situation(
        self,
        workflow: Workflow,
        history: tuple[Event, ...],
        *,
        command: Any,
        actor: Actor | None,
        break_glass: str = "",
    ) -> Situation:
        """Return the situation in which *command* would be decided now."""
        now = self._now([history])
        return Situation(
            state=self.workflows[workflow.category].fold(history),
            command=command,
            plan=self._plan(history, None),
            actor=actor,
            at=now,
            now=now,
            history=history,
            policy=self.policy,
            break_glass=break_glass,
            plans=self.plans.by_reference,
            versions=self.workflows.versions[workflow.category].by_version,
        )

    def accompanied(self, asks: Iterable[Ask]) -> Iterator[Ask]:
        """Yield *asks*, each followed by what belongs to the same step, and by what belongs to that."""
        for ask in asks:
            yield ask
            companions = self.workflows.handler_of(ask.category, ask.command).companions(ask.key, ask.command)
            yield from self.accompanied(Ask(category=c.category, key=c.key, command=c.command) for c in companions)

    def _alone(self, asks: Sequence[Ask], circumstances: Circumstances) -> Outcome:
        """Attempt it while all others who were in conflict over the same streams wait."""
        streams = self._streams(asks)
        with self._queue.joined(streams), self.store.exclusively(streams) as store:
            return self._attempt(store, asks, circumstances)

    def _attempt(self, store: EventStore, asks: Sequence[Ask], circumstances: Circumstances) -> Outcome:
        """Load, decide and append once; raises `VersionConflict` when a stream moved meanwhile."""
        loaded = self._load(store, asks)
        replayed = self._replayed(loaded, circumstances)
        if replayed is not None:
            return replayed
        now = self._now(one.history.events for one in loaded)
        moment = circumstances.occurred_at
        if moment is None and not circumstances.unknown_time:
            moment = Moment(now)
        writes = self._decide(loaded, circumstances, moment, now)
        if not writes:
            return Outcome(_last_position(loaded), {one.stream: one.history.version for one in loaded})
        written = {write.stream for write in writes}
        read = {one.stream: one.history.version for one in loaded if one.stream not in written}
        try:
            return _outcome(store.append(*writes, require=read or None), writes)
        except IdempotencyConflict:
            # The first call with this command id may have been under way still, at another instant than this one.
            replayed = self._replayed(self._load(store, asks), circumstances)
            if replayed is None:
                raise
            return replayed

    def _now(self, histories: Iterable[tuple[Event, ...]]) -> datetime:
        """Return the time now, never behind what was just read: who tells of now tells of no time before that."""
        return max([self.clock(), *(history[-1].recorded_at for history in histories if history)])

    def _streams(self, asks: Sequence[Ask]) -> list[StreamId]:
        return [StreamId.of(ask.category, ask.key, self.realm) for ask in asks]

    def _load(self, store: EventStore, asks: Sequence[Ask]) -> list[_Loaded]:
        streams = self._streams(asks)
        asked = {stream: self.workflows[ask.category] for ask, stream in zip(asks, streams, strict=True)}
        found = self._histories.read(store, asked)
        return [_Loaded(ask, stream, found[stream]) for ask, stream in zip(asks, streams, strict=True)]

    def _plan(self, history: tuple[Event, ...], given: Plan | None) -> Plan:
        if not history:
            return given or self.plans.default
        return self.plans.in_force(history)

    def _decide(
        self, loaded: Sequence[_Loaded], circumstances: Circumstances, moment: Moment | None, now: datetime
    ) -> list[Write]:
        writes: list[Write] = []
        refused: list[CommandRefused] = []
        shared = self._shared_plan((one.ask, one.history.events) for one in loaded)
        index = 0
        for one in loaded:
            workflow = self.workflows.deciding(one.ask.category, one.history.events)
            situation = self._situation(
                one, one.history, shared, circumstances, at=moment.at if moment else now, now=now
            )
            try:
                with names_wrong_field(one.ask.command):
                    decided = decision(workflow, situation)
            except CommandRefused as error:
                refused.append(error)
                continue
            if not decided.payloads:
                continue
            events = [
                self._new_event(one, workflow, payload, index + offset, circumstances, moment, situation, decided.grant)
                for offset, payload in enumerate(decided.payloads)
            ]
            index += len(events)
            writes.append(Write(one.stream, events, exactly(one.history.version)))
        if refused:
            raise _together(refused)
        return writes

    def _shared_plan(self, told: Iterable[tuple[Ask, tuple[Event, ...]]]) -> Plan | None:
        """Return the plan of the incident that the step is about: it judges the commands for what is none, too."""
        for ask, history in told:
            if ask.category == INCIDENT_CATEGORY and history:
                return self._plan(history, None)
        return None

    def _situation(
        self,
        one: _Loaded,
        history: History,
        shared: Plan | None,
        circumstances: Circumstances,
        *,
        at: datetime,
        now: datetime,
    ) -> Situation:
        """Return the situation in which the command of *one* is decided after *history*."""
        foreign = shared if one.ask.category != INCIDENT_CATEGORY else None
        return Situation(
            state=history.state,
            command=one.ask.command,
            plan=foreign or self._plan(history.events or one.history.events[:1], one.ask.plan),
            actor=circumstances.actor,
            at=at,
            now=now,
            history=history.events,
            policy=self.policy,
            break_glass=circumstances.break_glass,
            plans=self.plans.by_reference,
            versions=self.workflows.versions[one.ask.category].by_version,
        )

    def _new_event(
        self,
        one: _Loaded,
        workflow: Workflow,
        payload: Any,
        index: int,
        circumstances: Circumstances,
        moment: Moment | None,
        situation: Situation,
        grant: Grant | None,
    ) -> NewEvent:
        with names_wrong_field(payload):
            name, schema_version, data = self.codec.encode(payload)
        refuse_unreadable(payload, data)
        command_id = circumstances.command_id or ""
        actor = circumstances.actor
        return NewEvent(
            id=str(event_id(command_id, index)),
            type=name,
            schema_version=schema_version,
            data=data,
            occurred_at=moment,
            actor=actor.id if actor else None,
            role=actor.role if actor else None,
            on_behalf_of=actor.on_behalf_of if actor else None,
            correlation_id=circumstances.correlation_id,
            causation_id=circumstances.causation_id,
            command_id=command_id,
            definition=_named(workflow, payload) if "to" in data else None,
            plan=self.plans.pinning(situation.plan) if not one.history.events else None,
            source=circumstances.source,
            authority=None if grant is None else grant.to_json(),
            subject=workflow.subject(situation),
        )

    def _replayed(self, loaded: Sequence[_Loaded], circumstances: Circumstances) -> Outcome | None:
        """Return the stored outcome of the command id, None when there is none; raises `IdempotencyConflict`."""
        command_id = str(circumstances.command_id)
        stored = [tuple(event for event in one.history.events if event.command_id == command_id) for one in loaded]
        if not any(stored):
            return None
        first = min(events[0].position for events in stored if events)
        before = [tuple(event for event in one.history.events if event.position < first) for one in loaded]
        shared = self._shared_plan((one.ask, history) for one, history in zip(loaded, before, strict=True))
        for one, history, events in zip(loaded, before, stored, strict=True):
            if not all(_told_alike(event, circumstances) for event in events):
                raise IdempotencyConflict({command_id: "the command id was used by another actor, or for another time"})
            try:
                decided = self._decided_then(one, history, events, shared, circumstances)
                same = _alike(decided, [event.data for event in events])
            except CommandRefused:
                same = False
            if not same:
                raise IdempotencyConflict({command_id: "the command id was used for another command"})
        return Outcome(
            max(events[-1].position for events in stored if events),
            {one.stream: events[-1].version for one, events in zip(loaded, stored, strict=True) if events},
            tuple(event.id for events in stored for event in events),
            replayed=True,
        )

    def _decided_then(
        self,
        one: _Loaded,
        history: tuple[Event, ...],
        stored: Sequence[Event],
        shared: Plan | None,
        circumstances: Circumstances,
    ) -> tuple[Any, ...]:
        """Return what the command causes when it is decided where it was decided first, after *history*."""
        if not stored:
            return ()
        at, recorded_at = stored[0].happened_at, stored[0].recorded_at  # what a drill tells may be ahead of the log
        past = History(history, self.workflows[one.ask.category].fold(history))
        situation = self._situation(one, past, shared, circumstances, at=at, now=max(at, recorded_at))
        return decide(self.workflows.deciding(one.ask.category, history or stored[:1]), situation)


def _named(workflow: Workflow, payload: Any) -> Reference:
    """Return the definition that the event of *payload* names: the one that decided, or the one it migrates to."""
    return payload.definition if type(payload) is DefinitionMigrated else workflow.reference


def _together(refused: Sequence[CommandRefused]) -> CommandRefused:
    """Return the refusal of a whole step, with the reasons against each of its commands."""
    first = refused[0]
    return CommandRefused(
        first.command, first.state, tuple(dict.fromkeys(chain.from_iterable(one.refusals for one in refused)))
    )


def _alike(decided: Sequence[Any], stored: Sequence[Any]) -> bool:
    """Return whether both are stored as the same bytes."""
    return list(decided) == list(stored) and identical(list(map(to_data, decided)), list(map(to_data, stored)))


def _told_alike(event: Event, circumstances: Circumstances) -> bool:
    """Return whether *event* was told by the same actor, and of the same time where the caller names one."""
    actor = circumstances.actor
    who = (actor.id, actor.role, actor.on_behalf_of) if actor else (None, None, None)
    if who != (event.actor, event.role, event.body.get("on_behalf_of")):
        return False
    told = event.body.get("occurred_at")
    if circumstances.occurred_at is None:
        return not (circumstances.unknown_time and told is not None)
    return bool(told == circumstances.occurred_at.to_json())


def _last_position(loaded: Sequence[_Loaded]) -> int:
    return max((one.history.events[-1].position for one in loaded if one.history.events), default=0)


def _outcome(appended: Appended, writes: Sequence[Write]) -> Outcome:
    ids = tuple(event.id for write in writes for event in write.events)
    return Outcome(appended.last, appended.versions, ids, appended.replayed)
