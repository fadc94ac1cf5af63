"""A stage: a trial that takes a log as it comes, whatever the rules say of it."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from respond.domain.events import Event
from respond.domain.ids import event_id
from respond.domain.moments import Moment
from respond.domain.references import Actor
from respond.domain.streams import exactly
from respond.errors import InvalidInput
from respond.store.records import NewEvent, Write
from respond.testing.clocks import ManualClock
from respond.testing.standing import command_id_at
from respond.testing.trial import Trial


class Stage(Trial):
    """A trial whose steps are commands, events and spans of time."""

    def fork(self) -> Stage:
        """Return a copy that goes its own way."""
        return cast("Stage", super().fork())

    def go(self, step: object, *, actor: Actor | str | None = None) -> tuple[Event, ...]:
        """Take *step*: let a span of time pass, record the payload of an event, or send a command."""
        if isinstance(step, timedelta):
            return self.wait(step)
        if type(step) in self.workflow.evolvers:
            return self.record(step, actor=actor)
        return self.send(step, actor=actor)

    def wait(self, span: timedelta) -> tuple[Event, ...]:
        """Let time pass; raises `InvalidInput` when the clock is not a manual one."""
        if not isinstance(self.clock, ManualClock):
            raise InvalidInput("cannot be moved: give a ManualClock", place="clock")
        self.clock.now += span
        return ()

    def record(self, payload: object, *, actor: Actor | str | None = None) -> tuple[Event, ...]:
        """Record *payload* as an event that happened now, and ask no rule."""
        name, schema_version, data = self._handler.codec.encode(payload)
        version = len(self.log)
        who = None if actor is None else Actor.of(actor)
        event = NewEvent(
            id=str(event_id(command_id_at(version), 0)),
            type=name,
            schema_version=schema_version,
            data=data,
            occurred_at=Moment(self.clock()),
            actor=who.id if who else None,
            role=who.role if who else None,
            on_behalf_of=who.on_behalf_of if who else None,
            command_id=command_id_at(version),
            definition=self.workflow.reference if "to" in data else None,
            plan=None if self.log else self.plan.reference,
        )
        self.store.append(Write(self.stream, [event], exactly(version)))
        return self._catch_up()
