"""Targets: which aggregate a name on the command line means."""

from __future__ import annotations

import attrs

from respond.engine.desk import Desk
from respond.engine.engine import Engine
from respond.workflow.incident import INCIDENT_CATEGORY


@attrs.frozen
class Target:
    """One aggregate of a registered workflow."""

    category: str
    key: str

    @classmethod
    def of(cls, engine: Engine, name: str, category: str | None = None) -> Target:
        """Return what *name* means: a key of *category* when that is told, a stream's name, else an incident.

        Raises `IncidentNotFound`, and `WorkflowNotFound` when no workflow is registered for *category*.
        """
        if category is None:
            prefix, hyphen, key = name.partition("-")
            if hyphen and key and engine.workflows.get(prefix) is not None:
                category, name = prefix, key
            else:
                category = INCIDENT_CATEGORY
        else:
            engine.workflows[category]
        if category == INCIDENT_CATEGORY:
            return cls(category, engine.incident(name).id)
        return cls(category, name)

    def title(self, desk: Desk) -> str:
        """Return what people call it: the number of an incident, the stream's name of anything else."""
        if self.category == INCIDENT_CATEGORY:
            return desk.number(self.key)
        return f"{self.category}-{self.key}"
