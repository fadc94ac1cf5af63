"""What a log tells of an incident that clocks and obligations rest on; made of events elsewhere, judged here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import attrs

from respond.plan.communication import Stage
from respond.plan.conditions import Impact
from respond.plan.obligations import Act, Fact


@attrs.frozen(kw_only=True, slots=False)
class Happened:
    """Something that an entry of the log tells."""

    at: datetime
    """Aware; when it happened."""
    entry: str
    """The id of the event."""


@attrs.frozen(kw_only=True)
class Done(Happened):
    """An act that may discharge obligations."""

    act: Act
    report: str | None = None
    """The kind of upward report."""
    recipient: str | None = None
    """Who was told, by an upward report or in another way."""
    stage: Stage | None = None
    """The stage of the key messages that a statement rests on."""
    obligation: str | None = None
    """The id of the obligation that `fulfil` names."""
    measure: str | None = None
    """The id of the measure that was begun or skipped."""


@attrs.frozen(kw_only=True)
class LevelSet(Happened):
    """The level from then on."""

    level: int


@attrs.frozen(kw_only=True)
class StateEntered(Happened):
    """The state from then on."""

    state: str


@attrs.frozen(kw_only=True)
class Known(Happened):
    """What was known of the impact from then on, the category included."""

    impact: Impact


@attrs.frozen(kw_only=True)
class Waived(Happened):
    """An obligation that was waived."""

    obligation: str
    occurrence: int = 1
    reason: str = ""


@attrs.frozen(kw_only=True, slots=False)
class Paused(Happened):
    """The clock of an obligation was stopped."""

    obligation: str
    until: datetime | None = None
    """None while it stands still."""
    reason: str = ""


Step = Literal["registered", "contacted", "apologised", "settled", "visited", "closed", "reopened"]
"""The steps of the case of an affected customer that obligations rest on."""


@attrs.frozen(kw_only=True, slots=False)
class CaseStep(Happened):
    """A step of the case of an affected customer."""

    step: Step


ActionMove = Literal["opened", "rescheduled", "done", "reopened", "dropped"]
"""The steps of an action item that its date rests on."""


@attrs.frozen(kw_only=True, slots=False)
class ActionStep(Happened):
    """A step of an action item."""

    step: ActionMove
    due_at: datetime | None = None
    """By when it is to be done from then on, of a step that sets the date."""


@attrs.frozen(kw_only=True, slots=False)
class Facts:
    """Everything that obligations are derived from; each tuple in the order in which it happened."""

    facts: Mapping[Fact, tuple[Happened, ...]] = attrs.field(factory=dict)
    """By fact, each time that it happened; without `previous_report` and `discharged`, which follow from *done*."""
    levels: tuple[LevelSet, ...] = ()
    states: tuple[StateEntered, ...] = ()
    known: tuple[Known, ...] = ()
    done: tuple[Done, ...] = ()
    waived: tuple[Waived, ...] = ()
    paused: tuple[Paused, ...] = ()
    told: Mapping[str, datetime] = attrs.field(factory=dict)
    """By entry, when it was told; an entry that is missing was told when it happened."""
    cases: Mapping[str, tuple[CaseStep, ...]] = attrs.field(factory=dict)
    """By the key of an affected customer, what became of the case."""
    actions: Mapping[str, tuple[ActionStep, ...]] = attrs.field(factory=dict)
    """By the key of an action item, what became of it."""
