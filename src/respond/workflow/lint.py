"""Lint: what is wrong with a definition, as findings; what it must not do is refused when it is made."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from respond.domain.events import EventType, type_of
from respond.errors import InvalidWorkflow
from respond.plan.finding import Finding
from respond.workflow.definition import NEW, trigger_of
from respond.workflow.lint_codes import found
from respond.workflow.lint_guards import guards
from respond.workflow.lint_paths import paths

if TYPE_CHECKING:
    from respond.workflow.workflow import Workflow


def lint(workflow: Workflow) -> tuple[Finding, ...]:
    """Return everything that is wrong with *workflow* or should be better, in the order of its parts."""
    parts = (_name, _states, _transitions, paths, guards, _handlers, _events)
    return tuple(dict.fromkeys(one for part in parts for one in part(workflow)))


def refuse_contradictions(workflow: Workflow) -> None:
    """Raise `InvalidWorkflow` with all findings when one of them is an error."""
    findings = lint(workflow)
    errors = dict.fromkeys(f"{one.text} [{one.code}]" for one in findings if one.severity == "error")
    if errors:
        place = f"workflow {workflow.name}@{workflow.version}"
        raise InvalidWorkflow("; ".join(errors), place=place, findings=findings)


def near(name: str, known: Iterable[str]) -> str:
    """Return what to write instead of *name*: the nearest of the *known* names, or all of them."""
    names = list(dict.fromkeys(known))
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"write one of {', '.join(names)}, or add it"


def _name(workflow: Workflow) -> Iterator[Finding]:
    name: object = workflow.name
    if not (isinstance(name, str) and name.strip()):
        yield found("name-invalid", "name", f"the name {name!r} must be text and not blank: write one")
    if type(workflow.version) is not int or workflow.version < 1:
        text = f"the version {workflow.version!r} must be a whole number from 1 on: write version=1"
        yield found("version-invalid", "version", text)


def _states(workflow: Workflow) -> Iterator[Finding]:
    for part in ("states", "finals"):
        given = getattr(workflow, part)
        if isinstance(given, str):
            yield found(
                "names-not-listed", part, f"{part} is one text, {given!r}: write a tuple of names, ({given!r},)"
            )
    if "-" in workflow.category or not workflow.category:
        text = f"the category {workflow.category!r} must be text without a hyphen: streams are named category-key"
        yield found("category-invalid", "category", text)
    if getattr(workflow.initial, "status", None) != NEW:
        yield found("initial-invalid", "initial", f"initial.status must be {NEW!r}: give it that default")
    for index, state in enumerate(workflow.states):
        place = f"states[{index}]"
        if state == NEW:
            text = f"{NEW!r} is the state before the first event and cannot be declared: leave it out"
            yield found("state-reserved", place, text)
        yield from _unnameable("state", state, place)
    yield from _twice("state", workflow.states)
    yield from _twice("guard", [guard.code for guard in workflow.guards])
    for index, state in enumerate(workflow.finals):
        if state not in workflow.states:
            text = f"the final state {state!r} is not a state: {near(state, workflow.states)}"
            yield found("final-unknown", f"finals[{index}]", text)
    if not any(NEW in transition.sources for transition in workflow.transitions):
        text = f"no transition leaves {NEW!r}: add one from NEW to the first state"
        yield found("beginning-missing", "transitions", text)


def _transitions(workflow: Workflow) -> Iterator[Finding]:
    codes = [guard.code for guard in workflow.guards]
    used = {code for transition in workflow.transitions for code in transition.guards}
    for index, transition in enumerate(workflow.transitions):
        place, trigger = f"transitions[{index}]", transition.trigger
        for number, state in enumerate(transition.sources):
            if state not in {NEW, *workflow.states}:
                text = f"{trigger} leaves {state!r}, which is not a state: {near(state, workflow.states)}"
                yield found("state-unknown", f"{place}.sources[{number}]", text)
            elif state in workflow.finals and transition.dest not in (None, state) and not transition.reopens:
                text = f"{trigger} leaves the final state {state!r} without reopens=True: add it, or leave it out"
                yield found("final-left", place, text)
        if transition.dest is None and NEW in transition.sources:
            text = f"{trigger} leaves {NEW!r} and enters no state: name the state"
            yield found("beginning-stays", place, text)
        if transition.dest is not None and transition.dest not in workflow.states:
            write = near(transition.dest, workflow.states)
            text = f"{trigger} enters {transition.dest!r}, which is not a state: {write}"
            yield found("state-unknown", f"{place}.dest", text)
        if transition.reopens and set(transition.sources).isdisjoint(workflow.finals):
            text = f"{trigger} leaves no final state: leave reopens=True out"
            yield found("reopening-needless", place, text)
        for number, code in enumerate(transition.guards):
            if code not in codes:
                text = f"{trigger} asks the guard {code!r}, which is not among the guards: {near(code, codes)}"
                yield found("guard-unknown", f"{place}.guards[{number}]", text)
    for index, code in enumerate(codes):
        if code not in used:
            text = f"the guard {code!r} is never asked: name it in a transition, or leave it out"
            yield found("guard-unused", f"guards[{index}]", text)


def _handlers(workflow: Workflow) -> Iterator[Finding]:
    handled = [trigger_of(handler.command) for handler in workflow.handlers]
    for index, trigger in enumerate(handled):
        yield from _unnameable("command", trigger, f"handlers[{index}]")
    yield from _twice("command", handled)
    asked = [transition.trigger for transition in workflow.transitions]
    for trigger in sorted(set(asked) - set(handled)):
        place = f"transitions[{asked.index(trigger)}]"
        yield found("handler-missing", place, f"{trigger} has transitions and no handler: add one")
    for trigger in sorted(set(handled) - set(asked)):
        place = f"handlers[{handled.index(trigger)}]"
        yield found("transition-missing", place, f"{trigger} has a handler and no transition: add one")
    for index, handler in enumerate(workflow.handlers):
        for payload in handler.emits:
            if payload not in workflow.evolvers:
                text = f"{payload.__name__} is emitted and has no evolver: add one"
                yield found("evolver-missing", f"handlers[{index}].emits", text)


def _events(workflow: Workflow) -> Iterator[Finding]:
    """Yield what is wrong with the classes of events, and with the upcasters that lead to them."""
    declared: dict[str, EventType] = {}
    for payload in workflow.evolvers:
        place = f"evolvers[{payload.__name__}]"
        try:
            event = type_of(payload)
        except InvalidWorkflow as error:
            yield found("event-undeclared", place, str(error))
            continue
        known = declared.setdefault(event.name, event)
        if known.payload is not payload:
            text = f"two classes are called {event.name}, {known.payload} and {payload}: give one another name"
            yield found("event-twice", place, text)
            continue
        for version in range(1, event.schema_version):
            if (event.name, version) not in workflow.upcasters:
                text = (
                    f"{event.name} is at schema version {event.schema_version}, "
                    f"and no upcaster reads version {version}: add upcasters[{event.name!r}, {version}]"
                )
                yield found("upcaster-missing", place, text)
    for name, version in workflow.upcasters:
        newest = declared[name].schema_version if name in declared else 0
        if not 1 <= version < newest:
            held = f"{name} is at schema version {newest}" if newest else f"no event is called {name}"
            text = f"the upcaster of {name} {version} reads what was never stored, {held}: leave it out"
            yield found("upcaster-unused", f"upcasters[{name}, {version}]", text)


def _unnameable(noun: str, name: str, place: str) -> Iterator[Finding]:
    """Yield what is wrong with *name*: the machine keeps marks such as `=` and names with a leading `_` for itself."""
    if not name.isidentifier() or name.startswith("_"):
        text = f"the {noun} {name!r} must be letters, digits and underscores, and begin with a letter"
        yield found("name-invalid", place, text)


def _twice(noun: str, names: Sequence[str]) -> Iterator[Finding]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        part = "handler" if noun == "command" else noun
        second = names.index(name, names.index(name) + 1)
        yield found(f"{noun}-twice", f"{part}s[{second}]", f"the {noun} {name!r} stands twice: leave one out")
