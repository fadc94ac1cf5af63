"""What is due of one incident, for a host that has a scheduler of its own.  Pure: no clock, no store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from respond.domain.events import Event
from respond.plan import owed
from respond.plan.owed import Owed
from respond.plan.plan import Plan
from respond.plan.terms import ENDS
from respond.workflow.incident.facts import facts_of


def due(history: Sequence[Event], plan: Plan, now: datetime) -> tuple[Owed, ...]:
    """Return what is overdue or near at *now*, the earliest deadline first; nothing of a cancelled or merged incident.

    *history* are the events of one incident, oldest first, and *plan* the one in force for it: deadlines rest on when
    each thing happened, of which a state keeps only what came last.
    """
    facts = facts_of(plan, history)
    if facts.states and facts.states[-1].state in ENDS:
        return ()
    return owed.due(plan, facts, now)
