"""Accountability: who is held to account for what in an incident, kept apart from what is learnt of it."""

from respond.workflow.accountability.lifecycle import ACCOUNTABILITY, ACCOUNTABILITY_CATEGORY

__all__ = ["ACCOUNTABILITY", "ACCOUNTABILITY_CATEGORY"]
