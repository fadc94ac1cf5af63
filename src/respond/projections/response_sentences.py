"""Sentences: what each event of the response says, in one line for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from respond.projections.phrases import followed_by
from respond.workflow.incident.course import ActionPlanRevised, ActionPlanSet, HelpArrived, HelpRequested
from respond.workflow.incident.decisions import DecisionRecorded
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


def _counted(data: HeadsCounted) -> str:
    place = f" at {data.place}" if data.place else ""
    missing = data.expected - data.accounted_for
    said = f"{data.accounted_for} of {data.expected} people accounted for{place}, {missing} missing"
    return followed_by(said, data.note)


def _received(data: InformationReceived) -> str:
    return followed_by(f"Received as a {data.kind} from {data.source} ({data.confidence} confidence)", data.text)


def _raised(data: HypothesisRaised) -> str:
    grounds = f"; {data.evidence}" if data.evidence else ""
    return f"Cause suspected ({data.confidence} confidence): {data.cause}{grounds}"


def _decided(data: DecisionRecorded) -> str:
    rejected = "".join(f"; not {one.option}: {one.reason}" for one in data.rejected)
    return f"Decided: {data.decision} ({data.rationale}{rejected})"


def _planned(data: ActionPlanSet | ActionPlanRevised) -> str:
    measures = f"; measures {', '.join(data.measures)}" if data.measures else ""
    return "; ".join(data.objectives) + measures


def _formed(data: TeamFormed) -> str:
    return f"Team {data.team} formed: {', '.join(f'{person} as {role}' for role, person in data.members.items())}"


RESPONSE: Mapping[type, Callable[[Any], str]] = {
    MeasureStarted: lambda data: f"Measure {data.measure} begun",
    MeasureStepTicked: lambda data: followed_by(f"Step {data.step} of measure {data.measure} done", data.note),
    MeasureCompleted: lambda data: followed_by(f"Measure {data.measure} done", data.outcome),
    MeasureSkipped: lambda data: followed_by(f"Measure {data.measure} skipped", data.reason),
    MeasureAdded: lambda data: f"Measure {data.measure} added, unplanned: {data.title} ({data.reason})",
    IncidentContained: lambda data: followed_by("Contained", data.note),
    ServiceRestored: lambda data: followed_by("Service restored", data.note),
    HeadsCounted: _counted,
    HypothesisRaised: _raised,
    HypothesisConfirmed: lambda data: followed_by(f"Cause {data.hypothesis} confirmed", data.evidence),
    HypothesisRejected: lambda data: followed_by(f"Cause {data.hypothesis} ruled out", data.evidence),
    InformationReceived: _received,
    InformationConfirmed: lambda data: followed_by(f"Information {data.information} confirmed", data.evidence),
    InformationRefuted: lambda data: followed_by(f"Information {data.information} refuted", data.evidence),
    DecisionRecorded: _decided,
    ActionPlanSet: lambda data: f"Action plan set: {_planned(data)}",
    ActionPlanRevised: lambda data: f"Action plan revised: {_planned(data)} ({data.reason})",
    TeamFormed: _formed,
    HelpRequested: lambda data: f"Help asked of {data.source}: {data.what}",
    HelpArrived: lambda data: followed_by(f"Help {data.help} arrived", data.note),
    WorkHeld: lambda data: followed_by("Put on hold", data.reason),
    WorkResumed: lambda data: followed_by("Work goes on", data.note),
}
