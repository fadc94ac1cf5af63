"""The commands and answers of an incident that are about its measures and what they achieve."""

from __future__ import annotations

from typing import Any

from respond.engine.executing import Executing
from respond.engine.handler import Outcome
from respond.plan.implied import measure_duty
from respond.plan.measures import MeasureKind
from respond.plan.owed import owed
from respond.workflow.incident import INCIDENT, INCIDENT_CATEGORY
from respond.workflow.incident.agenda import MeasureStanding, agenda
from respond.workflow.incident.effects import MarkContained, MarkRestored, RecordHeadCount
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.measures import CompleteMeasure, SkipMeasure, StartMeasure, TickStep
from respond.workflow.incident.unplanned import AddMeasure


class MeasureCommands(Executing):
    """What is done to end the incident."""

    def start_measure(self, /, measure: str, **circumstances: Any) -> Outcome:
        """Begin a measure that is asked of the incident, once those before it are done or skipped."""
        return self.execute(StartMeasure(measure=measure), **circumstances)

    def tick_step(self, /, measure: str, step: int, *, note: str = "", **circumstances: Any) -> Outcome:
        """Tick a step, by its number from 1, off the checklist of a measure that was begun."""
        return self.execute(TickStep(measure=measure, step=step, note=note), **circumstances)

    def complete_measure(self, /, measure: str, *, outcome: str = "", **circumstances: Any) -> Outcome:
        """Say that a measure is done, and what came of it."""
        return self.execute(CompleteMeasure(measure=measure, outcome=outcome), **circumstances)

    def skip_measure(self, /, measure: str, *, reason: str, **circumstances: Any) -> Outcome:
        """Decide not to do a measure, or not to go on with it."""
        return self.execute(SkipMeasure(measure=measure, reason=reason), **circumstances)

    def add_measure(
        self,
        /,
        measure: str,
        *,
        title: str,
        reason: str,
        kind: MeasureKind = "other",
        by_role: str | None = None,
        steps: tuple[str, ...] = (),
        after: tuple[str, ...] = (),
        priority: int = 100,
        mandatory: bool = False,
        **circumstances: Any,
    ) -> Outcome:
        """Decide to do a measure that the plan does not ask for; *by_role* is the role that does it."""
        command = AddMeasure(
            measure=measure,
            title=title,
            reason=reason,
            kind=kind,
            role=by_role,
            steps=steps,
            after=after,
            priority=priority,
            mandatory=mandatory,
        )
        return self.execute(command, **circumstances)

    def mark_contained(self, /, *, note: str = "", **circumstances: Any) -> Outcome:
        """Say that the incident does not spread any more."""
        return self.execute(MarkContained(note=note), **circumstances)

    def mark_restored(self, /, *, note: str = "", **circumstances: Any) -> Outcome:
        """Say that customers are served again."""
        return self.execute(MarkRestored(note=note), **circumstances)

    def record_head_count(
        self, /, *, expected: int, accounted_for: int, place: str = "", note: str = "", **circumstances: Any
    ) -> Outcome:
        """Tell how many people should be at *place*, and how many were found; the others are missing."""
        command = RecordHeadCount(place=place, expected=expected, accounted_for=accounted_for, note=note)
        return self.execute(command, **circumstances)

    def measures(self) -> tuple[MeasureStanding, ...]:
        """Return the measures that are asked of it now, the most urgent first, each with how it stands."""
        history = self.engine.events(INCIDENT_CATEGORY, self.id)
        plan, now = self.engine.plans.in_force(history), self.engine.clock()
        duties = {measure_duty(one.id): one.id for one in plan.measures}
        found = owed(plan, facts_of(plan, history), until=now, only=duties)
        due_at = {duties[one.obligation]: one.due_at for one in found if one.due_at is not None}
        return agenda(plan, INCIDENT.fold(history), now=now, due_at=due_at)
