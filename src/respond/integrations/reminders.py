"""Reminders: what a watcher raised, brought to people by a notifier, each role or owner at least once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs

from respond.domain.events import Event
from respond.domain.streams import StreamId
from respond.engine.async_engine import AsyncEngine
from respond.engine.engine import Engine
from respond.engine.notifier import Notification, Notifier
from respond.integrations.target import Outgoing, Refused
from respond.plan.follow_up import ACTION, OWNER
from respond.plan.plan import Plan
from respond.store.records import Recorded
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.events import ObligationRaised
from respond.workflow.incident.state import Incident

RAISED = ObligationRaised.__name__
"""The only type of event that is brought to people."""

LANGUAGES = ("en", "zh")


def reminders(engine: Engine, row: Recorded, *, language: str = "en") -> Iterator[Notification]:
    """Yield what each role is to learn of *row*; of an event of another type nobody learns.

    It is told as it stood when it was raised, so that who repeats it tells the same.  Raises `PlanNotFound`,
    `UnreadableEvent`.
    """
    if row.type != RAISED:
        return
    incident = StreamId(row.stream).key
    history = engine.events(INCIDENT.category, incident)[: row.version]
    data: ObligationRaised = history[-1].data
    text = _text(engine.plans.in_force(history), history, language)
    told = {who: _named(who, data.obligation, history) for who in data.tell}
    for who, audience in told.items():
        yield Notification(
            key=f"{row.id} {who}",
            audience=audience,
            subject=incident,
            text=text,
            event_id=row.id,
        )


def _named(who: str, obligation: str, history: Sequence[Event]) -> str:
    """Return who is told: a role, or for a date of an action item whoever owns it."""
    kind, _, key = obligation.partition(":")
    if (kind, who) != (ACTION, OWNER):
        return who
    state: Incident = INCIDENT.fold(history)
    return state.actions[key].owner


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((Path(__file__).parent / "reminders.toml").read_text(encoding="utf-8"))


def _text(plan: Plan, history: Sequence[Event], language: str) -> str:
    words, raised = _words()[language], history[-1]
    data: ObligationRaised = raised.data
    state: Incident = INCIDENT.fold(history)
    obligation, level = plan.obligation(data.obligation), plan.level(state.level)
    duty = data.obligation if obligation is None else obligation.titled(language)
    if data.occurrence > 1:
        duty = words["again"].format(duty=duty, occurrence=data.occurrence)
    if data.missed_before:
        duty = words["missed"].format(duty=duty, missed=data.missed_before)
    return words["overdue" if raised.happened_at > data.due_at else "ahead"].format(
        duty=duty,
        due_at=_local(plan, data),
        number=f"INC-{history[0].position}",
        level="" if level is None else words["level"].format(number=level.number, title=level.titled(language)),
        title=state.title,
    )


def _local(plan: Plan, data: ObligationRaised) -> str:
    """Return the deadline in the zone of its calendar, in UTC where it has none."""
    obligation = plan.obligation(data.obligation)
    name = None if obligation is None else obligation.calendar
    zone = next((calendar.zone for calendar in plan.calendars if calendar.name == name), "UTC")
    due_at: datetime = data.due_at
    return due_at.astimezone(ZoneInfo(zone)).isoformat(" ", "minutes")


@attrs.frozen
class NotifierTarget:
    """Brings what a watcher raised to a notifier: a target for a `Publisher`, which keeps how far it came.

    Killed in between, it notifies again, with the same keys and the same texts.
    """

    engine: Engine
    notifier: Notifier
    language: str = attrs.field(default="en", validator=attrs.validators.in_(LANGUAGES))

    def publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        """Notify up to the first event of *batch* that the notifier does not take."""
        for index, outgoing in enumerate(batch):
            try:
                for reminder in reminders(self.engine, outgoing.row, language=self.language):
                    self.notifier.notify(reminder)
            except Exception as error:  # noqa: BLE001 - whatever it is, somebody may not know
                return Refused(index, error)
        return None


@attrs.frozen
class AsyncNotifierTarget:
    """Does what `NotifierTarget` does, for an `AsyncPublisher`; the notifier runs where the engine's calls do."""

    engine: AsyncEngine
    notifier: Notifier
    language: str = "en"

    async def publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        """Notify up to the first event of *batch* that the notifier does not take."""
        return await self.engine.run(NotifierTarget(self.engine.inner, self.notifier, self.language).publish, batch)
