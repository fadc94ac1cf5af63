"""Texts: those of every command of every workflow are within bounds and whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from play import Play, incident_in
from respond.errors import CommandRefused
from respond.workflow.approvals import Approve
from respond.workflow.definition import TEXT_MAX
from respond.workflow.incident import commands as c
from respond.workflow.incident.measures import CompleteMeasure
from respond.workflow.lesson import LESSON, RecordLesson
from respond.workflow.party import PARTY
from respond.workflow.plan_life import PLAN_LIFE
from respond.workflow.plan_life.commands import RetirePlan
from respond.workflow.pool import POOL
from respond.workflow.pool.commands import OpenPool
from respond.workflow.warning import WARNING
from respond.workflow.warning.commands import LiftWarning

LONG = "断" * (TEXT_MAX // 3) + "ab"
HALF = "\udc80"
CASES: list[tuple[str, Any, list[str]]] = [
    ("new", c.ReportIncident(category="other", title=LONG, narrative=HALF), ["text-too-long", "text-not-unicode"]),
    ("reported", c.Assess(findings=LONG), ["text-too-long"]),
    ("assessed", c.AssignLevel(level=9, basis=LONG), ["text-too-long", "level-unknown"]),
    ("level_assigned", c.ChangeLevel(level=2, justification=HALF), ["text-not-unicode"]),
    ("responding", c.Note(text="x", fields={"crew": LONG}), ["text-too-long"]),
    ("responding", c.Note(text="x", fields={HALF: 1}), ["text-not-unicode"]),
    ("responding", c.Resolve(resolution=LONG), ["text-too-long"]),
    ("responding", c.Cancel(reason=LONG), ["text-too-long"]),
    ("resolved", c.CloseReview(summary=HALF), ["text-not-unicode"]),
    ("new", c.Cancel(reason=LONG), ["text-too-long", "not-enabled"]),
]


@pytest.mark.parametrize(("state", "command", "codes"), CASES)
def test_a_text_that_is_none(state, command, codes):
    """Too many bytes and half characters are refused with whatever else speaks against it, in every state."""
    play = Play() if state == "new" else incident_in(state)
    found = play.refused(command)
    assert found[: len(codes)] == codes
    with pytest.raises(CommandRefused) as caught:
        play.do(command)
    assert [one.code for one in caught.value.refusals] == found


def test_a_guard_that_says_so_says_it_once():
    """Where a guard of the command asks the same, it is one reason."""
    play = incident_in("responding")
    assert play.refused(CompleteMeasure(measure="patch", outcome=LONG)).count("text-too-long") == 1


@given(text=st.text(st.characters(codec="utf-8"), max_size=50), more=st.integers(0, TEXT_MAX))
def test_any_whole_text_of_the_length_is_taken(text, more):
    """Whatever its characters, a text of 100,000 bytes or fewer is kept as it is."""
    whole = text + "." * min(more, TEXT_MAX - len(text.encode()))
    play = incident_in("responding").do(c.Note(text=f"{whole}"[:TEXT_MAX] or "x"))
    assert play.history[-1].data.text == (whole or "x")


@pytest.mark.parametrize(
    ("workflow", "command"),
    [
        (POOL, OpenPool(resource=LONG, quantity=None)),
        (PLAN_LIFE, RetirePlan(reason=LONG)),
        (LESSON, RecordLesson(text="Watch certificates", tags=("tls", LONG), source="the Bank")),
        (WARNING, LiftWarning(reason=LONG)),
        (PARTY, Approve(command="visit", note=LONG)),
    ],
)
def test_every_workflow(workflow, command):
    """The rule is no guard of one workflow: those have it too that ask nothing of texts."""
    assert Play(workflow).refused(command)[0] == "text-too-long"
