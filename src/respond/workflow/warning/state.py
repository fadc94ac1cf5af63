"""Where a warning stands, and what its signals suggest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

import attrs

from respond.plan.plan import Plan
from respond.plan.upkeep import Indicator
from respond.workflow.definition import NEW
from respond.workflow.warning.commands import RecordSignal
from respond.workflow.warning.events import CREDIBILITIES, Credibility

WATCHED = "watched"
RAISED = "raised"
CONFIRMED = "confirmed"
LIFTED = "lifted"
CONVERTED = "converted"

STANDING = (RAISED, CONFIRMED)
"""The states in which the warning stands."""
STATES = (WATCHED, *STANDING, LIFTED, CONVERTED)


@attrs.frozen(kw_only=True)
class Signal:
    """A signal, and the entry that records it."""

    entry: str
    at: datetime
    source: str
    metric: str
    value: int | Decimal
    credibility: Credibility


@attrs.frozen(kw_only=True, slots=False)
class Warned:
    """A warning, folded from its events."""

    status: str = NEW
    category: str = ""
    title: str = ""
    basis: str = ""
    """What the confirmation rests on."""
    reason: str = ""
    """Why it was lifted last."""
    signals: tuple[Signal, ...] = ()
    prepared: tuple[str, ...] = ()
    """What was made ready since it was raised anew last."""
    incident: str | None = None
    """The id of the incident that came of it."""


def suggesting(plan: Plan, signal: RecordSignal | Signal) -> tuple[Indicator, ...]:
    """Return the indicators of *plan* for which *signal* suggests a warning."""
    return tuple(indicator for indicator in _heeding(plan, signal) if indicator.suggests.hold(signal.value))


def suggested(plan: Plan, warned: Warned) -> tuple[Indicator, ...]:
    """Return the indicators that suggest a warning by the last signal of each metric and source."""
    found = {indicator.id: indicator for signal in _last(warned) for indicator in suggesting(plan, signal)}
    return tuple(found.values())


def preparations(plan: Plan, warned: Warned) -> tuple[str, ...]:
    """Return what the plan wants made ready for what was signalled, and is not ready yet."""
    wanted = (
        one for signal in _last(warned) for indicator in _preparing(plan, signal) for one in indicator.preparations
    )
    return tuple(dict.fromkeys(one for one in wanted if one not in warned.prepared))


def _last(warned: Warned) -> Iterable[Signal]:
    """Return the last signal of each metric and source, in the order of the world."""
    last = {(signal.source, signal.metric): signal for signal in sorted(warned.signals, key=lambda one: one.at)}
    return last.values()


def _heeding(plan: Plan, signal: RecordSignal | Signal) -> Iterator[Indicator]:
    """Yield the indicators of the metric of *signal* that take its source to be credible enough."""
    for indicator in plan.indicators:
        credible = CREDIBILITIES.index(signal.credibility) >= CREDIBILITIES.index(indicator.credibility_min)
        if indicator.metric == signal.metric and credible:
            yield indicator


def _preparing(plan: Plan, signal: Signal) -> Iterator[Indicator]:
    """Yield the indicators whose preparations fall due with *signal*: a warning that is suggested asks for them too."""
    for indicator in _heeding(plan, signal):
        if any(one.hold(signal.value) for one in (indicator.prepares, indicator.suggests) if one is not None):
            yield indicator
