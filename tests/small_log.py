"""A small log to tamper with: 30 events in five streams of two tenants.

A second lies between any two appends; the last append has an event in each of two streams.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from respond.domain.references import Actor
from respond.engine.circumstances import Circumstances
from respond.engine.definitions import Plans, Workflows
from respond.engine.handler import Ask, Handler
from respond.store.protocol import EventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import commands as c

EVENTS = 30
_LIFE: tuple[tuple[str, Any], ...] = (
    ("a", c.ReportIncident(category="facility_failure", title="Card terminals down in 14 shops")),
    ("b", c.ReportIncident(category="network", title="网络故障")),
    ("a", c.Assess(affected_customers=300, spread="regional")),
    ("c", c.ReportIncident(category="other", title="Smoke in the depot")),
    ("b", c.Note(text="Vendor called")),
    ("a", c.AssignLevel(level=1, basis="regional")),
    ("d", c.ReportIncident(category="other", title="Smoke, told again")),
    ("a", c.StartResponse()),
    ("b", c.Assess(affected_customers=12)),
    ("a", c.TakeCommand(commander="chen.yu")),
    ("b", c.AssignLevel(level=3, basis="small")),
    ("a", c.ReportUpward(kind="initial", recipient="ministry", summary="Terminals down")),
    ("b", c.ChangeLevel(level=2, justification="it spreads")),
    ("c", c.Note(text="Fire brigade on site", fields={"crew": 6})),
    ("a", c.Resolve(resolution="Rolled back")),
    ("b", c.StartResponse()),
    ("a", c.CloseReview(summary="Nothing to add")),
    ("c", c.Assess(injured=0)),
    ("b", c.Note(text="Rerouted")),
    ("a", c.Reopen(reason="Two shops are still down")),
    ("b", c.ChangeLevel(level=3, justification="under control")),
    ("d", c.Note(text="The same as the other")),
)
_BRANCH: tuple[tuple[str, Any], ...] = (
    ("a", c.ReportIncident(category="other", title="Another tenant's incident of the same name")),
    ("a", c.Note(text="one")),
    ("a", c.Assess(injured=1)),
    ("a", c.Note(text="two")),
    ("a", c.AssignLevel(level=2, basis="one injured")),
    ("a", c.StartResponse()),
)


def fill(open_store: Callable[[str, ManualClock], EventStore], clock: ManualClock) -> None:
    """Write the log; the last two events are one append in two streams."""
    with open_store("default", clock) as head_office, open_store("branch", clock) as branch:
        first, second = _handler(head_office, clock), _handler(branch, clock)
        for index, (key, command) in enumerate(_LIFE):
            _carry_out(first, clock, key, command)
            if index < len(_BRANCH):
                _carry_out(second, clock, *_BRANCH[index])
        clock.move(seconds=1)
        merge = [
            Ask(category="incident", key="d", command=c.Merge(into="c", reason="the same smoke")),
            Ask(category="incident", key="c", command=c.Absorb(source="d", reason="the same smoke")),
        ]
        first.handle(merge, Circumstances(actor=Actor("wang.li"), command_id="merge"))


def _handler(store: EventStore, clock: ManualClock) -> Handler:
    return Handler(store, workflows=Workflows(), plans=Plans(), clock=clock, random=lambda size: b"\7" * size)


def _carry_out(handler: Handler, clock: ManualClock, key: str, command: Any) -> None:
    clock.move(seconds=1)
    ask = Ask(category="incident", key=key, command=command)
    handler.handle([ask], Circumstances(actor=Actor("wang.li")))
