"""What an incident keeps of its response: measures, the situation, decisions and the course of action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

from respond.plan.measures import Measure
from respond.workflow.incident.marks import Mark

MeasureStatus = Literal["added", "started", "done", "skipped"]
Confidence = Literal["low", "medium", "high"]
InformationKind = Literal["fact", "claim", "rumour"]
INFORMATION_KINDS: tuple[InformationKind, ...] = ("fact", "claim", "rumour")
CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")


@attrs.frozen(kw_only=True, slots=False)
class MeasureTaken:
    """What became of a measure."""

    status: MeasureStatus = "added"
    measure: Measure | None = None
    """What was added; None for a measure of the plan."""
    added: Mark | None = None
    started: Mark | None = None
    """When it was begun last."""
    ended: Mark | None = None
    """When it was done or skipped last."""
    ticked: tuple[int, ...] = ()
    """The steps of its checklist that are done, from 1."""


@attrs.frozen(kw_only=True)
class HeadCount:
    """How many people were counted somewhere, last."""

    expected: int
    accounted_for: int
    counted: Mark

    @property
    def missing(self) -> int:
        return self.expected - self.accounted_for


@attrs.frozen(kw_only=True, slots=False)
class Effects:
    """What the response achieved, since the incident was reopened last."""

    contained: Mark | None = None
    restored: Mark | None = None
    head_counts: Mapping[str, HeadCount] = attrs.field(factory=dict)
    """The last one of each place; those from before a reopening too."""


@attrs.frozen(kw_only=True)
class Hypothesis:
    """A cause that someone suspects."""

    status: Literal["open", "confirmed", "rejected"] = "open"
    confidence: Confidence
    evidence: str = ""
    """What it rested on when it was raised."""
    raised: Mark
    ruled: Mark | None = None
    """When it was confirmed or rejected last, and what shows it."""


@attrs.frozen(kw_only=True)
class Information:
    """Something that people were told."""

    kind: InformationKind
    status: Literal["unchecked", "confirmed", "refuted"] = "unchecked"
    source: str
    confidence: Confidence
    received: Mark
    checked: Mark | None = None
    """When it was confirmed or refuted last, and what shows it."""


@attrs.frozen(kw_only=True, slots=False)
class Course:
    """What is to be achieved, with whose help, and whether work goes on."""

    objectives: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    """The ids of the measures of the action plan."""
    set_by: Mark | None = None
    """The entry that set the action plan, or revised it last."""
    revisions: int = 0
    help: Mapping[str, Help] = attrs.field(factory=dict)
    team: str | None = None
    """The id of the team template that a team was formed of last."""
    held: Mark | None = None
    """Since when and why work is on hold; None while it goes on."""


@attrs.frozen(kw_only=True)
class Help:
    """Help from outside that was asked for."""

    source: str
    """Who was asked."""
    requested: Mark
    arrived: Mark | None = None
