"""Whoever did what, and whatever was taken back: whom four eyes and approvals leave out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import attrs
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from naive_authority import people_of, stepped, taken_back
from plan_commands import PEOPLE, Asker
from play import PLAN, Play
from respond.domain.events import Event
from respond.domain.references import Actor
from respond.errors import CommandRefused
from respond.plan.authority import AuthorityRule
from respond.workflow import authority, four_eyes
from respond.workflow.approvals import ApprovalGiven, Approve
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from retold import AHEAD, TOLD

CONTROL = settings(max_examples=2000, phases=[Phase.generate], database=None, derandomize=True)
ANYONE = ("anyone",)
FREE = AuthorityRule(id="free", commands=("*",), roles=ANYONE)
ASKS = AuthorityRule(id="asks", commands=("report_upward",), roles=ANYONE, n_of=3)
RULED = attrs.evolve(PLAN, authority=(FREE, ASKS))


@st.composite
def lives(draw: st.DrawFn) -> Play:
    """Draw a life in which four people tell, take back, approve and go on."""
    play = Play(plan=RULED).do(c.ReportIncident(category="network", title="x"), actor="wang.li")
    for seed in draw(st.lists(st.integers(0, 2**32 - 1), max_size=16)):
        asker = Asker(seed, RULED, play.history, play.state)
        command = _WHAT[asker.one_of(("ahead", "tell", "tell", "retract", "retract", "approve"))](asker)
        with suppress(CommandRefused):
            play.do(command, actor=Actor(asker.person(), None, asker.one_of((None, None, *PEOPLE))))
    return play


def _retract(asker: Asker) -> Any:
    told = [event.id for event in asker.history if event.type in _RETRACTABLE]
    return c.Retract(entry=asker.one_of(told or ["x"]), reason="a mistake")


_RETRACTABLE = frozenset().union(*map(INCIDENT.events_of, TOLD))
_WHAT: Mapping[str, Callable[[Asker], Any]] = {
    "ahead": lambda asker: asker.command(asker.one_of((*AHEAD, "cancel"))),
    "tell": lambda asker: asker.command(asker.one_of(TOLD)),
    "retract": _retract,
    "approve": lambda _: Approve(command="report_upward"),
}


def left_out(history: Sequence[Event], trigger: str) -> frozenset[str]:
    """Return whom a rule leaves out that asks for somebody else than who did *trigger*."""
    rule = AuthorityRule(id="other", commands=("resolve",), roles=ANYONE, different_actor=(trigger,))
    return frozenset().union(*(barred for barred, _, _ in four_eyes.excluded(INCIDENT, rule, history)))


def evades(play: Play) -> str | None:
    """Return how somebody gets round four eyes, or is kept out for nothing; None when nobody is."""
    history, gone = play.history, taken_back(play.history)
    for trigger in TOLD:
        did = [event for event in history if event.type in INCIDENT.events_of(trigger)]
        holding = [event for event in did if event.id not in gone]
        barred = left_out(history, trigger)
        if holding and not people_of(holding[-1]) <= barred:
            return f"who told what holds of {trigger} is let in"
        steps = [event for event in did if event.id in gone and stepped(event)]
        if steps and not holding and not set().union(*map(people_of, steps)) <= barred:
            return f"who took a step by {trigger}, and took back what he told, is let in"
        if not holding and not steps and barred:
            return f"somebody is kept out for a {trigger} that did not happen"
        for cut in range(1, len(history)):
            if history[cut].type == "EntryRetracted" and _evaded(history, cut, trigger):
                return f"a {trigger} that was told and at once taken back lets somebody in"
    return None


def _evaded(history: Sequence[Event], cut: int, trigger: str) -> bool:
    """Return whether what was told just before, and is taken back at *cut*, let in who was kept out before."""
    told = history[cut - 1]
    if history[cut].data.entry != told.id:
        return False
    return not left_out(history[: cut - 1], trigger) <= left_out(history[: cut + 1], trigger)


@settings(max_examples=300)
@given(lives())
def test_nobody_gets_round_four_eyes_by_taking_back(play):
    """Who told what holds is left out, and who took a step that stands; whoever told nothing that holds is not."""
    assert evades(play) is None


def agreed(play: Play) -> tuple[Event, ...]:
    """Return who agreed to the next upward report of somebody else."""
    situation = play.situation(c.ReportUpward(kind="initial", recipient="x", summary="x"), actor="somebody.else")
    request = authority.Request(command="report_upward", actor=situation.actor, level=None, situation=situation)
    return authority._agreeing(INCIDENT, ASKS, request)


def spent_again(play: Play) -> bool:
    """Return whether an approval counts that was given before the last upward report, retracted or not."""
    sent = [event.version for event in play.history if event.type == "UpwardReportSent"]
    return any(event.version < max(sent, default=0) for event in agreed(play))


@settings(max_examples=200)
@given(lives())
def test_no_approval_is_spent_twice(play):
    """To retract what was carried out gives no approval back; those that were given since all count, once each."""
    assert not spent_again(play)
    sent = max((event.version for event in play.history if event.type == "UpwardReportSent"), default=0)
    given = [event for event in play.history[sent:] if isinstance(event.data, ApprovalGiven)]
    counted = agreed(play)
    assert bool(counted) == bool(given)
    assert all(people_of(one).isdisjoint(people_of(two)) for one in counted for two in counted if one is not two)


def last_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the last entry, retracted or not."""
    monkeypatch.setitem(vars(INCIDENT), "retracted", lambda _: frozenset())


def forgotten_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget a step with the entry that was retracted."""
    monkeypatch.setattr(four_eyes, "_moved", lambda _: False)


def every_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take each retracted entry for a step."""
    monkeypatch.setattr(four_eyes, "_moved", lambda _: True)


@pytest.mark.parametrize("plant", [last_event, forgotten_steps, every_entry])
def test_a_way_round_four_eyes_is_found(monkeypatch, plant):
    """The control: each of these lets somebody in, or keeps somebody out for nothing."""
    plant(monkeypatch)
    find(lives(), lambda play: evades(play) is not None, settings=CONTROL)


def test_an_approval_that_is_given_back_is_found(monkeypatch):
    """The control: an approval comes back where what it was spent for is forgotten with its entry."""
    done = four_eyes.done
    monkeypatch.setattr(
        authority,
        "done",
        lambda workflow, history, *asked: (
            event for event in done(workflow, history, *asked) if event.id not in taken_back(history)
        ),
    )
    find(lives(), spent_again, settings=CONTROL)
