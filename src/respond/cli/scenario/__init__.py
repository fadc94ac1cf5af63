"""The story that `respond demo` plays: an outage of two days under a shipped plan, and its review."""

from __future__ import annotations

from respond.cli.scenario.customers import CUSTOMERS
from respond.cli.scenario.incident import FIRST_DAY, REPORTED_UP, SECOND_DAY, WARNED, WARNING
from respond.cli.scenario.knowledge import KNOWLEDGE
from respond.cli.scenario.measures import MEASURES
from respond.cli.scenario.plan import AFTER, APPROVED, BEFORE, PLAN
from respond.cli.scenario.resources import ACCOUNTED, DRAWN, OPENED
from respond.cli.scenario.review import REVIEW
from respond.cli.scenario.step import Step, clock
from respond.cli.scenario.words import WORDS

__all__ = ["DRILLED", "KNOWN_AT", "PLAN", "STEPS", "WARNING"]

KNOWN_AT = clock("12 09:45")
"""When the story asks what could be known."""

_PARTS: tuple[tuple[Step, ...], ...] = (
    BEFORE,
    OPENED,
    WARNED,
    FIRST_DAY,
    MEASURES,
    DRAWN,
    KNOWLEDGE,
    WORDS,
    SECOND_DAY,
    CUSTOMERS,
    REPORTED_UP,
    ACCOUNTED,
    REVIEW,
    AFTER,
)
STEPS = tuple(sorted((step for part in _PARTS for step in part), key=lambda step: step.at))
"""What happens before the drill."""
DRILLED = APPROVED
"""What happens after it."""
