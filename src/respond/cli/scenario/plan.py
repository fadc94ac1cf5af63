"""The life of the plan: in force before the incident, revised after it, rehearsed, and in force anew."""

from __future__ import annotations

from functools import cache

import attrs

from respond.cli.scenario.people import COMMANDER, EXECUTIVE, REVIEWER
from respond.cli.scenario.review import TWO_SHOPS
from respond.cli.scenario.step import INCIDENT, Person, Step
from respond.plan.diff import diff
from respond.plan.plan import Plan
from respond.workflow.plan_life import PLAN_CATEGORY
from respond.workflow.plan_life import commands as p
from respond.workflow.plan_life.proposals import AcceptPlanChange, ProposePlanChange

PLAN = "service-company@2"
"""The shipped plan that the story runs under."""
PLAN_NAME = PLAN.partition("@")[0]
_BAR = "Bar what would bring it back"


@cache
def _in_force() -> Plan:
    return Plan.shipped(PLAN)


@cache
def revised() -> Plan:
    """Return the version that the incident leads to: what contains a fault also bars it from coming back."""
    known = _in_force()
    measures = tuple(
        attrs.evolve(one, steps=(*one.steps, _BAR)) if one.id == "contain_fault" else one for one in known.measures
    )
    return attrs.evolve(known, version="3", measures=measures)


def _revision() -> p.RevisePlan:
    changes = tuple(one.text for one in diff(_in_force(), revised()))
    return p.RevisePlan(draft=revised().reference, trigger="incident", because=INCIDENT, changes=changes)


def _life(person: Person, at: str, tells: str, command: object) -> Step:
    return person.does(at, tells, command, category=PLAN_CATEGORY, key=PLAN_NAME)


BEFORE = (
    _life(
        COMMANDER,
        "02 08:00",
        "The plan is written, and known by its version and its digest.",
        lambda _: p.DraftPlan(draft=_in_force().reference),
    ),
    _life(
        EXECUTIVE,
        "02 08:05",
        "It comes into force.",
        lambda _: p.ApprovePlan(approved=_in_force().reference, note="yearly approval"),
    ),
)

AFTER = (
    _life(
        REVIEWER,
        "17 03:40",
        "The review proposes to change the plan.",
        ProposePlanChange(
            proposal="bar-the-next",
            text="Who contains a fault also bars what would bring it back",
            incident=INCIDENT,
            because=(TWO_SHOPS,),
        ),
    ),
    _life(
        REVIEWER,
        "18 01:00",
        "The plan itself is judged.",
        p.EvaluatePlan(rating="needs_revision", findings="it restores service, and bars nothing"),
    ),
    _life(
        COMMANDER,
        "18 02:00",
        "A new version is drafted, for a reason; what changed is told in sentences.",
        lambda _: _revision(),
    ),
    _life(
        EXECUTIVE,
        "18 03:00",
        "The draft does what was proposed. It comes into force once the plan was rehearsed.",
        lambda _: AcceptPlanChange(proposal="bar-the-next", revision=revised().reference, incident=INCIDENT),
    ),
)

APPROVED = (
    _life(
        EXECUTIVE,
        "27 02:00",
        "The day before it was rehearsed, as is told below. Now the revised plan comes into force.",
        lambda _: p.ApprovePlan(approved=revised().reference, note="after the incident of March and the drill"),
    ),
)
