"""The story of the demo, played on a log: people act, and a watcher looks whenever something falls due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import attrs

from respond.cli.scenario import STEPS
from respond.cli.scenario.step import INCIDENT, REPORT_ID, Step
from respond.domain.references import Actor
from respond.engine.engine import Engine
from respond.engine.handler import Outcome
from respond.errors import CommandRefused, Refusal
from respond.plan.ladder import next_moment
from respond.plan.owed import owed
from respond.workflow.definition import trigger_of
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.commands import ReportIncident
from respond.workflow.incident.facts import facts_of


@attrs.define
class StoryClock:
    """The clock of the story."""

    now: datetime = STEPS[0].at

    def __call__(self) -> datetime:
        return self.now

    def wait(self, span: timedelta) -> None:
        """Let *span* pass."""
        self.now += span


@attrs.frozen
class Played:
    """A step of the story, and what came of it."""

    step: Step
    trigger: str
    state: str
    refusals: tuple[Refusal, ...] = ()
    level: int | None = None
    """The level that a person chose."""
    suggested: Any = None
    """What the plan suggested: a level, a response, or the indicators that call for a warning."""
    because: tuple[str, ...] = ()
    """What spoke for it."""


class Stage:
    """Where the story is played: a log, and the clock of the story."""

    def __init__(self, engine: Engine, clock: StoryClock) -> None:
        from respond.engine.watch import Watch  # noqa: PLC0415 - help and wrong usage need no database

        self._engine = engine
        self._clock = clock
        self._watch = Watch(engine)
        self._outcomes: dict[str, Outcome] = {}

    def play(self, steps: Iterable[Step]) -> list[Played]:
        """Carry out *steps*, and return what came of each."""
        return [self._act(step) for step in steps]

    def _act(self, step: Step) -> Played:
        if step.at > self._clock.now:
            self._watch_until(step.at)
        key = step.key or INCIDENT
        command = step.command(self._outcomes) if callable(step.command) else step.command
        trigger = trigger_of(type(command))
        try:
            outcome = self._carry_out(step, key, command)
        except CommandRefused as refused:
            if not step.refused:
                raise
            return Played(step, trigger, self._folded(step, key)[0], refused.refusals)
        self._outcomes[step.name] = outcome
        state, decided = self._folded(step, key)
        return Played(
            step,
            trigger,
            state,
            level=getattr(command, "level", None) if step.category == INCIDENT_CATEGORY else None,
            suggested=getattr(decided, "suggested", None),
            because=getattr(decided, "because", ()),
        )

    def _carry_out(self, step: Step, key: str, command: object) -> Outcome:
        circumstances: dict[str, Any] = {"actor": Actor(step.actor, step.role), "at": step.happened_at}
        if isinstance(command, ReportIncident):
            circumstances["command_id"] = REPORT_ID
        return self._engine.execute(step.category, key, command, **circumstances)

    def _folded(self, step: Step, key: str) -> tuple[str, object]:
        """Return the state of what *step* is about, and what its last event says."""
        history = self._engine.events(step.category, key)
        state: str = self._engine.workflows[step.category].fold(history).status
        return state, history[-1].data

    def _watch_until(self, at: datetime) -> None:
        """Let the watcher look at each moment up to *at* at which something gets near, falls due or climbs a rung."""
        while (moment := self._next_moment()) is not None and moment <= at:
            self._clock.now = moment
            self._watch.round()
        self._clock.now = at

    def _next_moment(self) -> datetime | None:
        history = self._engine.events(INCIDENT_CATEGORY, INCIDENT)
        if not history:
            return None
        plan = self._engine.plans.in_force(history)
        return next_moment(owed(plan, facts_of(plan, history), until=self._clock.now), plan, self._clock.now)
