"""The level and the response that the plan suggests."""

from __future__ import annotations

import attrs

from respond.plan.plan import Plan
from respond.workflow.definition import Situation
from respond.workflow.incident.impact import impact_of
from respond.workflow.incident.state import Incident


@attrs.frozen
class Suggestion:
    """A level that the plan suggests, and what spoke for it."""

    level: int | None
    """None when no condition of the plan holds: a person decides all the same."""
    because: tuple[str, ...] = ()


def suggest(plan: Plan, incident: Incident) -> Suggestion:
    """Return the worst level of the plan for which a condition holds, with what spoke for it."""
    impact = impact_of(plan, incident)
    for level in plan.levels:
        for condition in level.when:
            if condition.holds(impact):
                return Suggestion(level.number, condition.grounds(impact))
    return Suggestion(None)


@attrs.frozen
class ResponseSuggestion:
    """A response level that the plan suggests, and what spoke for it."""

    response: str | None
    """None when no condition of the plan holds, and the level leads to none."""
    because: tuple[str, ...] = ()
    automatic: bool = False
    """Whether a condition holds at which the response begins by itself."""


def suggest_response(plan: Plan, incident: Incident) -> ResponseSuggestion:
    """Return the first response level of the plan that begins by itself, else the one to which the level leads."""
    impact = impact_of(plan, incident)
    for response in plan.response_levels:
        for condition in response.automatic:
            if condition.holds(impact):
                return ResponseSuggestion(response.id, condition.grounds(impact), automatic=True)
    level = plan.level(incident.level)
    if level is None or level.response is None:
        return ResponseSuggestion(None)
    return ResponseSuggestion(level.response, (f"level {level.number}",))


def is_lowering(situation: Situation) -> bool:
    """Return whether the command makes the level milder: a larger number."""
    level, asked = situation.state.level, situation.command.level
    return level is not None and type(asked) is int and asked > level
