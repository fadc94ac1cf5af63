"""The codes of what lint says of a workflow: stable, with their severity and what they mean."""

from __future__ import annotations

from collections.abc import Mapping

from respond.plan.finding import Finding, Severity

ERRORS: Mapping[str, str] = {
    "category-invalid": "the category is empty, or has a hyphen",
    "name-invalid": "the workflow has no name, or a state or a command has one that the machine cannot take",
    "version-invalid": "the version is not a whole number from 1 on",
    "names-not-listed": "`states` or `finals` is a text in the place of a tuple of names",
    "state-reserved": "`new` is declared as a state",
    "initial-invalid": "the initial state does not stand at `new`",
    "state-twice": "a state stands twice",
    "guard-twice": "two guards have one code",
    "command-twice": "a command has two handlers",
    "final-unknown": "a final state is not a state",
    "beginning-missing": "no transition leaves `new`",
    "beginning-stays": "a transition leaves `new` and enters no state",
    "state-unknown": "a transition leaves or enters what is not a state",
    "state-unreachable": "no path leads from `new` to a state",
    "final-left": "a transition leaves a final state and is not declared as reopening",
    "transition-twice": "a transition stands twice",
    "transition-shadowed": "a transition is never taken, because others that agree come first",
    "transition-impossible": "the guards of a transition contradict each other",
    "guard-unknown": "a transition asks a guard that is not registered",
    "guard-unused": "no transition asks a guard",
    "guard-field-unknown": "a guard compares a field that the command or the state does not have",
    "guard-constant-unfit": "a guard compares a field with a value of another type, or none of its choices",
    "handler-missing": "a command has transitions and no handler",
    "transition-missing": "a command has a handler and no transition",
    "evolver-missing": "an event is emitted and nothing folds it",
    "event-undeclared": "a class that is emitted or folded is not declared as an event",
    "event-twice": "two classes of events have one name",
    "upcaster-missing": "no chain of upcasters leads from schema version 1 of an event to the current one",
}
"""The codes of what a definition is refused for: it cannot run, or it says two things."""

WARNINGS: Mapping[str, str] = {
    "dead-end": "nothing leaves a state that is not final",
    "final-unreachable": "no path leads from a state to a final one",
    "guards-overlap": "two transitions agree with the same values, and the first one is taken",
    "guards-gap": "the transitions of a command share out the values, and leave some that none takes",
    "reopening-needless": "a transition is declared as reopening and leaves no final state",
    "upcaster-unused": "an upcaster reads a version that no event was ever stored in",
}
"""The codes of what runs, and is probably not meant."""

PLAN_ERRORS: Mapping[str, str] = {
    "deadline-on-final": "an obligation of the plan goes on in a final state, or can only be discharged there",
    "deadline-not-enabled": "an obligation is owed where nothing that discharges it is enabled",
    "role-unfilled": "the plan lets only roles carry out a command that no one can fill",
}
"""The codes of errors under one plan; they refuse no definition, which knows no plan."""

PLAN_WARNINGS: Mapping[str, str] = {
    "command-unruled": "the plan has rules of authority, and none lets anyone carry out a command",
}
"""The codes of what is probably not meant under one plan."""

MODULE_ERRORS: Mapping[str, str] = {
    "version-twice": "two definitions of a module have one name and version, and different content",
}
"""The codes of errors among the definitions of one module; an engine refuses to register them together."""

CODES: Mapping[str, str] = {**ERRORS, **WARNINGS, **PLAN_ERRORS, **PLAN_WARNINGS, **MODULE_ERRORS}
"""Every code, and what it means."""


def severity_of(code: str) -> Severity:
    """Return how grave the finding *code* is."""
    return "warning" if code in {*WARNINGS, *PLAN_WARNINGS} else "error"


def found(code: str, place: str, text: str) -> Finding:
    """Return the finding *code* at *place*."""
    return Finding(code=code, severity=severity_of(code), place=place, text=text)
