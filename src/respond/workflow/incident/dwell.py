"""How long an incident stays at its level before it is lowered."""

from __future__ import annotations

from respond.domain.moments import format_utc
from respond.plan.calendars import EVERY_DAY
from respond.workflow.definition import Situation, guard
from respond.workflow.incident import events as e
from respond.workflow.incident.corrections import happened_at, told_at
from respond.workflow.incident.levels import is_lowering


@guard("level-too-young", rev=2)
def dwelt(situation: Situation) -> str | None:
    """Require that the incident was at its level as long as the plan asks before it is lowered.

    The time counts from when the level was given or, when that was told later, from when it was told.
    """
    level = situation.plan.level(situation.state.level)
    if level is None or level.dwell is None or not is_lowering(situation):
        return None
    history = situation.history
    steps = [one for one in history if isinstance(one.data, (e.LevelAssigned, e.LevelChanged))]
    since = max(max(happened_at(history, one), told_at(one)) for one in steps)
    until = EVERY_DAY.after(since, level.dwell)
    if min(situation.at, situation.now) >= until:
        return None
    return f"an incident stays at level {level.number} for {level.dwell} at least: until {format_utc(until)}"


GUARDS = (dwelt,)
