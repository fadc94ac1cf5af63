"""Terms: from when until when an incident owes an obligation, by its level, its kind, its impact and its state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

import attrs

from respond.plan.calendars import FIRST
from respond.plan.conditions import Impact
from respond.plan.facts import Facts, Happened, Known, LevelSet, StateEntered
from respond.plan.obligations import Fact, Obligation

ENDS = frozenset({"cancelled", "merged"})
"""The states in which an incident owes nothing new."""

_UNKNOWN = Impact()


@attrs.frozen
class Change:
    """From then on an obligation is owed, or it is no longer."""

    at: datetime
    owed: bool
    fact: Fact
    entry: str


@attrs.frozen
class _Aspect:
    """One side of an incident on which an obligation depends."""

    fact: Fact
    told: Sequence[Happened]
    first: bool
    """Whether it holds before anything is told."""
    holds: Callable[[Any, bool], bool]
    """Whether it holds from something that is told on, and whether it held before."""

    def turns(self, place: int) -> Iterator[tuple[datetime, int, bool, str]]:
        """Yield when it turns, with its *place* among the aspects, to what, and which event says so."""
        held = self.first
        for one in self.told:
            if self.holds(one, held) is not held:
                held = not held
                yield one.at, place, held, one.entry


def changes(obligation: Obligation, facts: Facts) -> list[Change]:
    """Return each change of whether *obligation* is owed, one an instant; at `FIRST` what holds before all else.

    At a level that is milder than those of *obligation* it stays as it was, unless it says to drop it.  An incident
    owes nothing in the states that end it, nor what is owed until a state while it is there.
    """
    aspects = _aspects(obligation, facts)
    turns = sorted((turn for place, aspect in enumerate(aspects) for turn in aspect.turns(place)), key=itemgetter(0))
    holding = [aspect.first for aspect in aspects]
    owed = all(holding)
    found = [Change(FIRST, owed, "occurred", "")] if owed else []
    for index, (at, place, holds, entry) in enumerate(turns):
        holding[place] = holds
        together = index + 1 < len(turns) and turns[index + 1][0] == at
        if not together and all(holding) is not owed:
            owed = not owed
            found.append(Change(at, owed, aspects[place].fact, entry))
    return found


def _aspects(obligation: Obligation, facts: Facts) -> list[_Aspect]:
    ends = ENDS.union(obligation.until, obligation.recurs.until if obligation.recurs else ())

    def lives(entered: StateEntered, _: bool) -> bool:
        return entered.state not in ends

    def stands(level: LevelSet, held: bool) -> bool:
        kept = held and obligation.on_lowering == "keep" and level.level > min(obligation.levels)
        return kept or level.level in obligation.levels

    def is_of_kind(known: Known, _: bool) -> bool:
        impact = known.impact
        return impact.category in obligation.categories or any(one in obligation.categories for one in impact.ancestors)

    def fits(known: Known, _: bool) -> bool:
        return any(condition.holds(known.impact) for condition in obligation.when)

    aspects = [_Aspect("reopened", facts.states, first=True, holds=lives)]
    if obligation.levels:
        aspects.append(_Aspect("level_assigned", facts.levels, first=False, holds=stands))
    if obligation.categories:
        aspects.append(_Aspect("classified", facts.known, first=False, holds=is_of_kind))
    if obligation.when:
        first = any(condition.holds(_UNKNOWN) for condition in obligation.when)
        aspects.append(_Aspect("assessed", facts.known, first=first, holds=fits))
    return aspects
