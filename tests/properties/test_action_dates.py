"""What became of the dates of an action item is what a second reading of its steps says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from incident_logs import START
from respond.plan.facts import ActionStep, Facts
from respond.plan.follow_up import action_date
from respond.plan.owed import owed, verdict
from strategies import PLAN

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["opened", "rescheduled", "done", "reopened", "dropped"]),
        st.integers(0, 9),
        st.integers(1, 20),
    ),
    max_size=8,
)
"""A step, how many days after the one before, and in how many days from then on the date is."""


def steps_of(drawn: list[tuple[Any, int, int]]) -> list[ActionStep]:
    """Return the steps, each at its time; only those that set a date have one."""
    found, at = [], START
    for index, (step, days, due) in enumerate(drawn):
        at += timedelta(days=days)
        dated = step in {"opened", "rescheduled", "reopened"}
        due_at = at + timedelta(days=due) if dated else None
        found.append(ActionStep(at=at, entry=str(index), step=step, due_at=due_at))
    return found


def read_again(steps: list[ActionStep], now: datetime) -> list[str]:
    """Return what became of each date by *now*, as a person would read the steps."""
    said: list[str] = []
    due: datetime | None = None
    for one in steps:
        if due is None:
            if one.step in {"opened", "reopened"}:
                due = one.due_at
            continue
        if one.step == "done":
            said.append("met" if one.at <= due else "late")
            due = None
        elif one.step == "dropped":
            said.append("waived")
            due = None
        elif one.step == "rescheduled":
            if one.at > due:
                said.append("late")
            due = one.due_at
    if due is not None:
        said.append("missing" if now > due else "open")
    return said


@given(STEPS, st.integers(0, 30))
def test_a_second_reading_agrees(drawn, days):
    """Whatever was done, moved, reopened and dropped, in whatever order."""
    steps = steps_of(drawn)
    now = (steps[-1].at if steps else START) + timedelta(days=days)
    facts = Facts(actions={"a-1": tuple(steps)})
    name = action_date(PLAN.follow_up, "a-1").id
    found = [verdict(one, now) for one in owed(PLAN, facts, until=now, only={name})]
    assert found == read_again(steps, now)
    assert [one.occurrence for one in owed(PLAN, facts, only={name})] == list(range(1, len(found) + 1))
