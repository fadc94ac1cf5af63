"""What the story of the demo is made of: steps, on the clock of the story."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from respond.engine.engine import Engine
from respond.engine.handler import Outcome
from respond.workflow.incident import INCIDENT_CATEGORY

REPORT_ID = "demo"
"""The command id of the report."""
INCIDENT = Engine.incident_id(REPORT_ID)
"""The id of the incident."""


def clock(text: str) -> datetime:
    """Return the time of the story that *text* means: a day of March 2026, hours and minutes, as in `12 09:15`."""
    return datetime.strptime(f"2026-03-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Step:
    """What someone does, and why the story tells it."""

    at: datetime
    """When it is recorded."""
    actor: str
    role: str | None
    tells: str
    """Empty when it is one of many alike, which are counted."""
    command: object | Callable[[Mapping[str, Outcome]], object]
    """A command, or what makes one of the outcomes of the steps that have a name."""
    category: str = INCIDENT_CATEGORY
    key: str = ""
    """The key of what is not the incident."""
    name: str = ""
    """What a later step calls it."""
    happened_at: datetime | None = None
    """When it happened, where that was earlier."""
    refused: bool = False
    """Whether the workflow refuses it; the story then shows why."""


@attrs.frozen
class Person:
    """Somebody in the story, in the role in which he acts."""

    id: str
    role: str | None = None

    def does(self, at: str, tells: str, command: object, **more: Any) -> Step:
        """Return the step that this person takes; *more* are the other fields of a step."""
        return Step(at=clock(at), actor=self.id, role=self.role, tells=tells, command=command, **more)
