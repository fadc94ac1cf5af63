"""How many abstract states the lifecycle of an incident has, and whether all of them are covered.

`make exhaust` runs it; docs/reference/testing-paths.md keeps its figures.  It ends with 1 when a run is not complete,
or when standings of one abstract state do not behave alike.
"""

from __future__ import annotations

import sys

import attrs

from outline import OUTLINE
from respond.plan.conditions import Bounds, Condition
from respond.plan.obligations import Clock, Obligation
from respond.plan.plan import Plan
from respond.plan.spans import Span
from respond.testing import exhaust, incident_lifecycle, incident_samples
from respond.testing.exhaustion import Exhausted
from respond.workflow.incident import INCIDENT

BARRING = ("head_office_initial", "visit")
"""Two obligations that bar a step: the first cannot be waived, the second can."""
_VISIT = Obligation(
    id="visit",
    title="Visit the customers concerned",
    act="fulfil",
    levels=(1, 2),
    when=(Condition(affected_customers=Bounds(from_=1)),),
    due=(Clock(from_="response_ended", within=Span(7, "day")),),
    pausable=True,
    before=("close_review",),
)


def barred_plan() -> Plan:
    """Return a shipped plan with these obligations only, without measures, rules of authority and a review by when."""
    plan = Plan.shipped("service-company@2")
    reported = [one for one in plan.obligations if one.id in BARRING]
    return attrs.evolve(plan, authority=(), measures=(), review=None, obligations=(*reported, _VISIT))


def covered(plan: Plan, *, representatives: int) -> Exhausted:
    """Return what a search of the incident workflow under *plan* visits."""
    return exhaust(
        INCIDENT,
        plan=plan,
        payloads=incident_samples(plan),
        abstraction=incident_lifecycle,
        representatives=representatives,
    )


def main() -> int:
    """Print what each plan's space holds."""
    status = 0
    for name, plan in (("no obligation bars a step", OUTLINE), (" and ".join(BARRING), barred_plan())):
        found = covered(plan, representatives=2)
        whole = found.complete and not found.blurred
        print(f"{plan.reference}, {name}: {found.states:,} abstract states, {found.deepest} steps to the farthest")
        print(f"  {'covered completely' if whole else 'NOT covered completely'}; {found.taken:,} steps taken")
        status |= not whole
    return status


if __name__ == "__main__":
    sys.exit(main())
