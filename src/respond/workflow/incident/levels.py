"""The level that the plan suggests, and what a change of level asks besides a justification."""

from __future__ import annotations

from typing import Any

import attrs

from respond.domain.moments import format_utc
from respond.plan.calendars import EVERY_DAY
from respond.plan.conditions import Impact
from respond.plan.plan import Plan
from respond.workflow.definition import Situation, guard
from respond.workflow.incident import events as e
from respond.workflow.incident.corrections import happened_at
from respond.workflow.incident.state import Incident

_ASSESSED = tuple(
    field.name
    for field in attrs.fields(Impact)
    if field.name != "facets" and hasattr(attrs.fields(e.IncidentAssessed), field.name)
)


@attrs.frozen
class Suggestion:
    """A level that the plan suggests, and what spoke for it."""

    level: int | None
    """None when no condition of the plan holds: a person decides all the same."""
    because: tuple[str, ...] = ()


def impact_of(plan: Plan, incident: Incident) -> Impact:
    """Return what is known of the impact of *incident*, by its last assessment."""
    category, known = incident.category, incident.assessment
    facets = (known.facets if known else ()) or plan.facets_of(category)
    told = assessed(known) if known else {}
    return Impact(category=category, ancestors=plan.ancestors(category), facets=facets, **told)


def assessed(assessment: e.IncidentAssessed) -> dict[str, Any]:
    """Return what an assessment tells of the impact but its facets, by field: without any those of the kind count."""
    return {name: getattr(assessment, name) for name in _ASSESSED}


def suggest(plan: Plan, incident: Incident) -> Suggestion:
    """Return the worst level of the plan for which a condition holds, with what spoke for it."""
    impact = impact_of(plan, incident)
    for level in plan.levels:
        for condition in level.when:
            if condition.holds(impact):
                return Suggestion(level.number, condition.grounds(impact))
    return Suggestion(None)


def is_lowering(situation: Situation) -> bool:
    """Return whether the command makes the level milder: a larger number."""
    level, asked = situation.state.level, situation.command.level
    return level is not None and type(asked) is int and asked > level


@guard("level-too-young")
def dwelt(situation: Situation) -> str | None:
    """Require that the incident was at its level as long as the plan asks before it is lowered."""
    level = situation.plan.level(situation.state.level)
    if level is None or level.dwell is None or not is_lowering(situation):
        return None
    history = situation.history
    since = max(happened_at(history, one) for one in history if isinstance(one.data, (e.LevelAssigned, e.LevelChanged)))
    until = EVERY_DAY.after(since, level.dwell)
    if situation.at >= until:
        return None
    return f"an incident stays at level {level.number} for {level.dwell} at least: until {format_utc(until)}"


GUARDS = (dwelt,)
