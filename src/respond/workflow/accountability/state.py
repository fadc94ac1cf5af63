"""Where a case of accountability stands."""

from __future__ import annotations

from datetime import datetime

import attrs

from respond.workflow.accountability.events import AppealOutcome, Responsibility
from respond.workflow.definition import NEW

OPENED = "opened"
DETERMINED = "determined"
NOTIFIED = "notified"
APPEALED = "appealed"
DECIDED = "decided"
CLOSED = "closed"
STATES = (OPENED, DETERMINED, NOTIFIED, APPEALED, DECIDED, CLOSED)


@attrs.frozen(kw_only=True, slots=False)
class AccountabilityCase:
    """A case of accountability, folded from its events."""

    status: str = NEW
    incident: str = ""
    """The id of the incident that it is about."""
    question: str = ""
    person: str = ""
    role: str = ""
    """The role in which the person acted."""
    responsibility: Responsibility | None = None
    """What holds: nobody is responsible by a determination that fell on appeal."""
    basis: str = ""
    handling: str = ""
    """What is recommended now."""
    determined_by: tuple[str, ...] = ()
    """Who determined it, and on whose behalf."""
    channel: str = ""
    notice: str = ""
    """What the person was told."""
    notified_at: datetime | None = None
    grounds: str = ""
    """Why the person appealed."""
    outcome: AppealOutcome | None = None
    outcome_reason: str = ""
    reason: str = ""
    """Why the case was closed."""
