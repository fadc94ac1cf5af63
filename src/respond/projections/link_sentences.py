"""Sentences: what the events about other incidents say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from respond.projections.phrases import followed_by
from respond.workflow.incident.events import IncidentAbsorbed, IncidentMerged
from respond.workflow.incident.links import IncidentLinked, IncidentUnlinked
from respond.workflow.incident.unmerging import AbsorptionUndone, MergeUndone


def _said(data: IncidentLinked | IncidentUnlinked) -> str:
    return f"{data.kind.replace('_', ' ').capitalize()} {data.other}"


SENTENCES: Mapping[type, Callable[[Any], str]] = {
    IncidentMerged: lambda data: followed_by(f"Merged into {data.into}", data.reason),
    IncidentAbsorbed: lambda data: followed_by(f"Absorbed {data.source}", data.reason),
    MergeUndone: lambda data: followed_by(f"Merge into {data.into} undone", data.reason),
    AbsorptionUndone: lambda data: followed_by(f"{data.source} goes on by itself again", data.reason),
    IncidentLinked: lambda data: followed_by(_said(data), data.reason),
    IncidentUnlinked: lambda data: followed_by(f"No longer {data.kind.replace('_', ' ')} {data.other}", data.reason),
}
