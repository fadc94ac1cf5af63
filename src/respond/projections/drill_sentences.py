"""Sentences: what the events of a drill say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from respond.projections.phrases import followed_by
from respond.workflow.drill import events as e


def _late(data: e.InjectGiven) -> str:
    return f", {data.late_seconds} s late" if data.late_seconds else ""


def _evaluated(data: e.DrillEvaluated) -> str:
    met = sum(one.met for one in data.results)
    return followed_by(f"Evaluated: {met} of {len(data.results)} objectives met, score {data.score}", data.text)


SENTENCES: Mapping[type, Callable[[Any], str]] = {
    e.DrillPlanned: lambda data: f"Drill planned by the scenario {data.scenario.name}: {data.scenario.title}",
    e.OrganisationInvited: lambda data: followed_by(
        f"{'Partner' if data.partner else 'Department'} {data.organisation} invited", data.note
    ),
    e.ParticipationRecorded: lambda data: (
        f"{data.person} of {data.organisation} takes part{f' as {data.role}' if data.role else ''}"
    ),
    e.DrillStarted: lambda _: "Drill started",
    e.InjectGiven: lambda data: f"Inject {data.inject} given{_late(data)}",
    e.InjectSkipped: lambda data: followed_by(f"Inject {data.inject} left out", data.reason),
    e.DrillEnded: lambda data: followed_by("Drill ended", data.note),
    e.DrillEvaluated: _evaluated,
    e.PersonScored: lambda data: followed_by(f"{data.person} scored {data.score}", data.training, data.note),
    e.DrillFindingRecorded: lambda data: followed_by(f"Found: {data.text}", data.proposal),
    e.DrillCancelled: lambda data: followed_by("Drill cancelled", data.reason),
}
