"""What a log tells of an incident that clocks and obligations rest on; made of events elsewhere, judged here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

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
    obligation: str | None = None
    """The id of the obligation that `fulfil` names."""


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
