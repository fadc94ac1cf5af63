"""Obligations: duties with a deadline, and the algebra of their clocks, as data."""

from __future__ import annotations

from typing import Literal

import attrs

from respond.plan.conditions import Condition
from respond.plan.spans import Span
from respond.plan.titles import Part

Fact = Literal[
    "occurred",
    "discovered",
    "told",
    "aware",
    "classified",
    "assessed",
    "level_assigned",
    "response_started",
    "previous_report",
    "response_ended",
    "reopened",
    "discharged",
]
"""What a clock starts at.

`aware` is the earlier of discovered and told; `classified` when the category that it has was given; `level_assigned`
when the level was given, or the one from which on it is owed; `previous_report` the last upward report to the same
recipient; `response_ended` the last resolution; `discharged` the discharge of another obligation.
"""
Act = Literal[
    "acknowledge",
    "assess",
    "assign_level",
    "start_response",
    "take_command",
    "fill_roles",
    "report_upward",
    "note_progress",
    "resolve",
    "close_review",
    "fulfil",
]
"""What discharges an obligation; `fulfil` is said by a person, for duties that no event of the engine tells."""
Shift = Literal["none", "next_working_day", "noon_next_working_day", "end_of_day"]
"""Where a deadline moves: those of working days only when it falls on none; `end_of_day` always."""


@attrs.frozen(kw_only=True)
class Clock:
    """A span after a fact."""

    from_: Fact
    within: Span
    of: str | None = None
    """The id of the obligation, for `discharged`."""


@attrs.frozen(kw_only=True)
class Recurrence:
    """An obligation that comes again until the incident enters a state."""

    every: Span
    after: Literal["discharge", "schedule"] = "discharge"
    """`discharge`: so long after the last time it was done; `schedule`: at fixed times, whatever was done."""
    until: tuple[str, ...] = ("resolved", "reviewed", "cancelled", "merged")


@attrs.frozen(kw_only=True)
class Rung:
    """A step of the ladder: who is told, and when."""

    after: Span | None = None
    """So long after the deadline; at the deadline when neither is given."""
    before: Span | None = None
    """So long before it."""
    tell: tuple[str, ...]
    """The ids of the roles."""
    levels: tuple[int, ...] = ()
    """The levels at which this rung is climbed; all when empty."""


@attrs.frozen(kw_only=True)
class Obligation(Part):
    """A duty with a deadline."""

    act: Act
    report: Literal["initial", "follow_up", "final"] | None = None
    """The kind of upward report, for `report_upward`."""
    recipient: str | None = None
    """Who is told, for `report_upward`."""
    role: str | None = None
    """The id of the role that owes it."""
    levels: tuple[int, ...] = ()
    """The levels at which it is owed; all, and none yet assigned, when empty."""
    categories: tuple[str, ...] = ()
    """The kinds of incident for which it is owed, with those that refine them; all when empty."""
    when: tuple[Condition, ...] = ()
    """Owed when one of these holds; always when empty."""
    due: tuple[Clock, ...]
    """The earliest counts, of those whose fact is known; it is not owed before one is."""
    recurs: Recurrence | None = None
    calendar: str | None = None
    """The name of the calendar that days are counted on; days of 24 hours in UTC, each a working day, when None."""
    shift: Shift = "none"
    pausable: bool = False
    """Whether its clock may be stopped, with a reason."""
    near: Span | None = None
    """Discharged so shortly before its deadline, it was a near miss."""
    on_raising: Literal["keep", "restart"] = "keep"
    """What happens to a running clock when the level is raised: `restart` begins it at the change."""
    on_lowering: Literal["keep", "drop"] = "keep"
    """What happens when the level falls below those for which it is owed: `drop` ends it, if it was not due before."""
    before: tuple[str, ...] = ()
    """The triggers that are refused while it is owed and not discharged: `resolve`, `close_review`."""
    waivable: bool = True
    ladder: tuple[Rung, ...] = ()
    source: str = ""
    """The rule that asks for it."""
