"""Random commands of the review: for an incident under a random plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from respond.workflow.incident import review as r
from respond.workflow.incident.reviewed import EFFECTIVENESSES, FINDING_KINDS, FIX_KINDS, READERSHIPS
from respond.workflow.incident.taken import CONFIDENCES

if TYPE_CHECKING:
    from plan_commands import Asker

ASKED_FOR: Mapping[str, Callable[[Asker], Any]] = {
    "open_review": lambda a: r.OpenReview(
        participants=(a.person(),), absent=(a.person(),), facilitator=a.person() if a.chance(0.5) else None
    ),
    "record_finding": lambda a: r.RecordFinding(
        kind=a.one_of((*FINDING_KINDS, "culprit")),
        text=a.text(),
        evidence=(a.text(),),
        confidence=a.one_of((*CONFIDENCES, "total")),
    ),
    "evaluate_response": lambda a: r.EvaluateResponse(
        followed=a.chance(0.5),
        adequate=a.chance(0.5),
        effectiveness=a.one_of((*EFFECTIVENESSES, "great")),
        text=a.text(),
    ),
    "record_fix": lambda a: r.RecordFix(kind=a.one_of((*FIX_KINDS, "half")), text=a.text()),
    "sign_review": lambda a: r.SignReview(note=a.text()),
    "publish_review": lambda a: r.PublishReview(readership=a.one_of((*READERSHIPS, "everyone")), place=a.text()),
}
"""By trigger, what makes a command."""
