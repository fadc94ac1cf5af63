from __future__ import annotations

from typing import Any

import pytest

from lamp import GOOD, AlsoSwitched, Dropped, Flip, Hidden, Install, Lamp, Repaired, Switched, keep, made, switch
from respond.errors import InvalidWorkflow
from respond.workflow.definition import NEW, Guard, Handler, Transition, trigger_of

PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({"category": "lost-luggage"}, "the category 'lost-luggage' must be text without a hyphen"),
    ({"category": ""}, "the category '' must be text without a hyphen"),
    ({"states": (*GOOD["states"], NEW)}, "'new' is the state before the first event and cannot be declared"),
    ({"initial": Lamp(status="off")}, "initial.status must be 'new'"),
    ({"initial": None}, "initial.status must be 'new'"),
    ({"states": (*GOOD["states"], "on")}, "the state 'on' stands twice"),
    (
        {"guards": (*GOOD["guards"], Guard("power", lambda _: "no"))},
        "the guard 'power' stands twice",
    ),
    ({"finals": ("broken", "gone")}, "the final state 'gone' is not a state"),
    ({"transitions": GOOD["transitions"][1:]}, "no transition leaves 'new'"),
    (
        {"transitions": (*GOOD["transitions"], Transition("flip", "dim", "on"))},
        "flip leaves 'dim', which is not a state",
    ),
    (
        {"transitions": (*GOOD["transitions"], Transition("flip", "broken", "on"))},
        "flip leaves the final state 'broken' without reopens=True",
    ),
    (
        {"transitions": (*GOOD["transitions"], Transition("install", "on", "dim"))},
        "install enters 'dim', which is not a state",
    ),
    (
        {"transitions": (*GOOD["transitions"], Transition("install", "on", "off", guards=("fuse",)))},
        "install asks the guard 'fuse', which is not among the guards",
    ),
    (
        {"transitions": (*GOOD["transitions"], Transition("flip", NEW, None))},
        "flip leaves 'new' and enters no state",
    ),
    ({"guards": (*GOOD["guards"], Guard("fuse", lambda _: None))}, "the guard 'fuse' is never asked"),
    (
        {"handlers": (*GOOD["handlers"], Handler(command=Flip, decide=switch, emits=(Switched,)))},
        "the command 'flip' stands twice",
    ),
    ({"handlers": GOOD["handlers"][:1]}, "flip has transitions and no handler"),
    (
        {"transitions": GOOD["transitions"][:1], "states": ("off",), "finals": (), "guards": ()},
        "flip has a handler and no transition",
    ),
    ({"evolvers": {}}, "Switched is emitted and has no evolver"),
    ({"states": (*GOOD["states"], "dim")}, "no path leads from 'new' to the state 'dim'"),
    (
        {"states": (*GOOD["states"], "=")},
        "the state '=' must be letters, digits and underscores, and begin with a letter",
    ),
    (
        {"states": (*GOOD["states"], "_on")},
        "the state '_on' must be letters, digits and underscores, and begin with a letter",
    ),
    (
        {
            "handlers": (*GOOD["handlers"], Handler(command=Hidden, decide=switch, emits=(Switched,))),
            "transitions": (*GOOD["transitions"], Transition("_flip", "on", None)),
        },
        "the command '_flip' must be letters, digits and underscores, and begin with a letter",
    ),
    (
        {"transitions": (*GOOD["transitions"], Transition("flip", ("off", "on"), "on", guards=("power",)))},
        "flip from 'on' stands twice, and the first asks nothing more than the second",
    ),
    (
        {"evolvers": {Switched: keep, AlsoSwitched: keep}},
        "two classes are called Switched",
    ),
    (
        {"evolvers": {Switched: keep, Repaired: keep}, "upcasters": {("Repaired", 1): dict}},
        "Repaired is at schema version 3, and no upcaster reads version 2",
    ),
    ({"evolvers": {Switched: keep, Lamp: keep}}, "Lamp is not an event; decorate it with @event_type()"),
]


def test_a_sound_definition_is_accepted():
    """The control: the definition that every case below changes is one that may be made."""
    workflow = made()
    assert workflow.triggers == ("install", "flip")
    assert made(category="灯", states=("off", "on", "broken", "坏"), transitions=(
        *GOOD["transitions"], Transition("install", "on", "坏")
    )).category == "灯"  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), PROBLEMS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_contradiction_is_named(changes, message):
    """Each contradiction is refused when the workflow is made, and named with what is contradicted."""
    with pytest.raises(InvalidWorkflow) as caught:
        made(**changes)
    assert message in str(caught.value)
    assert str(caught.value).startswith("workflow lamp@1: ")
    assert caught.value.code == "invalid-workflow"


def test_all_contradictions_are_listed_at_once():
    """Who repairs a definition sees everything that is wrong with it."""
    with pytest.raises(InvalidWorkflow) as caught:
        made(category="a-b", finals=("gone",), evolvers={})
    assert str(caught.value) == (
        "workflow lamp@1: the category 'a-b' must be text without a hyphen; the final state 'gone' is not a state; "
        "Switched is emitted and has no evolver"
    )


def test_a_final_state_may_be_left_by_a_step_that_reopens():
    """An exit that is declared as reopening, and a step that stays, are no contradiction."""
    steps = (Transition("flip", "broken", "on", reopens=True), Transition("install", "broken", None))
    assert made(transitions=(*GOOD["transitions"], *steps)).table.candidates("broken", "flip") == steps[:1]


def test_a_second_step_that_asks_less_is_no_contradiction():
    """Two steps of one command from one state may stand behind each other when the first asks more."""
    first, second = made().table.candidates("off", "flip")
    assert (first.guards, second.guards) == (("power",), ())


def test_a_class_that_is_no_command_is_named():
    """A handler needs a class that was declared as a command."""
    with pytest.raises(InvalidWorkflow, match=r'Lamp is not a command; decorate it with @command_type\("trigger"\)'):
        trigger_of(Lamp)


def test_a_subclass_of_a_command_is_none():
    """A trigger is declared for a class, never inherited by accident."""

    class Quick(Install):
        """A subclass."""

    with pytest.raises(InvalidWorkflow, match="Quick is not a command"):
        trigger_of(Quick)


def test_an_event_that_no_command_causes_is_allowed():
    """Events that only an import tells have an evolver and no handler."""
    assert made(evolvers={Switched: keep, Dropped: keep}).event_types.get("Dropped")
