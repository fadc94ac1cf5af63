"""The lifecycle of a case of accountability: opened, determined, notified, appealed, decided, closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from respond.domain.events import Event
from respond.domain.values import replace
from respond.workflow import approvals
from respond.workflow.accountability import commands as c
from respond.workflow.accountability import events as e
from respond.workflow.accountability.events import APPEAL_OUTCOMES, RESPONSIBILITIES
from respond.workflow.accountability.state import (
    APPEALED,
    CLOSED,
    DECIDED,
    DETERMINED,
    NOTIFIED,
    OPENED,
    STATES,
    AccountabilityCase,
)
from respond.workflow.definition import (
    NEW,
    Handler,
    Situation,
    Transition,
    guard,
    not_blank,
    one_of,
    stands,
    text_within,
)
from respond.workflow.four_eyes import people, people_of
from respond.workflow.incident.guards import role_known
from respond.workflow.of_incident import incident_of
from respond.workflow.workflow import Workflow

ACCOUNTABILITY_CATEGORY = "accountability"
"""The category of the streams of cases of accountability."""

# -- guards ------------------------------------------------------------------------------------------------------------


@guard("not-the-person")
def _by_person(situation: Situation) -> str | None:
    """Require the person concerned, or somebody on their behalf."""
    case: AccountabilityCase = situation.state
    actor = situation.actor
    if actor is not None and case.person in people(actor.id, actor.on_behalf_of):
        return None
    return "only the person concerned appeals, or somebody on their behalf"


@guard("own-case")
def _of_another(situation: Situation) -> str | None:
    """Require somebody other than the person concerned."""
    actor = situation.actor
    concerned = getattr(situation.command, "person", None) or situation.state.person
    if actor is None:
        return "say who it is: name the actor"
    return None if concerned not in people(actor.id, actor.on_behalf_of) else "nobody judges their own case"


@guard("same-judge")
def _by_another_judge(situation: Situation) -> str | None:
    """Require somebody other than whoever determined it."""
    case: AccountabilityCase = situation.state
    actor = situation.actor
    if actor is None or people(actor.id, actor.on_behalf_of).isdisjoint(case.determined_by):
        return None
    return f"{actor.id!r} determined it; somebody else decides on the appeal"


@guard("handling-missing")
def _handling_told(situation: Situation) -> str | None:
    """Require the other handling, of an appeal that changes it."""
    command: c.DecideAppeal = situation.command
    if command.outcome != "changed" or command.handling.strip():
        return None
    return "say what is recommended instead"


_GUARDS = (
    role_known,
    text_within,
    _by_person,
    _of_another,
    _by_another_judge,
    _handling_told,
    one_of(
        "responsibility-unknown",
        "responsibility",
        RESPONSIBILITIES,
        f"Require a responsibility that is one of {', '.join(RESPONSIBILITIES)}.",
    ),
    one_of("outcome-unknown", "outcome", APPEAL_OUTCOMES, f"Require an outcome of {', '.join(APPEAL_OUTCOMES)}."),
    not_blank("accountability-unnamed", "incident", "question"),
    not_blank("determination-incomplete", "person", "role", "basis", "handling"),
    not_blank("channel-missing", "channel"),
    not_blank("grounds-missing", "grounds"),
    not_blank("reason-missing", "reason"),
)

# -- deciding ----------------------------------------------------------------------------------------------------------


def _says(payload: type, *fields: str) -> Callable[[Situation], Iterator[Any]]:
    """Return what yields *payload* with these fields of the command."""

    def decide(situation: Situation) -> Iterator[Any]:
        yield payload(**situation.step, **{name: getattr(situation.command, name) for name in fields})

    return decide


def _decide_appeal(situation: Situation) -> Iterator[Any]:
    command: c.DecideAppeal = situation.command
    handling = command.handling if command.outcome == "changed" else ""
    yield e.AppealDecided(**situation.step, outcome=command.outcome, reason=command.reason, handling=handling)


def _decided_already(situation: Situation) -> bool:
    case, command = situation.state, situation.command
    handled = command.outcome != "changed" or case.handling == command.handling
    return handled and stands(DECIDED, "outcome", outcome_reason="reason")(situation)


_OF_DETERMINATION = ("person", "role", "responsibility", "basis", "handling")
_HANDLERS = (
    Handler(
        command=c.OpenAccountability,
        decide=_says(e.AccountabilityOpened, "incident", "question"),
        emits=(e.AccountabilityOpened,),
        done=stands(OPENED, "incident", "question"),
    ),
    Handler(
        command=c.DetermineResponsibility,
        decide=_says(e.ResponsibilityDetermined, *_OF_DETERMINATION),
        emits=(e.ResponsibilityDetermined,),
        done=stands(DETERMINED, *_OF_DETERMINATION),
    ),
    Handler(
        command=c.NotifyPerson,
        decide=_says(e.PersonNotified, "channel", "text"),
        emits=(e.PersonNotified,),
        done=stands(NOTIFIED, "channel", notice="text"),
    ),
    Handler(
        command=c.Appeal,
        decide=_says(e.DeterminationAppealed, "grounds"),
        emits=(e.DeterminationAppealed,),
        done=stands(APPEALED, "grounds"),
    ),
    Handler(
        command=c.DecideAppeal,
        decide=_decide_appeal,
        emits=(e.AppealDecided,),
        done=_decided_already,
    ),
    Handler(
        command=c.CloseAccountability,
        decide=_says(e.AccountabilityClosed, "reason"),
        emits=(e.AccountabilityClosed,),
        done=stands(CLOSED, "reason"),
    ),
)

# -- folding -----------------------------------------------------------------------------------------------------------


def _opened(case: AccountabilityCase, event: Event) -> AccountabilityCase:
    data: e.AccountabilityOpened = event.data
    return replace(case, status=data.to, incident=data.incident, question=data.question)


def _determined(case: AccountabilityCase, event: Event) -> AccountabilityCase:
    data: e.ResponsibilityDetermined = event.data
    told = {name: getattr(data, name) for name in _OF_DETERMINATION}
    return replace(case, status=data.to, determined_by=tuple(sorted(people_of(event))), **told)


def _notified(case: AccountabilityCase, event: Event) -> AccountabilityCase:
    data: e.PersonNotified = event.data
    return replace(case, status=data.to, channel=data.channel, notice=data.text, notified_at=event.happened_at)


def _appealed(case: AccountabilityCase, event: Event) -> AccountabilityCase:
    return replace(case, status=event.data.to, grounds=event.data.grounds)


def _decided(case: AccountabilityCase, event: Event) -> AccountabilityCase:
    data: e.AppealDecided = event.data
    handling = {"upheld": "", "changed": data.handling}
    return replace(
        case,
        status=data.to,
        outcome=data.outcome,
        outcome_reason=data.reason,
        responsibility="not_responsible" if data.outcome == "upheld" else case.responsibility,
        handling=handling.get(data.outcome, case.handling),
    )


def _closed(case: AccountabilityCase, event: Event) -> AccountabilityCase:
    return replace(case, status=event.data.to, reason=event.data.reason)


# -- the workflow ------------------------------------------------------------------------------------------------------

_BOTH = ("role-unknown", "text-too-long")
_CLOSE = (*_BOTH, "reason-missing", "own-case")


ACCOUNTABILITY = Workflow(
    name="accountability",
    version=1,
    category=ACCOUNTABILITY_CATEGORY,
    restricted=True,
    states=STATES,
    finals=(CLOSED,),
    transitions=(
        Transition("open_accountability", NEW, OPENED, guards=(*_BOTH, "accountability-unnamed")),
        Transition(
            "determine_responsibility",
            OPENED,
            DETERMINED,
            guards=(*_BOTH, "determination-incomplete", "responsibility-unknown", "own-case"),
        ),
        Transition("notify_person", DETERMINED, NOTIFIED, guards=(*_BOTH, "channel-missing")),
        Transition("appeal", NOTIFIED, APPEALED, guards=(*_BOTH, "grounds-missing", "not-the-person")),
        Transition(
            "decide_appeal",
            APPEALED,
            DECIDED,
            guards=(*_BOTH, "outcome-unknown", "reason-missing", "handling-missing", "own-case", "same-judge"),
        ),
        Transition("close_accountability", (OPENED, NOTIFIED, DECIDED), CLOSED, guards=_CLOSE),
        approvals.approving((OPENED, DETERMINED, NOTIFIED, APPEALED, DECIDED), "role-unknown"),
    ),
    guards=(*_GUARDS, *approvals.GUARDS),
    initial=AccountabilityCase(),
    handlers=(*_HANDLERS, *approvals.HANDLERS),
    evolvers={
        e.AccountabilityOpened: _opened,
        e.ResponsibilityDetermined: _determined,
        e.PersonNotified: _notified,
        e.DeterminationAppealed: _appealed,
        e.AppealDecided: _decided,
        e.AccountabilityClosed: _closed,
        **approvals.EVOLVERS,
    },
    subject=incident_of,
)
