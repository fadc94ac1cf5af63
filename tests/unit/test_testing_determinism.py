"""Guards that are code, tried: two that agree at once are found, and what none takes where one must."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st

from dimmer import Dim, dimmer
from lamp import made
from play import PLAN
from respond.errors import InvalidInput
from respond.testing import assert_deterministic
from respond.workflow.definition import Guard, Transition, compares
from respond.workflow.incident import INCIDENT

TRIED = settings(
    max_examples=100,
    derandomize=True,
    database=None,
    phases=[phase for phase in Phase if phase is not Phase.explain],
)


def asks(code, holds):
    """Return a guard that is code: lint knows nothing of it."""
    return Guard(code, lambda situation: None if holds(situation) else f"not {code}")


def two_ways(first, second):
    """Return a workflow that dims to `low` when *first* agrees, and to `high` when *second* does."""
    return dimmer(
        Transition("dim", "on", "low", guards=(first.code,)),
        Transition("dim", "on", "high", guards=(second.code,)),
        guards=(first, second),
    )


def mild(situation):
    """Whether it is dimmed to the mildest level."""
    return situation.command.level < 2


SOUND = two_ways(asks("low", mild), asks("high", lambda situation: not mild(situation)))
OVERLAPPING = two_ways(
    asks("low", lambda situation: situation.command.level < 3),
    asks("high", lambda situation: situation.command.level > 1),
)
LEAVING = two_ways(asks("low", mild), asks("high", lambda situation: situation.command.level > 2))
AFTER_A_DAY = two_ways(
    asks("low", mild),
    asks("high", lambda situation: situation.now - situation.history[0].recorded_at >= timedelta(days=1)),
)


def test_two_that_agree_at_once_are_found():
    """The shortest life that shows it is told as a program, with the two states."""
    with pytest.raises(AssertionError) as caught:
        assert_deterministic(OVERLAPPING, profile=TRIED)
    assert str(caught.value).splitlines()[:4] == [
        "dim from 'on' may lead to 'low' and 'high', and 'low' is taken",
        "    trial = Trial(workflow)",
        "    trial.send(Install())",
        "    trial.send(Dim(level=2))",
    ]


def test_what_none_takes_is_found_where_one_must():
    """A gap is an error only of the triggers that are said to be complete."""
    assert_deterministic(LEAVING, profile=TRIED)
    with pytest.raises(AssertionError) as caught:
        assert_deterministic(LEAVING, complete=("dim",), profile=TRIED)
    assert str(caught.value).splitlines()[0] == "dim from 'on' leads nowhere"
    assert str(caught.value).splitlines()[-1] == "    trial.send(Dim(level=2))"


def test_the_clock_moves():
    """What overlaps after a day only is found too."""
    with pytest.raises(AssertionError, match=r"trial.clock.now \+= timedelta"):
        assert_deterministic(AFTER_A_DAY, profile=TRIED)


def test_sound_workflows_give_no_alarm():
    """The control: guards that share out the values, one that stands behind another, and what ships."""
    assert_deterministic(SOUND, complete=("dim",), profile=TRIED)
    assert_deterministic(made(), complete=("flip",), profile=TRIED)
    assert_deterministic(INCIDENT, PLAN, profile=settings(TRIED, max_examples=20))


@pytest.mark.parametrize("second", [(">", 1), (">=", 3)])
def test_lint_and_trying_agree(second):
    """For comparisons, where both can tell, both tell the same."""
    workflow = two_ways(compares("low", "command.level", "<", 3), compares("high", "command.level", *second))
    codes = [finding.code for finding in workflow.lint()]
    try:
        assert_deterministic(workflow, complete=("dim",), profile=TRIED)
        found = []
    except AssertionError:
        found = ["guards-overlap"]
    assert codes == found


def test_payloads_are_what_is_drawn():
    """What a caller says of a command's fields is kept: then the overlap is out of reach."""
    assert_deterministic(OVERLAPPING, payloads={"dim": _far}, profile=TRIED)


def _far(_):
    """Return what draws commands far from the overlap."""
    return st.builds(Dim, level=st.just(3))


def test_a_trigger_that_is_none_is_named():
    """A slip in *complete* does not pass for a proof."""
    with pytest.raises(InvalidInput, match="'dimm' is not a command; write some of install, dim"):
        assert_deterministic(SOUND, complete=("dimm",))
