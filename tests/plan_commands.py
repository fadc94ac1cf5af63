"""Random commands for an incident under a random plan: most of them make sense, and some do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import response_commands
import review_commands
from plan_strategies import ASKED, IDS, LEVELS_MAX, Maker, ids
from respond.domain.events import Event
from respond.domain.moments import Moment
from respond.domain.references import Reference
from respond.plan.obligations import Obligation
from respond.plan.owed import owed
from respond.plan.plan import Plan
from respond.workflow.approvals import Approve
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident.corrections import CORRECTABLE, RETRACTABLE
from respond.workflow.incident.events import REPORT_KINDS, UpwardReportSent
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.people import AssignRole, HandOverRole, ReleaseRole
from respond.workflow.incident.pins import PinEntry, UnpinEntry
from respond.workflow.incident.plans import ActivatePlan, RebasePlan
from respond.workflow.incident.state import COMMANDER, Incident
from respond.workflow.incident.triage import Acknowledge, Recategorise, SetResponseLevel
from spoken_commands import SAID

PEOPLE = ("wang.li", "chen.yu", "li.na", "zhao.min")
NOWHERE = Reference("nowhere", "1", "0" * 64)
"""A plan that no engine has."""
_TEXTS = ("as agreed", "断网", "x", "again")
_FILLS: Mapping[str, tuple[Any, ...]] = {
    "text": ("hall", "yard"),
    "integer": (0, 3),
    "decimal": (Decimal("0.50"), 1),
    "yes_no": (True, False),
}


class Asker(Maker):
    """Makes commands for an incident as it stands."""

    def __init__(self, seed: int | str, plan: Plan, history: Sequence[Event], state: Incident) -> None:
        super().__init__(seed)
        self.plan, self.history, self.state = plan, history, state

    def command(self, trigger: str, known: Sequence[Reference] = ()) -> Any:
        """Return a command for *trigger*; plans are among those that are *known*."""
        if trigger in {"activate_plan", "rebase_plan"}:
            made = ActivatePlan if trigger == "activate_plan" else RebasePlan
            others = [one for one in known if one not in (self.state.plan, *self.state.activated)]
            chosen = self.one_of(others if others and self.chance(0.8) else (*known, NOWHERE))
            return made(plan=chosen, reason=self.text())
        return _COMMANDS[trigger](self)

    def text(self) -> str:
        return str(self.one_of(_TEXTS)) if self.chance(0.96) else " "

    def person(self) -> str:
        return str(self.one_of(PEOPLE))

    def fields(self) -> dict[str, Any]:
        """Return what the plan asks to be filled; something else now and then."""
        if self.chance(0.1):
            return {self.one_of(IDS["extension_fields"]): self.one_of(("hall", 1, True))}
        known = (one for one in self.plan.extension_fields if one.kind == "text" or not one.choices)
        return {one.id: self.one_of(_FILLS[one.kind]) for one in known if one.required or self.chance()}

    def entry(self, kinds: Sequence[type]) -> Event:
        """Return an event, mostly of one of *kinds*."""
        fitting = [event for event in self.history if type(event.data) in kinds]
        return self.one_of(fitting if fitting and self.chance(0.8) else self.history)

    def obligation(self, fits: Callable[[Obligation], bool] = bool) -> str:
        """Return an obligation, mostly one of the plan that *fits*."""
        known = [one.id for one in self.plan.obligations if fits(one) or self.chance(0.1)]
        return str(self.one_of(known if known and self.chance(0.9) else IDS["obligations"]))

    def level(self) -> int:
        """Return a level, mostly another one of the plan."""
        others = [one.number for one in self.plan.levels if one.number != self.state.level]
        return int(self.one_of(others if others and self.chance(0.9) else range(1, LEVELS_MAX + 1)))

    def role(self) -> str:
        """Return a role, mostly one of the plan that can be assigned."""
        known = [one.id for one in self.plan.roles if one.id != COMMANDER]
        return str(self.one_of(known if known and self.chance(0.9) else IDS["roles"]))

    def held(self) -> tuple[str, str]:
        """Return a role and a person, who mostly holds it."""
        known = [(one.role, one.person) for one in self.state.roles]
        found: tuple[str, str] = self.one_of(known) if known and self.chance(0.9) else (self.role(), self.person())
        return found

    def occurrence(self) -> c.Waive:
        """Return the waiver of an occurrence, mostly of one that is open."""
        waivable = {one.id for one in self.plan.obligations if one.waivable or self.chance(0.1)}
        owes = pending(self.plan, self.history, self.history[-1].recorded_at)
        found = [one for one in owes if one[0] in waivable]
        name, number = self.one_of(found) if found and self.chance(0.9) else (self.obligation(), self.one_of((1, 2, 3)))
        return c.Waive(obligation=name, occurrence=number, reason=self.text())

    def approval(self) -> Approve:
        """Return an approval, mostly one that says which of several things it is about."""
        asking = [name for rule in self.plan.authority if rule.n_of > 1 for name in rule.commands if name != "*"]
        name = str(self.one_of(asking or ASKED))
        trigger = name.partition(":")[0]
        fields = INCIDENT.handler_of[trigger].about if trigger in INCIDENT.handler_of and self.chance(0.9) else ()
        asked = self.command(trigger) if fields else None
        return Approve(command=name, about=" ".join(str(getattr(asked, field)) for field in fields))

    def upward(self) -> c.ReportUpward:
        """Return an upward report, mostly the next one that a recipient may get."""
        told = {one.report.recipient for one in self.state.upward_reports}
        recipient = str(self.one_of(sorted(told) if told and self.chance() else ids("audiences")))
        kind = self.one_of(REPORT_KINDS[1:]) if recipient in told else REPORT_KINDS[0]
        return c.ReportUpward(
            kind=kind if self.chance(0.9) else self.one_of(REPORT_KINDS), recipient=recipient, summary=self.text()
        )

    def moment(self) -> Moment | None:
        began = self.history[0].recorded_at - timedelta(minutes=self.random.randint(0, 120)) if self.history else None
        return None if began is None or self.chance() else Moment(began)


def pending(plan: Plan, history: Sequence[Event], now: datetime) -> list[tuple[str, int]]:
    """Return what is owed and neither done, waived nor dropped: the obligation and the occurrence."""
    found = owed(plan, facts_of(plan, history), until=now) if history else ()
    return [
        (one.obligation, one.occurrence)
        for one in found
        if one.since is not None and not (one.done_at or one.waived_at or one.dropped_at)
    ]


def _report(asker: Asker) -> Any:
    category = asker.one_of([one.id for one in asker.plan.categories])
    return c.ReportIncident(category=category, title=asker.person(), discovered_at=asker.moment())


def _assess(asker: Asker) -> Any:
    impact = asker.impact()
    names = ("affected_customers", "injured", "dead", "sites", "loss", "spread", "critical_facility", "facets")
    known = {name: getattr(impact, name) for name in names}
    return c.Assess(**known, began_at=asker.moment(), findings=asker.text(), fields=asker.fields())


def _correct(asker: Asker) -> Any:
    event = asker.entry(tuple(CORRECTABLE))
    known = sorted(CORRECTABLE.get(type(event.data), {"occurred_at"}) & {*_RIGHT})
    name = asker.one_of(known or ["occurred_at"])
    return c.Correct(entry=event.id, changes={name: _RIGHT[name](asker, event)}, reason=asker.text())


def _raise(asker: Asker) -> Any:
    last = asker.history[-1].recorded_at + timedelta(minutes=asker.random.randint(0, 90))
    return c.RaiseDue(
        obligation=asker.obligation(), occurrence=1, rung=1, due_at=last, tell=asker.some(IDS["roles"], at_least=1)
    )


_RIGHT: Mapping[str, Callable[[Asker, Event], Any]] = {
    "occurred_at": lambda asker, event: Moment(
        event.recorded_at - timedelta(minutes=asker.random.randint(0, 90))
    ).to_json(),
    "category": lambda asker, _: asker.one_of(IDS["categories"]),
    "affected_customers": lambda asker, _: asker.random.randint(-1, 9),
    "kind": lambda asker, _: asker.one_of(REPORT_KINDS),
    "recipient": lambda asker, _: asker.one_of(ids("audiences")),
    **dict.fromkeys(
        ("title", "findings", "basis", "justification", "briefing", "summary", "text", "resolution", "reason", "note"),
        lambda asker, _: asker.text(),
    ),
}
_COMMANDS: Mapping[str, Callable[[Asker], Any]] = {
    "report": _report,
    "assess": _assess,
    "assign_level": lambda a: c.AssignLevel(level=a.level(), basis=a.text()),
    "change_level": lambda a: c.ChangeLevel(level=a.level(), justification=a.text()),
    "start_response": lambda _: c.StartResponse(),
    "take_command": lambda a: c.TakeCommand(commander=a.one_of((None, *PEOPLE)), briefing=a.text()),
    "assign_team": lambda a: c.AssignTeam(team=a.text()),
    "report_upward": Asker.upward,
    "note": lambda a: c.Note(text=a.text(), fields=a.fields() if a.chance(0.2) else {}),
    "resolve": lambda a: c.Resolve(resolution=a.text()),
    "reopen": lambda a: c.Reopen(reason=a.text()),
    "close_review": lambda a: c.CloseReview(summary=a.text()),
    "cancel": lambda a: c.Cancel(reason=a.text()),
    "correct": _correct,
    "retract": lambda a: c.Retract(entry=a.entry(RETRACTABLE).id, reason=a.text()),
    "pin_entry": lambda a: PinEntry(entry=a.one_of(a.history).id, note=a.text()),
    "unpin_entry": lambda a: UnpinEntry(entry=a.one_of(a.state.pinned or (a.history[-1].id,)), reason=a.text()),
    "acknowledge": lambda _: Acknowledge(),
    "recategorise": lambda a: Recategorise(category=a.one_of(IDS["categories"]), reason=a.text()),
    "set_response_level": lambda a: SetResponseLevel(response=a.one_of(ids("response_levels")), basis=a.text()),
    "assign_role": lambda a: AssignRole(role=a.role(), person=a.person()),
    "release_role": lambda a: ReleaseRole(**dict(zip(("role", "person"), a.held(), strict=True)), reason=a.text()),
    "hand_over_role": lambda a: HandOverRole(
        **dict(zip(("role", "from_person"), a.held(), strict=True)), to_person=a.person(), briefing=a.text()
    ),
    "waive": Asker.occurrence,
    "pause_clock": lambda a: c.PauseClock(obligation=a.obligation(lambda one: one.pausable), reason=a.text()),
    "resume_clock": lambda a: c.ResumeClock(obligation=a.one_of(a.state.paused or IDS["obligations"])),
    "fulfil": lambda a: c.Fulfil(obligation=a.obligation(lambda one: one.act == "fulfil"), note=a.text()),
    "record_receipt": lambda a: c.RecordReceipt(report=a.entry((UpwardReportSent,)).id, receipt=a.text()),
    "raise_due": _raise,
    "approve": Asker.approval,
    **response_commands.ASKED_FOR,
    **review_commands.ASKED_FOR,
    **SAID,
}
TRIGGERS = (*_COMMANDS, "activate_plan", "rebase_plan")
"""Everything that is asked of one incident; a merge is asked of two."""
