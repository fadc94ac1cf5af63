"""What was corrected or retracted is as if it had been told right the first time."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import event as seen

from respond.plan.facts import Facts
from respond.workflow.incident import INCIDENT, evolve, facts
from respond.workflow.incident import events as e
from respond.workflow.incident.facts import facts_of
from retold import AMENDMENTS, Life, lives, told_right

CONTROL = settings(max_examples=2000, phases=[Phase.generate], database=None, derandomize=True)


def standing(life: Life, *, right: bool) -> dict[str, Any]:
    """Return the state but the status, as people amended it or as it had been told *right*: steps stand."""
    state = INCIDENT.fold(told_right(life.history) if right else life.history)
    return {name: value for name, value in attrs.asdict(state, recurse=False).items() if name != "status"}


def facts_amended(life: Life) -> Facts:
    """Return the facts of *life* but when they were told: what is right by now was told with the amendment."""
    return attrs.evolve(facts_of(life.plan, life.history), told={})


def facts_told_right(life: Life) -> Facts:
    """Return the facts of *life* as it had been told without a mistake, and each thing when it happened."""
    history = sorted(told_right(life.history), key=lambda one: one.happened_at)
    return attrs.evolve(facts_of(life.plan, history), told={})


def the_same(life: Life) -> bool:
    """Return whether facts and state are those of *life* without a mistake."""
    same_facts = facts_amended(life) == facts_told_right(life)
    return same_facts and standing(life, right=False) == standing(life, right=True)


@settings(max_examples=200)
@given(lives())
def test_amended_facts_are_those_of_a_life_told_right(life):
    """Whenever people correct and retract, the facts are those of the same history told right the first time."""
    seen(f"{sum(one.type in AMENDMENTS for one in life.history)} amendments")
    assert facts_amended(life) == facts_told_right(life)


@settings(max_examples=200)
@given(lives())
def test_an_amended_state_is_that_of_a_life_told_right(life):
    """So is the state, but for its status: a step that was taken stands."""
    assert standing(life, right=False) == standing(life, right=True)


def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read entries as they were told first."""
    monkeypatch.setattr(facts, "reading", lambda _, event: event.data)


def timeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep entries where they were told to have happened first."""
    monkeypatch.setattr(facts, "happened_at", lambda _, event: event.happened_at)


def stubborn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what was retracted."""
    monkeypatch.setattr(facts, "retracted_entries", lambda _: frozenset())


def backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first correction of an entry have the last word."""
    reading = facts.reading
    monkeypatch.setattr(facts, "reading", lambda history, event: reading(history[::-1], event))


def unsorted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take amended entries in the order of the log."""
    monkeypatch.setattr(facts, "sorted", lambda readings, **_: readings, raising=False)


def uncorrected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fold a correction to nothing."""
    monkeypatch.setitem(INCIDENT.evolvers, e.EntryCorrected, lambda state, _: state)


def unretracted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fold a retraction to nothing."""
    monkeypatch.setitem(INCIDENT.evolvers, e.EntryRetracted, lambda state, _: state)


def unmoved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a holder hold his role since the time that was told first."""
    monkeypatch.setattr(evolve, "_since", lambda _, before, __: before)


@pytest.mark.parametrize("plant", [deaf, timeless, stubborn, backwards, unsorted, uncorrected, unretracted, unmoved])
def test_a_planted_defect_is_found(monkeypatch, plant):
    """The control: facts or a state that overlook an amendment are not those of a life told right."""
    plant(monkeypatch)
    find(lives(), lambda life: not the_same(life), settings=CONTROL)
