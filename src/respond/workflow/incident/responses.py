"""Responses that begin by themselves: when what is known of an incident comes to meet a condition of the plan.

GB/T 29639-2020 lets a response start by decision, or automatically when conditions are met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from respond.domain.events import Event
from respond.domain.values import replace
from respond.plan.plan import Plan
from respond.workflow.definition import Evolve, Situation
from respond.workflow.incident import events as e
from respond.workflow.incident.levels import suggest_response
from respond.workflow.incident.state import OPEN, Incident


def reached(situation: Situation, known: Incident) -> Iterator[e.ResponseLevelReached]:
    """Yield the response that begins by itself because of what is *known* now, and was not before.

    None that the incident has, or that is milder than what it has; none once the response is over.
    """
    before: Incident = situation.state
    now, then = (suggest_response(situation.plan, one) for one in (known, before))
    if before.status not in OPEN or not now.automatic or now.response is None:
        return
    if then.automatic and _place(situation.plan, then.response) <= _place(situation.plan, now.response):
        return
    if before.response_level is None or _place(situation.plan, now.response) < _place(
        situation.plan, before.response_level
    ):
        yield e.ResponseLevelReached(from_response=before.response_level, to_response=now.response, because=now.because)


def _place(plan: Plan, response: str | None) -> int:
    """Return where *response* stands among those of the plan, the strongest first; behind all when it is none."""
    known = [one.id for one in plan.response_levels]
    return known.index(response) if response in known else len(known)


def _reached(state: Incident, event: Event) -> Incident:
    return replace(state, response_level=event.data.to_response)


EVOLVERS: Mapping[type, Evolve] = {e.ResponseLevelReached: _reached}
