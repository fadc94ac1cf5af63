"""Decisions: what was decided, which ways were open, why the others were left, and what speaks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard, not_blank
from respond.workflow.incident.marks import mark
from respond.workflow.incident.state import OPEN, RESOLVED, Incident

# -- events ------------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class RejectedOption:
    """A way that was considered and not taken."""

    option: str
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class DecisionRecorded:
    """Someone decided."""

    decision: str
    rationale: str
    options: tuple[str, ...] = ()
    """The ways that were considered, the one that was taken among them."""
    rejected: tuple[RejectedOption, ...] = ()


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("record_decision")
@attrs.frozen(kw_only=True)
class RecordDecision:
    """Record what was decided, and why."""

    decision: str
    rationale: str
    options: tuple[str, ...] = ()
    rejected: tuple[RejectedOption, ...] = ()


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("option-unknown")
def options_known(situation: Situation) -> str | None:
    """Require that what was rejected was considered, and give the reason for each."""
    command: RecordDecision = situation.command
    for one in command.rejected:
        if one.option not in command.options:
            return f"{one.option!r} was rejected and is none of the options: {', '.join(command.options) or 'none'}"
        if not one.reason.strip():
            return f"say why {one.option!r} was rejected"
    return None


decision_told = not_blank("decision-missing", "decision", "rationale")
GUARDS = (options_known, decision_told)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _decide(situation: Situation) -> Iterator[Any]:
    yield _decided(situation.command)


def _decided(command: RecordDecision) -> DecisionRecorded:
    return DecisionRecorded(
        decision=command.decision, rationale=command.rationale, options=command.options, rejected=command.rejected
    )


def _decided_already(situation: Situation) -> bool:
    """Whether the last decision says just that."""
    told = (event.data for event in reversed(situation.history) if type(event.data) is DecisionRecorded)
    return next(told, None) == _decided(situation.command)


HANDLERS = (Handler(command=RecordDecision, decide=_decide, emits=(DecisionRecorded,), done=_decided_already),)
TRANSITIONS = (
    Transition(
        "record_decision",
        (*OPEN, RESOLVED),
        None,
        guards=("role-unknown", "text-too-long", "decision-missing", "option-unknown"),
    ),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _recorded(state: Incident, event: Event) -> Incident:
    return replace(state, decisions=(*state.decisions, mark(event, "decision")))


EVOLVERS: Mapping[type, Evolve] = {DecisionRecorded: _recorded}
