"""The ledger: what the entries of an incident tell that its obligations rest on, taken on one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from respond.domain.moments import Moment, parse_utc
from respond.domain.values import replace
from respond.errors import InvalidMoment
from respond.plan.cases import ACTS, OPENS
from respond.plan.conditions import Impact
from respond.plan.facts import (
    ActionStep,
    CaseStep,
    Done,
    Facts,
    Happened,
    Known,
    LevelSet,
    Paused,
    StateEntered,
    Waived,
)
from respond.plan.obligations import Act, Fact
from respond.plan.plan import Plan
from respond.workflow.incident.staffing import required
from respond.workflow.incident.state import COMMANDER

IMPACT_START = "impact_start"
"""The extension field of an assessment or a note in which people tell, as RFC 3339, when the impact began."""


Take = Callable[["Ledger", Any, datetime, str], None]
"""Takes a payload on that happened at a time and has an id."""


class Ledger:
    """Carries facts over entries that are entered in the order in which they happened."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._facts: dict[Fact, list[Happened]] = {}
        self.levels: list[LevelSet] = []
        self.states: list[StateEntered] = []
        self.known: list[Known] = []
        self.done: list[Done] = []
        self.waived: list[Waived] = []
        self.paused: list[Paused] = []
        self._cases: dict[str, list[CaseStep]] = {}
        self._actions: dict[str, list[ActionStep]] = {}
        self._facets: tuple[str, ...] = ()
        """What an assessment told of them; empty as long as none did."""
        self._people: dict[str, frozenset[str]] = {}
        """Who holds each role."""
        self._staffed = False

    @property
    def facts(self) -> Facts:
        return Facts(
            facts={fact: tuple(times) for fact, times in self._facts.items()},
            levels=tuple(self.levels),
            states=tuple(self.states),
            known=tuple(self.known),
            done=tuple(self.done),
            waived=tuple(self.waived),
            paused=tuple(self.paused),
            cases={party: tuple(sorted(steps, key=_when)) for party, steps in self._cases.items()},
            actions={key: tuple(sorted(steps, key=_when)) for key, steps in self._actions.items()},
        )

    def entered(self, state: str, at: datetime, entry: str) -> None:
        """Take on where it stands from then on."""
        if not self.states or self.states[-1].state != state:
            self.states.append(StateEntered(at=at, entry=entry, state=state))

    def never_entered(self, state: str) -> None:
        """Forget that it ever came to *state*, and that it went on from there to where it had been."""
        place = max((place for place, one in enumerate(self.states) if one.state == state), default=len(self.states))
        del self.states[place:]

    def happened(self, fact: Fact, at: datetime, entry: str) -> None:
        self._facts.setdefault(fact, []).append(Happened(at=at, entry=entry))

    def did(self, act: Act, at: datetime, entry: str, **what: Any) -> None:
        self.done.append(Done(at=at, entry=entry, act=act, **what))

    def cared(self, party: str, step: CaseStep) -> None:
        """Take on a step of the case of a customer."""
        self._cases.setdefault(party, []).append(step)
        if step.step in OPENS:
            self.happened("case_opened", step.at, step.entry)
        elif step.step in ACTS:
            self.did(ACTS[step.step], step.at, step.entry)

    def followed(self, action: str, step: ActionStep) -> None:
        """Take on a step of an action item."""
        self._actions.setdefault(action, []).append(step)
        if step.step == "opened":
            self.happened("action_opened", step.at, step.entry)
            self.did("open_action", step.at, step.entry)
        elif step.step == "done":
            self.did("complete_action", step.at, step.entry)

    def uncared(self, party: str) -> None:
        """Forget the case of a customer, which is another incident's."""
        self._forget(step.entry for step in self._cases.pop(party, ()))

    def unfollowed(self, action: str) -> None:
        """Forget an action item, which is another incident's."""
        self._forget(step.entry for step in self._actions.pop(action, ()))

    def _forget(self, entries: Iterable[str]) -> None:
        """Forget what *entries* tell."""
        gone = set(entries)
        self.done = [one for one in self.done if one.entry not in gone]
        for fact, told in self._facts.items():
            self._facts[fact] = [one for one in told if one.entry not in gone]

    def learnt(self, at: datetime, entry: str, **changes: Any) -> None:
        before = self.known[-1].impact if self.known else Impact()
        self.known.append(Known(at=at, entry=entry, impact=replace(before, **changes)))

    def began(self, payload: Any, entry: str) -> None:
        """Take on when the impact began; the last word on it counts."""
        began = told_start(payload)
        if began is not None:
            self._facts["occurred"] = [Happened(at=began.at, entry=entry)]

    def of_category(self, category: str, at: datetime, entry: str) -> None:
        self.happened("classified", at, entry)
        facets = self._facets or self.plan.facets_of(category)
        self.learnt(at, entry, category=category, ancestors=self.plan.ancestors(category), facets=facets)

    def assessed_facets(self, facets: tuple[str, ...]) -> tuple[str, ...]:
        """Take on what an assessment tells, and return the facets that count: else those of the category."""
        self._facets = facets
        return facets or self.plan.facets_of(self.known[-1].impact.category if self.known else "")

    def holds(
        self, role: str, at: datetime, entry: str, *, joins: str | None = None, leaves: str | None = None
    ) -> None:
        """Take on who joins those who hold *role*, and who leaves them."""
        self._people[role] = (self._people.get(role, frozenset()) - {leaves}) | ({joins} if joins else set())
        self.staffed(at, entry)

    def commands(self, person: str, at: datetime, entry: str) -> None:
        """Take on who commands: one person."""
        self._people[COMMANDER] = frozenset({person})
        self.staffed(at, entry)

    def staffed(self, at: datetime, entry: str) -> None:
        """Tell that the roles are filled each time that the last one that the level requires no longer stands empty."""
        if not self.levels:
            return
        before, wanted = self._staffed, required(self.plan, self.levels[-1].level)
        self._staffed = all(self._people.get(role.id) for role in wanted)
        if self._staffed and not before:
            self.did("fill_roles", at, entry)


def _when(one: Happened) -> datetime:
    return one.at


def told_start(payload: Any) -> Moment | None:
    """Return when the impact began, as far as *payload* tells; None when it tells nothing of that."""
    began: Moment | None = getattr(payload, "began_at", None)
    told = getattr(payload, "fields", {}).get(IMPACT_START)
    if began is not None or not isinstance(told, str):
        return began
    try:
        return Moment(parse_utc(told))
    except InvalidMoment:
        return None
