"""Cases of the guards of the response."""

from __future__ import annotations

from datetime import timedelta

import attrs

from guard_cases import Case
from play import START
from respond.workflow.incident import commands as c
from respond.workflow.incident.course import RecordHelpArrived, RequestHelp, ReviseActionPlan, SetActionPlan
from respond.workflow.incident.decisions import RecordDecision, RejectedOption
from respond.workflow.incident.effects import MarkContained, RecordHeadCount
from respond.workflow.incident.holds import Resume
from respond.workflow.incident.measures import CompleteMeasure, SkipMeasure, StartMeasure, TickStep
from respond.workflow.incident.people import AssignRole
from respond.workflow.incident.plans import ActivateDuePlan
from respond.workflow.incident.situation import ConfirmHypothesis, RaiseHypothesis, RefuteInformation
from respond.workflow.incident.teams import FormTeam
from respond.workflow.incident.unplanned import AddMeasure
from response import CREW, GOALS, RESPONSE, SMOKE, STORM, UPDATE, informed, patching, working

DECISION = RecordDecision(
    decision="Roll back",
    rationale="quick",
    options=("Roll back", "Wait"),
    rejected=(RejectedOption(option="Wait", reason="no time named"),),
)
ADDED = AddMeasure(measure="runners", title="Runners bring change", reason="no coins", after=("patch",))


def settled_but_one():
    """Return an incident whose last mandatory measure is begun."""
    return patching().do(CompleteMeasure(measure="patch"), StartMeasure(measure="restore"))


RESPONSE_CASES = [
    Case(
        code="measure-not-asked",
        on=working,
        refused=StartMeasure(measure="sing"),
        passes=StartMeasure(measure="patch"),
        text="'sing' is not asked of this incident; it is asked patch, restore; add another one with a reason",
    ),
    Case(
        code="measure-out-of-order",
        on=working,
        refused=StartMeasure(measure="restore"),
        passes=StartMeasure(measure="patch"),
        text="'restore' comes after patch; complete that first, or skip it with a reason",
    ),
    Case(
        code="measure-not-started",
        on=patching,
        refused=CompleteMeasure(measure="restore"),
        passes=CompleteMeasure(measure="patch"),
        text="'restore' is not begun; begin it first",
    ),
    Case(
        code="measure-not-started",
        on=patching,
        refused=CompleteMeasure(measure="patch"),
        passes=CompleteMeasure(measure="patch"),
        told_at=START,
        text="'patch' was begun at 2026-03-01T08:05:00.000000Z, after that",
    ),
    Case(
        code="measure-not-started",
        on=lambda: patching().do(SkipMeasure(measure="patch", reason="no need")),
        refused=TickStep(measure="patch", step=1),
        passes=StartMeasure(measure="patch"),
        text="'patch' is skipped; begin it first",
    ),
    Case(
        code="measure-done",
        on=lambda: patching().do(CompleteMeasure(measure="patch")),
        refused=SkipMeasure(measure="patch", reason="no need"),
        passes=SkipMeasure(measure="restore", reason="no need"),
        text="'patch' is done; add it again under another id if it must be done again",
    ),
    Case(
        code="measure-step-unknown",
        on=patching,
        refused=TickStep(measure="patch", step=3),
        passes=TickStep(measure="patch", step=2),
        text="'patch' has 2 steps; 3 is none of them",
    ),
    Case(
        code="measure-known",
        on=working,
        refused=attrs.evolve(ADDED, measure="restore"),
        passes=ADDED,
        text="'restore' is asked already: Restore service; begin it, or take another id",
    ),
    Case(
        code="measure-unknown",
        on=working,
        refused=attrs.evolve(ADDED, after=("nothing", "runners")),
        passes=ADDED,
        text="it cannot come after 'nothing', 'runners'; there are restore, patch, sing, spares, call_all",
    ),
    Case(
        code="measure-missing",
        on=working,
        refused=attrs.evolve(ADDED, title=" "),
        passes=ADDED,
        text="title must not be blank",
    ),
    Case(
        code="measure-role-unknown",
        on=working,
        refused=attrs.evolve(ADDED, role="king"),
        passes=attrs.evolve(ADDED, role="runner"),
        text=f"'king' is not a role of the plan response@1; it has {', '.join(one.id for one in RESPONSE.roles)}",
    ),
    Case(
        code="mandatory-measure-open",
        on=settled_but_one,
        refused=c.Resolve(resolution="Replaced"),
        passes=CompleteMeasure(measure="restore"),
        text="still to be done: restore; complete each, or skip it with a reason",
    ),
    Case(
        code="text-too-long",
        on=working,
        refused=MarkContained(note="水" * 33_334),
        passes=MarkContained(note="水" * 33_333),
        text="note has 100,002 bytes; a text has 100,000 at most",
    ),
    Case(
        code="count-implausible",
        on=working,
        refused=RecordHeadCount(expected=12, accounted_for=13),
        passes=RecordHeadCount(expected=12, accounted_for=12),
        text="13 of 12 people cannot be accounted for; write from 0 to as many as were expected",
    ),
    Case(
        code="hypothesis-known",
        on=informed,
        refused=attrs.evolve(UPDATE, cause="Another update"),
        passes=attrs.evolve(UPDATE, hypothesis="power"),
        text="'update' is a hypothesis already: The update broke it; take another key",
    ),
    Case(
        code="hypothesis-unknown",
        on=informed,
        refused=ConfirmHypothesis(hypothesis="power", evidence="a flicker"),
        passes=ConfirmHypothesis(hypothesis="update", evidence="seen"),
        text="'power' is no hypothesis of this incident; it has update",
    ),
    Case(
        code="hypothesis-missing",
        on=working,
        refused=RaiseHypothesis(hypothesis="", cause="\n"),
        passes=UPDATE,
        text="hypothesis and cause must not be blank",
    ),
    Case(
        code="confidence-unknown",
        on=working,
        refused=attrs.evolve(UPDATE, confidence="total"),
        passes=attrs.evolve(UPDATE, confidence="high"),
        text="'total' is not one of low, medium, high",
    ),
    Case(
        code="information-known",
        on=informed,
        refused=attrs.evolve(SMOKE, kind="fact"),
        passes=attrs.evolve(SMOKE, information="fire"),
        text="'smoke' was received already: Smoke in the back room; take another key",
    ),
    Case(
        code="information-unknown",
        on=informed,
        refused=RefuteInformation(information="fire", evidence="no fire"),
        passes=RefuteInformation(information="smoke", evidence="steam"),
        text="'fire' is no information of this incident; it has smoke",
    ),
    Case(
        code="information-missing",
        on=working,
        refused=attrs.evolve(SMOKE, source=""),
        passes=SMOKE,
        text="source must not be blank",
    ),
    Case(
        code="information-kind-unknown",
        on=working,
        refused=attrs.evolve(SMOKE, kind="truth"),
        passes=SMOKE,
        text="'truth' is not one of fact, claim, rumour",
    ),
    Case(
        code="evidence-missing",
        on=informed,
        refused=RefuteInformation(information="smoke", evidence=" "),
        passes=RefuteInformation(information="smoke", evidence="steam"),
        text="evidence must not be blank",
    ),
    Case(
        code="decision-missing",
        on=working,
        refused=attrs.evolve(DECISION, rationale=""),
        passes=DECISION,
        text="rationale must not be blank",
    ),
    Case(
        code="option-unknown",
        on=working,
        refused=attrs.evolve(DECISION, options=("Roll back",)),
        passes=DECISION,
        text="'Wait' was rejected and is none of the options: Roll back",
    ),
    Case(
        code="option-unknown",
        on=working,
        refused=attrs.evolve(DECISION, rejected=(RejectedOption(option="Wait", reason=" "),)),
        passes=DECISION,
        text="say why 'Wait' was rejected",
    ),
    Case(
        code="objective-missing",
        on=working,
        refused=SetActionPlan(objectives=()),
        passes=GOALS,
        text="an action plan needs an objective, and none may be blank",
    ),
    Case(
        code="planned-measure-unknown",
        on=working,
        refused=attrs.evolve(GOALS, measures=("patch", "dance")),
        passes=attrs.evolve(GOALS, measures=("patch", "sing")),
        text="'dance' cannot be planned; there are restore, patch, sing, spares, call_all; "
        "add another one with a reason",
    ),
    Case(
        code="action-plan-set",
        on=informed,
        refused=SetActionPlan(objectives=("Half of them",)),
        passes=ReviseActionPlan(objectives=("Half of them",), reason="it takes longer"),
        text="there is an action plan; revise it, with a reason",
    ),
    Case(
        code="action-plan-missing",
        on=working,
        refused=ReviseActionPlan(objectives=("Half of them",), reason="it takes longer"),
        passes=GOALS,
        text="there is no action plan yet; set one",
    ),
    Case(
        code="help-known",
        on=informed,
        refused=attrs.evolve(CREW, what="four people"),
        passes=attrs.evolve(CREW, help="doctor"),
        text="'crew' was asked of the supplier already; take another key",
    ),
    Case(
        code="help-unknown",
        on=informed,
        refused=RecordHelpArrived(help="doctor"),
        passes=RecordHelpArrived(help="crew"),
        text="no help was asked for as 'doctor'; there is crew",
    ),
    Case(
        code="help-missing",
        on=working,
        refused=RequestHelp(help="crew", source="the supplier", what=""),
        passes=CREW,
        text="what must not be blank",
    ),
    Case(
        code="team-unfit",
        on=working,
        refused=FormTeam(team="network_crew", members={"runner": "wu.bo"}),
        passes=FormTeam(team="crew", members={"commander": "chen.yu"}),
        text="'network_crew' is no team for this incident; by the plan it has crew",
    ),
    *(
        Case(
            code="member-unfit",
            on=lambda: working().do(AssignRole(role="liaison", person="he.na")),
            refused=FormTeam(team="crew", members=members),
            passes=FormTeam(team="crew", members={"liaison": "he.na"}),
            text=text,
        )
        for members, text in (
            ({}, "name the members: commander, liaison, runner"),
            ({"cook": "wu.bo"}, "'cook' is no role of 'crew', which has commander, liaison, runner"),
            ({"runner": " "}, "name the person for 'runner'"),
            (
                {"commander": "li.na", "liaison": "wu.bo"},
                (
                    "'li.na' does not command; the commander takes command with take_command; "
                    "'liaison' is held by he.na; hand it over, or release it first"
                ),
            ),
        )
    ),
    Case(
        code="not-on-hold",
        on=working,
        refused=Resume(),
        passes=MarkContained(),
        text="work is not on hold",
    ),
    Case(
        code="earlier-than-last",
        on=informed,
        refused=Resume(),
        passes=Resume(),
        told_at=START + timedelta(minutes=1),
        text="2026-03-01T08:01:00.000000Z is before 2026-03-01T08:09:00.000000Z, when work was put on hold or went on "
        "last; tell what happened in its order, or correct the earlier entry first",
    ),
    Case(
        code="plan-not-due",
        on=lambda: working(1),
        refused=ActivateDuePlan(plan=STORM.reference),
        passes=c.Assess(affected_customers=900),
        text="storm@1 does not come into force by itself for this incident; activate it by decision",
    ),
]
