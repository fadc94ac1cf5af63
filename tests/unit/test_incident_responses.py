"""Responses: suggested by the plan, begun by decision or by themselves."""

from __future__ import annotations

import attrs
import pytest

from engines import REPORTED, engine_on
from play import PLAN, Play
from respond.plan.classification import ResponseLevel
from respond.plan.conditions import Bounds, Condition
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.levels import ResponseSuggestion, suggest_response
from respond.workflow.incident.triage import Recategorise, ResponseLevelSet, SetResponseLevel

FULL = ResponseLevel(id="full", title="All", automatic=(Condition(dead=Bounds(from_=1)),))
STRONG = ResponseLevel(
    id="strong",
    title="Many",
    automatic=(Condition(injured=Bounds(from_=3)), Condition(categories=("network",), sites=Bounds(from_=2))),
)
BASIC = ResponseLevel(id="basic", title="Some")
AUTOMATIC = attrs.evolve(
    PLAN,
    name="automatic",
    response_levels=(FULL, STRONG, BASIC),
    levels=tuple(attrs.evolve(one, response="basic") for one in PLAN.levels),
)


def assessed(**impact: object) -> Play:
    """Return an incident that was assessed once."""
    return Play(plan=AUTOMATIC).do(c.ReportIncident(category="other", title="x"), c.Assess(**impact))


def begun(play: Play) -> list[tuple[str | None, str, tuple[str, ...]]]:
    """Return each response that began by itself, what was before it, and why."""
    told = [one.data for one in play.history if type(one.data) is e.ResponseLevelReached]
    return [(one.from_response, one.to_response, one.because) for one in told]


class TestBeginning:
    """What begins by itself, and when."""

    def test_it_begins_in_the_step_that_makes_it_true(self):
        """The assessment and the response that it sets in motion are one step, with what spoke for it."""
        play = assessed(dead=1)
        assert begun(play) == [(None, "full", ("dead 1 (from 1)",))]
        assert (play.history[-1].type, play.state.response_level) == ("ResponseLevelReached", "full")

    def test_nothing_begins_below_the_conditions(self):
        """Without a condition that holds people decide."""
        play = assessed(injured=2)
        assert (begun(play), play.state.response_level) == ([], None)

    def test_a_worse_assessment_begins_a_stronger_response(self):
        """A stronger one follows; a better assessment afterwards ends nothing."""
        play = assessed(injured=3).do(c.Assess(dead=1), c.Assess(injured=3), c.Assess())
        assert [to for _, to, _ in begun(play)] == ["strong", "full"]
        assert play.state.response_level == "full"

    def test_another_category_makes_it_true(self):
        """A condition may hang on the kind of incident."""
        play = assessed(sites=2)
        assert begun(play) == []
        play.do(Recategorise(category="network", reason="x"))
        assert [to for _, to, _ in begun(play)] == ["strong"]

    def test_what_people_decide_stands(self):
        """A choice is not undone by an assessment that tells nothing new, nor by what asks for as much or less."""
        play = assessed(injured=3).do(SetResponseLevel(response="basic", basis="a drill"), c.Assess(injured=4))
        assert play.state.response_level == "basic"
        for chosen in ("full", "strong"):
            play = assessed().do(SetResponseLevel(response=chosen, basis="fear"), c.Assess(injured=3))
            assert (begun(play), play.state.response_level) == ([], chosen)

    def test_nothing_begins_after_the_end(self):
        """An assessment of what is resolved sets nothing in motion."""
        play = assessed().do(c.AssignLevel(level=4, basis="b"), c.StartResponse(), c.Resolve(resolution="r"))
        assert begun(play.do(c.Assess(dead=1))) == []


@pytest.mark.parametrize(
    ("impact", "suggested"),
    [
        ({"dead": 2}, ResponseSuggestion("full", ("dead 2 (from 1)",), automatic=True)),
        ({"injured": 1}, ResponseSuggestion("basic", ("level 4",))),
    ],
)
def test_the_plan_suggests_a_response(impact, suggested):
    """The first whose conditions hold, else the one to which the level leads; the decision records it."""
    play = assessed(**impact).do(c.AssignLevel(level=4, basis="b"))
    assert suggest_response(AUTOMATIC, play.state) == suggested
    [told] = play.decide(SetResponseLevel(response="strong", basis="b"))
    assert (type(told), told.suggested, told.because) == (ResponseLevelSet, suggested.response, suggested.because)


def test_nothing_is_suggested_without_a_level():
    """Without a level and a condition that holds nothing speaks for any response."""
    assert suggest_response(AUTOMATIC, assessed().state) == ResponseSuggestion(None)


def test_a_handle_answers_and_a_retry_finds_both_events():
    """The step is written once, with both events, and the handle tells what the plan suggests."""
    clock = ManualClock()
    engine = engine_on(MemoryEventStore(clock=clock), clock, plans=[AUTOMATIC])
    incident = engine.report(**REPORTED)
    first = incident.assess(dead=1, actor="chen.yu", command_id="once")
    again = incident.assess(dead=1, actor="chen.yu", command_id="once")
    assert (len(first.events), again.events, again.replayed) == (2, first.events, True)
    assert incident.response_suggestion().response == "full"
