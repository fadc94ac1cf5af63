from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings

from play import DUTIES, PLAN
from respond.domain.moments import Moment
from respond.domain.references import Actor
from respond.plan.authority import AuthorityRule
from respond.plan.plan import Plan
from respond.testing import settings
from respond.testing.actors import actors_of
from respond.testing.liveness import distances
from respond.testing.program import said_by, simpler_commands, units, written
from respond.testing.shortest import Shortening
from respond.testing.spans import EDGE, EVERYDAY, spans_of
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.warning import WARNING


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (c.Assess(), "Assess()"),
        (c.AssignLevel(level=2, basis="few"), "AssignLevel(level=2, basis='few')"),
        (Actor("ann", "clerk"), "Actor(id='ann', role='clerk')"),
        (datetime(2026, 3, 1, 8, 30, tzinfo=UTC), "datetime(2026, 3, 1, 8, 30, tzinfo=UTC)"),
        (datetime(2026, 3, 1, tzinfo=UTC), "datetime(2026, 3, 1, tzinfo=UTC)"),
        (datetime(2026, 3, 1, 0, 0, 7), "datetime(2026, 3, 1, 0, 0, 7)"),  # noqa: DTZ001
        (Moment(datetime(2026, 3, 1, tzinfo=UTC)), "Moment(at=datetime(2026, 3, 1, tzinfo=UTC))"),
        (timedelta(days=14), "timedelta(days=14)"),
        (timedelta(minutes=90), "timedelta(minutes=90)"),
        ((1,), "(1,)"),
        (("a", None), "('a', None)"),
        ([Actor("ann")], "[Actor(id='ann')]"),
        ({"a": timedelta(seconds=1)}, "{'a': timedelta(seconds=1)}"),
    ],
)
def test_values_are_written_as_python(value, text):
    """A value is written as a reader would write it, arguments at their default left out."""
    assert written(value) == text


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(days=2), {"days": 2}),
        (timedelta(hours=36), {"hours": 36}),
        (timedelta(microseconds=59_999_999), {"microseconds": 59_999_999}),
        (timedelta(0), {"days": 0}),
        (timedelta(minutes=-5), {"minutes": -5}),
    ],
)
def test_a_span_is_one_unit(span, said):
    """A span is told in the largest unit that it is a whole number of."""
    assert units(span) == said
    assert timedelta(**said) == span


def test_who_asks_is_told_in_short():
    """An actor without a role is told by the id, nobody by None."""
    assert (said_by(None), said_by(Actor("ann")), said_by(Actor("ann", "clerk"))) == (
        None,
        "ann",
        Actor("ann", "clerk"),
    )


def test_simpler_commands_are_commands():
    """What could stand for a command keeps to its validators; fields go to their default, and numbers down."""
    command = c.Assess(affected_customers=8, findings="many")
    found = list(simpler_commands(command, [c.Assess(findings="a")]))
    assert c.Assess(affected_customers=4, findings="many") in found
    assert c.Assess(affected_customers=8) in found
    assert c.Assess(affected_customers=8, findings="a") in found


def test_shortening_leaves_out_what_is_not_needed():
    """Of many steps those are kept that the failure needs, in their order, and each is made as simple as it can be."""
    asked = []

    def fails(steps):
        asked.append(tuple(steps))
        return [one // 10 for one in steps if one // 10 in {3, 5, 7}] == [3, 5, 7]

    steps = [one for one in range(10, 100) if one % 10 in {4, 9}]
    kept = [one for one in steps if one in {34, 59, 74}]
    found = Shortening(fails, lambda step: range(step - step % 10, step)).of([*steps[:4], *kept, *steps[-3:]])
    assert found == [30, 50, 70]
    assert len(asked) == len(set(asked))


def test_shortening_gives_up_in_time():
    """No more programs are played than was said."""
    played = []

    def fails(steps):
        played.append(steps)
        return len(steps) > 2

    found = Shortening(fails, lambda _: (), 5).of(list(range(40)))
    assert len(played) == 5
    assert fails(found)


def test_shortening_cuts_circles():
    """A stretch that goes round and comes back is left out as a whole: no single step of it can go."""

    def fails(steps):
        at = 0
        for step in steps:
            at = {("on", 0): 1, ("on", 1): 2, ("back", 2): 1, ("end", 2): 3}.get((step, at), 99)
        return at == 3

    assert Shortening(fails, lambda _: ()).of(["on", "on", *["back", "on"] * 6, "end"]) == ["on", "on", "end"]


def test_spans_of_a_plan_have_edges():
    """Each span of the plan's obligations is waited, and a microsecond less and more."""
    assert set(EVERYDAY) <= set(spans_of(attrs.evolve(PLAN, obligations=())))
    found = spans_of(DUTIES)
    assert {timedelta(minutes=1) - EDGE, timedelta(minutes=1), timedelta(minutes=1) + EDGE} <= set(found)
    assert {timedelta(hours=1) - EDGE, timedelta(hours=1) + EDGE} <= set(found)
    assert len(set(found)) == len(found)


def test_actors_come_with_authority():
    """Where the plan says who may do what, people in each role ask; elsewhere nobody does."""
    assert actors_of(attrs.evolve(PLAN, authority=())) == actors_of(Plan.example()) == (None,)
    found = actors_of(attrs.evolve(PLAN, authority=(AuthorityRule(id="r", commands=("*",)),)))
    assert found[:2] == (None, Actor("ann"))
    assert {one.role for one in found[2:]} == {role.id for role in PLAN.roles}
    assert {one.id for one in found[2:]} == {"ann", "bob"}


def test_distances_are_the_shortest():
    """The distance of a state is the least number of steps to a final one; one that leads nowhere has none."""
    found = distances(INCIDENT, INCIDENT.finals)
    assert (found["reviewed"], found["resolved"], found["responding"], found["new"]) == (0, 1, 1, 2)
    assert distances(INCIDENT, ("reviewed",))["level_assigned"] == 3
    assert "converted" not in distances(WARNING, ("lifted",))


def test_profiles_say_what_they_promise():
    """No profile has a deadline; `ci` spends no time on explaining, and tells how to reproduce a failure."""
    assert settings.DEV.deadline is settings.CI.deadline is None
    assert Phase.explain not in settings.CI.phases
    assert {Phase.shrink, Phase.generate, Phase.reuse} <= set(settings.CI.phases)
    assert settings.CI.print_blob


@pytest.mark.parametrize(
    ("said", "variables", "loaded"),
    [
        ("'ci'", {}, "ci"),
        ("", {"CI": "1"}, "ci"),
        ("", {}, "dev"),
        ("", {"CI": "1", "HYPOTHESIS_PROFILE": "dev"}, "dev"),
        ("'dev'", {"HYPOTHESIS_PROFILE": "ci"}, "dev"),
    ],
)
def test_the_profile_is_the_one_that_is_named(said, variables, loaded):
    """An argument names the profile, then a variable, then where it runs."""
    program = f"from respond.testing.settings import load; from hypothesis import settings; print(load({said}), "
    program += "settings.default.print_blob, settings.default.deadline)"
    bare = {name: one for name, one in os.environ.items() if name not in {"CI", "HYPOTHESIS_PROFILE"}}
    done = subprocess.run(
        [sys.executable, "-c", program], env=bare | variables, capture_output=True, text=True, check=True
    )
    name, _, deadline = done.stdout.split()
    assert (name, deadline) == (loaded, "None")


def test_an_unknown_profile_is_refused():
    """A name that is no profile is refused, and the profile stays as it was."""
    before = hypothesis_settings.default
    with pytest.raises(KeyError, match="'fast' is no profile; there are dev, ci"):
        settings.load("fast")
    assert hypothesis_settings.default is before
