"""For every life and every clock, the table of when to look next changes nothing of what is raised, and when."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from respond.errors import CommandRefused
from respond.testing.conformance.samples import ManualClock
from watching import raised, reported, stores, thorough, watched

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            (
                *("wait", "wait", "wait", "round", "round", "report"),
                *("assess", "level", "raise", "note", "fulfil", "waive", "pause", "resume", "resolve", "cancel"),
            )
        ),
        st.integers(0, 40),
    ),
    min_size=5,
    max_size=20,
)
DID: dict[str, Any] = {
    "assess": lambda one: one.assess(affected_customers=300, spread="regional", actor="chen.yu"),
    "level": lambda one: one.assign_level(3, basis="regional", actor="chen.yu"),
    "raise": lambda one: one.change_level(1, justification="it spreads", actor="chen.yu"),
    "note": lambda one: one.note("briefed", actor="chen.yu"),
    "fulfil": lambda one: one.fulfil("inform", actor="chen.yu"),
    "waive": lambda one: one.waive("brief", occurrence=2, reason="all know", actor="chen.yu"),
    "pause": lambda one: one.pause_clock("inform", reason="the line is down", actor="chen.yu"),
    "resume": lambda one: one.resume_clock("inform", actor="chen.yu"),
    "resolve": lambda one: one.resolve("restarted", actor="chen.yu"),
    "cancel": lambda one: one.cancel("a drill of the neighbours", actor="chen.yu"),
}


class World:
    """A log, its clock and its watcher."""

    def __init__(self, url: str | None, stack: ExitStack) -> None:
        self.clock = ManualClock()
        self.engine = watched(stack.enter_context(stores(url, self.clock)), self.clock)
        self.watch = self.engine.watch()
        self.incidents = [reported(self.engine, plan="briefed"), reported(self.engine, plan="watched")]

    def step(self, what: str, number: int) -> list[Any]:
        """Do one step and return what is raised by now, and what is due."""
        if what == "wait":
            self.clock.move(minutes=number)
        elif what == "report":
            self.incidents.append(reported(self.engine, plan="watched"))
        elif what != "round":
            with suppress(CommandRefused):
                DID[what](self.incidents[number % len(self.incidents)])
        self.watch.round()
        due = [(one.incident, one.owed, one.verdict) for one in self.watch.due().due]
        return [due, *(raised(self.engine, incident) for incident in self.incidents)]


@settings(max_examples=25)
@given(STEPS)
def test_the_table_changes_nothing(steps):
    """Looking at each incident each time, by a table, or by memory: the same is raised and due, step by step."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plain, memory, table = (World(url, stack) for url in (None, None, f"sqlite:///{folder / 'log.db'}"))
        plain.watch = thorough(plain.engine)
        for what, number in steps:
            told = plain.step(what, number)
            assert memory.step(what, number) == told
            assert table.step(what, number) == told
