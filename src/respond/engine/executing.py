"""What the commands of a handle rest on: one incident, and a way to carry out a command on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from respond.engine.handler import Outcome
from respond.workflow.incident import INCIDENT, INCIDENT_CATEGORY
from respond.workflow.incident.state import Incident

if TYPE_CHECKING:
    from respond.engine.desk import Desk
    from respond.plan.plan import Plan


class Executing:
    """One incident of an engine."""

    engine: Desk
    id: str

    def execute(self, /, command: object, **circumstances: Any) -> Outcome:
        """Carry out any command of the incident workflow."""
        return self.engine.execute(INCIDENT_CATEGORY, self.id, command, **circumstances)

    def _standing(self) -> tuple[Plan, Incident]:
        """Return the plan in force and where the incident stands, by one look at its events."""
        history = self.engine.events(INCIDENT_CATEGORY, self.id)
        return self.engine.plans.in_force(history), INCIDENT.fold(history)
