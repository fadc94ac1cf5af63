"""The customers whom an incident hurt: what of their cases its obligations rest on, recorded beside each case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.plan.cases import ACTS
from respond.plan.facts import CaseStep, Step
from respond.plan.promises import promises_to
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident import events as e
from respond.workflow.incident.cases import Case
from respond.workflow.incident.ledger import Ledger
from respond.workflow.incident.state import CANCELLED, OPEN, RESOLVED, REVIEWED, Incident

CaseWord = Literal["registered", "contacted", "apologised", "settled", "visited", "closed", "reopened", "other"]
"""A step of a case: `other` is one on which nothing rests here."""
_ONCE = frozenset({"apologised", "settled", "visited", "closed"})
"""The steps that are recorded once, as long as the case is not opened anew."""
_ENDS: tuple[Step, ...] = ("settled", "visited", "closed")
"""The steps after which a case can be opened anew."""

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class CaseStepRecorded:
    """The case of a customer went on; what was said and done stands in the stream of the party."""

    party: str
    """The key of the party."""
    step: Step
    customers: int = 1
    """How many customers the party stands for, when it is registered."""


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("record_case_step")
@attrs.frozen(kw_only=True)
class RecordCaseStep:
    """Take on that the case of a customer went on; asked beside the command that says so."""

    party: str
    step: CaseWord
    customers: int = 1


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("party-unknown")
def party_known(situation: Situation) -> str | None:
    """Require a party of this incident, unless it is registered now."""
    command: RecordCaseStep = situation.command
    if command.step == "registered" or command.party in situation.state.cases:
        return None
    return f"{command.party!r} is not among the affected parties of this incident; register it first"


@guard("incident-reviewed")
def incident_not_over(situation: Situation) -> str | None:
    """Require that no case is opened when the incident is over."""
    step = situation.command.step
    if step not in ("registered", "reopened"):
        return None
    return f"the incident is {situation.state.status}: reopen it before a case is {step}"


@guard("absorbed-case-open")
def absorbed_cases_over(situation: Situation) -> str | None:
    """Require that no case goes over that a closed review would have waited for."""
    left = [case.party for case in situation.command.cases if not _left_nothing(situation, case)]
    if not left:
        return None
    return f"{situation.command.source!r} has open cases: {', '.join(left)}; finish them first, or reopen this incident"


def _left_nothing(situation: Situation, case: Case) -> bool:
    """Return whether a closed review waits for nothing of *case*."""
    promised = promises_to(situation.plan.customer_care, case.party).values()
    acts = {ACTS[one.step] for one in case.steps if one.step in ACTS and case.took(one.step)}
    return all(one.act in acts for one in promised if "close_review" in one.before)


GUARDS = (party_known, incident_not_over, absorbed_cases_over)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _record(situation: Situation) -> Iterator[Any]:
    command: RecordCaseStep = situation.command
    if command.step != "other":
        yield CaseStepRecorded(party=command.party, step=command.step, customers=command.customers)


def _recorded_already(situation: Situation) -> bool:
    command: RecordCaseStep = situation.command
    case: Case | None = situation.state.cases.get(command.party)
    if case is None or command.step == "other":
        return False
    if command.step == "reopened":
        return not case.took(*_ENDS)
    return command.step == "registered" or (command.step in _ONCE and case.took(command.step))


HANDLERS = (
    Handler(
        command=RecordCaseStep,
        decide=_record,
        emits=(CaseStepRecorded,),
        done=_recorded_already,
        accompanies=True,
        automatic=True,
    ),
)
TRANSITIONS = (
    Transition("record_case_step", (*OPEN, RESOLVED), None, guards=("party-unknown",)),
    Transition("record_case_step", (REVIEWED, CANCELLED), None, guards=("party-unknown", "incident-reviewed")),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _stepped(state: Incident, event: Event) -> Incident:
    data: CaseStepRecorded = event.data
    known = state.cases.get(data.party) or Case(party=data.party, customers=data.customers)
    step = CaseStep(at=event.happened_at, entry=event.body["id"], step=data.step)
    return replace(state, cases={**state.cases, data.party: replace(known, steps=(*known.steps, step))})


EVOLVERS: Mapping[type, Evolve] = {CaseStepRecorded: _stepped}


# -- obligations -------------------------------------------------------------------------------------------------------


def _take(ledger: Ledger, payload: CaseStepRecorded, at: datetime, entry: str) -> None:
    ledger.cared(payload.party, CaseStep(at=at, entry=entry, step=payload.step))


def take_over(ledger: Ledger, payload: e.IncidentAbsorbed) -> None:
    """Take on the cases of an incident that was merged into this one."""
    for case in payload.cases:
        for step in case.steps:
            ledger.cared(case.party, step)


TAKES: Mapping[type, Callable[[Ledger, Any, datetime, str], None]] = {CaseStepRecorded: _take}
