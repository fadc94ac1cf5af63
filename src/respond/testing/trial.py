"""A trial: one aggregate of a workflow on the real handler over a log in memory, for tests of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from respond.domain.events import Event, EventTypes
from respond.domain.references import Actor
from respond.domain.streams import StreamId
from respond.engine.circumstances import When, circumstances_of
from respond.engine.definitions import SHIPPED, Plans, Workflows
from respond.engine.handler import Ask, Handler
from respond.plan.plan import Plan
from respond.store.codec import Codec
from respond.store.memory import MemoryEventStore
from respond.store.records import Recorded, StoredBody
from respond.testing.clocks import ManualClock, SequentialIds
from respond.workflow.authority import Policy
from respond.workflow.decider import Explanation, explain
from respond.workflow.definition import Situation
from respond.workflow.workflow import Workflow

KEY = "trial"
"""The key of the aggregate, unless another is given."""


@cache
def _known_to(workflow: Workflow) -> Workflows:
    """Return *workflow*, and the shipped ones of other categories: its commands may take along some of theirs."""
    return Workflows([workflow], shipped=[one for one in SHIPPED if one.category != workflow.category])


class _Remembering(Codec):
    """A codec that decodes each row once: a trial reads its log again with each command."""

    def __init__(self, event_types: EventTypes, known: Mapping[tuple[int, bytes | None], Event] | None = None) -> None:
        super().__init__(event_types)
        self.known: dict[tuple[int, bytes | None], Event] = dict(known or {})

    def decode(self, record: Recorded | StoredBody) -> Event:
        key = (record.position, record.body)
        event = self.known.get(key)
        if event is None:
            event = self.known[key] = super().decode(record)
        return event


class Trial:
    """One aggregate of *workflow*, new at first, and the commands that are tried on it.

    It is decided by the handler of an engine, and stored in a log in memory: what a trial allows, an engine allows.
    *workflow* may take the place of a shipped one of the same category; the other shipped ones are there for what its
    commands take along.
    """

    def __init__(
        self,
        workflow: Workflow,
        *,
        plan: Plan | None = None,
        plans: Iterable[Plan] = (),
        clock: Callable[[], datetime] | None = None,
        ids: Callable[[int], bytes] | None = None,
        policy: Policy | None = None,
        key: str = KEY,
    ) -> None:
        """Pin *plan*, else the first of *plans*, else the example; a manual clock and sequential ids unless given."""
        self.workflow = workflow
        self.clock = ManualClock() if clock is None else clock
        self.ids = SequentialIds() if ids is None else ids
        self.store = MemoryEventStore(clock=self.clock)
        self.stream = StreamId.of(workflow.category, key)
        self._key = key
        self._handler = Handler(
            self.store,
            workflows=_known_to(workflow),
            plans=Plans([*([] if plan is None else [plan]), *plans]),
            clock=self.clock,
            random=self.ids,
            policy=policy,
        )
        self._codec = self._handler.codec = _Remembering(self._handler.workflows.event_types)
        self._log: tuple[Event, ...] = ()
        self._state: Any = workflow.initial

    @property
    def state(self) -> Any:
        """The folded state."""
        return self._state

    @property
    def status(self) -> str:
        """Where the aggregate stands; `new` before its first event."""
        return str(self._state.status)

    @property
    def log(self) -> tuple[Event, ...]:
        """The events so far, oldest first, read back from the store."""
        return self._log

    @property
    def rows(self) -> tuple[Recorded, ...]:
        """The rows of the events, as they are stored."""
        return tuple(self.store.read_stream(self.stream))

    @property
    def plan(self) -> Plan:
        """The plan that is in force."""
        return self._handler.plans.in_force(self._log) if self._log else self._handler.plans.default

    @property
    def plans(self) -> Plans:
        """Every plan that is known."""
        return self._handler.plans

    def send(
        self,
        command: object,
        *,
        actor: Actor | str | None = None,
        role: str | None = None,
        on_behalf_of: str | None = None,
        at: When = None,
        command_id: str | None = None,
        break_glass: str = "",
    ) -> tuple[Event, ...]:
        """Carry out *command* and return the events that it caused; none when it was carried out before.

        The circumstances are as for `Engine.execute`.  Raises `CommandRefused` with every reason, and
        `IdempotencyConflict` when *command_id* was used for another command.
        """
        asked = circumstances_of(
            actor=actor,
            role=role,
            on_behalf_of=on_behalf_of,
            at=at,
            command_id=command_id,
            break_glass=break_glass,
        )
        self._handler.handle([Ask(category=self.workflow.category, key=self._key, command=command)], asked)
        return self._catch_up()

    def explain(
        self,
        trigger: str,
        command: object = None,
        *,
        actor: Actor | str | None = None,
        role: str | None = None,
        on_behalf_of: str | None = None,
        at: When = None,
        break_glass: str = "",
    ) -> Explanation:
        """Return what stands in the way of *trigger* now, guard by guard; its own guards stay open without *command*.

        Raises `WorkflowNotFound` for an unknown trigger.
        """
        situation = self.situation(
            command, actor=actor, role=role, on_behalf_of=on_behalf_of, at=at, break_glass=break_glass
        )
        return explain(self.workflow, trigger, situation)

    def situation(
        self,
        command: object = None,
        *,
        actor: Actor | str | None = None,
        role: str | None = None,
        on_behalf_of: str | None = None,
        at: When = None,
        break_glass: str = "",
    ) -> Situation:
        """Return all that a decision about *command* would look at now."""
        asked = circumstances_of(actor=actor, role=role, on_behalf_of=on_behalf_of, at=at, break_glass=break_glass)
        now = max(self.clock(), self._log[-1].recorded_at) if self._log else self.clock()
        return Situation(
            state=self._state,
            command=command,
            plan=self.plan,
            actor=asked.actor,
            at=now if asked.occurred_at is None else asked.occurred_at.at,
            now=now,
            history=self._log,
            policy=self._handler.policy,
            break_glass=break_glass,
            plans=self.plans.by_reference,
            versions=self._handler.workflows.versions[self.workflow.category].by_version,
        )

    def fork(self) -> Trial:
        """Return a copy that goes its own way; a clock or ids of your own are shared, those of the kit are copied."""
        other = object.__new__(type(self))
        other.workflow, other.stream, other._key = self.workflow, self.stream, self._key
        other.clock = ManualClock(self.clock.now) if isinstance(self.clock, ManualClock) else self.clock
        other.ids = SequentialIds(self.ids.last) if isinstance(self.ids, SequentialIds) else self.ids
        other.store = self.store.copy(clock=other.clock)
        other._handler = Handler(
            other.store,
            workflows=self._handler.workflows,
            plans=self._handler.plans,
            clock=other.clock,
            random=other.ids,
            policy=self._handler.policy,
        )
        other._codec = other._handler.codec = _Remembering(self._handler.workflows.event_types, self._codec.known)
        other._log, other._state = self._log, self._state
        return other

    def replay(self) -> Any:
        """Return the state that is decoded and folded anew from what is stored."""
        return self.workflow.fold(Codec(self.workflow.event_types).decode_all(self.rows))

    def _catch_up(self) -> tuple[Event, ...]:
        """Read what is new and carry the state over it."""
        rows = self.store.read_stream(self.stream, after=len(self._log))
        new = tuple(self._handler.codec.decode_all(rows))
        state = self._state
        for event in new:
            state = self.workflow.evolve(state, event)
        self._log, self._state = (*self._log, *new), state
        return new
