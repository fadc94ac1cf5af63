"""Obligations: duties with a deadline, and the algebra of their clocks, as data."""

from __future__ import annotations

from typing import Literal

import attrs

from respond.plan.communication import Stage
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
    "case_opened",
    "action_opened",
]
"""What a clock starts at.

`aware` is the earlier of discovered and told; `classified` when the category that it has was given; `level_assigned`
when the level was given, or the one from which on it is owed; `previous_report` the last upward report to the same
recipient; `response_ended` the last resolution; `discharged` the discharge of another obligation; `case_opened` when
a customer was registered, or their case reopened; `action_opened` when an action item was opened.
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
    "start_measure",
    "resolve",
    "close_review",
    "fulfil",
    "contact_party",
    "apologise",
    "settle",
    "visit",
    "publish_statement",
    "tell_audience",
    "open_action",
    "complete_action",
]
"""What discharges an obligation.

A measure that is skipped with a reason counts for `start_measure`; `fulfil` is said by a person, for duties that no
event of the engine tells.

`contact_party`, `apologise`, `settle` and `visit` are done for an affected customer: for the first of them that it is
done for, where an obligation of the plan asks for it.  `open_action` and `complete_action` are done with
the first action item that is opened, and done.

`publish_statement` and `tell_audience` are done towards the recipient, an audience; any when it names none.  A notice
and an upward report count for `tell_audience` too.
"""
TELLING: frozenset[Act] = frozenset({"publish_statement", "tell_audience"})
"""The acts, besides an upward report, that are done towards an audience."""
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
    """Who is told, for `report_upward`, `publish_statement` and `tell_audience`."""
    stage: Stage | None = None
    """The stage of the key messages that the statement rests on, for `publish_statement`; any when None."""
    measure: str | None = None
    """The id of the measure, for `start_measure`; any when None."""
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
    until: tuple[str, ...] = ()
    """The states in which it is no longer owed, besides those that end every incident."""
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


@attrs.frozen(kw_only=True)
class Promise(Obligation):
    """An obligation towards one customer who was hurt."""

    dated: bool = True
    """Whether it has a deadline; without one it is owed until it is done."""
