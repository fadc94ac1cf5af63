"""Sentences of what follows a review: action items, proposals, recognition; what each event says, in one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from respond.domain.moments import format_utc
from respond.projections.phrases import followed_by
from respond.workflow.action import events as e
from respond.workflow.incident.actions import ActionStepRecorded
from respond.workflow.incident.proposals import ProposalStepRecorded
from respond.workflow.incident.recognition import RecognitionRecorded
from respond.workflow.plan_life.proposals import PlanChangeAccepted, PlanChangeProposed, PlanChangeRejected


def _opened(data: e.ActionOpened) -> str:
    return followed_by(f"{data.owner} asked to act by {format_utc(data.due_at)}, to {_KINDS[data.kind]}", data.text)


def _proposal(data: ProposalStepRecorded) -> str:
    into = f" into {data.revision}" if data.revision else ""
    return f"Change {data.proposal} of the plan {data.plan} {data.step}{into}"


_KINDS: Mapping[str, str] = {
    "prevent": "prevent it",
    "detect": "detect it sooner",
    "mitigate": "mitigate it",
    "process": "change how people work",
    "plan_change": "change the plan",
}

SENTENCES: Mapping[type, Callable[[Any], str]] = {
    RecognitionRecorded: lambda data: followed_by(f"{data.person} recognised", data.text),
    ProposalStepRecorded: _proposal,
    PlanChangeProposed: lambda data: followed_by(f"Change {data.proposal} proposed", data.text),
    PlanChangeAccepted: lambda data: followed_by(f"Change {data.proposal} accepted into {data.revision}", data.note),
    PlanChangeRejected: lambda data: followed_by(f"Change {data.proposal} rejected", data.reason),
    ActionStepRecorded: lambda data: f"Action item {data.action}: {data.step}",
    e.ActionOpened: _opened,
    e.ActionAccepted: lambda _: "Action item accepted",
    e.ActionRefused: lambda data: followed_by("Action item refused", data.reason),
    e.ActionAssigned: lambda data: followed_by(f"Action item went from {data.previous} to {data.owner}", data.reason),
    e.ActionRescheduled: lambda data: followed_by(
        f"Action item moved from {format_utc(data.previous_due_at)} to {format_utc(data.due_at)}", data.reason
    ),
    e.ActionDone: lambda data: followed_by("Action item done", data.evidence),
    e.ActionVerified: lambda data: followed_by(f"Action item verified by {data.method}", data.note),
    e.ActionReopened: lambda data: followed_by(f"Action item reopened, due by {format_utc(data.due_at)}", data.reason),
    e.ActionDropped: lambda data: followed_by("Action item dropped", data.reason),
}
