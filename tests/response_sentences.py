"""What each event of the response reads like in a timeline."""

from __future__ import annotations

from respond.workflow.incident.course import ActionPlanRevised, ActionPlanSet, HelpArrived, HelpRequested
from respond.workflow.incident.decisions import DecisionRecorded, RejectedOption
from respond.workflow.incident.effects import HeadsCounted, IncidentContained, ServiceRestored
from respond.workflow.incident.holds import WorkHeld, WorkResumed
from respond.workflow.incident.measures import MeasureCompleted, MeasureSkipped, MeasureStarted, MeasureStepTicked
from respond.workflow.incident.situation import (
    HypothesisConfirmed,
    HypothesisRaised,
    HypothesisRejected,
    InformationConfirmed,
    InformationReceived,
    InformationRefuted,
)
from respond.workflow.incident.teams import TeamFormed
from respond.workflow.incident.unplanned import MeasureAdded

RESPONSE_SENTENCES = [
    (MeasureStarted(measure="patch"), "Measure patch begun"),
    (MeasureStepTicked(measure="patch", step=2), "Step 2 of measure patch done"),
    (MeasureStepTicked(measure="patch", step=2, note="all"), "Step 2 of measure patch done: all"),
    (MeasureCompleted(measure="patch", outcome="it holds"), "Measure patch done: it holds"),
    (MeasureSkipped(measure="patch", reason="no need"), "Measure patch skipped: no need"),
    (
        MeasureAdded(measure="runners", title="Runners", reason="no coins"),
        "Measure runners added, unplanned: Runners (no coins)",
    ),
    (IncidentContained(), "Contained"),
    (IncidentContained(note="in the north"), "Contained: in the north"),
    (ServiceRestored(note="all but one"), "Service restored: all but one"),
    (
        HeadsCounted(place="Gate 2", expected=12, accounted_for=11, note="one is away"),
        "11 of 12 people accounted for at Gate 2, 1 missing: one is away",
    ),
    (HeadsCounted(expected=3, accounted_for=3), "3 of 3 people accounted for, 0 missing"),
    (
        HypothesisRaised(hypothesis="update", cause="The update", evidence="all have it", confidence="high"),
        "Cause suspected (high confidence): The update; all have it",
    ),
    (HypothesisRaised(hypothesis="power", cause="Power"), "Cause suspected (medium confidence): Power"),
    (HypothesisConfirmed(hypothesis="update", evidence="seen"), "Cause update confirmed: seen"),
    (HypothesisRejected(hypothesis="power", evidence="no dip"), "Cause power ruled out: no dip"),
    (
        InformationReceived(information="smoke", text="Smoke", kind="rumour", source="a caller", confidence="low"),
        "Received as a rumour from a caller (low confidence): Smoke",
    ),
    (InformationConfirmed(information="smoke", evidence="seen"), "Information smoke confirmed: seen"),
    (InformationRefuted(information="smoke", evidence="steam"), "Information smoke refuted: steam"),
    (
        DecisionRecorded(
            decision="Roll back",
            rationale="quick",
            options=("Roll back", "Wait"),
            rejected=(RejectedOption(option="Wait", reason="no time named"),),
        ),
        "Decided: Roll back (quick; not Wait: no time named)",
    ),
    (
        ActionPlanSet(objectives=("Calm", "Order"), measures=("patch", "sing")),
        "Action plan set: Calm; Order; measures patch, sing",
    ),
    (ActionPlanRevised(objectives=("Calm",), reason="enough"), "Action plan revised: Calm (enough)"),
    (
        TeamFormed(team="crew", members={"liaison": "he.na", "runner": "wu.bo"}),
        "Team crew formed: he.na as liaison, wu.bo as runner",
    ),
    (HelpRequested(help="crew", source="the supplier", what="two people"), "Help asked of the supplier: two people"),
    (HelpArrived(help="crew"), "Help crew arrived"),
    (WorkHeld(reason="the supplier sleeps"), "Put on hold: the supplier sleeps"),
    (WorkResumed(note="he is up"), "Work goes on: he is up"),
]
