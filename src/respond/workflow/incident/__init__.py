"""The incident: one stream from the first report to the closed review."""

from respond.workflow.incident.lifecycle import INCIDENT, INCIDENT_CATEGORY

__all__ = ["INCIDENT", "INCIDENT_CATEGORY"]
