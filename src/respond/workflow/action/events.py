"""What may be recorded about an action item.  Stored format: change a class only with an upcaster and a golden file."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import attrs

from respond.domain.events import event_type

ActionKind = Literal["prevent", "detect", "mitigate", "process", "plan_change"]
ACTION_KINDS: tuple[ActionKind, ...] = ("prevent", "detect", "mitigate", "process", "plan_change")
"""What it is good for: that it does not happen again, is seen sooner, does less harm; how people work; the plan."""


@event_type()
@attrs.frozen(kw_only=True)
class ActionOpened:
    """The review of an incident asks someone to do something."""

    from_: str
    to: str
    incident: str
    """The id of the incident."""
    kind: ActionKind
    text: str
    """What is to be done."""
    owner: str
    """The id of the person, or the role, that is asked."""
    due_at: datetime
    because: tuple[str, ...] = ()
    """What it rests on: the ids of the events of findings and lessons."""


@event_type()
@attrs.frozen(kw_only=True)
class ActionAccepted:
    """The owner took it on."""

    from_: str
    to: str


@event_type()
@attrs.frozen(kw_only=True)
class ActionRefused:
    """The owner does not take it on; its date stands until somebody else does, or it is dropped."""

    from_: str
    to: str
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class ActionAssigned:
    """Somebody else is asked to do it."""

    from_: str
    to: str
    owner: str
    previous: str
    """Who was asked before."""
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class ActionRescheduled:
    """It is to be done by another date."""

    due_at: datetime
    previous_due_at: datetime
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class ActionDone:
    """It was done, and something shows it."""

    from_: str
    to: str
    evidence: str


@event_type()
@attrs.frozen(kw_only=True)
class ActionVerified:
    """Somebody other than who did it found that it was done, and works."""

    from_: str
    to: str
    method: str
    """How that was found: a test, an inspection, a drill."""
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class ActionReopened:
    """It was not done after all, or does not work; the owner goes on, by a new date."""

    from_: str
    to: str
    reason: str
    due_at: datetime


@event_type()
@attrs.frozen(kw_only=True)
class ActionDropped:
    """Nobody is to do it any more."""

    from_: str
    to: str
    reason: str
