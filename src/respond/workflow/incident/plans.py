"""The plans that an incident runs under: another version of its own, and further ones that are activated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.references import Reference
from respond.domain.values import replace
from respond.plan.composed import differences
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident.state import OPEN, RESOLVED, Incident


@event_type()
@attrs.frozen(kw_only=True)
class PlanActivated:
    """A further plan came into force for the incident."""

    plan: Reference
    reason: str = ""
    differences: tuple[str, ...] = ()
    """What the plan in force held otherwise under the same id; the more special plan counts, else the first one."""


@event_type()
@attrs.frozen(kw_only=True)
class PlanRebased:
    """Another version of the plan, or another plan, is in force from now on; what was decided stays."""

    previous: Reference
    plan: Reference
    reason: str = ""


@command_type("activate_plan")
@attrs.frozen(kw_only=True)
class ActivatePlan:
    """Let a further plan come into force."""

    plan: Reference
    reason: str


@command_type("rebase_plan")
@attrs.frozen(kw_only=True)
class RebasePlan:
    """Let another version of the plan be in force."""

    plan: Reference
    reason: str


@guard("plan-in-force")
def another_plan(situation: Situation) -> str | None:
    """Require a plan that is not in force already."""
    state: Incident = situation.state
    if situation.command.plan not in (state.plan, *state.activated):
        return None
    return f"{situation.command.plan} is in force already"


@guard("plan-unknown")
def plan_known(situation: Situation) -> str | None:
    """Require a plan that the engine was given, with this very content."""
    wanted: Reference = situation.command.plan
    if situation.plans is None or wanted in situation.plans:
        return None
    known = ", ".join(map(str, situation.plans))
    return f"{wanted} with digest {wanted.digest[:12]} is not a plan of this engine; it has {known}"


GUARDS = (another_plan, plan_known)


def _activate(situation: Situation) -> Iterator[Any]:
    command: ActivatePlan = situation.command
    further = (situation.plans or {}).get(command.plan)
    yield PlanActivated(
        plan=command.plan,
        reason=command.reason,
        differences=() if further is None else differences(situation.plan, further),
    )


def _rebase(situation: Situation) -> Iterator[Any]:
    command: RebasePlan = situation.command
    yield PlanRebased(
        previous=situation.state.plan or situation.plan.reference, plan=command.plan, reason=command.reason
    )


HANDLERS = (
    Handler(
        command=ActivatePlan,
        decide=_activate,
        emits=(PlanActivated,),
        done=lambda situation: situation.command.plan in situation.state.activated,
    ),
    Handler(
        command=RebasePlan,
        decide=_rebase,
        emits=(PlanRebased,),
        done=lambda situation: situation.command.plan == situation.state.plan,
    ),
)
_PLAN = ("role-unknown", "plan-in-force", "plan-unknown", "reason-missing")
TRANSITIONS = (
    Transition("activate_plan", OPEN, None, guards=_PLAN),
    Transition("rebase_plan", (*OPEN, RESOLVED), None, guards=_PLAN),
)


def _activated(state: Incident, event: Event) -> Incident:
    return replace(state, activated=(*state.activated, event.data.plan))


def _rebased(state: Incident, event: Event) -> Incident:
    return replace(state, plan=event.data.plan)


EVOLVERS: Mapping[type, Evolve] = {PlanActivated: _activated, PlanRebased: _rebased}
