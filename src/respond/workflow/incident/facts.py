"""What the events of an incident tell that its obligations rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from respond.domain.events import Event
from respond.domain.moments import Moment, parse_utc
from respond.domain.values import replace
from respond.errors import InvalidMoment
from respond.plan.conditions import Impact
from respond.plan.facts import Done, Facts, Happened, Known, LevelSet, Paused, StateEntered, Waived
from respond.plan.obligations import Act, Fact
from respond.plan.plan import Plan
from respond.workflow.incident import events as e
from respond.workflow.incident.corrections import happened_at, reading, retracted_entries
from respond.workflow.incident.levels import assessed
from respond.workflow.incident.people import RoleAssigned, RoleHandedOver, RoleReleased
from respond.workflow.incident.staffing import required
from respond.workflow.incident.state import COMMANDER
from respond.workflow.incident.triage import IncidentAcknowledged, IncidentRecategorised

IMPACT_START = "impact_start"
"""The extension field of an assessment or a note in which people tell, as RFC 3339, when the impact began."""

AMENDMENTS = (e.EntryCorrected, e.EntryRetracted)


def facts_of(plan: Plan, history: Sequence[Event]) -> Facts:
    """Return what *history* tells by its last word, in the order in which it happened."""
    ledger = Ledger(plan)
    for payload, at, entry in _readings(history):
        ledger.enter(payload, at, entry)
    return ledger.facts


def _readings(history: Sequence[Event]) -> Iterable[tuple[Any, datetime, str]]:
    """Return each entry that holds as it reads now, when it happened, and its id, in the order of the world."""
    amended = any(type(event.data) in AMENDMENTS for event in history)
    if amended:
        gone = retracted_entries(history)
        readings = [
            (reading(history, event), happened_at(history, event), event.id)
            for event in history
            if event.id not in gone and type(event.data) not in AMENDMENTS
        ]
    else:
        readings = [(event.data, event.happened_at, event.id) for event in history]
    return sorted(readings, key=lambda one: one[1])


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
        )

    def enter(self, payload: Any, at: datetime, entry: str) -> None:
        """Take an entry on; what rests on nothing that obligations ask for changes nothing."""
        state = getattr(payload, "to", None)
        if state is not None and (not self.states or self.states[-1].state != state):
            self.states.append(StateEntered(at=at, entry=entry, state=state))
        take = _TAKES.get(type(payload))
        if take is not None:
            take(self, payload, at, entry)

    def happened(self, fact: Fact, at: datetime, entry: str) -> None:
        self._facts.setdefault(fact, []).append(Happened(at=at, entry=entry))

    def did(self, act: Act, at: datetime, entry: str, **what: str | None) -> None:
        self.done.append(Done(at=at, entry=entry, act=act, **what))

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


def _reported(ledger: Ledger, payload: e.IncidentReported, at: datetime, entry: str) -> None:
    ledger.happened("told", at, entry)
    discovered = payload.discovered_at.at if payload.discovered_at else None
    if discovered is not None:
        ledger.happened("discovered", discovered, entry)
    ledger.happened("aware", at if discovered is None else min(at, discovered), entry)
    ledger.began(payload, entry)
    ledger.of_category(payload.category, at, entry)


def _recategorised(ledger: Ledger, payload: IncidentRecategorised, at: datetime, entry: str) -> None:
    ledger.of_category(payload.to_category, at, entry)


def _acknowledged(ledger: Ledger, _: IncidentAcknowledged, at: datetime, entry: str) -> None:
    ledger.did("acknowledge", at, entry)


def _assessed(ledger: Ledger, payload: e.IncidentAssessed, at: datetime, entry: str) -> None:
    ledger.happened("assessed", at, entry)
    ledger.did("assess", at, entry)
    ledger.began(payload, entry)
    ledger.learnt(
        at,
        entry,
        facets=ledger.assessed_facets(payload.facets),
        **assessed(payload),
    )


def _level_assigned(ledger: Ledger, payload: e.LevelAssigned, at: datetime, entry: str) -> None:
    ledger.happened("level_assigned", at, entry)
    ledger.did("assign_level", at, entry)
    ledger.levels.append(LevelSet(at=at, entry=entry, level=payload.level))
    ledger.staffed(at, entry)


def _level_changed(ledger: Ledger, payload: e.LevelChanged, at: datetime, entry: str) -> None:
    ledger.happened("level_assigned", at, entry)
    ledger.levels.append(LevelSet(at=at, entry=entry, level=payload.to_level))
    ledger.staffed(at, entry)


def _started(ledger: Ledger, _: e.ResponseStarted, at: datetime, entry: str) -> None:
    ledger.happened("response_started", at, entry)
    ledger.did("start_response", at, entry)


def _commanded(ledger: Ledger, payload: e.CommandTransferred, at: datetime, entry: str) -> None:
    ledger.did("take_command", at, entry)
    ledger.commands(payload.to_commander, at, entry)


def _role_assigned(ledger: Ledger, payload: RoleAssigned, at: datetime, entry: str) -> None:
    ledger.holds(payload.role, at, entry, joins=payload.person)


def _role_released(ledger: Ledger, payload: RoleReleased, at: datetime, entry: str) -> None:
    ledger.holds(payload.role, at, entry, leaves=payload.person)


def _role_handed_over(ledger: Ledger, payload: RoleHandedOver, at: datetime, entry: str) -> None:
    ledger.holds(payload.role, at, entry, joins=payload.to_person, leaves=payload.from_person)


def _told_upward(ledger: Ledger, payload: e.UpwardReportSent, at: datetime, entry: str) -> None:
    ledger.did("report_upward", at, entry, report=payload.kind, recipient=payload.recipient)


def _noted(ledger: Ledger, payload: e.ProgressNoted, at: datetime, entry: str) -> None:
    ledger.did("note_progress", at, entry)
    ledger.began(payload, entry)


def _resolved(ledger: Ledger, _: e.IncidentResolved, at: datetime, entry: str) -> None:
    ledger.happened("response_ended", at, entry)
    ledger.did("resolve", at, entry)


def _reopened(ledger: Ledger, _: e.IncidentReopened, at: datetime, entry: str) -> None:
    ledger.happened("reopened", at, entry)


def _reviewed(ledger: Ledger, _: e.IncidentReviewed, at: datetime, entry: str) -> None:
    ledger.did("close_review", at, entry)


def _fulfilled(ledger: Ledger, payload: e.ObligationFulfilled, at: datetime, entry: str) -> None:
    ledger.did("fulfil", at, entry, obligation=payload.obligation)


def _waive(ledger: Ledger, payload: e.ObligationWaived, at: datetime, entry: str) -> None:
    ledger.waived.append(
        Waived(
            at=at,
            entry=entry,
            obligation=payload.obligation,
            occurrence=payload.occurrence,
            reason=payload.reason,
        )
    )


def _pause(ledger: Ledger, payload: e.ClockPaused, at: datetime, entry: str) -> None:
    ledger.paused.append(Paused(at=at, entry=entry, obligation=payload.obligation, reason=payload.reason))


def _resume(ledger: Ledger, payload: e.ClockResumed, at: datetime, _: str) -> None:
    ledger.paused = [
        replace(one, until=at) if one.obligation == payload.obligation and one.until is None else one
        for one in ledger.paused
    ]


_TAKES: Mapping[type, Callable[[Ledger, Any, datetime, str], None]] = {
    e.IncidentReported: _reported,
    IncidentRecategorised: _recategorised,
    IncidentAcknowledged: _acknowledged,
    e.IncidentAssessed: _assessed,
    e.LevelAssigned: _level_assigned,
    e.LevelChanged: _level_changed,
    e.ResponseStarted: _started,
    e.CommandTransferred: _commanded,
    RoleAssigned: _role_assigned,
    RoleReleased: _role_released,
    RoleHandedOver: _role_handed_over,
    e.UpwardReportSent: _told_upward,
    e.ProgressNoted: _noted,
    e.IncidentResolved: _resolved,
    e.IncidentReopened: _reopened,
    e.IncidentReviewed: _reviewed,
    e.ObligationFulfilled: _fulfilled,
    e.ObligationWaived: _waive,
    e.ClockPaused: _pause,
    e.ClockResumed: _resume,
}


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
