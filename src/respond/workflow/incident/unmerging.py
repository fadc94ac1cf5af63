"""Merges that are undone: both incidents go on by themselves, each with what is its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.workflow.definition import Evolve, Guard, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident import events as e
from respond.workflow.incident.cases import Case
from respond.workflow.incident.followed import Followed
from respond.workflow.incident.ledger import Ledger
from respond.workflow.incident.state import CANCELLED, MERGED, OPEN, RESOLVED, REVIEWED, Incident, worse

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class MergeUndone:
    """It is an incident of its own after all, and goes on from where it was."""

    from_: str
    to: str
    into: str
    """The id of the incident that it was merged into."""
    reason: str
    cases: tuple[Case, ...] = ()
    """The cases of its customers, which come back as they stand."""
    actions: tuple[Followed, ...] = ()
    """Its action items, the same."""


@event_type()
@attrs.frozen(kw_only=True)
class AbsorptionUndone:
    """An incident that was merged into this one goes on by itself."""

    source: str
    """The id of that incident."""
    reason: str
    worst_level: int | None = None
    """The worst level so far of what stays; None when it has none."""
    reported_upward: bool = False
    """Whether an upward report was sent of an incident that stays merged into this one."""
    parties: tuple[str, ...] = ()
    """The keys of the customers whose cases go back."""
    actions: tuple[str, ...] = ()
    """The keys of the action items that go back."""


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("undo_merge")
@attrs.frozen(kw_only=True)
class UndoMerge:
    """Say that it is an incident of its own after all."""

    into: str
    reason: str
    cases: tuple[Case, ...] = ()
    actions: tuple[Followed, ...] = ()


@command_type("undo_absorption")
@attrs.frozen(kw_only=True)
class UndoAbsorption:
    """The other half, on the incident that had absorbed it."""

    source: str
    reason: str
    at_version: int | None = None
    """The version of this incident of which the other half tells; None when that does not matter."""


def undoing(source: str, into: str, goal: Incident, history: Sequence[Event], reason: str) -> UndoMerge:
    """Return what *source* is told when its merge into *goal*, which has this *history*, is undone."""
    absorbed = _absorbed(history, source)
    parties, actions = ((), ()) if absorbed is None else _keys(absorbed)
    return UndoMerge(
        into=into,
        reason=reason,
        cases=tuple(goal.cases[one] for one in parties if one in goal.cases),
        actions=tuple(goal.actions[one] for one in actions if one in goal.actions),
    )


def _keys(absorbed: e.IncidentAbsorbed) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the keys of the customers and of the action items that went over."""
    return tuple(one.party for one in absorbed.cases), tuple(one.action for one in absorbed.actions)


def absorptions(history: Iterable[Event]) -> tuple[Event, ...]:
    """Return the merges into incidents that *history* tells and that were not undone."""
    found: dict[tuple[str, str], Event] = {}
    for event in history:
        match event.data:
            case e.IncidentAbsorbed(source=source):
                found[event.body["stream"], source] = event
            case AbsorptionUndone(source=source):
                found.pop((event.body["stream"], source), None)
    return tuple(found.values())


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("merged-elsewhere")
def merged_there(situation: Situation) -> str | None:
    """Require that it was merged into the incident that is named."""
    into, named = situation.state.merged_into, situation.command.into
    return None if into == named else f"it was merged into {into!r}, not into {named!r}"


@guard("not-absorbed")
def is_absorbed(situation: Situation) -> str | None:
    """Require an incident that is merged into this one."""
    source, known = situation.command.source, situation.state.absorbed
    return None if source in known else f"{source!r} is not merged into this incident; {', '.join(known) or 'none'} is"


def _merged_from(state: str) -> Guard:
    def check(situation: Situation) -> str | None:
        known = situation.state.merged_from
        return None if known == state else f"it was {known} when it was merged"

    check.__doc__ = f"Require that it was {state} when it was merged."
    return Guard(f"merged-from-{state}", check, reads="state")


_FROM = {state: _merged_from(state) for state in (*OPEN, RESOLVED)}
"""For each state the guard that requires it to be the one in which the incident was merged."""
GUARDS = (merged_there, is_absorbed, *_FROM.values())


# -- deciding ----------------------------------------------------------------------------------------------------------


def _undo_merge(situation: Situation) -> Iterator[Any]:
    command: UndoMerge = situation.command
    yield MergeUndone(
        **situation.step, into=command.into, reason=command.reason, cases=command.cases, actions=command.actions
    )


def _undo_absorption(situation: Situation) -> Iterator[Any]:
    command: UndoAbsorption = situation.command
    history, state = situation.history, situation.state
    gone = _absorbed(history, command.source)
    stay = [one for other in state.absorbed if other != command.source and (one := _absorbed(history, other))]
    parties, actions = ((), ()) if gone is None else _keys(gone)
    levels = [*_own_levels(history), *(one.worst_level for one in stay)]
    yield AbsorptionUndone(
        source=command.source,
        reason=command.reason,
        worst_level=reduce(worse, levels, None),
        reported_upward=any(one.reported_upward for one in stay),
        parties=parties,
        actions=actions,
    )


def _absorbed(history: Sequence[Event], source: str) -> e.IncidentAbsorbed | None:
    """Return what was told when *source* was merged into the incident."""
    return next((one.data for one in absorptions(history) if one.data.source == source), None)


def _own_levels(history: Sequence[Event]) -> Iterator[int]:
    for event in history:
        match event.data:
            case e.LevelAssigned(level=level) | e.LevelChanged(to_level=level):
                yield level


def _merge_undone_already(situation: Situation) -> bool:
    merges = [one.data for one in situation.history if type(one.data) in (e.IncidentMerged, MergeUndone)]
    return bool(merges) and type(merges[-1]) is MergeUndone and merges[-1].into == situation.command.into


def _absorption_undone_already(situation: Situation) -> bool:
    source: str = situation.command.source
    undone = any(type(one.data) is AbsorptionUndone and one.data.source == source for one in situation.history)
    return undone and source not in situation.state.absorbed


HANDLERS = (
    Handler(command=UndoMerge, decide=_undo_merge, emits=(MergeUndone,), done=_merge_undone_already, accompanies=True),
    Handler(
        command=UndoAbsorption,
        decide=_undo_absorption,
        emits=(AbsorptionUndone,),
        done=_absorption_undone_already,
        accompanies=True,
    ),
)
_SAID = ("role-unknown", "reason-missing", "text-too-long")
TRANSITIONS = (
    *(
        Transition("undo_merge", MERGED, state, guards=(*_SAID, "merged-elsewhere", one.code), reopens=True)
        for state, one in _FROM.items()
    ),
    Transition(
        "undo_absorption",
        (*OPEN, RESOLVED, REVIEWED, CANCELLED),
        None,
        guards=(*_SAID, "not-absorbed", "merge-outdated"),
    ),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _merge_undone(state: Incident, event: Event) -> Incident:
    data: MergeUndone = event.data
    cases = {**state.cases, **{case.party: case for case in data.cases}}
    actions = {**state.actions, **{followed.action: followed for followed in data.actions}}
    return replace(state, status=data.to, merged_into=None, merged_from=None, cases=cases, actions=actions)


def _absorption_undone(state: Incident, event: Event) -> Incident:
    data: AbsorptionUndone = event.data
    return replace(
        state,
        absorbed=tuple(one for one in state.absorbed if one != data.source),
        worst_level=data.worst_level,
        told_by_absorbed=data.reported_upward,
        cases={party: case for party, case in state.cases.items() if party not in data.parties},
        actions={action: one for action, one in state.actions.items() if action not in data.actions},
    )


EVOLVERS: Mapping[type, Evolve] = {MergeUndone: _merge_undone, AbsorptionUndone: _absorption_undone}


# -- obligations -------------------------------------------------------------------------------------------------------


def _come_back(ledger: Ledger, payload: MergeUndone, _at: datetime, _entry: str) -> None:
    ledger.never_entered(MERGED)
    for case in payload.cases:
        ledger.uncared(case.party)
        for step in case.steps:
            ledger.cared(case.party, step)
    for followed in payload.actions:
        ledger.unfollowed(followed.action)
        for done in followed.steps:
            ledger.followed(followed.action, done)


def _give_back(ledger: Ledger, payload: AbsorptionUndone, _at: datetime, _entry: str) -> None:
    for party in payload.parties:
        ledger.uncared(party)
    for action in payload.actions:
        ledger.unfollowed(action)


TAKES: Mapping[type, Callable[[Ledger, Any, datetime, str], None]] = {
    MergeUndone: _come_back,
    AbsorptionUndone: _give_back,
}
