"""Aggregates without a store: commands are decided, and events are encoded, decoded and folded as an engine would."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import attrs
import orjson

from outline import OUTLINE
from respond.domain.events import Event
from respond.domain.ids import event_id
from respond.domain.moments import Moment, to_microseconds
from respond.domain.references import Actor, Reference
from respond.domain.streams import StreamId
from respond.plan.activation import Activation
from respond.plan.authority import AuthorityRule
from respond.plan.classification import ResponseLevel
from respond.plan.communication import Audience, Channel
from respond.plan.measures import Measure
from respond.plan.obligations import Clock, Obligation, Rung
from respond.plan.organisation import Role, TeamTemplate
from respond.plan.plan import Plan
from respond.plan.spans import Span
from respond.store.codec import Codec
from respond.store.records import NewEvent, Recorded, body_of, encode, leaf_of
from respond.workflow.decider import Explanation, decide, explain
from respond.workflow.definition import Situation, trigger_of
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.workflow import Workflow

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
"""When the first event of a play is recorded; each further one a minute later."""
PLAN = OUTLINE
DUTIES = attrs.evolve(
    PLAN,
    name="duties",
    response_levels=(ResponseLevel(id="I", title="All"), ResponseLevel(id="II", title="Some")),
    roles=(
        *PLAN.roles,
        Role(id="liaison", title="Liaison", holders=1),
        Role(id="runner", title="Runner", training=("first_aid",)),
    ),
    obligations=(
        Obligation(
            id="visit",
            title="Visit the customers",
            act="fulfil",
            due=(Clock(from_="told", within=Span(1, "minute")),),
            pausable=True,
            before=("start_response", "resolve", "close_review"),
            ladder=(Rung(tell=("commander",)),),
        ),
        Obligation(
            id="judge",
            title="Judge the impact",
            act="assess",
            due=(Clock(from_="told", within=Span(1, "hour")),),
            waivable=False,
        ),
    ),
    measures=(Measure(id="patch", title="Patch it", kind="contain", steps=("Find it", "Mend it")),),
    teams=(TeamTemplate(id="crew", title="Crew", roles=("liaison", "runner")),),
    channels=(Channel(id="line", title="Line", medium="telephone"),),
    audiences=(Audience(id="staff", title="Staff", kind="staff", channels=("line",)),),
    authority=(
        AuthorityRule(id="all", commands=("*",), roles=("anyone",)),
        AuthorityRule(id="two", commands=("waive",), roles=("anyone",), n_of=2),
    ),
)
"""The example, with roles, obligations, a measure, a team, an audience and a rule that asks for two people."""
STORM = attrs.evolve(PLAN, name="storm", activation=Activation())
"""A plan that comes into force by itself."""


class Play:
    """One aggregate, and the events it has so far."""

    def __init__(self, workflow: Workflow = INCIDENT, *, plan: Plan = PLAN, key: str = "i-1") -> None:
        self.workflow = workflow
        self.plan = plan
        self.stream = StreamId.of(workflow.category, key)
        self.codec = Codec(workflow.event_types)
        self.plans: Mapping[Reference, Plan] | None = None
        self.history: tuple[Event, ...] = ()
        self.state: Any = workflow.initial

    def situation(
        self, command: object = None, actor: Actor | str | None = None, at: datetime | None = None
    ) -> Situation:
        """Return what a decision about *command* would look at now, or at the time *at* of which it tells, if later."""
        now = START + timedelta(minutes=len(self.history))
        at = at or now
        who = None if actor is None else Actor.of(actor)
        return Situation(
            state=self.state,
            command=command,
            plan=self.plan,
            actor=who,
            at=at,
            now=max(now, at),
            history=self.history,
            plans=self.plans,
        )

    def decide(self, command: object, actor: Actor | str | None = None, at: datetime | None = None) -> tuple[Any, ...]:
        """Return the payloads that *command* would cause."""
        return decide(self.workflow, self.situation(command, actor, at))

    def explain(
        self, trigger: str, command: object = None, actor: Actor | str | None = None, at: datetime | None = None
    ) -> Explanation:
        """Return what stands in the way of *trigger*."""
        return explain(self.workflow, trigger, self.situation(command, actor, at))

    def refused(self, command: object, at: datetime | None = None) -> list[str]:
        """Return the codes of every reason against *command*, which tells what happened *at* or now."""
        trigger = trigger_of(type(command))
        return [one.code for one in self.explain(trigger, command, at=at).refusals]

    def do(self, *commands: object, actor: Actor | str | None = None) -> Self:
        """Carry out *commands*, one after the other; raises `CommandRefused`."""
        for command in commands:
            self.record(*self.decide(command, actor), actor=actor)
        return self

    def record(self, *payloads: object, actor: Actor | str | None = None) -> Self:
        """Record *payloads* as reality tells them, whether the workflow allows them or not."""
        for payload in payloads:
            event = self.codec.decode(self._recorded(payload, None if actor is None else Actor.of(actor)))
            self.history = (*self.history, event)
            self.state = self.workflow.evolve(self.state, event)
        return self

    def take(self, other: Play) -> Self:
        """Take the events of *other*, which may have been decided under another plan."""
        self.history, self.state = other.history, other.state
        return self

    def entry(self, name: str) -> str:
        """Return the id of the last event called *name*."""
        return next(event.id for event in reversed(self.history) if event.type == name)

    def _recorded(self, payload: object, actor: Actor | None) -> Recorded:
        name, schema_version, data = self.codec.encode(payload)
        at = START + timedelta(minutes=len(self.history))
        version = len(self.history) + 1
        event = NewEvent(
            id=str(event_id("play", version)),
            type=name,
            data=data,
            schema_version=schema_version,
            occurred_at=Moment(at),
            actor=None if actor is None else actor.id,
            role=None if actor is None else actor.role,
            on_behalf_of=None if actor is None else actor.on_behalf_of,
            definition=self.workflow.reference,
            plan=self.plan.reference,
        )
        return recorded(
            encode(body_of(event, log="play", tenant="default", stream=self.stream, version=version)), version
        )


def recorded(raw: bytes, position: int = 1) -> Recorded:
    """Return the row that a log would keep of the body *raw*."""
    body = orjson.loads(raw)
    recorded_us = to_microseconds(START) + position
    return Recorded(
        position=position,
        recorded_us=recorded_us,
        tenant=body["tenant"],
        realm=body["realm"],
        stream=body["stream"],
        version=body["version"],
        id=body["id"],
        type=body["type"],
        subject=body["subject"],
        body=raw,
        leaf=leaf_of(raw, recorded_us, position),
    )


REPORT = c.ReportIncident(category="facility_failure", title="Card terminals down")
ASSESS = c.Assess(affected_customers=300, spread="regional")
RESOLVE = c.Resolve(resolution="Terminals restarted")
_TO_RESPONDING = (REPORT, ASSESS, c.AssignLevel(level=3, basis="few customers"), c.StartResponse())
ROUTES: dict[str, tuple[object, ...]] = {
    "new": (),
    "reported": _TO_RESPONDING[:1],
    "assessed": _TO_RESPONDING[:2],
    "level_assigned": _TO_RESPONDING[:3],
    "responding": _TO_RESPONDING,
    "reported_upward": (*_TO_RESPONDING, c.ReportUpward(kind="initial", recipient="HQ", summary="14 shops")),
    "resolved": (*_TO_RESPONDING, RESOLVE),
    "reviewed": (*_TO_RESPONDING, RESOLVE, c.CloseReview(summary="Power supply")),
    "cancelled": (REPORT, c.Cancel(reason="A drill")),
    "merged": (REPORT, c.Merge(into="i-2", reason="Same cause")),
}
"""Commands that lead an incident into each state."""


def incident_in(state: str, plan: Plan = PLAN) -> Play:
    """Return an incident under *plan* that stands at *state*."""
    play = Play(plan=plan).do(*ROUTES[state])
    assert play.state.status == state
    return play
