from __future__ import annotations

from typing import Any

import attrs
import pytest

from lamp import GOOD, AlsoSwitched, Dropped, Flip, Hidden, Install, Lamp, Repaired, Switched, keep, made, moved, switch
from respond.engine.definitions import SHIPPED
from respond.errors import InvalidWorkflow
from respond.workflow.definition import NEW, Guard, Handler, Transition, compares, trigger_of
from respond.workflow.lint import lint
from respond.workflow.lint_codes import CODES, ERRORS, WARNINGS, severity_of


@attrs.frozen(kw_only=True, slots=False)
class Counted(Lamp):
    """A lamp that counts."""

    times: int = 0


PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    ({"category": "lost-luggage"}, "category-invalid", "the category 'lost-luggage' must be text without a hyphen"),
    ({"category": ""}, "category-invalid", "the category '' must be text without a hyphen"),
    (
        {"states": (*GOOD["states"], NEW)},
        "state-reserved",
        "'new' is the state before the first event and cannot be declared",
    ),
    ({"initial": Lamp(status="off")}, "initial-invalid", "initial.status must be 'new'"),
    ({"initial": None}, "initial-invalid", "initial.status must be 'new'"),
    ({"states": (*GOOD["states"], "on")}, "state-twice", "the state 'on' stands twice"),
    (
        {"guards": (*GOOD["guards"], Guard("power", lambda _: "no"))},
        "guard-twice",
        "the guard 'power' stands twice",
    ),
    ({"finals": ("broken", "gone")}, "final-unknown", "the final state 'gone' is not a state"),
    ({"transitions": GOOD["transitions"][1:]}, "beginning-missing", "no transition leaves 'new'"),
    (
        {"transitions": (*GOOD["transitions"], Transition("flip", "dim", "on"))},
        "state-unknown",
        "flip leaves 'dim', which is not a state",
    ),
    (
        {"transitions": (*GOOD["transitions"], Transition("flip", "broken", "on"))},
        "final-left",
        "flip leaves the final state 'broken' without reopens=True",
    ),
    (
        {"transitions": (*GOOD["transitions"], Transition("install", "on", "dim"))},
        "state-unknown",
        "install enters 'dim', which is not a state",
    ),
    (
        {"transitions": (*GOOD["transitions"], Transition("install", "on", "off", guards=("fuse",)))},
        "guard-unknown",
        "install asks the guard 'fuse', which is not among the guards",
    ),
    (
        {
            "guards": (compares("power", "state.status", "==", "off"),),
            "transitions": (*GOOD["transitions"], Transition("install", "on", "off", guards=("spark",))),
        },
        "guard-unknown",
        "install asks the guard 'spark', which is not among the guards",
    ),
    (
        {"transitions": (*GOOD["transitions"], Transition("flip", NEW, None))},
        "beginning-stays",
        "flip leaves 'new' and enters no state",
    ),
    ({"guards": (*GOOD["guards"], Guard("fuse", lambda _: None))}, "guard-unused", "the guard 'fuse' is never asked"),
    (
        {"handlers": (*GOOD["handlers"], Handler(command=Flip, decide=switch, emits=(Switched,)))},
        "command-twice",
        "the command 'flip' stands twice",
    ),
    ({"handlers": GOOD["handlers"][:1]}, "handler-missing", "flip has transitions and no handler"),
    (
        {"transitions": GOOD["transitions"][:1], "states": ("off",), "finals": (), "guards": ()},
        "transition-missing",
        "flip has a handler and no transition",
    ),
    ({"evolvers": {}}, "evolver-missing", "Switched is emitted and has no evolver"),
    ({"states": (*GOOD["states"], "dim")}, "state-unreachable", "no path leads from 'new' to the state 'dim'"),
    ({"name": ""}, "name-invalid", "the name '' must be text and not blank: write one"),
    ({"version": 0}, "version-invalid", "the version 0 must be a whole number from 1 on: write version=1"),
    ({"version": "1"}, "version-invalid", "the version '1' must be a whole number from 1 on"),
    ({"states": "ab"}, "names-not-listed", "states is one text, 'ab': write a tuple of names, ('ab',)"),
    ({"finals": "broken"}, "names-not-listed", "finals is one text, 'broken': write a tuple of names, ('broken',)"),
    (
        {"states": (*GOOD["states"], "=")},
        "name-invalid",
        "the state '=' must be letters, digits and underscores, and begin with a letter",
    ),
    (
        {"states": (*GOOD["states"], "_on")},
        "name-invalid",
        "the state '_on' must be letters, digits and underscores, and begin with a letter",
    ),
    (
        {
            "handlers": (*GOOD["handlers"], Handler(command=Hidden, decide=switch, emits=(Switched,))),
            "transitions": (*GOOD["transitions"], Transition("_flip", "on", None)),
        },
        "name-invalid",
        "the command '_flip' must be letters, digits and underscores, and begin with a letter",
    ),
    (
        {"transitions": (*GOOD["transitions"], Transition("flip", ("off", "on"), "on", guards=("power",)))},
        "transition-shadowed",
        "flip from 'on' stands twice, and the first asks nothing more than the second",
    ),
    (
        {"evolvers": {Switched: keep, AlsoSwitched: keep}},
        "event-twice",
        "two classes are called Switched",
    ),
    (
        {"evolvers": {Switched: keep, Repaired: keep}, "upcasters": {("Repaired", 1): dict}},
        "upcaster-missing",
        "Repaired is at schema version 3, and no upcaster reads version 2",
    ),
    (
        {"evolvers": {Switched: keep, Lamp: keep}},
        "event-undeclared",
        "Lamp is not an event; decorate it with @event_type()",
    ),
    (
        {"transitions": (*GOOD["transitions"], Transition("flip", "on", "off"))},
        "transition-twice",
        "flip from 'on' stands twice, and the first asks nothing more than the second: leave one out",
    ),
]


COMPARED: list[tuple[dict[str, Any], str, str]] = [
    (
        {"guards": (compares("power", "state.lumen", ">", 3),)},
        "guard-field-unknown",
        "the guard 'power' of flip: Lamp has no field 'lumen'; write state.NAME of one that it has",
    ),
    (
        {"guards": (compares("power", "state.status", "==", "on"),)},
        "transition-impossible",
        "flip from 'off' asks state.status == 'on', which nothing meets",
    ),
    (
        {"evolvers": {Switched: moved}, "guards": (compares("power", "state.times", "==", "x"),), "initial": Counted()},
        "guard-constant-unfit",
        "the guard 'power' of flip: state.times is never 'x', by its type",
    ),
]

LIKELY_SLIPS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"states": (*GOOD["states"], "dim"), "transitions": (*GOOD["transitions"], Transition("install", "on", "dim"))},
        "dead-end",
        "nothing leaves the state 'dim': add a transition that does, or name it in finals",
    ),
    (
        {
            "states": (*GOOD["states"], "dim", "dark"),
            "transitions": (
                *GOOD["transitions"],
                Transition("install", "on", "dim"),
                Transition("flip", "dim", "dark"),
                Transition("flip", "dark", "dim"),
            ),
        },
        "final-unreachable",
        "no path leads from the state 'dark' to a final one",
    ),
    (
        {"transitions": (*GOOD["transitions"], Transition("install", "off", None, reopens=True))},
        "reopening-needless",
        "install leaves no final state: leave reopens=True out",
    ),
    (
        {"upcasters": {("Switched", 1): dict}},
        "upcaster-unused",
        "the upcaster of Switched 1 reads what was never stored, Switched is at schema version 1: leave it out",
    ),
    (
        {"upcasters": {("Lit", 1): dict}},
        "upcaster-unused",
        "the upcaster of Lit 1 reads what was never stored, no event is called Lit: leave it out",
    ),
]


@pytest.mark.parametrize(
    ("changes", "code", "message"), COMPARED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_comparison_that_means_nothing_is_named(changes, code, message):
    """A guard that compares what is not there, or with what can never be, refuses the definition."""
    with pytest.raises(InvalidWorkflow) as caught:
        made(**changes)
    assert [one.text for one in caught.value.findings if one.code == code and message in one.text]


@pytest.mark.parametrize(
    ("changes", "code", "message"), LIKELY_SLIPS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_probably_not_meant_is_a_warning(changes, code, message):
    """Such a definition is made, and lint says what it should be."""
    assert [one.text for one in lint(made(**changes)) if (one.code, one.severity) == (code, "warning")][0:] != []
    assert any(message in one.text for one in lint(made(**changes)))


def test_every_code_is_shown_by_a_definition():
    """Each code about a definition alone is found in one of the definitions of these tests."""
    shown = {code for cases in (PROBLEMS, COMPARED, LIKELY_SLIPS) for _, code, _ in cases}
    assert {*ERRORS, *WARNINGS} - shown == {"guards-overlap", "guards-gap"}  # those of test_workflow_comparison


def test_severities_are_those_of_the_tables():
    """What refuses a definition is an error, and no code stands in two tables."""
    assert {code for code in {**ERRORS, **WARNINGS} if severity_of(code) == "warning"} == set(WARNINGS)
    assert len(CODES) == len(set(CODES)) > len(ERRORS) + len(WARNINGS)


@pytest.mark.parametrize("workflow", [*SHIPPED, made()], ids=lambda one: str(one.reference))
def test_shipped_workflows_have_no_finding(workflow):
    """What ships is as it should be."""
    assert lint(workflow) == ()


def test_the_place_of_a_finding_leads_to_the_part():
    """The place names the part by its number, so that it can be found in the definition."""
    with pytest.raises(InvalidWorkflow) as caught:
        made(transitions=(*GOOD["transitions"], Transition("flip", ("off", "dim"), "gone", guards=("power", "fuse"))))
    places = {one.code: one.place for one in caught.value.findings}
    assert places["guard-unknown"] == "transitions[4].guards[1]"
    assert [one.place for one in caught.value.findings if one.code == "state-unknown"] == [
        "transitions[4].sources[1]",
        "transitions[4].dest",
    ]
    assert {"code": "state-unknown", "place": "transitions[4].dest"}.items() <= caught.value.as_dict()["findings"][
        1
    ].items()


def test_a_state_without_exit_is_no_dead_end_when_it_is_final():
    """The control: a final state may be one that nothing leaves."""
    assert "broken" in made().finals
    assert lint(made()) == ()


def test_a_sound_definition_is_accepted():
    """The control: the definition that every case below changes is one that may be made."""
    workflow = made()
    assert workflow.triggers == ("install", "flip")
    assert made(category="灯", states=("off", "on", "broken", "坏"), transitions=(
        *GOOD["transitions"], Transition("install", "on", "坏")
    )).category == "灯"  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code", "message"), PROBLEMS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_contradiction_is_named(changes, code, message):
    """Each contradiction is refused when the workflow is made, and named with a code and with what is contradicted."""
    with pytest.raises(InvalidWorkflow) as caught:
        made(**changes)
    assert [one.text for one in caught.value.findings if one.code == code and message in one.text]
    assert f"[{code}]" in str(caught.value)
    named = "{name}@{version}".format(**{**GOOD, **changes})
    assert str(caught.value).startswith(f"workflow {named}: ")
    assert caught.value.code == "invalid-workflow"


def test_all_contradictions_are_listed_at_once():
    """Who repairs a definition sees everything that is wrong with it."""
    with pytest.raises(InvalidWorkflow) as caught:
        made(category="a-b", finals=("gone",), evolvers={})
    assert str(caught.value) == (
        "workflow lamp@1: the category 'a-b' must be text without a hyphen: streams are named category-key "
        "[category-invalid]; the final state 'gone' is not a state: did you mean 'on'? [final-unknown]; "
        "Switched is emitted and has no evolver: add one [evolver-missing]"
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
