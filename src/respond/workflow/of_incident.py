"""What belongs to an incident and has a stream of its own: what its commands tell, and what its events are about."""

from __future__ import annotations

import attrs

from respond.workflow.definition import Situation

INCIDENT = "incident"
"""The category of the streams of incidents."""


@attrs.frozen(kw_only=True)
class OfIncident:
    """What every command tells."""

    incident: str
    """The id of the incident that it belongs to now; of the one that goes on, when it was merged."""


def incident_of(situation: Situation) -> str:
    """Return the incident that the event is about: the one that the command names, else the aggregate's own."""
    incident: str = getattr(situation.command, "incident", None) or situation.state.incident
    return incident
