"""What a new definition makes possible and impossible, with a shortest example of each."""

from __future__ import annotations

import re
from ast import literal_eval
from typing import Any

import attrs
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from dimmer import COMMANDS, Dim, Dimmed, comparisons, dimmer
from lamp import GOOD, made
from play import PLAN, START
from respond.errors import InvalidInput, InvalidWorkflow
from respond.workflow.compare import Change, compare
from respond.workflow.definition import NEW, Guard, Situation, Transition, compares
from respond.workflow.incident import INCIDENT
from respond.workflow.workflow import Workflow


def told(old: Workflow, new: Workflow, **options: Any) -> list[tuple[str, str]]:
    """Return what became of what, in words."""
    return [(one.became, one.text) for one in compare(old, new, **options)]


def dims(*guards: Guard) -> Workflow:
    """Return the dimmer with one transition that asks *guards*."""
    return dimmer(Transition("dim", "on", "low", guards=[one.code for one in guards]), guards=guards)


LOOSE = made(transitions=(*GOOD["transitions"], Transition("flip", "broken", "on", reopens=True)))


def test_a_step_that_is_new_became_possible():
    """A new step is told with the shortest path of triggers that ends with it; the reverse tells that it is gone."""
    assert compare(made(), LOOSE) == (
        Change(
            became="possible",
            text="flip from 'broken' to 'on' became possible: install > flip > flip",
            path=("install", "flip", "flip"),
        ),
    )
    assert told(LOOSE, made()) == [
        ("impossible", "flip from 'broken' to 'on' became impossible: install > flip > flip")
    ]


@pytest.mark.parametrize("workflow", [INCIDENT, made(), LOOSE], ids=("incident", "lamp", "loose"))
def test_the_same_definition_has_no_change(workflow):
    """A definition beside itself, under whatever version, has nothing to tell."""
    assert compare(workflow, attrs.evolve(workflow, version=99)) == ()


def test_a_state_that_was_renamed_is_named():
    """With the mapping of a migration a renamed state is the same one; without it, its steps went and came."""
    steps = (
        Transition("install", NEW, "off"),
        Transition("flip", "off", "lit", guards=("power",)),
        Transition("flip", "lit", "off"),
        Transition("flip", "off", "broken"),
    )
    renamed = made(states=("off", "lit", "broken"), transitions=steps)
    assert compare(made(), renamed, {"on": "lit"}) == ()
    assert [one.became for one in compare(made(), renamed)] == ["possible", "possible", "impossible", "impossible"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((), ("fuse",), [("harder", "dim from 'on' to 'low' asks 'fuse' (Require a fuse.) now: install > dim")]),
        (("fuse",), (), [("easier", "dim from 'on' to 'low' asks 'fuse' (Require a fuse.) no longer: install > dim")]),
        (("fuse",), ("fuse",), []),
    ],
)
def test_guards_that_are_code_are_told_by_their_codes(old, new, expected):
    """A guard that came makes the step harder, one that went easier."""

    def fuse(_: object) -> str | None:
        """Require a fuse."""
        return None

    guards = {"fuse": Guard("fuse", fuse)}
    assert told(dims(*(guards[code] for code in old)), dims(*(guards[code] for code in new))) == expected


def test_a_raised_rev_is_told():
    """A guard that says something else under its old code is different."""
    power = Guard("power", lambda _: None, rev=2)
    assert told(made(), made(guards=(power,))) == [
        ("different", "flip from 'off' to 'on': the guard 'power' says something else, rev 1 to 2")
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("<", 10), ("<", 20), [("possible", {"command.percent": "10"})]),
        (("<", 20), ("<", 10), [("impossible", {"command.percent": "10"})]),
        (("<", 10), (">=", 10), [("possible", {"command.percent": "10"}), ("impossible", {"command.percent": "9"})]),
        (("<", 10), ("<=", 9), []),
        (("in", (1, 2)), ("in", (2, 1)), []),
        (("==", 1), ("in", (1, 2)), [("possible", {"command.percent": "2"})]),
    ],
)
def test_comparisons_are_decided_by_values(old, new, expected):
    """What a changed comparison lets through or keeps out is shown by a value; the same in other words is no change."""
    before, after = (dims(compares("low", "command.percent", *one)) for one in (old, new))
    assert [(one.became, one.values) for one in compare(before, after)] == expected


def test_a_comparison_under_another_code_is_the_same():
    """What is asked counts, not what it is called."""
    before = dims(compares("low", "command.percent", "<", 10), compares("mild", "command.level", "==", 1))
    after = dims(compares("soft", "command.level", "<", 2), compares("dark", "command.percent", "<=", 9))
    assert compare(before, after) == ()


def test_a_comparison_that_came_or_went_is_shown_by_a_value():
    """A comparison more keeps something out, one less lets it in."""
    low = compares("low", "command.percent", "<", 10)
    assert told(dims(), dims(low)) == [
        ("impossible", "dim from 'on' to 'low' with command.percent = 10 became impossible: install > dim")
    ]
    assert [one.became for one in compare(dims(low), dims())] == ["possible"]


def test_a_comparison_of_what_nobody_knows_is_told_by_its_code():
    """Where the type of a field says nothing, a changed constant is different, and a new guard harder."""
    old, new = (compares("any", "command.anything", "<", number) for number in (5, 6))
    assert told(dims(old), dims(new)) == [
        ("different", "dim from 'on' to 'low': the guard 'any' (Require command.anything < 6.) says something else")
    ]
    assert [one.became for one in compare(dims(), dims(new))] == ["harder"]


def ways(*steps: Transition, guards: tuple[Guard, ...]) -> Workflow:
    """Return the dimmer with these steps."""
    return dimmer(*steps, guards=guards)


def test_what_an_earlier_transition_takes_now_became_impossible():
    """The first transition that agrees is taken: one that is put before another takes its values from it."""
    dark = compares("dark", "command.percent", "<", 10)
    rest = Transition("dim", "on", "high")
    before, after = ways(rest, guards=()), ways(Transition("dim", "on", "low", guards=("dark",)), rest, guards=(dark,))
    assert told(before, after) == [
        ("possible", "dim from 'on' to 'low' became possible: install > dim"),
        ("impossible", "dim from 'on' to 'high' with command.percent = 9 became impossible: install > dim"),
    ]
    assert [one.became for one in compare(after, before)] == ["impossible", "possible"]


def test_what_an_earlier_transition_takes_is_no_example():
    """The example is one that the step is taken with, not one that another transition takes before it."""
    dark, dim = (compares(code, "command.percent", "<", below) for code, below in (("dark", 10), ("dim", 20)))
    first = Transition("dim", "on", "low", guards=("dark",))
    before = ways(first, guards=(dark,))
    after = ways(first, Transition("dim", "on", "high", guards=("dim",)), guards=(dark, dim))
    later = ways(
        first,
        Transition("dim", "on", "high", guards=("dim",)),
        guards=(compares("dark", "command.percent", "<", 5), dim),
    )
    assert [one.became for one in compare(before, after)] == ["possible"]
    assert [(one.became, one.values) for one in compare(after, later)] == [
        ("impossible", {"command.percent": "5"}),
        ("possible", {"command.percent": "5"}),
    ]


def test_another_way_to_the_same_state_is_decided_by_values():
    """A step that two transitions make is taken with the values of either."""
    dark = compares("dark", "command.percent", "<", 10)
    mild = compares("mild", "command.level", "==", 3)
    first, second = (Transition("dim", "on", "low", guards=(one.code,)) for one in (dark, mild))
    changes = compare(ways(first, guards=(dark,)), ways(first, second, guards=(dark, mild)))
    assert [(one.became, one.values) for one in changes] == [
        ("possible", {"command.level": "3", "command.percent": "10"})
    ]
    assert compare(ways(first, second, guards=(dark, mild)), ways(second, first, guards=(dark, mild))) == ()


def test_another_way_that_is_code_is_told():
    """Of guards that are code nothing is known but that there is one way more, or one less."""
    fuses = tuple(Guard(code, lambda _: None) for code in ("red", "blue"))
    one, two = (Transition("dim", "on", "low", guards=(guard.code,)) for guard in fuses)
    before, after = ways(one, guards=fuses[:1]), ways(one, two, guards=fuses)
    assert told(before, after) == [
        ("easier", "dim from 'on' to 'low' may be taken by 2 transitions, and by one transition before: install > dim")
    ]
    assert [one.became for one in compare(after, before)] == ["harder"]


RED, BLUE, GREEN = (Guard(code, lambda _: None) for code in ("red", "blue", "green"))
PALE = compares("pale", "command.percent", "<", 10)
LOW, HIGH = Transition("dim", "on", "low", guards=("red",)), Transition("dim", "on", "high", guards=("blue",))


def test_another_order_of_alternatives_is_told():
    """Where both of two transitions agree, the one that comes first is taken: their order is part of the rules."""
    before, after = ways(LOW, HIGH, guards=(RED, BLUE)), ways(HIGH, LOW, guards=(RED, BLUE))
    assert told(before, after) == [
        (
            "different",
            "dim from 'on' to 'low' enters 'high' now, which comes first where 'blue' and 'red' agree: install > dim",
        )
    ]
    assert [one.text for one in compare(after, before)] == [
        "dim from 'on' to 'high' enters 'low' now, which comes first where 'blue' and 'red' agree: install > dim"
    ]


def test_another_order_is_shown_by_values_too():
    """The example has values where comparisons have a say in it; where they never agree at once, nothing changed."""
    pale_low = Transition("dim", "on", "low", guards=("red", "pale"))
    guards = (RED, BLUE, PALE)
    (change,) = compare(ways(pale_low, HIGH, guards=guards), ways(HIGH, pale_low, guards=guards))
    assert change.values == {"command.percent": "9"}
    assert "where 'blue' and 'red' agree with command.percent = 9: install > dim" in change.text
    bright = compares("bright", "command.percent", ">=", 10)
    apart = Transition("dim", "on", "high", guards=("blue", "bright"))
    guards = (*guards, bright)
    assert compare(ways(pale_low, apart, guards=guards), ways(apart, pale_low, guards=guards)) == ()


def test_an_order_that_a_third_transition_hides_is_no_change():
    """What is taken before both of them, whenever both agree, makes their order idle; what need not agree does not."""
    guards = (RED, BLUE, GREEN)
    both, apart = (Transition("dim", "on", None, guards=codes) for codes in (("red", "blue"), ("green",)))
    assert compare(ways(both, LOW, HIGH, guards=guards[:2]), ways(both, HIGH, LOW, guards=guards[:2])) == ()
    (change,) = compare(ways(apart, LOW, HIGH, guards=guards), ways(apart, HIGH, LOW, guards=guards))
    assert change.became == "different"


@pytest.mark.parametrize(
    ("mapping", "text"),
    [
        ({"onn": "on"}, "mapping: 'onn' is no state of lamp@1; did you mean on?"),
        ({"on": "dark"}, "mapping: 'dark' is no state of lamp@2; write one of off, on, broken"),
    ],
)
def test_a_mapping_of_no_states_is_refused(mapping, text):
    """A name that the definitions do not have would rename nothing."""
    with pytest.raises(InvalidInput, match=re.escape(text)):
        compare(made(), made(version=2), mapping)


def test_finals_are_told():
    """A state that is final now, or no longer, is different."""
    assert told(made(finals=()), made()) == [("different", "the state 'broken' is final now")]
    assert told(made(), made(finals=())) == [("different", "the state 'broken' is final no longer")]


STATES = ("a", "b", "c")


@st.composite
def graphs(draw: st.DrawFn) -> Workflow:
    """Draw a definition without guards over three states, each of which a path enters."""
    steps = draw(st.lists(st.tuples(st.sampled_from(STATES), st.sampled_from(STATES)), unique=True, max_size=6))
    return made(
        states=STATES,
        finals=(),
        guards=(),
        transitions=(
            Transition("install", NEW, "a"),
            Transition("install", "a", "b"),
            Transition("install", "b", "c"),
            *(Transition("flip", source, dest) for source, dest in dict(steps).items()),
            *([] if steps else [Transition("flip", "a", None)]),
        ),
    )


def ends(workflow: Workflow, path: tuple[str, ...]) -> set[str]:
    """Return the states in which a path of triggers may end; none when it cannot be walked."""
    here = {NEW}
    for trigger in path:
        here = {one.dest or state for state in here for one in workflow.table.candidates(state, trigger)}
    return here


@given(graphs(), graphs())
def test_every_example_can_be_walked_where_it_says(old, new):
    """The path of what became possible is one of the new definition, of what became impossible one of the old."""
    changes = compare(old, new)
    for change in changes:
        where = old if change.became == "impossible" else new
        assert ends(where, change.path)
    steps = [
        {(source, one.trigger, one.dest or source) for one in workflow.transitions for source in one.sources}
        for workflow in (old, new)
    ]
    assert len(changes) == len(steps[0] ^ steps[1])
    assert {one.became for one in compare(new, old)} == {
        {"possible": "impossible", "impossible": "possible"}[one.became] for one in changes
    }


@st.composite
def choices(draw: st.DrawFn) -> Workflow:
    """Draw a dimmer whose transitions are told apart by comparisons."""
    asked = draw(st.lists(st.lists(comparisons(), max_size=2), min_size=1, max_size=3))
    guards, steps = [], []
    for number, group in enumerate(asked):
        mine = [compares(f"g{number}-{index}", one.field, one.op, one.value) for index, one in enumerate(group)]
        guards += mine
        dest = draw(st.sampled_from(("low", "high")))
        steps.append(Transition("dim", "on", dest, guards=[one.code for one in mine]))
    try:
        return dimmer(*steps, guards=tuple(guards))
    except InvalidWorkflow:  # one that is never taken, say
        reject()


def taken(workflow: Workflow, command: Dim) -> str | None:
    """Return the state that a command leads to, by asking the guards one after the other."""
    situation = Situation(state=Dimmed(status="on"), command=command, plan=PLAN, at=START, now=START)
    return workflow.machine.dest("dim", situation)


@given(choices(), choices())
def test_what_became_of_a_step_is_what_trying_every_value_finds(old, new):
    """A step became possible, or impossible, exactly when one of all commands takes it under one definition only."""
    dests = [(taken(old, command), taken(new, command)) for command in COMMANDS]
    expected = {("possible", now) for was, now in dests if now and was != now}
    expected |= {("impossible", was) for was, now in dests if was and was != now}
    found = {
        (change.became, dest): change
        for change in compare(old, new)
        for dest in ("low", "high")
        if change.text.startswith(f"dim from 'on' to {dest!r}")
    }
    assert set(found) == expected
    for (became, dest), change in found.items():
        shown = {field.partition(".")[2]: literal_eval(value) for field, value in change.values.items()}
        here, there = (new, old) if became == "possible" else (old, new)
        assert taken(there, Dim(**shown)) != dest
        assert taken(here, Dim(**shown)) == dest or not change.values
