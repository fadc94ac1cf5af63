"""Proposals to change a plan: made by a review, an action item, a drill; accepted into a version, or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.references import Reference
from respond.domain.values import replace
from respond.workflow.definition import (
    Companion,
    Evolve,
    Handler,
    Situation,
    Transition,
    command_type,
    guard,
    not_blank,
    text_within,
)
from respond.workflow.incident.proposals import RecordProposalStep
from respond.workflow.incident.proposed import ProposalWord
from respond.workflow.of_incident import INCIDENT
from respond.workflow.plan_life.state import APPROVED, DRAFTED, PlanLife, Proposal

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class PlanChangeProposed:
    """Somebody proposed to change the plan."""

    proposal: str
    """Its key."""
    text: str
    """What should change, and why."""
    incident: str | None = None
    """The id of the incident that it came of."""
    because: tuple[str, ...] = ()
    """What it rests on: the ids of events of findings, the keys of action items, the ids of drills."""


@event_type()
@attrs.frozen(kw_only=True)
class PlanChangeAccepted:
    """A version of the plan does what was proposed."""

    proposal: str
    revision: Reference
    note: str = ""


@event_type()
@attrs.frozen(kw_only=True)
class PlanChangeRejected:
    """The plan is not changed as was proposed."""

    proposal: str
    reason: str


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("propose_plan_change")
@attrs.frozen(kw_only=True)
class ProposePlanChange:
    """Propose to change the plan."""

    proposal: str
    text: str
    incident: str | None = None
    because: tuple[str, ...] = ()


@command_type("accept_plan_change")
@attrs.frozen(kw_only=True)
class AcceptPlanChange:
    """Tell which version does what was proposed."""

    proposal: str
    revision: Reference
    incident: str | None = None
    """The incident that the proposal names."""
    note: str = ""


@command_type("reject_plan_change")
@attrs.frozen(kw_only=True)
class RejectPlanChange:
    """Say why the plan is not changed as was proposed."""

    proposal: str
    reason: str
    incident: str | None = None
    """The incident that the proposal names."""


# -- guards ------------------------------------------------------------------------------------------------------------


def _named(situation: Situation) -> Proposal | None:
    life: PlanLife = situation.state
    return life.proposals.get(situation.command.proposal)


@guard("proposal-taken")
def proposal_new(situation: Situation) -> str | None:
    """Require a key that no other proposal has."""
    key = situation.command.proposal
    return f"{key!r} is another proposal; choose another key" if key in situation.state.proposals else None


@guard("proposal-not-open")
def proposal_open(situation: Situation) -> str | None:
    """Require a proposal that was neither accepted nor rejected, with the incident that it came of."""
    found, command = _named(situation), situation.command
    if found is not None and found.status == "proposed":
        if found.incident == command.incident:
            return None
        return f"{command.proposal!r} came of {found.incident or 'no incident'}; name that"
    waiting = [key for key, one in situation.state.proposals.items() if one.status == "proposed"]
    return f"{command.proposal!r} is not an open proposal; open: {', '.join(waiting) or 'none'}"


@guard("revision-not-of-this-plan")
def revision_known(situation: Situation) -> str | None:
    """Require the draft or the version in force, and another one than was in force at the proposal."""
    life: PlanLife = situation.state
    revision, found = situation.command.revision, _named(situation)
    if revision not in (life.draft, life.in_force):
        known = ", ".join(str(one) for one in (life.draft, life.in_force) if one is not None)
        return f"{revision} with this content is neither the draft nor the version in force: {known}"
    if found is not None and revision == found.in_force:
        return f"{revision} was in force when it was proposed; draft a version that does it"
    return None


GUARDS = (
    proposal_new,
    proposal_open,
    revision_known,
    text_within,
    not_blank("proposal-empty", "proposal", "text"),
)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _propose(situation: Situation) -> Iterator[Any]:
    command: ProposePlanChange = situation.command
    yield PlanChangeProposed(
        proposal=command.proposal, text=command.text, incident=command.incident, because=command.because
    )


def _proposed_already(situation: Situation) -> bool:
    command: ProposePlanChange = situation.command
    known = _named(situation)
    asked = (command.text, command.incident, command.because)
    return known is not None and (known.text, known.incident, known.because) == asked


def _accept(situation: Situation) -> Iterator[Any]:
    command: AcceptPlanChange = situation.command
    yield PlanChangeAccepted(proposal=command.proposal, revision=command.revision, note=command.note)


def _accepted_already(situation: Situation) -> bool:
    known = _named(situation)
    return known is not None and (known.status, known.revision) == ("accepted", situation.command.revision)


def _reject(situation: Situation) -> Iterator[Any]:
    yield PlanChangeRejected(proposal=situation.command.proposal, reason=situation.command.reason)


def _rejected_already(situation: Situation) -> bool:
    known = _named(situation)
    return known is not None and (known.status, known.reason) == ("rejected", situation.command.reason)


def _told(plan: str, command: Any, step: ProposalWord, revision: Reference | None = None) -> Iterator[Companion]:
    """Yield what tells the incident that the proposal came of."""
    if command.incident is not None:
        told = RecordProposalStep(plan=plan, proposal=command.proposal, step=step, revision=revision)
        yield Companion(INCIDENT, command.incident, told)


HANDLERS = (
    Handler(
        command=ProposePlanChange,
        decide=_propose,
        emits=(PlanChangeProposed,),
        done=_proposed_already,
        companions=lambda plan, command: _told(plan, command, "proposed"),
    ),
    Handler(
        command=AcceptPlanChange,
        decide=_accept,
        emits=(PlanChangeAccepted,),
        done=_accepted_already,
        companions=lambda plan, command: _told(plan, command, "accepted", command.revision),
    ),
    Handler(
        command=RejectPlanChange,
        decide=_reject,
        emits=(PlanChangeRejected,),
        done=_rejected_already,
        companions=lambda plan, command: _told(plan, command, "rejected"),
    ),
)
_LIVES = (DRAFTED, APPROVED)
TRANSITIONS = (
    Transition("propose_plan_change", _LIVES, None, guards=("text-too-long", "proposal-empty", "proposal-taken")),
    Transition(
        "accept_plan_change",
        _LIVES,
        None,
        guards=("text-too-long", "proposal-not-open", "revision-not-of-this-plan"),
    ),
    Transition("reject_plan_change", _LIVES, None, guards=("text-too-long", "proposal-not-open", "reason-missing")),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _proposed(life: PlanLife, event: Event) -> PlanLife:
    data: PlanChangeProposed = event.data
    made = Proposal(
        entry=event.id,
        text=data.text,
        incident=data.incident,
        because=data.because,
        by=event.actor,
        at=event.happened_at,
        in_force=life.in_force,
    )
    return replace(life, proposals={**life.proposals, data.proposal: made})


def _accepted(life: PlanLife, event: Event) -> PlanLife:
    return _changed(life, event.data.proposal, status="accepted", revision=event.data.revision)


def _rejected(life: PlanLife, event: Event) -> PlanLife:
    return _changed(life, event.data.proposal, status="rejected", reason=event.data.reason)


def _changed(life: PlanLife, key: str, **changes: Any) -> PlanLife:
    known = life.proposals.get(key)
    if known is None:
        return life
    return replace(life, proposals={**life.proposals, key: attrs.evolve(known, **changes)})


EVOLVERS: Mapping[type, Evolve] = {
    PlanChangeProposed: _proposed,
    PlanChangeAccepted: _accepted,
    PlanChangeRejected: _rejected,
}
