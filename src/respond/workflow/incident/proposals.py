"""Proposals to change a plan that an incident led to: what became of each, recorded beside the life of the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.references import Reference
from respond.domain.values import replace
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident.proposed import ProposalWord, Proposed
from respond.workflow.incident.state import CANCELLED, MERGED, OPEN, RESOLVED, REVIEWED, Incident

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class ProposalStepRecorded:
    """A proposal to change a plan went on; what was said stands in the stream of the plan."""

    plan: str
    """The name of the plan."""
    proposal: str
    """The key of the proposal."""
    step: ProposalWord
    revision: Reference | None = None
    """The version into which it was accepted."""


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("record_proposal_step")
@attrs.frozen(kw_only=True)
class RecordProposalStep:
    """Take on that a proposal went on; asked beside the command that says so."""

    plan: str
    proposal: str
    step: ProposalWord
    revision: Reference | None = None


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("proposal-not-of-incident")
def proposal_known(situation: Situation) -> str | None:
    """Require a proposal that this incident led to, unless it is made now."""
    command: RecordProposalStep = situation.command
    if command.step == "proposed" or _known(situation) is not None:
        return None
    return f"{command.proposal!r} for the plan {command.plan!r} did not come of this incident"


GUARDS = (proposal_known,)


def _known(situation: Situation) -> Proposed | None:
    state, command = situation.state, situation.command
    asked = (command.plan, command.proposal)
    return next((one for one in state.proposals if (one.plan, one.proposal) == asked), None)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _record(situation: Situation) -> Iterator[Any]:
    command: RecordProposalStep = situation.command
    yield ProposalStepRecorded(
        plan=command.plan, proposal=command.proposal, step=command.step, revision=command.revision
    )


def _recorded_already(situation: Situation) -> bool:
    command: RecordProposalStep = situation.command
    known = _known(situation)
    return known is not None and command.step in ("proposed", known.status)


HANDLERS = (
    Handler(
        command=RecordProposalStep,
        decide=_record,
        emits=(ProposalStepRecorded,),
        done=_recorded_already,
        accompanies=True,
        automatic=True,
    ),
)
TRANSITIONS = (
    Transition(
        "record_proposal_step",
        (*OPEN, RESOLVED, REVIEWED, CANCELLED, MERGED),
        None,
        guards=("proposal-not-of-incident",),
    ),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _stepped(state: Incident, event: Event) -> Incident:
    data: ProposalStepRecorded = event.data
    stands = Proposed(plan=data.plan, proposal=data.proposal, status=data.step, revision=data.revision)
    others = (one for one in state.proposals if (one.plan, one.proposal) != (data.plan, data.proposal))
    return replace(state, proposals=(*others, stands))


EVOLVERS: Mapping[type, Evolve] = {ProposalStepRecorded: _stepped}
