"""Lint holds whatever it is given: a definition is made, or refused with findings; what it says of paths is so."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from dimmer import Dim, Dimmed, comparisons
from lamp import AlsoSwitched, Dropped, Flip, Install, Repaired, Switched, keep, moved, switch
from respond.errors import InvalidWorkflow
from respond.workflow.definition import NEW, Guard, Handler, Transition, command_type, compares
from respond.workflow.lint_codes import CODES, severity_of
from respond.workflow.workflow import Workflow

NAMES = ("a", "b", "c", NEW, "x-y", "")
UPCAST = (("Repaired", 1), ("Repaired", 2), ("Lit", 1))
CODES_OF_GUARDS = ("red", "green", "blue")


@st.composite
def transitions(draw: st.DrawFn) -> Transition:
    """Draw a transition, sound or not."""
    return Transition(
        draw(st.sampled_from(("install", "flip", "dim", "vanish"))),
        draw(st.lists(st.sampled_from((NEW, *NAMES)), min_size=1, max_size=3)),
        draw(st.none() | st.sampled_from(NAMES)),
        guards=draw(st.lists(st.sampled_from(CODES_OF_GUARDS), max_size=2)),
        reopens=draw(st.booleans()),
    )


@st.composite
def guards(draw: st.DrawFn) -> Guard:
    """Draw a guard: code, or a comparison of a field that may be there."""
    code = draw(st.sampled_from(CODES_OF_GUARDS))
    if draw(st.booleans()):
        return Guard(code, lambda _: None)
    one = draw(comparisons())
    field = draw(st.sampled_from((one.field, "state.times", "state.status", "command.nothing")))
    return compares(code, field, one.op, one.value)


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a definition, most often one with several contradictions."""
    kinds = draw(st.lists(st.sampled_from((Install, Flip, Dim)), max_size=4))
    payloads = draw(st.lists(st.sampled_from((Switched, AlsoSwitched, Dropped, Repaired, Dimmed)), unique=True))
    return {
        "name": "drawn",
        "version": 1,
        "category": draw(st.sampled_from(("drawn", "", "two-words"))),
        "states": tuple(draw(st.lists(st.sampled_from(NAMES), max_size=4))),
        "finals": tuple(draw(st.lists(st.sampled_from(NAMES), max_size=2))),
        "transitions": tuple(draw(st.lists(transitions(), max_size=5))),
        "guards": tuple(draw(st.lists(guards(), max_size=3))),
        "initial": draw(st.sampled_from((Dimmed(), Dimmed(status="a"), None))),
        "handlers": tuple(Handler(command=kind, decide=switch, emits=(Switched,)) for kind in kinds),
        "evolvers": dict.fromkeys(payloads, keep),
        "upcasters": draw(
            st.dictionaries(st.sampled_from((("Repaired", 1), ("Repaired", 2), ("Lit", 1))), st.just(dict))
        ),
    }


@given(definitions())
def test_a_definition_is_made_or_refused_with_findings(definition):
    """Whatever is contradicted, nothing but `InvalidWorkflow` comes of it, with known codes, places and an error."""
    try:
        findings = Workflow(**definition).lint()
        assert all(one.severity == "warning" for one in findings)
    except InvalidWorkflow as refused:
        findings = refused.findings
        assert any(one.severity == "error" for one in findings)
    for one in findings:
        assert one.code in CODES
        assert one.severity == severity_of(one.code)
        assert one.place
        assert one.text


STATES = ("a", "b", "c", "d")
COMMANDS = {
    f"go_{source}_{dest}": command_type(f"go_{source}_{dest}")(attrs.make_class(f"Go{source}{dest}", {}, frozen=True))
    for source in (NEW, *STATES)
    for dest in STATES
}
"""A command for each step that there could be."""


@given(
    st.lists(st.tuples(st.sampled_from((NEW, *STATES)), st.sampled_from(STATES)), unique=True),
    st.sets(st.sampled_from(STATES)),
)
def test_reachability_is_what_walking_finds(steps, finals):
    """A state is unreachable, a dead end, or has no way to a final one, exactly when walking step by step says so."""
    kinds = {f"go_{source}_{dest}": (source, dest) for source, dest in steps}
    made = {name: Handler(command=COMMANDS[name], decide=switch, emits=(Switched,)) for name in kinds}
    definition: dict[str, Any] = {
        "name": "drawn",
        "version": 1,
        "category": "drawn",
        "states": STATES,
        "finals": tuple(sorted(finals)),
        "transitions": tuple(Transition(name, source, dest, reopens=True) for name, (source, dest) in kinds.items()),
        "initial": Dimmed(),
        "handlers": tuple(made.values()),
        "evolvers": {Switched: moved},
    }
    try:
        findings = Workflow(**definition).lint()
    except InvalidWorkflow as refused:
        findings = refused.findings
    said = {(one.code, STATES[int(one.place[7:-1])]) for one in findings if one.place.startswith("states[")}
    onward = {state: {dest for source, dest in steps if source == state} for state in (NEW, *STATES)}
    reached = _walked(NEW, onward)
    expected = set()
    for state in STATES if onward[NEW] else ():
        if state not in reached:
            expected.add(("state-unreachable", state))
        elif state in finals:
            continue
        elif not onward[state] - {state}:
            expected.add(("dead-end", state))
        elif finals and not _walked(state, onward) & finals:
            expected.add(("final-unreachable", state))
    assert said == expected


def _walked(beginning: str, onward: dict[str, set[str]]) -> set[str]:
    """Return the states that are entered from *beginning*, step by step."""
    reached = {beginning}
    for _ in range(len(STATES) + 1):
        reached |= {dest for state in reached for dest in onward[state]}
    return reached
