"""What the story of the demo is made of: steps, on the clock of the story."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import attrs

from respond.engine.engine import Engine
from respond.engine.handler import Outcome
from respond.workflow.incident import INCIDENT_CATEGORY

REPORT_ID = "demo"
"""The command id of the report."""
INCIDENT = Engine.incident_id(REPORT_ID)
"""The id of the incident."""
DAY = datetime(2026, 3, 12, tzinfo=UTC)
"""A Thursday."""


def clock(hours: int, minutes: int, *, days: int = 0) -> datetime:
    """Return a time of the story."""
    return DAY + timedelta(days=days, hours=hours, minutes=minutes)


@attrs.frozen(kw_only=True)
class Step:
    """What someone does, and why the story tells it."""

    at: datetime
    """When it is recorded."""
    actor: str
    role: str | None = None
    tells: str
    command: object | Callable[[Mapping[str, Outcome]], object]
    """A command, or what makes one of the outcomes of the steps that have a name."""
    category: str = INCIDENT_CATEGORY
    key: str = ""
    """The key of what is no incident."""
    name: str = ""
    """What a later step calls it."""
    happened_at: datetime | None = None
    """When it happened, where that was earlier."""
    refused: bool = False
    """Whether the workflow refuses it; the story then shows why."""
