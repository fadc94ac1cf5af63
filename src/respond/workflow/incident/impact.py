"""The impact of an incident, as its last assessment tells it."""

from __future__ import annotations

from typing import Any

import attrs

from respond.plan.conditions import Impact
from respond.plan.plan import Plan
from respond.workflow.incident import events as e
from respond.workflow.incident.state import Incident

_ASSESSED = tuple(
    field.name
    for field in attrs.fields(Impact)
    if field.name != "facets" and hasattr(attrs.fields(e.IncidentAssessed), field.name)
)


def impact_of(plan: Plan, incident: Incident) -> Impact:
    """Return what is known of the impact of *incident*, by its last assessment."""
    category, known = incident.category, incident.assessment
    facets = (known.facets if known else ()) or plan.facets_of(category)
    told = assessed(known) if known else {}
    return Impact(category=category, ancestors=plan.ancestors(category), facets=facets, **told)


def assessed(assessment: e.IncidentAssessed) -> dict[str, Any]:
    """Return what an assessment tells of the impact but its facets, by field: without any those of the kind count."""
    return {name: getattr(assessment, name) for name in _ASSESSED}
