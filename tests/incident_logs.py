"""Logs of incidents for tests: payloads go through the record format and come back as a store would return them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from outline import OUTLINE
from respond.domain.events import Event
from respond.domain.ids import event_id
from respond.domain.moments import Moment, to_microseconds
from respond.domain.references import Actor
from respond.domain.streams import Realm, StreamId
from respond.plan.plan import Plan
from respond.store.codec import Codec
from respond.store.records import NewEvent, Recorded, body_of, encode, leaf_of
from respond.workflow.decider import decide
from respond.workflow.definition import Situation
from respond.workflow.incident import INCIDENT
from respond.workflow.workflow import Workflow

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""The first instant of every log."""
PLAN = OUTLINE
AS_RECORDED = "as recorded"
"""It happened when it was recorded."""


def after(minutes: float) -> datetime:
    """Return the instant that many minutes after the start."""
    return START + timedelta(minutes=minutes)


class IncidentLog:
    """A log with a clock that only goes forward, and gapless positions."""

    def __init__(self, *, workflow: Workflow = INCIDENT, plan: Plan = PLAN) -> None:
        self.workflow = workflow
        self.plan = plan
        self.codec = Codec(workflow.event_types)
        self.events: list[Event] = []
        self.now = START
        self._folded: dict[tuple[str, Realm], tuple[int, Any]] = {}

    def of(self, key: str, realm: Realm = "real") -> list[Event]:
        """Return the events of one stream."""
        name = f"{self.workflow.category}-{key}"
        return [event for event in self.events if (event.body["stream"], event.body["realm"]) == (name, realm)]

    def state(self, key: str, realm: Realm = "real") -> Any:
        """Return where one aggregate stands; folds no event twice."""
        history = self.of(key, realm)
        folded, state = self._folded.get((key, realm), (0, None))
        state = self.workflow.fold(history[folded:], state)
        self._folded[key, realm] = len(history), state
        return state

    def cut(self, length: int) -> None:
        """Forget every event after the first *length*, and the time that passed since."""
        del self.events[length:]
        self.now = self.events[-1].recorded_at
        self._folded.clear()

    def do(
        self,
        command: Any,
        *,
        at: datetime | None = None,
        occurred_at: Moment | datetime | str | None = AS_RECORDED,
        key: str = "a",
        actor: str = "wang.li",
        realm: Realm = "real",
    ) -> list[Event]:
        """Decide *command* at *at* and record what it causes; raises `CommandRefused`."""
        recorded_at = self.now if at is None else at
        moment = _moment(occurred_at, recorded_at)
        history = self.of(key, realm)
        situation = Situation(
            state=self.state(key, realm),
            command=command,
            plan=self.plan,
            actor=Actor(actor),
            at=recorded_at if moment is None else moment.at,
            now=recorded_at,
            history=history,
        )
        return [
            self.record(payload, at=recorded_at, occurred_at=occurred_at, key=key, actor=actor, realm=realm)
            for payload in decide(self.workflow, situation)
        ]

    def record(
        self,
        payload: Any,
        *,
        at: datetime | None = None,
        occurred_at: Moment | datetime | str | None = AS_RECORDED,
        key: str = "a",
        actor: str | None = "wang.li",
        realm: Realm = "real",
        source: Mapping[str, Any] | None = None,
    ) -> Event:
        """Record *payload* whether or not the workflow would: reality wins."""
        self.now = max(self.now, self.now if at is None else at)
        name, schema_version, data = self.codec.encode(payload)
        position, version = len(self.events) + 1, len(self.of(key, realm)) + 1
        event = NewEvent(
            id=str(event_id(f"command {position}", 0)),
            type=name,
            data=data,
            schema_version=schema_version,
            occurred_at=_moment(occurred_at, self.now),
            actor=actor,
            definition=self.workflow.reference,
            plan=self.plan.reference,
            source=source,
        )
        stream = StreamId.of(self.workflow.category, key, realm)
        body = encode(body_of(event, log="test", tenant="default", stream=stream, version=version))
        self.events.append(self.codec.decode(recorded(position, self.now, body, stream, version, event)))
        return self.events[-1]


def recorded(position: int, at: datetime, body: bytes, stream: StreamId, version: int, event: NewEvent) -> Recorded:
    """Return the row that a store would keep of *body*."""
    recorded_us = to_microseconds(at)
    return Recorded(
        position=position,
        recorded_us=recorded_us,
        tenant="default",
        realm=stream.realm,
        stream=stream.name,
        version=version,
        id=event.id,
        type=event.type,
        subject=stream.key,
        body=body,
        leaf=leaf_of(body, recorded_us, position),
    )


def _moment(occurred_at: Moment | datetime | str | None, recorded_at: datetime) -> Moment | None:
    return Moment(recorded_at) if occurred_at == AS_RECORDED else Moment.of(occurred_at)
