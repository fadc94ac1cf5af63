"""The plan and the incidents that tests of the response stand on."""

from __future__ import annotations

import attrs

from play import PLAN, Play
from respond.plan.activation import Activation
from respond.plan.conditions import Bounds, Condition
from respond.plan.measures import Measure
from respond.plan.organisation import Role, TeamTemplate
from respond.plan.spans import Span
from respond.workflow.incident import commands as c
from respond.workflow.incident.course import RequestHelp, SetActionPlan
from respond.workflow.incident.holds import PutOnHold
from respond.workflow.incident.measures import StartMeasure
from respond.workflow.incident.situation import RaiseHypothesis, ReceiveInformation

RESPONSE = attrs.evolve(
    PLAN,
    name="response",
    roles=(*PLAN.roles, Role(id="liaison", title="Liaison", holders=1), Role(id="runner", title="Runner")),
    measures=(
        Measure(
            id="restore",
            title="Restore service",
            kind="restore",
            after=("patch",),
            priority=20,
            mandatory=True,
            within=Span(30, "minute"),
            role="commander",
        ),
        Measure(id="patch", title="Contain the fault", kind="contain", steps=("Find it", "Mend it"), priority=10),
        Measure(id="sing", title="Sing", levels=(1,), priority=90),
        Measure(id="spares", title="Bring spares", categories=("network",)),
        Measure(
            id="call_all", title="Call everybody", when=(Condition(affected_customers=Bounds(from_=1000)),), priority=5
        ),
    ),
    teams=(
        TeamTemplate(id="crew", title="Crew", roles=("commander", "liaison", "runner"), levels=(2, 3)),
        TeamTemplate(id="network_crew", title="Network crew", roles=("runner",), categories=("network",)),
    ),
)
"""The example, with measures and teams."""
STORM = attrs.evolve(
    PLAN, name="storm", activation=Activation(levels=(1, 2), when=(Condition(affected_customers=Bounds(from_=500)),))
)
"""A plan that comes into force by itself where many are hit."""

SMOKE = ReceiveInformation(information="smoke", text="Smoke in the back room", kind="rumour", source="a caller")
UPDATE = RaiseHypothesis(hypothesis="update", cause="The update broke it")
CREW = RequestHelp(help="crew", source="the supplier", what="two people")
GOALS = SetActionPlan(objectives=("All shops take cards",))


def working(level: int = 3) -> Play:
    """Return an incident that people respond to at *level*, under `RESPONSE`; five events, the last one at 08:04."""
    play = Play(plan=RESPONSE).do(
        c.ReportIncident(category="facility_failure", title="Card terminals down"),
        c.Assess(affected_customers=300),
        c.AssignLevel(level=level, basis="x"),
        c.StartResponse(),
        c.TakeCommand(commander="chen.yu"),
    )
    play.plans = {RESPONSE.reference: RESPONSE, STORM.reference: STORM}
    return play


def patching() -> Play:
    """Return one in which the first measure was begun, at 08:05."""
    return working().do(StartMeasure(measure="patch"))


def informed() -> Play:
    """Return one with a rumour, a suspected cause, an action plan, help that was asked for, and work on hold."""
    return working().do(SMOKE, UPDATE, GOALS, CREW, PutOnHold(reason="the supplier sleeps"))
