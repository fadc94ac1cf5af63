from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Union, get_args, get_origin

import attrs
import pytest

from respond.domain.events import type_of
from respond.plan import (
    access,
    calendars,
    communication,
    extension,
    labels,
    measures,
    obligations,
    organisation,
    owed,
    plan,
    resources,
    spans,
    upkeep,
)
from respond.plan.labels import LabelKind, label
from respond.workflow.accountability import ACCOUNTABILITY
from respond.workflow.action import ACTION
from respond.workflow.drill import DRILL
from respond.workflow.incident import INCIDENT
from respond.workflow.lesson import LESSON
from respond.workflow.party import PARTY
from respond.workflow.plan_life import PLAN_LIFE
from respond.workflow.pool import POOL
from respond.workflow.warning import WARNING

WORKFLOWS = (INCIDENT, WARNING, PLAN_LIFE, POOL, PARTY, ACTION, ACCOUNTABILITY, LESSON, DRILL)
KINDS: Mapping[tuple[type, str], LabelKind] = {
    (access.AccessRule, "shows"): "matter",
    (calendars.Calendar, "working_week"): "weekday",
    (communication.Audience, "kind"): "audience",
    (communication.Channel, "medium"): "medium",
    (communication.KeyMessage, "stage"): "stage",
    (extension.ExtensionField, "kind"): "field",
    (measures.Measure, "kind"): "measure",
    (obligations.Clock, "from_"): "fact",
    (obligations.Obligation, "act"): "act",
    (obligations.Obligation, "on_lowering"): "relevelling",
    (obligations.Obligation, "on_raising"): "relevelling",
    (obligations.Obligation, "report"): "report",
    (obligations.Obligation, "shift"): "shift",
    (obligations.Obligation, "stage"): "stage",
    (obligations.Recurrence, "after"): "recurrence",
    (organisation.Duty, "phase"): "phase",
    (plan.Plan, "kind"): "plan",
    (resources.Resource, "kind"): "resource",
    (spans.Span, "unit"): "unit",
    (upkeep.Indicator, "credibility_min"): "credibility",
    (upkeep.Revision, "triggers"): "revision",
    (upkeep.Risk, "strategy"): "strategy",
}
"""The fields of a plan that hold one of a few words, and the kind under which those are labelled."""


def inside(kind: Any) -> Iterator[Any]:
    """Yield *kind*, and what it is made of."""
    yield kind
    if get_origin(kind) in {Union, types.UnionType, tuple}:
        for one in get_args(kind):
            yield from inside(one)


def worded(kind: type, seen: set[type]) -> Iterator[tuple[tuple[type, str], tuple[str, ...]]]:
    """Yield each field of *kind*, and of all that it holds, that takes one of a few words, with those words."""
    if kind in seen:
        return
    seen.add(kind)
    for field in attrs.fields(attrs.resolve_types(kind)):
        for part in inside(field.type):
            if get_origin(part) is Literal:
                yield (kind, field.name), get_args(part)
            elif attrs.has(part):
                yield from worded(part, seen)


WORDED = dict(worded(plan.Plan, set()))


def needed() -> dict[LabelKind, set[str]]:
    """Return the keys of each kind that the code has."""
    keys: dict[LabelKind, set[str]] = {}
    for place, words in WORDED.items():
        keys.setdefault(KINDS[place], set()).update(words)
    keys["verdict"] = set(get_args(owed.Verdict))
    keys["state"] = {"new", *(state for workflow in WORKFLOWS for state in workflow.states)}
    keys["command"] = {transition.trigger for workflow in WORKFLOWS for transition in workflow.transitions}
    keys["event"] = {type_of(event).name for workflow in WORKFLOWS for event in workflow.evolvers}
    return keys


def test_every_word_of_a_plan_has_a_kind():
    """A field that takes one of a few words is labelled: one that is added stands above, with its kind."""
    assert set(WORDED) == set(KINDS)


def test_every_kind_is_needed():
    """Each kind of label is that of something in the code."""
    assert set(needed()) == set(get_args(LabelKind)) == set(labels.labels())


@pytest.mark.parametrize("kind", get_args(LabelKind))
def test_every_word_has_its_names(kind):
    """Each word of the code has an English and a Chinese name; what the code does not have has none."""
    given = labels.labels()[kind]
    assert needed()[kind] - set(given) == set()
    assert [key for key, names in given.items() if set(names) != {"en", "zh"} or not all(names.values())] == []
    assert [key for key, names in given.items() if not any("一" <= sign <= "鿿" for sign in names["zh"])] == []


@pytest.mark.parametrize("kind", sorted({*get_args(LabelKind)} - {"command", "event"}))
def test_every_name_is_of_a_word(kind):
    """What the code does not have has no name."""
    assert set(labels.labels()[kind]) - needed()[kind] == set()


@pytest.mark.parametrize("kind", ["state", "command", "event", "verdict", "fact"])
def test_names_tell_words_apart(kind):
    """No two words of a kind go by one name in a language."""
    for language in ("en", "zh"):
        names = [one[language] for one in labels.labels()[kind].values()]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (("state", "responding"), "Responding"),
        (("state", "responding", "zh"), "响应中"),
        (("verdict", "late", "zh"), "迟报"),
        (("verdict", "late", "fr"), "Late"),
        (("event", "BagLost", "zh"), "BagLost"),
    ],
)
def test_a_label_is_asked_for(asked, name):
    """A language that is missing falls back to English, a word of someone's own workflow to itself."""
    assert label(*asked) == name
