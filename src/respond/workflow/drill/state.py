"""Where a drill stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs

from respond.plan.scenario import Inject, Scenario
from respond.workflow.definition import NEW
from respond.workflow.drill.events import DrillFindingRecorded, ParticipationRecorded, PersonScored, Result

PLANNED = "planned"
STARTED = "started"
ENDED = "ended"
EVALUATED = "evaluated"
CANCELLED = "cancelled"
STATES = (PLANNED, STARTED, ENDED, EVALUATED, CANCELLED)


@attrs.frozen(kw_only=True, slots=False)
class Drill:
    """A drill, folded from its events."""

    status: str = NEW
    scenario: Scenario | None = None
    invited: Mapping[str, bool] = attrs.field(factory=dict)
    """The organisations that were invited, and whether each is a partner."""
    participants: tuple[ParticipationRecorded, ...] = ()
    incident: str | None = None
    pools: tuple[str, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    given: Mapping[str, datetime] = attrs.field(factory=dict)
    """When each inject was given."""
    skipped: tuple[str, ...] = ()
    ahead: timedelta = timedelta(0)
    """How far the clock of the drill was ahead of that of the log, at its last event."""
    results: tuple[Result, ...] = ()
    score: int | None = None
    scores: tuple[PersonScored, ...] = ()
    findings: Mapping[str, DrillFindingRecorded] = attrs.field(factory=dict)

    def waiting(self) -> tuple[Inject, ...]:
        """Return the injects that were neither given nor left out, in their order."""
        if self.scenario is None:
            return ()
        return tuple(one for one in self.scenario.injects if one.id not in (*self.given, *self.skipped))

    def due_at(self, inject: Inject) -> datetime | None:
        """Return when *inject* is to be given; None before the drill began."""
        return None if self.started_at is None else self.started_at + inject.offset
