"""The plans that an incident runs under: another version of its own, and further ones that are activated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.references import Reference
from respond.domain.values import replace
from respond.plan.composed import differences
from respond.plan.plan import Plan
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident.breaches import breaches
from respond.workflow.incident.events import PlanActivated, PlanRebased
from respond.workflow.incident.impact import impact_of
from respond.workflow.incident.state import OPEN, RESOLVED, Incident


@command_type("activate_plan")
@attrs.frozen(kw_only=True)
class ActivatePlan:
    """Let a further plan come into force."""

    plan: Reference
    reason: str


@command_type("activate_due_plan")
@attrs.frozen(kw_only=True)
class ActivateDuePlan:
    """Let a further plan come into force because it says that it does; a watcher asks for it."""

    plan: Reference


@command_type("rebase_plan")
@attrs.frozen(kw_only=True)
class RebasePlan:
    """Let another version of the plan be in force."""

    plan: Reference
    reason: str


def _whole(situation: Situation) -> Reference:
    """Return what pins the plan that is asked for: a special plan is taken with what it is under."""
    asked: Reference = situation.command.plan
    found = (situation.plans or {}).get(asked)
    return asked if found is None else found.reference


@guard("plan-in-force")
def another_plan(situation: Situation) -> str | None:
    """Require a plan that is not in force already."""
    state: Incident = situation.state
    if _whole(situation) not in (state.plan, *state.activated):
        return None
    return f"{situation.command.plan} is in force already"


@guard("plan-unknown")
def plan_known(situation: Situation) -> str | None:
    """Require a plan that the engine was given, with this very content."""
    wanted: Reference = situation.command.plan
    if situation.plans is None or wanted in situation.plans:
        return None
    known = ", ".join(dict.fromkeys(map(str, situation.plans)))
    return f"{wanted} with digest {wanted.digest[:12]} is not a plan of this engine; it has {known}"


@guard("plan-not-due")
def plan_due(situation: Situation) -> str | None:
    """Require a plan that comes into force by itself for this incident, as it stands."""
    wanted = (situation.plans or {}).get(situation.command.plan)
    if wanted is None or comes_into_force(wanted, situation.plan, situation.state):
        return None
    return f"{wanted.reference} does not come into force by itself for this incident; activate it by decision"


@guard("plan-reason-missing")
def reason_for_plan(situation: Situation) -> str | None:
    """Require a reason for another plan than category, site and unit choose."""
    other: Reference | None = situation.command.passed_over
    if other is None or situation.command.plan_reason.strip():
        return None
    named = situation.plan.reference
    return f"category, site and unit choose the plan {other}; leave {named} out, or say why it is that one"


GUARDS = (another_plan, plan_known, plan_due, reason_for_plan)


def comes_into_force(further: Plan, plan: Plan, incident: Incident) -> bool:
    """Return whether *further* comes into force by itself for *incident*, which runs under *plan* so far.

    Another version of a plan that is in force does not: that is for `rebase_plan`.
    """
    in_force = {one.name for one in (incident.plan, *incident.activated) if one is not None}
    if further.activation is None or further.name in in_force:
        return False
    fits = further.fits(category=incident.category, site=incident.site, unit=incident.unit)
    return fits and further.activation.holds(incident.level, impact_of(plan, incident))


def _activate(situation: Situation) -> Iterator[Any]:
    command: ActivatePlan = situation.command
    further = (situation.plans or {}).get(command.plan)
    yield PlanActivated(
        plan=_whole(situation),
        reason=command.reason,
        differences=() if further is None else differences(situation.plan, further),
        breaches=breaches(situation),
    )


def _activate_due(situation: Situation) -> Iterator[Any]:
    further = (situation.plans or {}).get(situation.command.plan)
    yield PlanActivated(
        plan=situation.command.plan,
        reason="by itself: the incident is as the plan says",
        differences=() if further is None else differences(situation.plan, further),
        breaches=breaches(situation),
    )


def _rebase(situation: Situation) -> Iterator[Any]:
    command: RebasePlan = situation.command
    yield PlanRebased(
        previous=situation.state.plan or situation.plan.reference,
        plan=_whole(situation),
        reason=command.reason,
        breaches=breaches(situation),
    )


HANDLERS = (
    Handler(
        command=ActivatePlan,
        decide=_activate,
        emits=(PlanActivated,),
        done=lambda situation: _whole(situation) in situation.state.activated,
    ),
    Handler(
        command=ActivateDuePlan,
        decide=_activate_due,
        emits=(PlanActivated,),
        done=lambda situation: situation.command.plan in situation.state.activated,
        automatic=True,
    ),
    Handler(
        command=RebasePlan,
        decide=_rebase,
        emits=(PlanRebased,),
        done=lambda situation: _whole(situation) == situation.state.plan,
    ),
)
_PLAN = ("role-unknown", "plan-in-force", "plan-unknown", "reason-missing")
TRANSITIONS = (
    Transition("activate_plan", OPEN, None, guards=_PLAN),
    Transition("activate_due_plan", OPEN, None, guards=("plan-in-force", "plan-unknown", "plan-not-due")),
    Transition("rebase_plan", (*OPEN, RESOLVED), None, guards=_PLAN),
)


def _activated(state: Incident, event: Event) -> Incident:
    return replace(state, activated=(*state.activated, event.data.plan))


def _rebased(state: Incident, event: Event) -> Incident:
    return replace(state, plan=event.data.plan)


EVOLVERS: Mapping[type, Evolve] = {PlanActivated: _activated, PlanRebased: _rebased}
