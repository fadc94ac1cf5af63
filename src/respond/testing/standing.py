"""Where one aggregate stands, as a value: what a search steps from, thousands of times.

It decides, encodes, decodes and folds as the engine does, and keeps no store; `Trial` plays on a real engine what a
search found.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.ids import event_ids, hashed_id
from respond.domain.moments import Moment, to_microseconds
from respond.domain.references import Actor
from respond.domain.streams import StreamId
from respond.engine.definitions import Plans
from respond.plan.plan import Plan
from respond.store.codec import Codec
from respond.store.records import NewEvent, StoredBody, body_of, encode
from respond.testing.clocks import START, ManualClock
from respond.workflow.decider import Decision, decision
from respond.workflow.definition import Situation
from respond.workflow.workflow import Workflow

KEY = "trial"
"""The key of the aggregate, that of a `Trial` too."""
_LEAF = b""
"""No digest is asked for: nobody audits a search."""


@attrs.frozen
class Sent:
    """A command, and who sends it."""

    command: Any
    actor: Actor | None = None


@attrs.frozen
class Waited:
    """Time that passes."""

    span: timedelta


Step = Sent | Waited


def step_of(given: object, actor: Actor | None = None) -> Step:
    """Return a step as it is, a span of time as waiting, and anything else as a command that *actor* sends."""
    if isinstance(given, (Sent, Waited)):
        return given
    return Waited(given) if isinstance(given, timedelta) else Sent(given, actor)


def command_id_at(version: int) -> str:
    """Return the id of a command that is sent to an aggregate of *version*: the same wherever it is played."""
    return str(hashed_id(KEY, str(version)))


@attrs.frozen(kw_only=True, eq=False)
class Standing:
    """Where an aggregate stands at an instant; an invariant reads it as it reads a `Trial`."""

    workflow: Workflow
    plan: Plan
    """The plan in force."""
    state: Any
    log: tuple[Event, ...] = ()
    now: datetime

    @property
    def status(self) -> str:
        """The name of the state."""
        return str(self.state.status)

    @property
    def clock(self) -> ManualClock:
        """A clock that shows the instant."""
        return ManualClock(self.now)


class Walk:
    """Steps from one standing to the next, for one workflow under one plan."""

    def __init__(self, workflow: Workflow, *, plan: Plan | None = None, plans: Iterable[Plan] = ()) -> None:
        """Take *plan* as the one that the aggregate pins; the first of *plans*, or the example, when None."""
        self.workflow = workflow
        self._plans = Plans(plans if plan is None else (plan, *plans))
        self._stream = StreamId.of(workflow.category, KEY)
        self._codec = Codec(workflow.event_types)

    @property
    def plans(self) -> tuple[Plan, ...]:
        """Every plan that is known, the one that the aggregate pins first."""
        return tuple(self._plans)

    def begin(self) -> Standing:
        """Return where an aggregate stands before its first event."""
        return Standing(workflow=self.workflow, plan=self._plans.default, state=self.workflow.initial, now=START)

    def take(self, here: Standing, step: Step) -> Standing:
        """Return where *step* leads: *here* when it causes nothing; raises `CommandRefused`."""
        if isinstance(step, Waited):
            return attrs.evolve(here, now=here.now + step.span)
        decided = decision(self.workflow, self._situation(here, step))
        if not decided.payloads:
            return here
        events = self._events(here, step, decided)
        log = (*here.log, *events)
        return attrs.evolve(here, plan=self._plans.in_force(log), state=self.workflow.fold(events, here.state), log=log)

    def _situation(self, here: Standing, step: Sent) -> Situation:
        return Situation(
            state=here.state,
            command=step.command,
            plan=here.plan,
            actor=step.actor,
            at=here.now,
            now=here.now,
            history=here.log,
            plans=self._plans.by_reference,
        )

    def _events(self, here: Standing, step: Sent, decided: Decision) -> list[Event]:
        """Return the events as a log would hold them: encoded, and decoded again."""
        version = len(here.log)
        command_id = command_id_at(version)
        ids = event_ids(command_id, len(decided.payloads))
        return [
            self._event(here, step, decided, payload, command_id, event_id, version + number)
            for number, (payload, event_id) in enumerate(zip(decided.payloads, ids, strict=True), start=1)
        ]

    def _event(
        self,
        here: Standing,
        step: Sent,
        decided: Decision,
        payload: object,
        command_id: str,
        event_id: str,
        version: int,
    ) -> Event:
        name, schema_version, data = self._codec.encode(payload)
        new = NewEvent(
            id=event_id,
            type=name,
            schema_version=schema_version,
            data=data,
            occurred_at=Moment(here.now),
            actor=step.actor.id if step.actor else None,
            role=step.actor.role if step.actor else None,
            on_behalf_of=step.actor.on_behalf_of if step.actor else None,
            command_id=command_id,
            definition=self.workflow.reference if "to" in data else None,
            plan=None if here.log else here.plan.reference,
            authority=None if decided.grant is None else decided.grant.to_json(),
        )
        body = body_of(new, log=KEY, tenant=KEY, stream=self._stream, version=version)
        return self._codec.decode(StoredBody(version, to_microseconds(here.now), encode(body), _LEAF))
