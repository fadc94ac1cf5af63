"""How a plan is kept alive: risks, warnings, reviews, drills, revision."""

from __future__ import annotations

from datetime import date
from typing import Literal

import attrs

from respond.plan.conditions import Range
from respond.plan.spans import Span
from respond.plan.titles import Part

Strategy = Literal["avoid", "reduce", "transfer", "accept"]
RevisionTrigger = Literal["drill", "incident", "law", "command_body", "risk", "resources", "yearly", "other"]


@attrs.frozen(kw_only=True)
class Risk(Part):
    """Something that may happen, from 1, unlikely or harmless, to 5."""

    likelihood: int
    impact: int
    category: str | None = None
    strategy: Strategy = "reduce"
    assessed_on: date | None = None
    reassess_every: Span | None = None


@attrs.frozen(kw_only=True)
class Indicator(Part):
    """A metric whose value suggests a warning."""

    metric: str
    suggests: Range
    """The values at which a warning is suggested, and what is not ready yet falls due."""
    prepares: Range | None = None
    """The values at which the preparations fall due already, before a warning is suggested."""
    category: str | None = None
    credibility_min: Literal["low", "medium", "high"] = "low"
    preparations: tuple[str, ...] = ()
    """What is made ready when a value calls for it, and while the warning stands."""


@attrs.frozen(kw_only=True)
class Task(Part):
    """Something to be done so that the plan can be carried out: bought, written, taught."""

    role: str
    """The id of the role that sees to it."""
    due_on: date
    """The last day for it."""


@attrs.frozen(kw_only=True)
class ReviewRules:
    """What a review needs."""

    levels: tuple[int, ...] = ()
    """The levels that owe one; the worst level of the incident counts."""
    within: Span | None = None
    """How soon after the response ended the review is closed: owed as the obligation `review`."""
    calendar: str | None = None
    """The name of the calendar that its days are counted on."""
    role: str | None = None
    """The id of the role that owes it."""
    participants: tuple[str, ...] = ()
    """The ids of the roles that take part."""
    not_responders: bool = False
    """Whether whoever leads it must not have commanded the response: told to people, for a facilitator who took part in
    it is refused under every plan."""
    source: str = ""
    """Where its span comes from, when from outside."""


@attrs.frozen(kw_only=True)
class DrillRule(Part):
    """How often something is rehearsed."""

    every: Span
    participants: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    source: str = ""
    """Where its span comes from, when from outside."""


@attrs.frozen(kw_only=True)
class Revision:
    """When the plan is looked at again."""

    every: Span = Span(1, "year")
    report_every: Span | None = None
    """How often its execution is reported on, by an evaluation; from its approval on."""
    triggers: tuple[RevisionTrigger, ...] = ()
    approvers: tuple[str, ...] = ()
    """The ids of the roles that approve it."""
    overseen_by: str | None = None
    """The id of the role that watches over its execution."""
    source: str = ""
    """Where its span comes from, when from outside."""
